"""Records that were kept, to be read once more: dead letters, and records in conflict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice

from etl.transfer.model import Item


def replayed(items: Iterable[Item]) -> Callable[[int], Iterator[list[Item]]]:
    """Return what reads these, in their order, instead of what there is at their source."""

    def read(size: int) -> Iterator[list[Item]]:
        waiting = (replace(item, replayed=True) for item in items)
        while batch := list(islice(waiting, size)):
            yield batch

    return read
