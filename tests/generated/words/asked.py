"""`import_when`: which records of the outside are imported, by what is asked of their fields."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.generated.values import MISSING, Path, Record, among, parse_path
from tests.generated.words.draft import Draft
from tests.generated.words.scene import Spec


class Asked:
    """What a mapping asks of the records that it imports."""

    def __init__(self, asked: dict[str, Any], spec: Spec) -> None:
        self.asked = {parse_path(name): condition for name, condition in asked.items()}
        self.spec = spec

    def takes(self, record: Record, paths: set[Path] | None = None) -> bool:
        """Return whether a record is imported. paths: the only ones of which anything is asked."""
        return all(
            _holds(condition, self.spec.read(record, path))
            for path, condition in self.asked.items()
            if paths is None or path in paths
        )


def _holds(condition: Any, value: Any) -> bool:
    if isinstance(condition, list):
        return any(_holds(one, value) for one in condition)
    if isinstance(condition, dict):
        return not _holds(condition["not"], value)
    return value is MISSING if condition is None else value is not MISSING and among(value, [condition])


def named_values(condition: Any) -> list[Any]:
    """Return the values that a condition names."""
    if isinstance(condition, list):
        return [item for one in condition for item in named_values(one)]
    return named_values(condition["not"]) if isinstance(condition, dict) else [] if condition is None else [condition]


def draw(draft: Draft) -> tuple[dict[str, Any], list[str]]:
    """Return what is asked, mostly of a field of its own; and the fields to ignore."""
    rng = draft.rng
    properties = draft.builders["outside"].schema["properties"]
    known = [(name, node["enum"]) for name, node in sorted(properties.items()) if len(node.get("enum", ())) > 1]
    if known and draft.chance(0.5):
        name, values = rng.choice(known)
        if name.isidentifier() and not any(rule.get("key") and name in str(rule) for rule in draft.rules):
            return {name: _condition(rng, [item for item in values if item is not None])}, []
    pools: list[list[Any]] = [["a", "b", "c"], [1, 2, 3], [True, False]]
    values = rng.choice(pools)
    schema = {"enum": values} if draft.chance(0.7) else {"enum": [*values, None]}
    path = draft.put("outside", schema, required=draft.chance(0.3), path=("sort",))
    return {str(path[0]): _condition(rng, values)}, ["sort"]


def _condition(rng: Random, values: list[Any]) -> Any:
    one, other = rng.choice(values), rng.choice(values)
    plain = [one, [one, other], [None, one]]
    return rng.choice([*plain, {"not": one}, {"not": [None, one]}, [None, {"not": [one, other]}]])
