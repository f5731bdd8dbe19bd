"""Clearing away: a file goes once all of it has arrived, and stays as long as anything of it waits for a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from etl.transfer.deliveries import file_of
from etl.transfer.endpoint import Clearing, Reader
from etl.transfer.loop import Letters, Route
from etl.transfer.model import D, Outcome, Result

_WAITS: Final = (Outcome.REJECTED, Outcome.CONFLICT)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Dead letters, and the files that stay: those with records that were rejected, or are in conflict."""

    letters: Letters
    files: set[str] = field(default_factory=set)

    def update(self, results: Sequence[Result]) -> list[Result]:
        """Keep what was rejected, and note in which file it came. Return the results with their novelty."""
        self.files.update(file_of(result.item) for result in results if result.outcome in _WAITS)
        return self.letters.update(results)

    def finish(self) -> None:
        """Clear the letters of what is not rejected any more."""
        self.letters.finish()


def clearing(route: Route[D], reader: Reader, fence: Callable[[], None]) -> Route[D]:
    """Return a route of a run after which what was read is cleared away, where the reader does that.

    fence: called before; what it raises stops it. A later run may have found that something in a file waits.
    """
    if not isinstance(reader, Clearing) or not reader.clears:
        return route
    reader.restore()
    letters = Leaving(route.letters)

    def finish() -> None:
        route.finish()
        fence()
        reader.clear(letters.files)

    return replace(route, letters=letters, finish=finish)
