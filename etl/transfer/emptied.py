"""Drift: what a delivery would empty, against what is usual for it.

A *value* is that of a field which a rule reads, or of a whole rule. Of the known work orders that a delivery brings
news of, so many had one before; of these, some lose it, and others, which had none, gain one. Those that gain it are
set off against those that lose it: a value that comes and goes is usual. It is *lost* where ten or more are left, and
these are more than a share of those that had it, or all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Generic, NamedTuple, TypeAlias, TypeVar

from etl.mapping.paths import get, only_name
from etl.record import ABSENT, Record
from etl.transfer.agreement import Agreement, noted
from etl.transfer.drift import Source, Standing
from etl.transfer.model import Candidate
from etl.transfer.seen import key_mark
from etl.transfer.unit import Unit

FEWEST: Final = 10
"""So many work orders make what loses its value one that is lost."""

_SAMPLES: Final = 30
"""So many of them are looked at for another name."""

_NOTHING: Final = (None, ABSENT)

Sample: TypeAlias = tuple[Candidate, Agreement]

W = TypeVar("W", Source, Unit)


class Marks(NamedTuple):
    """What becomes of the values of one work order, a bit for each. changed: lost, and its rule says otherwise."""

    had: int
    lost: int
    gained: int
    changed: int


@dataclass(slots=True)
class Count:
    """In how many work orders something had a value, loses it, gains one; in how many of those it would be changed."""

    had: int = 0
    lost: int = 0
    gained: int = 0
    changed: int = 0

    def add(self, marks: Marks, bit: int, times: int) -> None:
        """Count what so many work orders have in common."""
        if marks.had & bit:
            self.had += times
            if marks.lost & bit:
                self.lost += times
                self.changed += times if marks.changed & bit else 0
        elif marks.gained & bit:
            self.gained += times

    def is_lost(self, share: Fraction) -> bool:
        """Return whether so many lose it that it is not usual."""
        left = self.lost - self.gained
        return left >= FEWEST and (left >= self.had or left > share * self.had)


@dataclass(frozen=True, slots=True)
class Loss(Generic[W]):
    """What is lost, in how many work orders. samples: some of them."""

    what: W
    count: Count
    samples: Sequence[Sample] = ()


@dataclass(frozen=True, slots=True)
class Losses:
    """What a delivery would empty. fields: are missing. rules: have no value, though what they read is there."""

    fields: Sequence[Loss[Source]]
    rules: Sequence[Loss[Unit]]


@dataclass(slots=True)
class _Part:
    """What was looked at since it was last judged: the last record of each key, by its hash."""

    marks: dict[int, Marks] = field(default_factory=dict)
    samples: dict[Source, list[tuple[int, Sample]]] = field(default_factory=dict)

    def keep(self, key: int, source: Source, sample: Sample) -> None:
        """Keep a work order in which a field is missing, as long as there are few."""
        kept = self.samples.setdefault(source, [])
        if len(kept) < _SAMPLES:
            kept.append((key, sample))


class Emptied:
    """Counts what a delivery would empty, part by part: each part by itself, and all that was looked at."""

    def __init__(self, known: Sequence[Source], share: Fraction) -> None:
        self._share = share
        units = tuple(dict.fromkeys(source.unit for source in known))
        self._fields = [(1 << place, source) for place, source in enumerate(known)]
        self._rules = [(1 << place, unit) for place, unit in enumerate(units, len(known))]
        self._named = [(bit, unit, _only_name(unit)) for bit, unit in self._rules]
        self._every: list[tuple[int, Source | Unit]] = [*self._fields, *self._rules]
        self._whole = {bit: Count() for bit, _ in self._every}
        self._part = _Part()

    def look(self, candidate: Candidate, agreed: Agreement) -> None:
        """Look at a record that brings news of a known key."""
        key = key_mark(candidate.key)
        fields, rules = self._fields_of(candidate, agreed, key), self._rules_of(candidate.target, agreed)
        self._part.marks[key] = Marks(*(one | other for one, other in zip(fields, rules, strict=True)))

    def _fields_of(self, candidate: Candidate, agreed: Agreement, key: int) -> Marks:
        had = lost = gained = changed = 0
        record, columns = candidate.source, candidate.item.columns
        for bit, source in self._fields:
            was = source.had_value(agreed)
            if was is None:
                continue
            name = source.outside_name
            if name is not None and record.get(name) is not None:
                standing = Standing.VALUE
            else:
                standing = source.standing(record, columns)
            if not was:
                gained |= bit if standing is Standing.VALUE and source.is_said_by(candidate.target) else 0
                continue
            had |= bit
            if standing is Standing.MISSING:
                lost |= bit
                changed |= bit if source.would_change(candidate.target, agreed) else 0
                self._part.keep(key, source, (candidate, agreed))
        return Marks(had, lost, gained, changed)

    def _rules_of(self, target: Record, agreed: Agreement) -> Marks:
        had = lost = gained = 0
        seen = agreed.seen
        for bit, unit, name in self._named:
            has = _is_said(unit, name, target)
            if _is_said(unit, name, seen) if seen is not None else _is_told(unit, agreed):
                had |= bit
                lost |= 0 if has else bit
            elif has:
                gained |= bit
        return Marks(had, lost, gained, lost)

    def judge(self) -> Losses:
        """Return what is lost in this part of it, or in all that was looked at; what comes then is another part."""
        part, self._part = self._part, _Part()
        counts = {bit: Count() for bit, _ in self._every}
        for marks, times in Counter(part.marks.values()).items():
            for bit, _ in self._every:
                counts[bit].add(marks, bit, times)
                self._whole[bit].add(marks, bit, times)
        fields = [Loss(s, c, _samples(part, s, bit)) for bit, s, c in self._lost(self._fields, counts)]
        told = {loss.what.unit for loss in fields}
        rules = [Loss(unit, c) for _, unit, c in self._lost(self._rules, counts) if unit not in told]
        return Losses(fields, rules)

    def _lost(self, every: Iterable[tuple[int, W]], counts: dict[int, Count]) -> Iterator[tuple[int, W, Count]]:
        for bit, one in every:
            found = next((c for c in (counts[bit], self._whole[bit]) if c.is_lost(self._share)), None)
            if found is not None:
                yield bit, one, found


def _only_name(unit: Unit) -> str | None:
    return only_name(unit.paths[0]) if len(unit.paths) == 1 else None


def _is_said(unit: Unit, name: str | None, record: Record) -> bool:
    """Return whether an inside record has a value of a rule. name: of its only field; written out, as it is costly."""
    if name is not None:
        return record.get(name) not in _NOTHING
    return any(get(record, path) not in _NOTHING for path in unit.paths)


def _is_told(unit: Unit, agreed: Agreement) -> bool:
    """Return whether the outside was told a value of a rule."""
    return any(value is not None for value in noted(agreed.told, unit) or ())


def _samples(part: _Part, source: Source, bit: int) -> list[Sample]:
    """Return work orders in which a field is missing, and that had no other record since."""
    return [sample for key, sample in part.samples.get(source, ()) if part.marks[key].lost & bit]
