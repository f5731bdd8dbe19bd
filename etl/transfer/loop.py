"""The transfer: read a batch, check and translate it, compare, apply, acknowledge what is durable.

One loop serves both directions. The source is acknowledged only after the sink is durable, so a crash anywhere
repeats work and never loses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from etl.record import Key, Violation
from etl.transfer.letters import DeadLetters
from etl.transfer.model import (
    Candidate,
    Change,
    Note,
    Outcome,
    Result,
    Sink,
    Source,
    Stage,
)
from etl.transfer.prepare import Preparer
from etl.transfer.seen import Seen

_WAITS: Final = (Violation("", "conflict", "waits for a person: see `etl conflicts list`"),)
_NOT_DONE: Final = (Outcome.REJECTED, Outcome.CONFLICT)


@dataclass(frozen=True, slots=True)
class Route:
    """What a transfer connects: a source, a sink, and where the records go that the sink never sees."""

    source: Source
    sink: Sink
    letters: DeadLetters


def transfer(
    route: Route, prepare: Preparer, *, batch_size: int, stop: Callable[[], bool] = lambda: False
) -> Iterator[list[Result]]:
    """Move every record of the source to the sink; yield one result for each, a batch at a time.

    Of several records with one key the last one counts; the others are superseded. prepare: checks and translates
    batches. stop: asked after every batch; when it says so, no other batch is written.

    Raises:
        EndpointError: when either end fails as a whole.

    """
    repeats = _Repeats()
    for candidates, rejected in prepare(route.source.batches(batch_size)):
        remaining, settled = _screen(route.source, candidates)
        changes = repeats.hold(route.sink.compare(repeats.latest(remaining)))
        yield _finish(route, changes, settled, [*rejected, *repeats.superseded()])
        if stop():
            return
    held = list(repeats.held.values())
    for start in range(0, len(held), batch_size):
        last = [replace(candidate, last=True) for candidate in held[start : start + batch_size]]
        yield _finish(route, route.sink.compare(last), [], [])
    route.letters.finish()


def _screen(source: Source, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Result]]:
    verdicts = list(zip(candidates, source.screen(candidates), strict=True))
    settled = [
        Result(candidate.item, verdict, _WAITS if verdict is Outcome.CONFLICT else (), candidate)
        for candidate, verdict in verdicts
        if verdict is not None
    ]
    return [candidate for candidate, verdict in verdicts if verdict is None], settled


def _finish(
    route: Route, changes: Sequence[Change], settled: Sequence[Result], others: Sequence[Result]
) -> list[Result]:
    """Write, keep what was rejected, then acknowledge what is durable: in this order a crash loses nothing."""
    results = [*route.sink.apply(changes), *settled]
    route.letters.update([*results, *others])
    durable = [r.candidate for r in results if r.candidate is not None and r.outcome not in _NOT_DONE]
    left = {id(candidate.item): candidate.refused for candidate in route.source.acknowledge(durable)}
    marked = [_unmarked(r, left[id(r.item)]) if id(r.item) in left else r for r in results]
    if refused := [r for r in marked if r.stage is Stage.MARK]:
        route.letters.update(refused)
    return [*marked, *others]


def _unmarked(result: Result, refused: Violation | None) -> Result:
    """Return what became of a record that its source could not mark as done: it comes again."""
    if refused is None:
        return replace(result, note=Note.EDITED)
    return replace(result, outcome=Outcome.REJECTED, violations=(refused,), stage=Stage.MARK)


class _Repeats:
    """Keys that come more than once in a run.

    A sink remembers such a key, and from the next run on has its records held until the last of them is known: then
    an earlier record, which says something else every time, is not mistaken for a change.
    """

    def __init__(self) -> None:
        self.held: dict[Key, Candidate] = {}
        self._seen = Seen()
        self._superseded: list[Candidate] = []

    def latest(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the last candidate of each key; the others are superseded."""
        latest: dict[Key, Candidate] = {}
        for candidate in candidates:
            if not self._seen.add(candidate.key):
                latest[candidate.key] = candidate
                continue
            if earlier := latest.pop(candidate.key, None):
                self._superseded.append(earlier)
            latest[candidate.key] = replace(candidate, repeats=True)
        return list(latest.values())

    def hold(self, changes: Sequence[Change]) -> list[Change]:
        """Keep back the changes that their sink wants held; return the others."""
        for change in changes:
            if not change.hold:
                continue
            if earlier := self.held.pop(change.candidate.key, None):
                self._superseded.append(earlier)
            self.held[change.candidate.key] = change.candidate
        return [change for change in changes if not change.hold]

    def superseded(self) -> list[Result]:
        """Return, once, the results of what was superseded."""
        results = [Result(c.item, Outcome.SUPERSEDED, candidate=c) for c in self._superseded]
        self._superseded.clear()
        return results
