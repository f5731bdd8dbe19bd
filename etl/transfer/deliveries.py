"""Deliveries: which files said what, so that one that was read before is no news, however often it lies there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Table
from enum import Enum
from typing import Any, Final, TypeAlias

import orjson

from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Sort
from etl.record import ABSENT, Record
from etl.transfer.agreement import Agreement
from etl.transfer.model import Candidate, Item

MOST: Final = 64
"""So many deliveries of one key are remembered, the last ones."""

MOST_REJECTED: Final = 10_000
"""Of so many keys a run remembers which rejected records an accepted one comes after."""

_DIGITS: Final = re.compile(r"([0-9]+)")
_MARK_BYTES: Final = 8


Rank: TypeAlias = Callable[[str], Any]
"""Returns what a file is sorted by, in the order in which files are read; None where nobody can tell."""


class Standing(Enum):
    """What a delivery is to what is remembered."""

    NEWS = "news"
    LAST = "the one that was last decided on"
    KNOWN = "read before, and superseded"


def fingerprint(record: Record) -> bytes:
    """Return 16 bytes that tell one outside record from another, whatever the order of its names."""
    return hashlib.blake2b(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def values_mark(values: Sequence[object]) -> bytes:
    """Return 8 bytes that tell these values of a record that goes out from others, as JSON has them."""
    form = json_form([None if value is ABSENT else value for value in values])
    text = orjson.dumps(form, default=repr, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(text, digest_size=_MARK_BYTES).digest()


def file_of(item: Item) -> str:
    """Return what the file is called that an item came in; "" where it was kept, and nobody knows."""
    return item.file if item.replayed else item.part_of or item.origin


def mark_of(file: str) -> bytes:
    """Return 8 bytes that tell one file name from another."""
    return hashlib.blake2b(file.encode("utf-8", "backslashreplace"), digest_size=_MARK_BYTES).digest()


def standing(candidate: Candidate, print_: bytes, agreed: Agreement) -> Standing:
    """Return what a candidate's delivery is to what is remembered.

    The one that was last decided on is news under a mapping that was edited so that it is another sort of record now.
    A dead letter is news, also where what came after it in the order of files was read since.
    """
    last = Standing.LAST if candidate.sort is agreed.sort else Standing.NEWS
    file = file_of(candidate.item)
    if candidate.item.letter is not None or not file or not agreed.deliveries:
        return last if agreed.fingerprint == print_ else Standing.NEWS
    if agreed.deliveries.get(mark_of(file)) != print_:
        return Standing.NEWS
    return last if agreed.fingerprint == print_ else Standing.KNOWN


def is_no_news(candidate: Candidate, stands: Standing) -> bool:
    """Return whether a delivery leaves what is agreed as it was; one that was read last may mean something else."""
    return stands is Standing.KNOWN or (candidate.sort is Sort.GONE and stands is Standing.LAST)


def was_read(print_: bytes, agreed: Agreement) -> bool:
    """Return whether this content was read before, under whatever name."""
    return print_ == agreed.fingerprint or print_ in agreed.deliveries.values()


def is_late(candidate: Candidate, agreed: Agreement, rank: Rank) -> bool:
    """Return whether a delivery comes before the one that was last decided on, in the order in which files are read."""
    return comes_before(file_of(candidate.item), agreed.file, rank)


def decided_in(file: str, print_: bytes, agreed: Agreement) -> str:
    """Return the file that was decided on last: not this one, where just that was read from it before another one."""
    is_read = agreed.fingerprint == print_ and agreed.deliveries.get(mark_of(file)) == print_
    return agreed.file if is_read and agreed.file else file


def comes_before(file: str, other: str, rank: Rank) -> bool:
    """Return whether it is known that a file comes before another one, in the order in which files are read."""
    if not file or not other or file == other:
        return False
    its, others = rank(file), rank(other)
    return its is not None and others is not None and bool(its < others)


def delivered(before: Table[bytes, bytes], read: Iterable[tuple[str, bytes]]) -> dict[bytes, bytes]:
    """Return which deliveries are remembered after these files, with their fingerprints, were read."""
    made = dict(before)
    for file, print_ in read:
        if file:
            mark = mark_of(file)
            made.pop(mark, None)
            made[mark] = print_
    return made if len(made) <= MOST else dict(list(made.items())[-MOST:])


def natural(name: str) -> tuple[tuple[Any, ...], str]:
    """Return a sort key under which numbers in names count as numbers."""
    parts = _DIGITS.split(name)
    return (tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), name)
