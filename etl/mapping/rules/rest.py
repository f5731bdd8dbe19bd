"""Rest: what no rule writes of an outside record, and how it goes back beside what rules write.

What stands in a group with a key belongs to that key: beside another one, and where the group is gone, it is over.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from etl.mapping.equality import distinct
from etl.mapping.paths import Path, get, leaves, obstacle, put, selected_list, take_away
from etl.mapping.rules.access import Step
from etl.mapping.rules.each import groups_in
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Side
from etl.record import ABSENT, Record, Violation, json_form


@dataclass(frozen=True, slots=True)
class _Group:
    """An object with a key. keys: the paths of its fields."""

    path: Path
    keys: tuple[Path, ...]

    def is_another(self, record: Record, rest: Record) -> bool:
        """Return whether a record has not the group of a rest: it has another key there, or none."""
        keys = ((get(record, path), get(rest, path)) for path in self.keys)
        return any(was is not ABSENT and distinct(now) != distinct(was) for now, was in keys)


@dataclass(frozen=True, slots=True)
class Rest:
    """Takes apart, and puts together, what no rule writes. Of a group with a key it has the key as well."""

    paths: tuple[Path, ...]
    groups: tuple[_Group, ...]

    def __call__(self, record: Record) -> Record:
        """Return what no rule writes of an outside record."""
        left: Record = orjson.loads(orjson.dumps(record, default=json_form))
        for path in self.paths:
            take_away(left, path)
        there = (group for group in self.groups if get(left, group.path) is not ABSENT)
        for path in (path for group in there for path in group.keys):
            if (value := get(record, path)) is not ABSENT:
                put(left, path, json_form(value))
        return left

    def lay(self, record: Record, rest: Record) -> None:
        """Put a rest beside what rules have written; what these have put in its way stays."""
        over = [group.path for group in self.groups if group.is_another(record, rest)]
        left = copy.deepcopy(rest) if over else rest
        for path in over:
            take_away(left, path)
        for path, value in leaves(left) if left else ():
            if get(record, path) is ABSENT and obstacle(record, path) is None:
                put(record, path, value)


class WithRest(Record):
    """An outside record as it was last, with the rest of it as it came, whatever keys its groups have now."""

    def __init__(self, record: Record, rest: Record) -> None:
        super().__init__(record)
        self.rest = rest


def rest_of(rules: Sequence[Rule]) -> Rest:
    """Return what makes of an outside record what no rule writes in it."""
    every = (path for rule in rules for path in rule.paths(Side.OUTSIDE))
    found = ((path, [(*path, *key.path) for key in group.keys(Side.OUTSIDE)]) for path, group in groups_in(rules))
    groups = tuple(_Group(path, tuple(keys)) for path, keys in found if keys)
    return Rest(tuple(dict.fromkeys(selected_list(path) or path for path in every)), groups)


def returning(rest: Rest) -> Step:
    """Return the step that gives back what no rule writes."""

    def step(_record: Record, last: Record, into: Record, _violations: list[Violation]) -> None:
        rest.lay(into, last.rest if isinstance(last, WithRest) else rest(last))

    return step
