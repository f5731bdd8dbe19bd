"""Batches: bounded by count, by bytes and by values, so that what is held at a time depends on no record's size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from etl.transfer.model import Item

BYTES: Final = 4 * 1024 * 1024
VALUES: Final = 100_000


class Room:
    """What there is room for in one batch: `size` records, and no more once they have so many bytes, or values."""

    def __init__(self, size: int) -> None:
        self._records = size
        self._bytes = BYTES
        self._values = VALUES

    def take(self, length: int, values: int) -> bool:
        """Take in a record of so many bytes and values; return whether there is room for another one."""
        self._records -= 1
        self._bytes -= length
        self._values -= values
        return self._records > 0 and self._bytes > 0 and self._values > 0


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield items in batches of at most `size`, and of fewer where they are large."""
    batch: list[Item] = []
    room = Room(size)
    for item in items:
        batch.append(item)
        content = item.content or b""
        # as many values as there are commas and openings, whatever of that stands in texts
        if not room.take(len(content), content.count(b",") + content.count(b"[") + content.count(b"{")):
            yield batch
            batch, room = [], Room(size)
    if batch:
        yield batch
