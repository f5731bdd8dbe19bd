"""Doing just what was planned: records that were not planned are not read, and those that moved on are left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Generic

from etl.record import Key
from etl.transfer.loop import Apply, Read
from etl.transfer.model import Candidate, Change, Compare, D, Item, Note, Outcome, PlannedRecord, Result, result_of
from etl.transfer.plan import Describe


class Expectation(Generic[D]):
    """The planned changes of one direction.

    describe: says what a change would do, as the plan was made with. is_elsewhere: whether the other side of a key has
    moved on, where the direction does not read that.
    """

    def __init__(
        self,
        planned: Iterable[PlannedRecord],
        describe: Describe[D],
        is_elsewhere: Callable[[Key], bool] = lambda _: False,
    ) -> None:
        records = list(planned)
        self._digests = {(record.key, record.origin): record.digest for record in records}
        self._planned = {record.origin for record in records}
        self._repeats = {record.origin: record.superseded for record in records if record.repeats}
        self._waiting = {record.origin for record in records}
        self._passed: set[str] = set()
        self._describe = describe
        self._is_elsewhere = is_elsewhere

    @property
    def missing(self) -> list[str]:
        """What was planned and has not come."""
        return sorted(self._waiting)

    def only_planned(self, read: Read) -> Read:
        """Return what reads no record of an origin of which nothing was planned."""

        def planned(size: int) -> Iterator[list[Item]]:
            for batch in read(size):
                yield [item for item in batch if item.origin in self._planned]

        return planned

    def review(self, compare: Compare[D]) -> Compare[D]:
        """Return a comparison that lets pass what was planned; what has moved on since becomes a conflict, left alone.

        Of several records with one key, it knows as the plan did that there are others, and which it comes in the place
        of: they are not read again.
        """

        def compared(candidates: Sequence[Candidate]) -> list[Change[D]]:
            return [self._reviewed(change) for change in compare([self._as_planned(c) for c in candidates])]

        return compared

    def _as_planned(self, candidate: Candidate) -> Candidate:
        superseded = self._repeats.get(candidate.item.origin)
        if superseded is None:
            return candidate
        return replace(candidate, repeats=True, superseded=candidate.superseded or superseded)

    def _reviewed(self, change: Change[D]) -> Change[D]:
        origin = change.candidate.item.origin
        self._waiting.discard(origin)
        if change.hold or self._is_as_planned(change):
            self._passed.add(origin)
            return change
        if change.outcome is Outcome.UNCHANGED and origin in self._passed:
            return change  # compared again, since the answer of its write was lost
        reasons = () if change.outcome is Outcome.REJECTED else change.reasons
        return replace(change, outcome=Outcome.CONFLICT, detail=None, note=Note.MOVED_ON, reasons=reasons)

    def _is_as_planned(self, change: Change[D]) -> bool:
        """Return whether a change is what was planned, and neither side has moved on."""
        key, origin = change.candidate.key, change.candidate.item.origin
        return self._describe(change).digest == self._digests.get((key, origin)) and not self._is_elsewhere(key)


def apply_unmoved(apply: Apply[D]) -> Apply[D]:
    """Return what leaves alone what has moved on."""

    def applied(changes: Sequence[Change[D]]) -> list[Result]:
        moved = [change for change in changes if change.note is Note.MOVED_ON]
        others = [change for change in changes if change.note is not Note.MOVED_ON]
        return [*apply(others), *map(result_of, moved)]

    return applied
