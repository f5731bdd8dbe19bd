"""Batches: bounded by count, by bytes and by values, so that what is held at a time depends on no record's size.

What comes may be small, and what it meets large: whoever looks up more than there is room for says so, and is asked for
the halves of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from itertools import chain
from typing import Final, TypeVar

from etl.transfer.model import Item

BYTES: Final = 4 * 1024 * 1024
VALUES: Final = 100_000


K = TypeVar("K")
S = TypeVar("S")
T = TypeVar("T")


class OverfullError(Exception):
    """What is looked up at once is more than there is room for; one thing never is."""


class Room:
    """What there is room for in one batch: `size` records, and no more once they have so many bytes, or values."""

    def __init__(self, size: int) -> None:
        self._records = size
        self._bytes = BYTES
        self._values = VALUES

    def fits(self, length: int, values: int) -> bool:
        """Return whether there is room for all of a record of so many bytes and values."""
        return self._records > 0 and length <= self._bytes and values <= self._values

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
        length, values = size_of(item)
        if batch and not room.fits(length, values):
            yield batch
            batch, room = [], Room(size)
        batch.append(item)
        if not room.take(length, values):
            yield batch
            batch, room = [], Room(size)
    if batch:
        yield batch


def size_of(item: Item) -> tuple[int, int]:
    """Return the bytes of what was read, and about how many values it has."""
    content = item.content or b""
    # as many values as there are commas and openings, whatever of that stands in texts
    return len(content), content.count(b",") + content.count(b"[") + content.count(b"{")


def within_room(items: Iterable[tuple[T, int, int]], size: int) -> list[T] | None:
    """Return what was looked up, of so many keys; each comes with its bytes and values. None: there is not room for it.

    It is for the caller to raise OverfullError, once nothing of it is held any more.
    """
    room, found, is_full = Room(size + 1), list[T](), False
    for item, length, values in items:
        if is_full and size > 1:
            return None
        found.append(item)
        is_full = not room.take(length, values)
    return found


def each_part(call: Callable[[Sequence[S]], Sequence[T]], items: Sequence[S]) -> Iterator[list[T]]:
    """Yield what a call returns for these items, asked for as many at a time as there is room for."""
    made = unless_overfull(lambda: list(call(items)))
    if made is not None:
        yield made
        return
    for half in halves(items):
        yield from each_part(call, half)


def in_parts(call: Callable[[Sequence[S]], Sequence[T]], items: Sequence[S]) -> list[T]:
    """Return all that a call returns for these items, asked for as many at a time as there is room for."""
    return list(chain.from_iterable(each_part(call, items)))


def unless_overfull(call: Callable[[], T]) -> T | None:
    """Return what a call returns; None where there is not room for it, and then nothing is kept of it."""
    try:
        return call()
    except OverfullError:
        return None


def gathered(call: Callable[[Sequence[K]], Table[K, T]], keys: Iterable[K]) -> dict[K, T]:
    """Return all that a call finds of these keys, whatever that takes."""
    return dict(in_parts(lambda some: list(call(some).items()), list(keys)))


def halves(items: Sequence[S]) -> tuple[Sequence[S], Sequence[S]]:
    """Return the first half and the second one."""
    middle = len(items) // 2
    return items[:middle], items[middle:]
