"""Emptied: records in which several fields are absent at once, of an element, an object, or a rule that joins them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from etl.mapping.paths import Path, assign, get
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Record

Accepts: TypeAlias = Callable[[Record, Path], bool]
"""Says whether a record is right by its schema, with what has come to stand at a path."""


def emptied(
    rules: Iterable[Rule], side: Side, records: Sequence[Record], accepts: Accepts
) -> Iterator[tuple[list[Path], Record]]:
    """Yield a copy of a record for each such group of fields, with those that were taken away: all that may be.

    What takes no more than one value away is not yielded, but for the key of an element. records: the first one in
    which a group stands is copied.
    """
    for group in _groups(rules, side):
        record = next((one for one in records if isinstance(get(one, group.at), dict)), None)
        taken, made = ([], {}) if record is None else _taken(record, group, accepts)
        if record is not None and len(taken) >= group.fewest:
            yield taken, made


@dataclass(frozen=True, slots=True)
class _Group:
    """Fields that are read together, each with its path. at: where they start. fewest: so many are taken away."""

    at: Path
    fields: list[tuple[Path, Field]]
    fewest: int = 2


def _groups(rules: Iterable[Rule], side: Side, at: Path = ()) -> Iterator[_Group]:
    """Yield what is read for one value, as the key of an element, or in the first element of a list."""
    for rule in rules:
        if isinstance(rule, Each):
            below = (*at, *rule.element(side, 0))
            yield _Group(below, [((*below, *field.path), field) for field in rule.keys(side)], 1)
            yield _Group(below, [((*below, *field.path), field) for one in rule.rules for field in one.fields(side)])
            yield from _groups(rule.rules, side, below)
        elif not isinstance(rule, Table):  # of a table, every state is tried
            yield _Group(at, [((*at, *field.path), field) for field in rule.fields(side)])


def _taken(record: Record, group: _Group, accepts: Accepts) -> tuple[list[Path], Record]:
    """Return what may be taken away of a group in a record, and what is left of that."""
    taken: list[Path] = []
    for path, field in group.fields:
        if not means_absent(field, get(record, path)):
            left = next((one for one in _without(record, path, field) if accepts(one, path)), None)
            if left is not None:
                taken, record = [*taken, path], left
    return taken, record


def _without(record: Record, path: Path, field: Field) -> Iterator[Record]:
    """Yield records in which a field is absent: without it, and with each value that means as much."""
    for value in (ABSENT, None, *field.nulls):
        made = copy.deepcopy(record)
        assign(made, path, value)
        yield made
