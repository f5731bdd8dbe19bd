"""Makes a case smaller, as long as it shows the same kind of disagreement."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from tests.generated.case import NESTED, SIDES, Case, Place, table_of
from tests.generated.judge import judge
from tests.generated.judgement import Disagreement
from tests.generated.oracle import Oracle
from tests.generated.sent_schema import without_sent
from tests.generated.smaller import forget, without_rule

SECONDS = 60.0
Change = Callable[[Case], None]
Trail = tuple[Any, ...]
"""The keys and indexes that lead to a part of a plain value."""


def shrink(case: Case, kind: str, folder: FilePath, seconds: float = SECONDS) -> tuple[Case, Disagreement]:
    """Return the smallest case found that shows a kind of disagreement, with how it does.

    Raises: ValueError, if the case does not show it.
    """
    until = time.monotonic() + seconds
    shown, codes = _shown(case, kind, folder)
    if shown is None:
        raise ValueError(f"number {case.seed} does not show {kind}")
    smaller = True
    while smaller and time.monotonic() < until:
        smaller = False
        for made in _smaller(case):
            found, others = _shown(made, kind, folder)
            if found is not None and others <= codes:  # what is smaller is not wrong in another way
                case, shown, smaller = made, found, True
                break
            if time.monotonic() > until:
                break
    return case, shown


def _smaller(case: Case) -> Iterator[Case]:
    for change in _changes(case):
        made = case.copy()
        try:
            change(made)
        except (KeyError, IndexError):
            continue
        if made.size() < case.size():
            yield made


def _shown(case: Case, kind: str, folder: FilePath) -> tuple[Disagreement | None, set[str]]:
    """Return how a case shows a kind, None if it does not, with the codes of its findings."""
    try:
        judgement = judge(case, folder, test=kind.startswith("test"))
    except Exception:  # noqa: BLE001 - what is smaller need no longer be a case
        return None, set()
    return next((item for item in judgement.disagreements if item.kind == kind), None), set(judgement.codes)


def _changes(case: Case) -> Iterator[Change]:
    """Yield changes that make a case smaller: whole rules and fields first, then words."""
    if case.split is not None:
        yield _in_one_file
    rules = case.mapping["rules"]
    for index in reversed(range(len(rules))):
        yield partial(_without_rule, index=index)
    yield from (partial(_without_inner_rule, place=place) for place, _ in _places(rules) if len(place) > 1)
    for side in SIDES:
        yield from _smaller_system(case, side)
    for place, rule in _places(rules):
        yield from _smaller_rule(rule, place)
    if case.sent is not None:
        yield without_sent
    for side in (*SIDES, *(["sent"] if case.sent is not None else [])):
        for trail in _trails(_schema(case, side), ()):
            yield partial(_without_word, side=side, trail=trail)
            yield partial(_simpler, side=side, trail=trail)


def _schema(case: Case, side: str) -> dict[str, Any]:
    """Return the schema of a side, or of what is sent."""
    return case.sent if side == "sent" and case.sent is not None else case.schema(side)


def _places(rules: list[dict[str, Any]], above: Place = ()) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Yield rules, each with those in it, to any depth."""
    for index, rule in enumerate(rules):
        yield (*above, index), rule
        yield from _places(rule.get(NESTED, []), (*above, index))


def _smaller_system(case: Case, side: str) -> Iterator[Change]:
    for word in case.system(side):
        if word not in {"name", "schema", "files", "mongodb"}:
            yield partial(_without_part, place=None, trail=(side, word))
    for text, said in case.system(side).get("written", {}).items():
        yield partial(_without_part, place=None, trail=(side, "written", text))
        yield from (partial(_without_part, place=None, trail=(side, "written", text, one)) for one in _keys(said))
    for name in sorted(case.schema(side).get("properties", ())):
        yield partial(_without_field, side=side, name=name)


def _keys(said: Any) -> list[str]:
    return list(said) if isinstance(said, dict) else []


def _smaller_rule(rule: dict[str, Any], place: Place) -> Iterator[Change]:
    for word, value in rule.items():
        if word in {"nulls", "when_absent", "write", "wins", "lossy", "otherwise", "as"}:
            yield partial(_without_part, place=place, trail=(word,))
        if word in {"nulls", "when_absent", "otherwise"} and isinstance(value, dict):
            yield from (partial(_without_part, place=place, trail=(word, name)) for name in value)
        if word == table_of(rule) and word != NESTED:
            yield from (partial(_without_part, place=place, trail=(word, line)) for line in range(len(value)))
            yield from _smaller_cells(value, place, word)
        if word == "as" and isinstance(value, dict):
            name, options = next(iter(value.items()))
            named = options if isinstance(options, dict) else ()
            yield from (partial(_without_part, place=place, trail=(word, name, option)) for option in named)


def _smaller_cells(lines: list[Any], place: Place, word: str) -> Iterator[Change]:
    for index, line in enumerate(lines):
        for system, value in line.items():
            if not isinstance(value, dict):
                yield from _smaller_cell(value, place, (word, index, system))
                continue
            for name, accepted in value.items():
                yield partial(_without_part, place=place, trail=(word, index, system, name))
                yield from _smaller_cell(accepted, place, (word, index, system, name))


def _smaller_cell(accepted: Any, place: Place, trail: Trail) -> Iterator[Change]:
    if isinstance(accepted, list):
        yield from (partial(_without_part, place=place, trail=(*trail, index)) for index in range(len(accepted)))


def _without_part(case: Case, place: Place | None, trail: Trail) -> None:
    """Take a part of a rule away, or of the mapping; a cell of one value is no list."""
    holder: Any = case.mapping if place is None else case.rule(place)
    above: Any = None
    for step in trail[:-1]:
        above, holder = holder, holder[step]
    del holder[trail[-1]]
    if isinstance(holder, list) and len(holder) == 1 and not isinstance(holder[0], dict):
        above[trail[-2]] = holder[0]


def _in_one_file(case: Case) -> None:
    case.split = None


def _without_rule(case: Case, index: int) -> None:
    without_rule(case, case.mapping["rules"], index, dict.fromkeys(SIDES, ()))


def _without_inner_rule(case: Case, place: Place) -> None:
    bases = Oracle(case).word(place).scene.bases
    without_rule(case, case.rule(place[:-1])[NESTED], place[-1], bases)


def _without_field(case: Case, side: str, name: str) -> None:
    forget(case.schema(side), (name,))


def _trails(node: Any, trail: Trail) -> Iterator[Trail]:
    """Yield where a schema has words that could go; a type stays."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, below in items:
        if key != "type":
            yield (*trail, key)
            yield from _trails(below, (*trail, key))


def _without_word(case: Case, side: str, trail: Trail) -> None:
    holder: Any = _schema(case, side)
    for step in trail[:-1]:
        holder = holder[step]
    del holder[trail[-1]]


def _simpler(case: Case, side: str, trail: Trail) -> None:
    """Put what a choice or a reference stands for in its place."""
    root = holder = _schema(case, side)
    for step in trail[:-1]:
        holder = holder[step]
    value = holder[trail[-1]]
    if isinstance(value, dict) and "anyOf" in value:
        holder[trail[-1]] = value["anyOf"][0]
    elif isinstance(value, dict) and "$ref" in value:
        holder[trail[-1]] = root["$defs"].pop(value["$ref"].rsplit("/", 1)[-1])
    else:
        raise KeyError
