"""What was kept of rejected records, to be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import dropwhile, islice

from etl.endpoints.files.rejects import REST, unreadable
from etl.endpoints.files.source import FilesSource
from etl.transfer.letters import DeadLetter
from etl.transfer.model import Item


def kept_items(letters: Iterable[DeadLetter], files: FilesSource) -> Iterator[Item]:
    """Yield the records of inbound dead letters, each with its letter as receipt.

    files: reads again a file of which nothing could be kept.
    """
    for letter in letters:
        for item in _items(letter, files):
            yield replace(item, receipt=letter)


def _items(letter: DeadLetter, files: FilesSource) -> Iterator[Item]:
    if letter.content is not None:
        yield files.again(letter.origin, letter.content)
        return
    found = False
    for item in _read_again(letter, files):
        found = True
        yield item
    if not found:
        why = "it is not there any more, or not whole yet; drop this letter if it is gone for good"
        yield unreadable(letter.origin, why)


def _read_again(letter: DeadLetter, files: FilesSource) -> Iterator[Item]:
    """Yield what a letter without content stands for: a whole file, the rest of one, or one record of many."""
    name = files.file_of(letter.origin)
    items = files.read(files.name_of(name))
    if name == letter.origin:
        return items
    following = dropwhile(lambda item: item.origin != letter.origin, items)
    return following if any(violation.code == REST for violation in letter.violations) else islice(following, 1)
