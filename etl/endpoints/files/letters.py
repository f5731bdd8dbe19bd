"""Dead letters as a source: what was kept of rejected files, to be transferred again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from etl.endpoints.files.source import FilesSource, read_item
from etl.transfer.letters import DeadLetter
from etl.transfer.model import Candidate, Item


class LettersSource:
    """The records of inbound dead letters, oldest first. files: reads again a file of which nothing could be kept."""

    def __init__(self, letters: Sequence[DeadLetter], files: FilesSource) -> None:
        self._letters = letters
        self._files = files

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield the records, each with its letter as receipt."""
        waiting = iter(self._letters)
        while batch := list(islice(waiting, size)):
            yield [replace(self._item(letter), receipt=letter) for letter in batch]

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Do nothing: the letters are cleared where they are kept."""
        del candidates
        return ()

    def _item(self, letter: DeadLetter) -> Item:
        if letter.content is None:
            return self._files.read(letter.origin)
        return read_item(letter.origin, letter.content, self._files.limits)
