"""Rest: what no rule writes of an outside record, and how it goes back beside what rules write."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson

from etl.mapping.paths import get, leaves, obstacle, put, selected_list, take_away
from etl.mapping.rules.access import Step
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Side
from etl.record import ABSENT, Record, Violation, json_form


def rest_of(rules: Sequence[Rule]) -> Callable[[Record], Record]:
    """Return a function that makes of an outside record what no rule writes in it."""
    every = (path for rule in rules for path in rule.paths(Side.OUTSIDE))
    paths = tuple(dict.fromkeys(selected_list(path) or path for path in every))

    def rest(record: Record) -> Record:
        left: Record = orjson.loads(orjson.dumps(record, default=json_form))
        for path in paths:
            take_away(left, path)
        return left

    return rest


def returning(rest: Callable[[Record], Record]) -> Step:
    """Return the step that gives back what no rule writes."""

    def step(_record: Record, last: Record, into: Record, _violations: list[Violation]) -> None:
        lay_rest(into, rest(last))

    return step


def lay_rest(record: Record, rest: Record) -> None:
    """Put what no rule writes beside what rules have written; what these have put in its way stays."""
    for path, value in leaves(rest) if rest else ():
        if get(record, path) is ABSENT and obstacle(record, path) is None:
            put(record, path, value)
