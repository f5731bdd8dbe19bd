"""Nulls: what stands in a record for values that are not there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from etl.mapping.paths import Path, assign, get
from etl.record import ABSENT, Record


def reached(record: Record, path: Path) -> tuple[Path, Any]:
    """Return where the value of `path` lies, and the value: above it, where what is there has nothing below it."""
    for end in range(len(path), 0, -1):
        value = get(record, path[:end])
        if value is not ABSENT:
            return (path, ABSENT) if end < len(path) and isinstance(value, dict | list) else (path[:end], value)
    return path, ABSENT


def lay_nulls(after: Record, before: Record, made: Record, paths: Iterable[Path]) -> None:
    """Lay the nulls of what was made into objects that are there only now: elsewhere null says no more than nothing.

    before: what the record was. paths: where nulls may be.
    """
    for path in paths:
        is_new = get(made, path) is None and get(after, path) is ABSENT and get(before, path[:-1]) is ABSENT
        if is_new and isinstance(get(after, path[:-1]), dict):
            assign(after, path, None)
