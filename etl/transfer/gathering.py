"""What goes out together: the records of several batches in one file, and the files of a run with a marker behind them.

What waits for the next file is not outside yet, so it counts as nothing until that file has appeared: a crash before
that has sent nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from etl.transfer.model import Change


@runtime_checkable
class Gathering(Protocol):
    """A writer that may gather what it is given to write, so that `apply` alone makes nothing durable."""

    @property
    def gathers(self) -> bool:
        """Whether it does."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether something that it was given is not there yet."""
        ...

    def room(self, changes: Sequence[Change[Any]]) -> int:
        """Return how many of these changes, at least one, it is to be given before it is asked again."""
        ...

    def close(self) -> None:
        """Let all appear that it was given.

        Raises:
            EndpointError: when the target fails.

        """
        ...


def gathering_of(writer: object) -> Gathering | None:
    """Return a writer as one that gathers; None where it does not."""
    return writer if isinstance(writer, Gathering) and writer.gathers else None


@runtime_checkable
class Concluding(Protocol):
    """A writer that has something to do once all that a run writes is durable. Not called after a stop or an error."""

    def conclude(self) -> None:
        """Do it.

        Raises:
            EndpointError: when the target fails.

        """
        ...


@dataclass(frozen=True, slots=True)
class Owed:
    """A marker that is to appear once a run has written all its files. files: their names, as they were announced."""

    run: Any
    marker: str
    files: tuple[str, ...]


class MarkerStore(Protocol):
    """Where it is noted which markers are owed, so that the next run makes those of one that died."""

    def owed(self) -> list[Owed]:
        """Return what earlier runs have noted and not settled, oldest first."""
        ...

    def note(self, marker: str, files: Sequence[str]) -> None:
        """Note that these files of this run are about to appear, or have, and that this marker is owed for them.

        Raises:
            LeaseLostError: when a later run has begun.

        """
        ...

    def settle(self, owed: Sequence[Owed] = ()) -> None:
        """Forget what earlier runs have noted, and where nothing is named, what this run has.

        Raises: as `note`.
        """
        ...
