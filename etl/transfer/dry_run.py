"""A transfer without its writes: the same loop, whose two sides compare and say what they would do."""

from __future__ import annotations

from collections.abc import Sequence

from etl.record import Violation
from etl.transfer.model import Candidate, Change, Outcome, Result, Sink, Stage


class DrySink:
    """A sink that compares as another one does, and writes nothing."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Say what the other sink would do."""
        return self._sink.compare(candidates)

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Say what each change would become."""
        return [dry_result(change) for change in changes]


class NoLetters:
    """Keeps no dead letters."""

    def update(self, results: Sequence[Result]) -> None:
        """Keep nothing."""

    def finish(self) -> None:
        """Clear nothing."""


def dry_result(change: Change, refused: Violation | None = None) -> Result:
    """Return what a change would become. refused: why the sink would refuse it, as far as that is known before."""
    candidate = change.candidate
    if refused is None and change.outcome is Outcome.REJECTED:
        refused = change.detail
    if refused is not None:
        return Result(candidate.item, Outcome.REJECTED, (refused,), candidate, stage=Stage.WRITE, change=change)
    return Result(candidate.item, change.outcome, change.reasons, candidate, change.note, change=change)
