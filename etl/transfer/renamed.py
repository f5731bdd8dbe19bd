"""What a field that has vanished is probably called now: a field that no rule reads, and whose values fit."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, get, put
from etl.mapping.places import overlap
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Record
from etl.transfer.agreement import Agreement, alike, values_of
from etl.transfer.drift import Place, Source
from etl.transfer.emptied import Sample
from etl.transfer.pipeline import Pipeline

_ALIKE: Final = 0.6
"""From this share of equal letters on, one name is like the other."""


@dataclass(frozen=True, slots=True)
class Renames:
    """Guesses other names. known: the fields that the mapping names. pipeline: of the inbound direction."""

    known: tuple[Place, ...]
    pipeline: Pipeline

    def of(self, source: Source, samples: Sequence[Sample]) -> tuple[Place, Place] | None:
        """Return what of a field's place is missing, and where that probably is now; None where nothing fits.

        Of several that fit, it is the one with which most records would say what they said last, then the one that is
        most alike by name; it has to be better than none, alike by name, or the only one.
        """
        if not samples:
            return None
        place = _missing_part(source, samples[0][0].source)
        names = self._candidates(place, [candidate.source for candidate, _ in samples])
        fitting = [
            (said, _likeness(name, str(place.path[-1])), name)
            for name in names
            if (said := self._saying(source, place, name, samples)) is not None
        ]
        if not fitting:
            return None
        without = sum(_says(source, candidate.target, agreed) for candidate, agreed in samples)
        said, likeness, name = max(fitting)
        if said <= without and likeness < _ALIKE and len(fitting) > 1:
            return None
        return place, Place(place.lists, (*place.path[:-1], name))

    def _candidates(self, place: Place, records: Sequence[Record]) -> list[str]:
        """Return the names that stand beside it in all records, and that the mapping does not know."""
        every = [_names_beside(place, record) for record in records]
        common = [name for name in every[0] if all(name in names for names in every)]
        paths = {known.names for known in self.known}
        parents = Place(place.lists, place.path[:-1]).names
        return [name for name in common if not any(overlap(path, (*parents, name)) for path in paths)]

    def _saying(self, source: Source, place: Place, name: str, samples: Iterable[Sample]) -> int | None:
        """Return how many records would say what they said last, under another name; None where that does not fit."""
        count = 0
        for candidate, agreed in samples:
            record = copy.deepcopy(candidate.source)
            for spot in place.spots(record):
                if (value := get(spot, (*place.path[:-1], name))) is not ABSENT:
                    put(spot, place.path, value)
            target, _, violations = self.pipeline(record)
            if violations:
                return None
            count += _says(source, target, agreed)
        return count


def renames(mapping: Mapping, pipeline: Pipeline) -> Renames:
    """Return what guesses other names for the fields of a mapping."""
    newest, gone = mapping.conflicts.newest, mapping.tombstone
    asked = [*mapping.outside.ignore, *(field for field, _ in mapping.import_when)]
    asked += [] if newest is None else [newest.outside]
    asked += [] if gone is None else [*(field for field, _ in gone.asked), *gone.keys]
    known = [Place((), field.path) for field in asked if not field.is_around]
    for rule in mapping.rules:
        known += _known(rule, ())
    return Renames(tuple(known), pipeline)


def _known(rule: Rule, lists: tuple[Path, ...]) -> list[Place]:
    own = {*rule.paths(Side.OUTSIDE), *rule.looks_at(Direction.INBOUND)}
    inner = [place for each in rule.inner for place in _known(each, (*lists, *rule.reads(Side.OUTSIDE)))]
    return [*(Place(lists, path) for path in own if not rule.inner), *inner]


def _says(source: Source, target: Record, agreed: Agreement) -> bool:
    return alike(values_of(target, source.unit), agreed.known(source.unit))


def _missing_part(source: Source, record: Record) -> Place:
    """Return the part of a field's path up to the first name under which nothing stands."""
    lists, path = source.outside.lists, source.outside.path
    spot = next(iter(source.outside.spots(record)))
    for end in range(1, len(path)):
        if get(spot, path[:end]) is ABSENT:
            return Place(lists, path[:end])
    return source.outside


def _names_beside(place: Place, record: Record) -> dict[str, None]:
    parents = [get(spot, place.path[:-1]) for spot in place.spots(record)]
    return {name: None for parent in parents if isinstance(parent, dict) for name in parent}


def _likeness(one: str, other: str) -> float:
    plain, alike_to = ("".join(filter(str.isalnum, name.casefold())) for name in (one, other))
    return SequenceMatcher(None, plain, alike_to).ratio()
