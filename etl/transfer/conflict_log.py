"""The conflict log: what lost, and what waits for a person.

An open conflict is one entry per key: its record is written on neither side until it is resolved. What was decided is
kept with the values of both sides and their base before anything is overwritten: one entry for each outside record, in
which nothing is twice, however often a run dies on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeAlias

from etl.mapping.equality import same
from etl.mapping.paths import get
from etl.mapping.terms import Side
from etl.record import Key, Record, Violation
from etl.transfer.conflicts import Chosen, Dispute
from etl.transfer.dead_letter import Novelty
from etl.transfer.decision import Detail
from etl.transfer.deliveries import file_of
from etl.transfer.model import Change, Outcome, Result

EntryId: TypeAlias = tuple[Key, bytes | None]
"""A key, and the fingerprint of the outside record about which was decided; None for what is open."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of one outside record. origin: what a person calls it. file: in which it came, "" if unknown."""

    id: EntryId
    origin: str
    file: str
    record: Record
    disputes: tuple[Dispute, ...]


class ConflictStore(Protocol):
    """Where the conflicts of one mapping are kept."""

    def some_open(self) -> bool:
        """Return whether any conflict waits for a person."""
        ...

    def open_among(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of the keys whose conflict waits for a person."""
        ...

    def chosen_among(self, keys: Iterable[Key]) -> dict[Key, dict[str, Chosen]]:
        """Return what a person has decided of the open conflicts of these keys, by the names of units."""
        ...

    def known_among(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of the keys whose open conflict waited already when a run before this one came to its end."""
        ...

    def close(self, keys: Sequence[Key]) -> None:
        """Remove the open conflicts of these keys."""
        ...

    def decided(self, ids: Sequence[EntryId]) -> dict[EntryId, tuple[Dispute, ...]]:
        """Return what was decided in these entries before."""
        ...

    def unfit(self, entries: Sequence[Entry]) -> dict[Key, Violation]:
        """Return a violation for each record whose entry cannot be kept."""
        ...

    def put(self, entries: Sequence[Entry]) -> None:
        """Keep entries, each in the place of the one with its id."""
        ...

    def reduce(self, left: Table[EntryId, tuple[Dispute, ...]]) -> None:
        """Leave of these entries no more than this; remove those of which nothing is left."""
        ...


class ConflictLog:
    """The conflicts of one mapping, as an import keeps them."""

    def __init__(self, store: ConflictStore) -> None:
        self._store = store
        self._some_open: bool | None = None
        self._before: dict[EntryId, tuple[Dispute, ...]] = {}

    def keep(self, changes: Sequence[Change[Detail]]) -> dict[Key, Violation]:
        """Keep what these changes dispute, decided or open; return a violation for each of which that cannot be."""
        entries = self._entries(changes)
        unfit = self._store.unfit(entries)
        if fit := [entry for entry in entries if entry.id[0] not in unfit]:
            if any(fingerprint is None for _, fingerprint in (entry.id for entry in fit)):
                self._some_open = True
            self._store.put(fit)
        return unfit

    def unfit(self, changes: Sequence[Change[Detail]]) -> dict[Key, Violation]:
        """Return a violation for each change of which what it disputes cannot be kept."""
        return self._store.unfit(self._entries(changes))

    def _entries(self, changes: Sequence[Change[Detail]]) -> list[Entry]:
        found = [(change, detail) for change in changes if (detail := change.detail) and detail.decision.disputes]
        if not found:
            return []
        self._before = self._store.decided([_id(change, detail) for change, detail in found if _is_decided(change)])
        return [self._entry(change, detail) for change, detail in found]

    def _entry(self, change: Change[Detail], detail: Detail) -> Entry:
        id_, disputes = _id(change, detail), detail.decision.disputes
        every = _without(self._before.get(id_, ()), disputes) + disputes
        item = change.candidate.item
        return Entry(id_, item.origin, file_of(item), change.candidate.source, every)

    def forget(self, changes: Sequence[Change[Detail]], found: Table[Key, Record] | None = None) -> None:
        """Take back the decisions of changes that were kept last, and not written.

        found: records that show what was written of them nevertheless, before somebody edited something else.
        """
        records = found or {}
        left = {
            _id(change, detail): self._left(_id(change, detail), detail, records.get(change.candidate.key, {}))
            for change in changes
            if (detail := change.detail) and detail.decision.disputes and _is_decided(change)
        }
        if left:
            self._store.reduce(left)

    def _left(self, id_: EntryId, detail: Detail, record: Record) -> tuple[Dispute, ...]:
        """Return what stays in the log of a change that was taken back."""
        done = tuple(dispute for dispute in detail.decision.disputes if _is_done(dispute, record))
        return _without(self._before.get(id_, ()), done) + done

    def close(self, changes: Sequence[Change[Any]]) -> None:
        """Remove the open conflicts of records that have none any more."""
        if self._are_some_open():
            self._store.close([change.candidate.key for change in changes])

    def open_among(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of the keys whose conflict waits for a person."""
        return self._store.open_among(keys) if self._are_some_open() else set()

    def chosen_among(self, keys: Iterable[Key]) -> dict[Key, dict[str, Chosen]]:
        """Return what a person has decided of the open conflicts of these keys, by the names of units."""
        return self._store.chosen_among(keys) if self._are_some_open() else {}

    def knowing(self, results: list[Result]) -> list[Result]:
        """Return results, of which those in conflict say whether that is known."""
        waiting = {r.candidate.key for r in results if r.outcome is Outcome.CONFLICT and r.candidate is not None}
        known = self._store.known_among(waiting) if waiting else set[Key]()
        return [replace(r, novelty=Novelty.KNOWN) if _is_of(r, known) else r for r in results] if known else results

    def _are_some_open(self) -> bool:
        if self._some_open is None:
            self._some_open = self._store.some_open()
        return self._some_open


def _is_of(result: Result, keys: set[Key]) -> bool:
    candidate = result.candidate
    return result.outcome is Outcome.CONFLICT and candidate is not None and candidate.key in keys


def _id(change: Change[Detail], detail: Detail) -> EntryId:
    return change.candidate.key, detail.agreement.fingerprint if _is_decided(change) else None


def _is_decided(change: Change[Detail]) -> bool:
    return change.outcome is not Outcome.CONFLICT


def _is_done(dispute: Dispute, record: Record) -> bool:
    """Return whether a record has what won from outside; {} has nothing."""
    if dispute.winner is not Side.OUTSIDE or not record:
        return False
    return all(same(get(record, path), value) for path, value in dispute.outside.items())


def _without(disputes: Iterable[Dispute], others: Sequence[Dispute]) -> tuple[Dispute, ...]:
    return tuple(dispute for dispute in disputes if not any(_is_same(dispute, other) for other in others))


def _is_same(one: Dispute, other: Dispute) -> bool:
    """Return whether two disputes are of the same values on both sides and the same winner, whatever was agreed."""
    sides = ((one.outside, other.outside), (one.inside, other.inside))
    return one.rule == other.rule and one.winner is other.winner and all(same(a, b) for a, b in sides)
