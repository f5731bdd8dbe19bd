"""Doing just what was planned: records that were not planned are not read, and those that moved on are left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from etl.transfer.dry_run import dry_result
from etl.transfer.model import Candidate, Change, Compare, Item, Note, Outcome, Result, Sink, Source
from etl.transfer.plan import PlannedRecord


class Expectation:
    """The planned changes of one direction. describe: says what a result would do, as the plan was made with."""

    def __init__(self, planned: Iterable[PlannedRecord], describe: Callable[[Result], PlannedRecord]) -> None:
        records = list(planned)
        self._digests = {(record.key, record.origin): record.digest for record in records}
        self._planned = {record.origin for record in records}
        self._repeats = {record.origin for record in records if record.repeats}
        self._waiting = {record.origin for record in records}
        self._passed: set[str] = set()
        self._describe = describe

    @property
    def missing(self) -> list[str]:
        """What was planned and has not come."""
        return sorted(self._waiting)

    def includes(self, item: Item) -> bool:
        """Return whether something of this origin was planned."""
        return item.origin in self._planned

    def around(self, compare: Compare) -> Compare:
        """Return a comparison that lets pass what was planned; what has moved on since becomes a conflict, left alone.

        Of several records with one key, it knows as the plan did that there are others.
        """

        def compared(candidates: Sequence[Candidate]) -> list[Change]:
            known = [replace(c, repeats=c.repeats or c.item.origin in self._repeats) for c in candidates]
            return [self._reviewed(change) for change in compare(known)]

        return compared

    def _reviewed(self, change: Change) -> Change:
        key, origin = change.candidate.key, change.candidate.item.origin
        self._waiting.discard(origin)
        if change.hold or self._describe(dry_result(change)).digest == self._digests.get((key, origin)):
            self._passed.add(origin)
            return change
        if change.outcome is Outcome.UNCHANGED and origin in self._passed:
            return change  # compared again, since the answer of its write was lost
        return replace(change, outcome=Outcome.CONFLICT, detail=None, note=Note.MOVED_ON)


class ExpectedSource:
    """A source without the records that were not planned."""

    def __init__(self, source: Source, expected: Expectation) -> None:
        self._source = source
        self._expected = expected

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield what was planned."""
        for batch in self._source.batches(size):
            yield [item for item in batch if self._expected.includes(item)]

    def screen(self, candidates: Sequence[Candidate]) -> Sequence[Outcome | None]:
        """Decide as the source does."""
        return self._source.screen(candidates)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Acknowledge as the source does."""
        return self._source.acknowledge(candidates)


class ExpectedSink:
    """A sink that leaves alone what has moved on."""

    def __init__(self, sink: Sink, expected: Expectation) -> None:
        self._sink = sink
        self._compare = expected.around(sink.compare)

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Compare as the sink does, then with the plan."""
        return self._compare(candidates)

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Do what was planned."""
        moved = [change for change in changes if change.note is Note.MOVED_ON]
        others = [change for change in changes if change.note is not Note.MOVED_ON]
        return [*self._sink.apply(others), *map(dry_result, moved)]
