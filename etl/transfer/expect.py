"""Doing just what was planned: records that were not planned are not read, and those that moved on are left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from etl.record import Key
from etl.transfer.dry import dry_result
from etl.transfer.model import Candidate, Change, Item, Note, Outcome, Result, Sink, Source
from etl.transfer.plan import PlannedRecord


class Expectation:
    """The planned changes of one direction. describe: says what a result would do, as the plan was made with."""

    def __init__(self, planned: Iterable[PlannedRecord], describe: Callable[[Result], PlannedRecord]) -> None:
        records = list(planned)
        self._digests = {record.key: record.digest for record in records}
        self._planned = {record.origin for record in records}
        self._waiting = {record.key: record.origin for record in records}
        self._describe = describe

    @property
    def missing(self) -> list[str]:
        """What was planned and has not come."""
        return sorted(self._waiting.values())

    def includes(self, item: Item) -> bool:
        """Return whether something of this origin was planned."""
        return item.origin in self._planned

    def review(self, changes: Sequence[Change]) -> list[Change]:
        """Let what was planned pass; what has moved on since becomes a conflict, to be left alone."""
        return [self._reviewed(change) for change in changes]

    def _reviewed(self, change: Change) -> Change:
        key: Key = change.candidate.key
        self._waiting.pop(key, None)
        if change.hold or self._describe(dry_result(change)).digest == self._digests.get(key):
            return change
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
        self._expected = expected

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Compare as the sink does, then with the plan."""
        return self._expected.review(self._sink.compare(candidates))

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Do what was planned."""
        moved = [change for change in changes if change.note is Note.MOVED_ON]
        others = [change for change in changes if change.note is not Note.MOVED_ON]
        return [*self._sink.apply(others), *map(dry_result, moved)]
