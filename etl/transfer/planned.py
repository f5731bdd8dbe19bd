"""The inside as a plan sees it: as it would be after the changes that were planned so far, while nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import replace
from typing import Final

from etl.mapping.terms import Sort
from etl.record import Key, Record
from etl.transfer.answers import Answered, Given
from etl.transfer.batches import Room
from etl.transfer.births import Births, under_keys
from etl.transfer.compare import Comparer
from etl.transfer.conflict_log import ConflictLog
from etl.transfer.decision import Detail
from etl.transfer.echo import Marks
from etl.transfer.endpoint import KeyedReader, KeyedWriter
from etl.transfer.importing import note_sent, unfit_changes
from etl.transfer.ledger import Ledger, Remembered
from etl.transfer.merge import Merger
from etl.transfer.model import (
    Candidate,
    Change,
    D,
    Doubt,
    Item,
    Note,
    Notice,
    Notify,
    Outcome,
    Result,
    result_of,
)
from etl.transfer.plan import REPORTED, Describe
from etl.transfer.planned_so_far import Planned, PlannedLedger, PlannedRecords

_UNJUDGED: Final = (
    "this MongoDB cannot say which of the imported records go out again (5.1 or newer can): the plan has all of them "
    "go out"
)


def planned_heard(ledger: Ledger, planned: Planned) -> Iterator[Key]:
    """Yield the keys of which the outside would have said something, and not that there is none any more."""
    agreements = planned.agreements
    yield from (key for key in ledger.heard() if key not in agreements)
    yield from [key for key, agreed in agreements.items() if agreed.seen is not None and agreed.sort is Sort.RECORD]


def plan_keys(
    planned: Planned, records: KeyedWriter, ledger: Remembered, given: Table[Key, Key], found: Table[Key, Answered]
) -> tuple[list[Given], list[Answered]]:
    """Note which records would have their keys before anything is transferred.

    given: which key has been given, by what has taken its place. found: what was answered its key. Returns which
    answers come to nothing, and which give their keys.
    """
    there = records.find({one.key for one in found.values()}, keys_only=True)
    taken = {*there.records, *there.blocked}
    refused: list[Given] = []
    taking: list[Answered] = []
    planned.keyed.update(given)
    for unkeyed, one in found.items():
        if one.key in taken:
            refused.append(one.given)
            continue
        taken.add(one.key)
        taking.append(one)
        planned.keyed[unkeyed] = one.key
        planned.records[one.key] = {**one.record, **one.patch}
    planned.agreements.update(under_keys(ledger, planned.keyed))
    return refused, taking


class PlannedImport:
    """An import that decides as a run would, and only notes what it would write."""

    def __init__(
        self,
        records: KeyedWriter,
        ledger: Ledger,
        conflicts: ConflictLog,
        merger: Merger,
        planned: Planned,
        *,
        marks: Marks | None = None,
        births: Births | None = None,
    ) -> None:
        self._records = records
        self._ledger = ledger
        self._conflicts = conflicts
        self._planned = planned
        self._marks = marks
        self._comparer = Comparer(
            PlannedRecords(records, planned), PlannedLedger(ledger, planned), merger, births, conflicts.chosen_among
        )

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Detail]]:
        """Decide for every candidate."""
        return self._comparer.compare(candidates)

    def apply(self, changes: Sequence[Change[Detail]], describe: Describe[Detail] | None) -> list[Result]:
        """Say what each change would become.

        describe: None where that is all that is asked; then nothing is noted, and each is what it would be alone.
        """
        details = [(change, change.detail) for change in changes if change.detail is not None]
        written = [(c, detail) for c, detail in details if c.outcome in {Outcome.CREATED, Outcome.UPDATED}]
        note_sent([change for change, _ in written if change.outcome is Outcome.CREATED], self._records, self._marks)
        after = {change.candidate.key: self._records.after(detail) for change, detail in written}
        unfit = (
            self._conflicts.unfit(changes)
            | self._records.unfit(after)
            | unfit_changes(changes, self._records, self._ledger)
        )
        for change in changes:
            if describe is not None and change.outcome is not Outcome.REJECTED and change.candidate.key not in unfit:
                self._note(change, after)
                self._note_asked(change, describe)
        results = []
        for change in self._settling(changes):
            refused = unfit.get(change.candidate.key)
            what = (
                change if refused is None else replace(change, outcome=Outcome.REJECTED, note=None, reasons=(refused,))
            )
            deletes = change.detail is not None and change.detail.decision.deletes
            results.append(replace(_result(what, describe), deletes=deletes))
        return results

    def _note(self, change: Change[Detail], after: dict[Key, Record]) -> None:
        key = change.candidate.key
        if change.outcome is Outcome.CONFLICT:
            self._planned.settled.discard(key)
            self._planned.waiting.add(key)
            return
        self._planned.waiting.discard(key)  # of an earlier record with this key
        self._planned.settled.add(key)
        if key in after:
            self._planned.records[key] = after[key]
        if change.detail is not None:
            self._planned.agreements[key] = change.detail.agreement
            if change.detail.unkeyed:
                self._planned.keyed[change.detail.unkeyed] = key

    def _note_asked(self, change: Change[Detail], describe: Describe[Detail]) -> None:
        key, detail = change.candidate.key, change.detail
        if change.outcome is not Outcome.UNCHANGED:
            self._planned.asked.pop(key, None)
        elif detail is not None:  # there is something to remember, and what is news is not sent over
            self._planned.asked[key] = describe(replace(change, note=Note.ASKED))

    def _settling(self, changes: Sequence[Change[Detail]]) -> list[Change[Detail]]:
        """Note which records change nothing but that their conflict waits no longer."""
        same = [c for c in changes if c.outcome is Outcome.UNCHANGED]
        settling = self._conflicts.open_among(change.candidate.key for change in same)
        ids = {id(change) for change in same if change.candidate.key in settling}
        return [replace(change, note=Note.SETTLED) if id(change) in ids else change for change in changes]


def planned_batches(
    reader: KeyedReader, planned: Planned, known: Collection[str], notify: Notify
) -> Callable[[int], Iterator[list[Item]]]:
    """Return what reads what would wait after the inbound plan: of what that does not change, what waits now.

    known: the top-level fields that planned records have been planned with. notify: told where it cannot be told which
    of them would wait; then all are read.
    """

    def read(size: int) -> Iterator[list[Item]]:
        due = _due(reader, planned, known, size)
        if due is None:
            notify(Notice(Doubt.UNJUDGED, _UNJUDGED))
            due = dict.fromkeys(planned.records)
        for batch in reader.batches(size):
            yield from _as_planned(reader, batch, planned, due)
        for some in planned.records.batches(due, size):
            yield [reader.item_of(record) for _, record in some]

    return read


def _due(reader: KeyedReader, planned: Planned, known: Collection[str], size: int) -> dict[Key, None] | None:
    """Return the keys of the planned records that would wait, in their order; None where that cannot be told."""
    due: dict[Key, None] = {}
    for some in planned.records.batches(planned.records, size):
        places = reader.due([record for _, record in some], known)
        if places is None:
            return None
        due.update((some[place][0], None) for place in sorted(places))
    return due


def _as_planned(
    reader: KeyedReader, batch: Sequence[Item], planned: Planned, due: dict[Key, None]
) -> Iterator[list[Item]]:
    """Yield what was read as it would be, without what would not wait; what is yielded is due no more."""
    items: list[Item] = []
    room = Room(len(batch) + 1)
    for item in batch:
        key = planned.keyed.get(item.unkeyed) if item.unkeyed else reader.key_of(item)
        if key is None or key not in planned.records:
            items.append(item)
        elif key in due:
            del due[key]
            items.append(reader.item_of(planned.records[key]))
            if not planned.records.takes(room, key):
                yield items
                items, room = [], Room(len(batch) + 1)
    yield items


def planned_waiting(
    waiting: Callable[[Sequence[Key]], set[Key]], planned: Planned
) -> Callable[[Sequence[Key]], set[Key]]:
    """Return what says which keys would wait for a person after the inbound plan."""
    return lambda keys: (waiting(keys) - planned.settled) | planned.waiting.intersection(keys)


def planned_changes(changes: Sequence[Change[D]], describe: Describe[D]) -> list[Result]:
    """Say what changes would become of which only their writer knows what is there."""
    return [_result(change, describe) for change in changes]


def _result(change: Change[D], describe: Describe[D] | None) -> Result:
    if describe is None or (change.note is None and change.outcome not in REPORTED):
        return result_of(change)
    return result_of(change, describe(change))
