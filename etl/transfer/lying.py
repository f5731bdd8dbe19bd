"""Files that lie where records are read: which are there, and which of them a run has read to their end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class Lying(Protocol):
    """A reader of files that lie somewhere, and are read from there again, unless they were cleared away."""

    def lying(self) -> Collection[str]:
        """Return the names of the files that are there."""
        ...

    @property
    def finished(self) -> Collection[str]:
        """The names of those that were read to their end, and of which nothing waits."""
        ...


def _none() -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Files:
    """What one who transfers records knows of their files, once all has been read.

    lying: those that are there. finished: those of which every record was transferred that is in them, or refused.
    """

    lying: Callable[[], Collection[str]] = _none
    finished: Callable[[], Collection[str]] = _none


def files_of(reader: object, *, every: bool) -> Files:
    """Return what is known of the files of a reader. every: all that it reads is transferred, and not some of it."""
    if not isinstance(reader, Lying):
        return Files()
    return Files(reader.lying, (lambda: reader.finished) if every else _none)
