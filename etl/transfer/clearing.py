"""Clearing away: a file goes once all of it has arrived, and stays as long as anything of it waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from etl.transfer.deliveries import file_of
from etl.transfer.loop import Letters
from etl.transfer.model import Outcome, Result

_WAITS: Final = (Outcome.REJECTED, Outcome.CONFLICT)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Dead letters, and the files that stay: those with records that were rejected, or are in conflict."""

    letters: Letters
    files: set[str] = field(default_factory=set)

    def update(self, results: Sequence[Result]) -> None:
        """Keep what was rejected, and note in which file it came."""
        self.letters.update(results)
        self.files.update(file_of(result.item) for result in results if result.outcome in _WAITS)

    def finish(self) -> None:
        """Clear the letters of records that came again from elsewhere."""
        self.letters.finish()
