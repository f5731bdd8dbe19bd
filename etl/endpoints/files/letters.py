"""Dead letters as a source: what was kept of rejected records, to be transferred again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import dropwhile, islice

from etl.endpoints.files.rejects import REST, unreadable
from etl.endpoints.files.source import FilesSource
from etl.transfer.letters import DeadLetter
from etl.transfer.model import Candidate, Item


class LettersSource:
    """The records of inbound dead letters, oldest first. files: reads again a file of which nothing could be kept."""

    def __init__(self, letters: Sequence[DeadLetter], files: FilesSource) -> None:
        self._letters = letters
        self._files = files

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield the records, each with its letter as receipt."""
        items = (replace(item, receipt=letter) for letter in self._letters for item in self._items(letter))
        while batch := list(islice(items, size)):
            yield batch

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Do nothing: the letters are cleared where they are kept."""
        del candidates
        return ()

    def _items(self, letter: DeadLetter) -> Iterator[Item]:
        if letter.content is not None:
            yield self._files.again(letter.origin, letter.content)
            return
        found = False
        for item in self._read_again(letter):
            found = True
            yield item
        if not found:
            yield unreadable(letter.origin, "it is not there any more; drop this letter if that is right")

    def _read_again(self, letter: DeadLetter) -> Iterator[Item]:
        """Yield what a letter without content stands for: a whole file, the rest of one, or one record of many."""
        name = self._files.file_of(letter.origin)
        items = self._files.read(name)
        if name == letter.origin:
            return items
        following = dropwhile(lambda item: item.origin != letter.origin, items)
        return following if any(violation.code == REST for violation in letter.violations) else islice(following, 1)
