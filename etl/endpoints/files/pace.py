"""How many records a delivery has, guessed by what was read of it: by its files, and in a file by its bytes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


class Pace:
    """How much of a delivery was read. Nothing is asked of the files until somebody wants to know."""

    def __init__(self) -> None:
        self._files = 0
        self._begun = 0
        self._ended = 0
        self._records = 0
        self._stream: Any = None

    def over(self, names: Sequence[str], ready: Iterable[str]) -> Iterator[str]:
        """Yield the names that are ready, and count them among all."""
        self._files = len(names)
        for name in ready:
            self._begun += 1
            yield name
            self._stream = None
            self._ended += 1

    def within(self, stream: Any) -> None:
        """Follow a file of many records while it is read."""
        self._stream = stream

    def counting(self, batches: Iterable[list[T]]) -> Iterator[list[T]]:
        """Yield batches, and count what is in them."""
        for batch in batches:
            self._records += len(batch)
            yield batch

    def expected(self) -> float | None:
        """Return how many records there are, as far as what was read says that; None where it does not."""
        within = None if self._stream is None else _share_of(self._stream)
        if not self._records or within == 1.0:  # the last block of a file may hold any number of records
            return None
        done = self._ended + (self._begun - self._ended if within is None else within)
        return self._records * self._files / done if done else None


def _share_of(stream: Any) -> float:
    """Return how much of a file was read; of one that does not say it, nothing."""
    if getattr(stream, "closed", False):
        return 1.0
    try:
        return float(stream.tell()) / max(os.fstat(stream.fileno()).st_size, 1)
    except (AttributeError, OSError, ValueError):  # behind a URL
        return 0.0
