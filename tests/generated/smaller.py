"""Takes rules and fields out of a case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.generated.case import SIDES, Case
from tests.generated.values import Path, any_element
from tests.generated.words.every import word_of
from tests.generated.words.scene import Scene


def without_rule(case: Case, rules: list[dict[str, Any]], index: int, bases: dict[str, Path]) -> None:
    """Take a rule away, and the fields that only it names."""
    rule = rules.pop(index)
    kept = {(side, any_element(path)) for other in rules for side, path in named(case, other)}
    for side, path in named(case, rule):
        if (side, any_element(path)) not in kept:
            forget(case.schema(side), (*bases[side], *path))
    if "format" in case.system("outside")["files"]:
        return
    keys = [other[case.name("outside")] for other in case.mapping["rules"] if other.get("key")]
    case.system("outside")["files"]["outbound"] = "wo_" + "_".join(f"{{{key}}}" for key in keys) + ".json"


def named(case: Case, rule: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    """Yield every field that a rule names, with its side."""
    word = word_of(rule, (), Scene.of(case))
    yield from ((side, path) for side in SIDES for path in word.paths(side))


def forget(schema: dict[str, Any], path: Path) -> None:
    """Take a property away, and the objects around it that then have none."""
    if not path:
        return
    step, node = path[0], schema
    if not isinstance(step, str) or step == "*":
        forget(node.get("items", {}), path[1:])
        return
    properties = node.get("properties", {})
    below = properties.get(step)
    if len(path) > 1 and isinstance(below, dict):
        forget(below, path[1:])
        inner = below.get("items", below)
        if inner.get("properties"):
            return
    properties.pop(step, None)
    if step in node.get("required", ()):
        node["required"].remove(step)
