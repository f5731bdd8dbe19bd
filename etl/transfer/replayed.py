"""Records that were kept, to be read once more: dead letters, and records in conflict; and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from etl.transfer.batches import batched
from etl.transfer.dead_letter import DeadLetter, Reading
from etl.transfer.deliveries import Rank, natural
from etl.transfer.model import Item


def replayed(items: Iterable[Item]) -> Callable[[int], Iterator[list[Item]]]:
    """Return what reads these, in their order, instead of what there is at their source."""

    def read(size: int) -> Iterator[list[Item]]:
        yield from batched((replace(item, replayed=True) for item in items), size)

    return read


def in_order(letters: Sequence[DeadLetter], rank: Rank) -> list[DeadLetter]:
    """Return the letters of records in the order in which their sources say them, so that the last one counts.

    That is by the rank of the file, then by the run that read it last, then by the place in the file. Letters of files
    that nobody can rank any more stand where they were read.
    """
    ranks = {file: rank(file) for file in {letter.file for letter in letters}}
    begun: dict[tuple[str, Any], Reading] = {}
    for letter in letters:
        reading = letter.read_last
        begun[letter.file, reading.at] = min(reading, begun.get((letter.file, reading.at), reading))

    def place(letter: DeadLetter) -> tuple[Reading, Any]:
        return begun[letter.file, letter.read_last.at], natural(letter.origin)

    ranked = [letter for letter in letters if ranks[letter.file] is not None]
    following = iter(sorted(ranked, key=lambda letter: (ranks[letter.file], place(letter))))
    read = sorted(letters, key=place)
    return [letter if ranks[letter.file] is None else next(following) for letter in read]
