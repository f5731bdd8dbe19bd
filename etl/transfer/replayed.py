"""Records that were kept, as a source: dead letters, and records in conflict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from etl.transfer.model import Candidate, Item, Outcome


class ReplayedRecords:
    """Records from elsewhere than their source, to be transferred again."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = items

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield them in their order."""
        waiting = (replace(item, replayed=True) for item in self._items)
        while batch := list(islice(waiting, size)):
            yield batch

    def screen(self, candidates: Sequence[Candidate]) -> Sequence[Outcome | None]:
        """Leave all to the sink."""
        return [None] * len(candidates)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Do nothing: what was kept is cleared where it is kept."""
        del candidates
        return ()
