"""Emptied: elements and objects in which each field that a rule reads is absent, all of them at once."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator

from etl.mapping.paths import Path, assign, get
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Record


def emptied(
    rules: Iterable[Rule], side: Side, record: Record, accepts: Callable[[Record], bool]
) -> Iterator[tuple[Path, Record]]:
    """Yield a record in which an element, or an object, has as little as may be, with where that stands.

    What takes no more than one value away is not yielded. accepts: whether a record is right by its schema.
    """
    for at, fields in _elements(rules, side):
        made, taken = record, 0
        for field in fields if isinstance(get(record, at), dict) else ():
            path = (*at, *field.path)
            if not means_absent(field, get(made, path)):
                left = next((one for one in _without(made, path, field) if accepts(one)), made)
                taken += left is not made
                made = left
        if taken > 1:
            yield at, made


def _elements(rules: Iterable[Rule], side: Side, above: Path = ()) -> Iterator[tuple[Path, list[Field]]]:
    """Yield where rules have the first element of a list, or an object, with the fields that are read in it."""
    for rule in rules:
        if isinstance(rule, Each):
            at = (*above, *rule.element(side, 0))
            yield at, [field for one in rule.rules for field in one.fields(side)]
            yield from _elements(rule.rules, side, at)


def _without(record: Record, path: Path, field: Field) -> Iterator[Record]:
    """Yield records in which a field is absent: without it, and with each value that means as much."""
    for value in (ABSENT, None, *field.nulls):
        made = copy.deepcopy(record)
        assign(made, path, value)
        yield made
