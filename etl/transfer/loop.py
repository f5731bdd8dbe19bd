"""The transfer: read a batch, check and translate it, compare, apply, acknowledge what is durable.

One loop serves both directions. The source is acknowledged only after the target is durable, so a crash anywhere
repeats work and never loses it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Generic, Protocol, TypeAlias

from etl.record import Violation
from etl.transfer.batches import each_part, halves, in_parts, unless_overfull
from etl.transfer.discretion import OPEN, Discretion
from etl.transfer.gathering import Gathering
from etl.transfer.model import Candidate, Change, Compare, D, Item, Note, Outcome, Result, Stage
from etl.transfer.prepare import Preparer
from etl.transfer.repeats import Repeats

_NOT_DONE: Final = (Outcome.REJECTED, Outcome.CONFLICT, Outcome.SKIPPED)

Read: TypeAlias = Callable[[int], Iterator[list[Item]]]
Apply: TypeAlias = Callable[[Sequence[Change[D]]], list[Result]]
Decide: TypeAlias = Callable[[Sequence[Candidate]], Sequence[Result | None]]
Acknowledge: TypeAlias = Callable[[Sequence[Candidate]], Sequence[Candidate]]
Recalled: TypeAlias = Callable[[list[Item]], list[Item]]
Knowing: TypeAlias = Callable[[list[Result]], list[Result]]

_LEFT: Final = Outcome.REJECTED, Outcome.CONFLICT
"""What an import has not taken over."""


class Letters(Protocol):
    """Where the rejected records of one direction are kept; see `etl.transfer.letters`."""

    def update(self, results: Sequence[Result]) -> list[Result]:
        """Keep what was rejected; clear the letters of what was not. Return the results with their novelty."""
        ...

    def finish(self) -> None:
        """Clear the letters of what is not rejected any more: called when the whole source has been read."""
        ...


class Transfer(Protocol):
    """A route, for whoever only moves records along it."""

    def transfer(self, prepare: Preparer, *, batch_size: int, stop: Callable[[], bool] = ...) -> Iterator[list[Result]]:
        """Move every record; see `Route`."""
        ...


class NoLetters:
    """Keeps no dead letters."""

    def update(self, results: Sequence[Result]) -> list[Result]:
        """Keep nothing."""
        return list(results)

    def finish(self) -> None:
        """Clear nothing."""


class Noting:
    """Letters of one direction, beside which somebody is told of all results from the first that is left on."""

    def __init__(self, letters: Letters, note: Callable[[Sequence[Result]], None]) -> None:
        self._letters = letters
        self._note = note
        self._is_any_left = False

    def update(self, results: Sequence[Result]) -> list[Result]:
        """Keep what was rejected; see `Letters`."""
        self._is_any_left = self._is_any_left or any(r.outcome in _LEFT for r in results)
        if self._is_any_left:
            self._note(results)
        return self._letters.update(results)

    def finish(self) -> None:
        """Clear what is not rejected any more."""
        self._letters.finish()


def leave_all(candidates: Sequence[Candidate]) -> Sequence[Result | None]:
    """Decide nothing."""
    return [None] * len(candidates)


def know_nothing(results: list[Result]) -> list[Result]:
    """Take every conflict for a new one."""
    return results


def recall_nothing(batch: list[Item]) -> list[Item]:
    """Know nothing of what the target was last."""
    return batch


def mark_nothing(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    """Remember nothing of what is durable."""
    del candidates
    return ()


@dataclass(frozen=True, slots=True)
class Route(Generic[D]):
    """The steps of one direction. What is to happen otherwise, as in a plan, is a route with other steps.

    read: yields what there is, at most so many at a time. recall: says of what was read what the target was last, where
    the rules have to know. screen: says of each what is decided without the target, None of what goes on to it; what is
    UNCHANGED the target has already, so it counts as durable there. compare: says
    what `apply` would do, in the same order, changing nothing. apply: does it; all that is not rejected is durable
    then. letters: where the records go that the target never sees. acknowledge: tells the source what is durable, and
    returns what moved on since it was read, or is refused. finish: called after the last record, unless stopped before.
    knowing: says of conflicts which are known. discretion: masks what is said of records. gathering: who has records
    of several batches appear together, and says when; None where what `apply` returns is durable.
    """

    read: Read
    compare: Compare[D]
    apply: Apply[D]
    letters: Letters = field(default_factory=NoLetters)
    screen: Decide = leave_all
    acknowledge: Acknowledge = mark_nothing
    finish: Callable[[], None] = lambda: None
    recall: Recalled = recall_nothing
    knowing: Knowing = know_nothing
    discretion: Discretion = OPEN
    gathering: Gathering | None = None

    def transfer(
        self, prepare: Preparer, *, batch_size: int, stop: Callable[[], bool] = lambda: False
    ) -> Iterator[list[Result]]:
        """Move every record of the source to the target; yield one result for each, a batch at a time.

        Of several records with one key the last one counts; the others are superseded. prepare: checks and translates
        batches. stop: asked after every batch; when it says so, no other batch is written.

        Raises:
            EndpointError: when either end fails as a whole.

        """
        repeats, waiting = Repeats[D](), deque[list[Result]]()
        for candidates, rejected in prepare(map(self.recall, self.read(batch_size))):
            yield from self._moved(candidates, rejected, repeats, waiting)
            if stop():
                return
        held = list(repeats.held.values())
        for start in range(0, len(held), batch_size):
            last = [replace(candidate, last=True) for candidate in held[start : start + batch_size]]
            for changes in each_part(self.compare, last):
                yield from self._finished(changes, [], [], waiting)
        yield from self._closed(waiting)
        self.letters.finish()
        self.finish()

    def _moved(
        self,
        candidates: Sequence[Candidate],
        rejected: Sequence[Result],
        repeats: Repeats[D],
        waiting: deque[list[Result]],
    ) -> Iterator[list[Result]]:
        """Move a batch; nothing of what it met is held any more once the next one is read."""
        remaining, settled = _screen(self.screen, candidates)
        repeats.note(rejected)
        latest = repeats.latest(remaining)
        others = [*rejected, *repeats.superseded()]
        for changes in each_part(self.compare, latest):
            yield from self._finished(repeats.hold(changes), settled, others, waiting)
            settled, others = [], []

    def _finished(
        self,
        changes: Sequence[Change[D]],
        settled: Sequence[Result],
        others: Sequence[Result],
        waiting: deque[list[Result]],
    ) -> Iterator[list[Result]]:
        """Finish as many at a time as there is room for, with what is remembered of them: that is looked up first.

        waiting: what was written, and has not appeared yet.
        """
        if self.gathering is not None:
            if settled or others:
                yield self._settled(settled, others)
            yield from self._gathered(self.gathering, changes, waiting)
            return
        results = unless_overfull(lambda: self._finish(changes, settled, others))
        if results is not None:
            yield results
            return
        first, second = halves(changes)
        yield from self._finished(first, settled, others, waiting)
        yield from self._finished(second, [], [], waiting)

    def _gathered(
        self, gathering: Gathering, changes: Sequence[Change[D]], waiting: deque[list[Result]]
    ) -> Iterator[list[Result]]:
        """Write what appears with what comes later; yield what has appeared by now."""
        while changes:
            count = gathering.room(changes)
            waiting.append(in_parts(self.apply, changes[:count]))
            changes = changes[count:]
            if not gathering.is_open:
                yield from self._appeared(waiting)

    def _closed(self, waiting: deque[list[Result]]) -> Iterator[list[Result]]:
        """Let all appear that waits; yield it."""
        if self.gathering is not None:
            self.gathering.close()
            yield from self._appeared(waiting)

    def _appeared(self, waiting: deque[list[Result]]) -> Iterator[list[Result]]:
        while waiting:
            yield self._settled(waiting.popleft(), [])

    def _finish(
        self, changes: Sequence[Change[D]], settled: Sequence[Result], others: Sequence[Result]
    ) -> list[Result]:
        """Write, keep what was rejected, then acknowledge what is durable: in this order a crash loses nothing."""
        return self._settled([*self.apply(changes), *settled], others)

    def _settled(self, results: Sequence[Result], others: Sequence[Result]) -> list[Result]:
        """Keep what was rejected, then acknowledge what is durable."""
        kept = self.letters.update(self.discretion.of_reasons([*results, *others]))
        results, others = kept[: len(results)], kept[len(results) :]
        durable = [r.candidate for r in results if r.candidate is not None and r.outcome not in _NOT_DONE]
        left = {id(candidate.item): candidate.refused for candidate in self.acknowledge(durable)}
        marked = [_unmarked(r, left[id(r.item)]) if id(r.item) in left else r for r in results]
        if refused := [r for r in marked if r.stage is Stage.MARK]:
            told = {id(r.item): r for r in self.letters.update(self.discretion.of_reasons(refused))}
            marked = [told.get(id(r.item), r) for r in marked]
        return self.discretion.of_all(self.knowing([*marked, *others]))


def _screen(decide: Decide, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Result]]:
    verdicts = list(zip(candidates, in_parts(decide, candidates), strict=True))
    settled = [verdict for _, verdict in verdicts if verdict is not None]
    return [candidate for candidate, verdict in verdicts if verdict is None], settled


def _unmarked(result: Result, refused: Violation | None) -> Result:
    """Return what became of a record that its source could not mark as done: it comes again."""
    if refused is None:
        return replace(result, note=Note.EDITED)
    return replace(result, outcome=Outcome.REJECTED, violations=(refused,), stage=Stage.MARK)
