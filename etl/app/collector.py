"""The garbage collector while records move: what was there before is not looked at, what moves only now and then.

A batch is thousands of objects without cycles, which are gone with the batch; to look for cycles among them as often as
Python does by default takes a tenth of a run.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_EVERY: Final = 50_000
"""How many objects are made between two looks; about what a batch is made of."""


@contextmanager
def collecting_less() -> Iterator[None]:
    """Let the collector rest, and work as before when this ends."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_EVERY, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
