"""Drift: fields that rules read, that work orders have a value of, and that a delivery does not have any more.

A field is *missing* in a record that brings news of a known key where nothing stands under its name; null is a value,
as is the empty cell of a column. It has *vanished* where it is missing in ten or more records whose last one had a
value for it, and no record of a known key has it any more. What never had a value never counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get
from etl.mapping.places import overlap
from etl.mapping.rules.access import means_absent, source_name
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, Record
from etl.transfer.agreement import Agreement, alike, noted, values_of
from etl.transfer.model import Candidate
from etl.transfer.unit import Unit

Lacking: TypeAlias = Callable[[Record, Record], tuple[str, ...]]
"""Says which outside fields of a record have no value, of those that its meaning does not show to be empty."""

FEWEST: Final = 10
"""So many records make a field that is missing a field that has vanished."""

_SAMPLES: Final = 30
"""So many of them are looked at for another name."""


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
    value, this field has had one.
    """

    unit: Unit
    outside: Place
    inside: tuple[Place, ...]
    field: Field
    is_alone: bool

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

    def had_value(self, agreed: Agreement) -> bool:
        """Return whether the outside record that was last decided on had a value for it, or else was told one."""
        if agreed.seen is not None:
            is_said = any(True for place in self.inside for _ in place.values(agreed.seen))
            return is_said and (self.is_alone or (agreed.lacks is not None and str(self.outside) not in agreed.lacks))
        told = noted(agreed.told, self.unit)
        return self.is_alone and told is not None and any(value is not None for value in told)

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
    fields = {field.path: field for field in rule.fields(Side.OUTSIDE)}
    follows = any(True for _ in rule.follows(Direction.INBOUND)) and len(paths) == 1
    for path in paths:
        yield Source(unit, Place(outside, path), places, fields.get(path, Field(path)), is_alone=follows)
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
            plain = None if source.outside.lists else source_name(source.field)
            groups.setdefault(source.unit, []).append((str(source.outside), plain, source))
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


@dataclass(slots=True)
class Missing:
    """The records in which a field is missing. keys: their hashes. changing: how many work orders would change."""

    keys: set[int] = field(default_factory=set)
    changing: int = 0
    samples: list[tuple[Candidate, Agreement]] = field(default_factory=list)

    def add(self, candidate: Candidate, agreed: Agreement, *, changes: bool) -> None:
        """Count a record, once a key."""
        if (mark := hash(candidate.key)) in self.keys:
            return
        self.keys.add(mark)
        self.changing += changes
        if len(self.samples) < _SAMPLES:
            self.samples.append((candidate, agreed))


class Drift:
    """What a delivery, as far as it was looked at, has no more."""

    def __init__(self, known: Iterable[Source]) -> None:
        self._missing = {source: Missing() for source in known}

    @property
    def is_excluded(self) -> bool:
        """Whether every field was met: no other record can change that."""
        return not self._missing

    def look(self, candidate: Candidate, agreed: Agreement) -> None:
        """Look at a record that brings news of a known key."""
        for source in list(self._missing):
            match source.standing(candidate.source, candidate.item.columns):
                case Standing.MISSING if source.had_value(agreed):
                    changes = source.would_change(candidate.target, agreed)
                    self._missing[source].add(candidate, agreed, changes=changes)
                case Standing.EMPTY | Standing.VALUE:
                    del self._missing[source]
                case _:
                    pass

    def vanished(self) -> dict[Source, Missing]:
        """Return the fields that have vanished, with the records that show it."""
        return {source: missing for source, missing in self._missing.items() if len(missing.keys) >= FEWEST}
