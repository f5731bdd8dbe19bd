"""The garbage collector while records move: what was there before is not looked at, what moves only now and then.

A batch is thousands of objects without cycles, which are gone with the batch; to look for cycles among them as often as
Python does by default takes a tenth of a run.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_EVERY: Final = 50_000
"""How many objects are made between two looks; about what a batch is made of."""


class _Rest:
    """How many ask the collector to rest at once, and how it was before the first of them. It is one per process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._threshold = gc.get_threshold()
        self._is_frozen = False

    def begin(self) -> None:
        """Let the collector rest, if nobody has asked for it yet."""
        with self._lock:
            self._count += 1
            if self._count > 1:
                return
            self._threshold = gc.get_threshold()
            gc.set_threshold(_EVERY, *self._threshold[1:])
            self._is_frozen = not gc.get_freeze_count()  # else the program that uses us has frozen what it wants
            if self._is_frozen:
                gc.freeze()

    def end(self) -> None:
        """Let it work as before, if nobody else still asks for its rest."""
        with self._lock:
            self._count -= 1
            if self._count:
                return
            gc.set_threshold(*self._threshold)
            if self._is_frozen:
                gc.unfreeze()


_REST: Final = _Rest()


@contextmanager
def collecting_less() -> Iterator[None]:
    """Let the collector rest, and work as before once the last of those who ask for this has ended."""
    _REST.begin()
    try:
        yield
    finally:
        _REST.end()
