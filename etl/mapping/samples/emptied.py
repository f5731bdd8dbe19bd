"""Emptied: records in which several fields are absent at once, of an element, an object, or a rule that joins them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator

from etl.mapping.paths import Path, assign, get
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Record


def emptied(
    rules: Iterable[Rule], side: Side, record: Record, accepts: Callable[[Record], bool]
) -> Iterator[tuple[list[Path], Record]]:
    """Yield a copy of a record for each such group of fields, with those that were taken away: all that may be.

    What takes no more than one value away is not yielded. accepts: whether a record is right by its schema.
    """
    for fields in _groups(rules, side):
        made, taken = record, []
        for path, field in fields:
            if not means_absent(field, get(made, path)):
                left = next((one for one in _without(made, path, field) if accepts(one)), None)
                taken += [path] if left is not None else []
                made = left or made
        if len(taken) > 1:
            yield taken, made


def _groups(rules: Iterable[Rule], side: Side, at: Path = ()) -> Iterator[list[tuple[Path, Field]]]:
    """Yield the fields that are read together, each with its path: for one value, or in the first element of a list."""
    for rule in rules:
        if isinstance(rule, Each):
            below = (*at, *rule.element(side, 0))
            yield [((*below, *field.path), field) for one in rule.rules for field in one.fields(side)]
            yield from _groups(rule.rules, side, below)
        elif not isinstance(rule, Table):  # of a table, every state is tried
            yield [((*at, *field.path), field) for field in rule.fields(side)]


def _without(record: Record, path: Path, field: Field) -> Iterator[Record]:
    """Yield records in which a field is absent: without it, and with each value that means as much."""
    for value in (ABSENT, None, *field.nulls):
        made = copy.deepcopy(record)
        assign(made, path, value)
        yield made
