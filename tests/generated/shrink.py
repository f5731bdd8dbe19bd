"""Makes a case smaller, as long as it shows the same kind of disagreement."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path as FilePath
from typing import Any

from tests.generated.case import SIDES, TABLES, Case
from tests.generated.judge import Disagreement, judge
from tests.generated.values import Path, parse_path

SECONDS = 60.0


def shrink(case: Case, kind: str, folder: FilePath, seconds: float = SECONDS) -> tuple[Case, Disagreement]:
    """Return the smallest case found that shows a kind of disagreement, with how it does."""
    until = time.monotonic() + seconds
    shown, codes = _shown(case, kind, folder)
    if shown is None:
        raise ValueError(f"seed {case.seed} does not show {kind}")
    smaller = True
    while smaller and time.monotonic() < until:
        smaller = False
        for change in _changes(case):
            made = case.copy()
            try:
                change(made)
            except (KeyError, IndexError):
                continue
            if made.size() >= case.size():
                continue
            found, others = _shown(made, kind, folder)
            if found is not None and others <= codes:  # what is smaller is not wrong in another way
                case, shown, smaller = made, found, True
                break
            if time.monotonic() > until:
                break
    return case, shown


def _shown(case: Case, kind: str, folder: FilePath) -> tuple[Disagreement | None, set[str]]:
    """Return how a case shows a kind, None if it does not, with the codes of its findings."""
    try:
        judgement = judge(case, folder, test=kind.startswith("test"))
    except Exception:  # noqa: BLE001 - what is smaller need no longer be a case
        return None, set()
    return next((item for item in judgement.disagreements if item.kind == kind), None), set(judgement.codes)


Change = Callable[[Case], None]


def _changes(case: Case) -> Iterator[Change]:
    """Yield changes that make a case smaller: whole rules and fields first, then words."""
    rules = case.mapping["rules"]
    for index in reversed(range(len(rules))):
        yield lambda made, index=index: _without_rule(made, made.mapping["rules"], index, {side: () for side in SIDES})
    for index, rule in enumerate(rules):
        for below in range(len(rule.get("each", ()))):
            yield lambda made, index=index, below=below: _without_element_rule(made, index, below)
    for side in SIDES:
        for word in [*case.system(side)]:
            if word not in {"name", "schema", "files", "mongodb"}:
                yield lambda made, side=side, word=word: made.system(side).pop(word)
        for name in sorted(case.schema(side).get("properties", ())):
            yield lambda made, side=side, name=name: _without_field(made, side, name)
    for place in _places(rules):
        yield from _smaller_rule(case.rule(place), place)
    for side in SIDES:
        for trail in _trails(case.schema(side), ()):
            yield lambda made, side=side, trail=trail: _without(made.schema(side), trail)
            yield lambda made, side=side, trail=trail: _simpler(made.schema(side), trail)


def _places(rules: list[dict[str, Any]]) -> Iterator[tuple[int, ...]]:
    for index, rule in enumerate(rules):
        yield (index,)
        yield from ((index, below) for below in range(len(rule.get("each", ()))))


def _smaller_rule(rule: dict[str, Any], place: tuple[int, ...]) -> Iterator[Change]:
    for word in rule:
        if word in {"nulls", "when_absent", "write", "wins", "lossy", "otherwise", "as"}:
            yield lambda made, word=word: made.rule(place).pop(word)
        if word in {"nulls", "when_absent", "otherwise"} and isinstance(rule[word], dict):
            for name in rule[word]:
                yield lambda made, word=word, name=name: made.rule(place)[word].pop(name)
        if word in TABLES and word != "each" and len(rule[word]) > 1:
            for line in range(len(rule[word])):
                yield lambda made, word=word, line=line: made.rule(place)[word].pop(line)
        if word in {"values", "cases"}:
            yield from _smaller_cells(rule[word], place, word)
    if isinstance(rule.get("as"), dict):
        options = next(iter(rule["as"].values())) or {}
        for name in options:
            yield lambda made, name=name: next(iter(made.rule(place)["as"].values())).pop(name)


def _smaller_cells(lines: list[Any], place: tuple[int, ...], word: str) -> Iterator[Change]:
    for line, pattern in enumerate(lines):
        for system, value in pattern.items():
            cells = value if word == "cases" else {None: value}
            for name, accepted in cells.items():
                if word == "cases" and len(cells) > 1:
                    yield lambda made, line=line, system=system, name=name: made.rule(place)[word][line][system].pop(name)
                for index in range(len(accepted)) if isinstance(accepted, list) else ():
                    yield lambda made, line=line, system=system, name=name, index=index: _without_cell(
                        made.rule(place)[word][line], system, name, index
                    )


def _without_cell(line: dict[str, Any], system: str, name: str | None, index: int) -> None:
    holder, key = (line, system) if name is None else (line[system], name)
    holder[key].pop(index)
    if len(holder[key]) == 1:
        holder[key] = holder[key][0]


def _without_rule(case: Case, rules: list[dict[str, Any]], index: int, bases: dict[str, Path]) -> None:
    """Take a rule away, and the fields that only it names."""
    rule = rules.pop(index)
    kept = {(side, path) for other in rules for side, path in _named(case, other)}
    for side, path in _named(case, rule):
        if (side, path) not in kept:
            _forget(case.schema(side), (*bases[side], *path))
    keys = [other[case.name("outside")] for other in case.mapping["rules"] if other.get("key")]
    case.system("outside")["files"]["outbound"] = "wo_" + "_".join(f"{{{key}}}" for key in keys) + ".json"


def _without_element_rule(case: Case, index: int, below: int) -> None:
    rule = case.mapping["rules"][index]
    bases = {side: (*parse_path(rule[case.name(side)]), "*") for side in SIDES}
    _without_rule(case, rule["each"], below, bases)


def _named(case: Case, rule: dict[str, Any]) -> Iterator[tuple[str, Path]]:
    for side in SIDES:
        value = rule.get(case.name(side), [])
        yield from ((side, parse_path(text)) for text in (value if isinstance(value, list) else [value]))
        for line in rule.get("flags", ()):
            text = line.get(case.name(side))
            if case.name(side) not in rule:
                yield side, parse_path(text)
        for line in [*rule.get("cases", ()), *([rule["otherwise"]] if "cases" in rule and "otherwise" in rule else [])]:
            yield from ((side, parse_path(text)) for text in line.get(case.name(side), ()))


def _forget(schema: dict[str, Any], path: Path) -> None:
    """Take a property away, and the objects around it that then have none."""
    if not path:
        return
    step, node = path[0], schema
    if isinstance(step, int) or step == "*":
        _forget(node.get("items", {}), path[1:])
        return
    properties = node.get("properties", {})
    below = properties.get(step)
    if len(path) > 1 and isinstance(below, dict):
        _forget(below, path[1:])
        inner = below.get("items", below)
        if inner.get("properties"):
            return
    properties.pop(step, None)
    if step in node.get("required", ()):
        node["required"].remove(step)


def _without_field(case: Case, side: str, name: str) -> None:
    _forget(case.schema(side), (name,))


def _trails(node: Any, trail: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Yield where a schema has words that could go."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, below in items:
        if key == "type":
            continue
        yield (*trail, key)
        yield from _trails(below, (*trail, key))


def _without(schema: Any, trail: tuple[Any, ...]) -> None:
    for step in trail[:-1]:
        schema = schema[step]
    del schema[trail[-1]]


def _simpler(schema: Any, trail: tuple[Any, ...]) -> None:
    """Put what a choice or a reference stands for in its place."""
    root = schema
    for step in trail[:-1]:
        schema = schema[step]
    value = schema[trail[-1]]
    if isinstance(value, dict) and "anyOf" in value:
        schema[trail[-1]] = value["anyOf"][0]
    elif isinstance(value, dict) and "$ref" in value:
        schema[trail[-1]] = root["$defs"].pop(value["$ref"].rsplit("/", 1)[-1])
    else:
        raise KeyError
