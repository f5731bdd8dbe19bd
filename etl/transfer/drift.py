"""The fields that rules read on the way in: what a record has of each, and whether the one before it had a value.

A field is *missing* in a record where nothing stands under its name; null is a value, as is the empty cell of a column.
What that comes to, over a delivery, counts `etl.transfer.emptied`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get, only_name
from etl.mapping.places import overlap
from etl.mapping.rules.access import means_absent, source_name
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Field, Position, Side
from etl.record import ABSENT, Record
from etl.transfer.agreement import Agreement, alike, noted, values_of
from etl.transfer.unit import Unit

Lacking: TypeAlias = Callable[[Record, Record], tuple[str, ...]]
"""Says which outside fields of a record have no value, of those that its meaning does not show to be empty."""


class Standing(Enum):
    """What a record has of a field."""

    UNTOLD = "what it would stand in is not there for another reason"
    MISSING = "nothing stands under its name"
    EMPTY = "null, or what means absent"
    VALUE = "a value"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field stands: at a path of the record, or of every element of a list; of a list in that, and so on."""

    lists: tuple[Path, ...]
    path: Path

    def spots(self, record: Record) -> list[Any]:
        """Return the objects in which its path begins."""
        spots: list[Any] = [record]
        for path in self.lists:
            found = [get(spot, path) for spot in spots]
            spots = [element for items in found if isinstance(items, list) for element in items]
        return spots

    def values(self, record: Record) -> Iterator[Any]:
        """Yield what stands there and is a value."""
        for spot in self.spots(record):
            if (value := get(spot, self.path)) not in (None, ABSENT):
                yield value

    @property
    def names(self) -> Path:
        """The names on the way to it, without the places in lists."""
        return tuple(step for path in (*self.lists, self.path) for step in path if isinstance(step, str))

    def __str__(self) -> str:
        return "[].".join(map(format_path, (*self.lists, self.path)))


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A field that a rule reads on the way in.

    inside: where that rule writes. field: says which of its values mean absent. is_alone: where the rule has written a
    value, this field has had one. where: the rule stands. text: of its place. outside_name: of a field of the record
    itself in which nothing but null is absent, None for any other. inside_name: of what its rule writes, where that is
    one field of the record itself.
    """

    unit: Unit
    outside: Place
    inside: tuple[Place, ...]
    field: Field
    is_alone: bool
    where: Position
    text: str
    outside_name: str | None
    inside_name: str | None

    def standing(self, record: Record, columns: Collection[Path] = ()) -> Standing:
        """Return what a record has of it. columns: those of its file, of which an empty one leaves nothing."""
        found = {self._standing(spot) for spot in self.outside.spots(record)}
        for standing in (Standing.VALUE, Standing.EMPTY, Standing.MISSING):
            if standing in found:
                break
        else:
            standing = Standing.UNTOLD
        if standing in (Standing.MISSING, Standing.UNTOLD) and columns and self._is_among(columns):
            return Standing.EMPTY
        return standing

    def _is_among(self, columns: Collection[Path]) -> bool:
        names = self.outside.names
        return any(overlap(names, tuple(step for step in column if isinstance(step, str))) for column in columns)

    def _standing(self, spot: Any) -> Standing:
        value = spot
        for step in self.outside.path:
            if value is None:
                return Standing.EMPTY
            if not isinstance(value, dict if isinstance(step, str) else list):
                return Standing.UNTOLD
            value = get(value, (step,))
            if value is ABSENT:
                return Standing.UNTOLD if isinstance(step, int) else Standing.MISSING
        return Standing.EMPTY if means_absent(self.field, value) else Standing.VALUE

    def is_said_by(self, record: Record) -> bool:
        """Return whether an inside record has a value where its rule writes."""
        if (name := self.inside_name) is not None:
            return record.get(name) not in (None, ABSENT)
        return any(True for place in self.inside for _ in place.values(record))

    def had_value(self, agreed: Agreement) -> bool | None:
        """Return whether the outside record that was last decided on had a value for it, or else was told one.

        None where that is not known.
        """
        if agreed.seen is None:
            told = noted(agreed.told, self.unit)
            return told is not None and any(value is not None for value in told) if self.is_alone else None
        if not self.is_said_by(agreed.seen):
            return False
        if self.is_alone:
            return True
        return None if agreed.lacks is None else self.text not in agreed.lacks

    def would_change(self, target: Record, agreed: Agreement) -> bool:
        """Return whether the work order would get another value, or none."""
        said = agreed.said(self.unit) if agreed.seen is not None else agreed.known(self.unit)
        return not alike(values_of(target, self.unit), said)


def sources(mapping: Mapping, units: Iterable[Unit]) -> tuple[Source, ...]:
    """Return every field that is read for what imports write, rule by rule."""
    by_paths = {unit.paths: unit for unit in units}
    return tuple(
        source
        for rule in mapping.rules
        if (unit := by_paths.get(rule.paths(Side.INSIDE))) is not None
        for source in _sources(unit, rule, (), ())
    )


def _sources(unit: Unit, rule: Rule, outside: tuple[Path, ...], inside: tuple[Path, ...]) -> Iterator[Source]:
    paths = rule.looks_at(Direction.INBOUND)
    places = tuple(Place(inside, path) for path in rule.paths(Side.INSIDE))
    name = only_name(places[0].path) if len(places) == 1 and not inside else None
    fields = {field.path: field for field in rule.fields(Side.OUTSIDE)}
    follows = any(True for _ in rule.follows(Direction.INBOUND)) and len(paths) == 1
    for path in paths:
        place, field = Place(outside, path), fields.get(path, Field(path))
        plain = None if outside else source_name(field)
        yield Source(unit, place, places, field, follows, rule.where, str(place), plain, name)
    for inner in rule.inner:
        yield from _sources(unit, inner, (*outside, *rule.reads(Side.OUTSIDE)), (*inside, *rule.paths(Side.INSIDE)))


def nothing(record: Record, target: Record) -> tuple[str, ...]:
    """Return that nothing is lacking."""
    del record, target
    return ()


def lacking(known: Iterable[Source]) -> Lacking:
    """Return a function from a record and its meaning to the fields that had no value, though their rule has one.

    Every record that changes something comes by, so a field of the record itself is looked up at once.
    """
    groups: dict[Unit, list[tuple[str, str | None, Source]]] = {}
    for source in known:
        if not source.is_alone:
            groups.setdefault(source.unit, []).append((source.text, source.outside_name, source))
    rules = [(unit.paths, fields) for unit, fields in groups.items()]
    if not rules:
        return nothing

    def lacks(record: Record, target: Record) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for paths, fields in rules:
            missing = [
                text
                for text, name, source in fields
                if (record.get(name) is None if name else source.standing(record) is not Standing.VALUE)
            ]
            if missing and any(get(target, path) not in (None, ABSENT) for path in paths):
                found |= dict.fromkeys(missing)
        return tuple(found)

    return lacks
