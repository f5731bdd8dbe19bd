"""What was kept of rejected files, to be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from etl.endpoints.files.source import FilesSource, read_item
from etl.transfer.letters import DeadLetter
from etl.transfer.model import Item


def kept_items(letters: Iterable[DeadLetter], files: FilesSource) -> Iterator[Item]:
    """Yield the records of inbound dead letters, each with its letter as receipt.

    files: reads again a file of which nothing could be kept.
    """
    for letter in letters:
        if letter.content is None:
            item = files.read(letter.origin)
        else:
            item = read_item(letter.origin, letter.content, files.limits)
        yield replace(item, receipt=letter)
