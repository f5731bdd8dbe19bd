"""Records that were kept, to be read once more: dead letters, and records in conflict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from etl.transfer.batches import batched
from etl.transfer.model import Item


def replayed(items: Iterable[Item]) -> Callable[[int], Iterator[list[Item]]]:
    """Return what reads these, in their order, instead of what there is at their source."""

    def read(size: int) -> Iterator[list[Item]]:
        yield from batched((replace(item, replayed=True) for item in items), size)

    return read
