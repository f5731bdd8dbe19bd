"""Arranged: lists whose elements are told apart by their keys say the same in whatever order these stand."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from etl.mapping.paths import Path, assign, get
from etl.mapping.rules.each import Each
from etl.mapping.rules.elements import key_of
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Side

Arrange: TypeAlias = Callable[[Path, Any], Any]
"""Returns the value of a path, with the elements of such lists in one order."""


def arranging(rules: Iterable[Rule]) -> Arrange:
    """Return what arranges the values of outside records."""
    lists = dict(_lists(rules))
    return lambda path, value: _arranged(lists[path], value) if path in lists else value


def _lists(rules: Iterable[Rule], above: Path = ()) -> Iterator[tuple[Path, Each]]:
    for rule in rules:
        if not isinstance(rule, Each) or not rule.goes(Direction.OUTBOUND):
            continue
        path = (*above, *rule.field(Side.OUTSIDE).path)
        if rule.is_group:
            yield from _lists(rule.rules, path)
        else:
            yield path, rule


def _arranged(rule: Each, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    made, keys = copy.deepcopy(value), rule.keys(Side.OUTSIDE)
    for path, inner in _lists(rule.rules):
        for one in made:
            if isinstance(one, dict) and isinstance(found := get(one, path), list):
                assign(one, path, _arranged(inner, found))
    return sorted(made, key=lambda one: repr(key_of(one, keys))) if keys else made
