"""Where in a record others lie: what lacks required fields, and holds objects that have them, is an envelope."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from itertools import islice
from typing import Any, Final

from etl.mapping.paths import Path
from etl.record import Record

_DEEPEST: Final = 4
_MOST: Final = 1000
"""So many fields are looked at, and so many elements of a list."""


def enclosed(record: Record, needed: Collection[str]) -> Path | None:
    """Return the path of the nearest object, or list with an object, that has all the names which the record lacks.

    None where there is none, or the record lacks nothing. needed: the names that every record has.
    """
    lacking = [name for name in needed if name not in record]
    if not lacking:
        return None
    waiting: deque[tuple[Path, Any]] = deque([((), record)])
    looked = 0
    while waiting and looked < _MOST:
        path, value = waiting.popleft()
        for name, inner in islice(value.items(), _MOST):
            looked += 1
            elements = islice(inner, _MOST) if isinstance(inner, list) else (inner,)
            if any(isinstance(one, dict) and all(name in one for name in lacking) for one in elements):
                return (*path, name)
            if isinstance(inner, dict) and len(path) < _DEEPEST:
                waiting.append(((*path, name), inner))
    return None
