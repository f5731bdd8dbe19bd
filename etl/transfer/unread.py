"""What the outside has said and nobody has read: whoever sends without reading leaves the records of these keys.

Told something else, the outside would count as changed later than it was, and win over an edit that nobody has
compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from etl.record import Key
from etl.transfer.compare import brings_news, is_held
from etl.transfer.deliveries import fingerprint
from etl.transfer.ledger import Remembered
from etl.transfer.loop import Read
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, Doubt, Item, Notice, Notify, Outcome, Result, result_of
from etl.transfer.seen import key_mark

_WHY: Final = "the outside has said something of them that was not read: run both directions"


class Unread:
    """Looks at all that the outside says, and knows afterwards of which keys something is news.

    It keeps a number for each of these, so that a million of them fit in memory.
    """

    def __init__(self, ledger: Remembered, merger: Merger) -> None:
        self._ledger = ledger
        self._merger = merger
        self._marks: set[int] = set()

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[None]]:
        """Look at candidates; of a key that several have, at the last one, as an import would."""
        agreed = self._ledger.load([candidate.key for candidate in candidates])
        changes: list[Change[None]] = []
        for candidate in candidates:
            print_, known = fingerprint(candidate.source), agreed.get(candidate.key)
            waits = is_held(candidate, print_, known, self._merger.rank)
            if not waits and (known is None or brings_news(candidate, print_, known, self._merger)):
                self._marks.add(key_mark(candidate.key))
            changes.append(Change(candidate, Outcome.UNCHANGED, hold=waits))
        return changes

    def apply(self, changes: Sequence[Change[None]]) -> list[Result]:
        """Write nothing."""
        return [result_of(change) for change in changes]

    def left(self, read: Read, key_of: Callable[[Item], Key | None], notify: Notify) -> Read:
        """Return what reads no record of which the outside has said news. notify: told how many those are."""

        def others(size: int) -> Iterator[list[Item]]:
            left = 0
            for batch in read(size):
                kept = [item for item in batch if key_mark(key_of(item)) not in self._marks]
                left += len(batch) - len(kept)
                yield kept
            if left:
                notify(Notice(Doubt.UNREAD, f"{left} {'waits' if left == 1 else 'wait'} for an import: {_WHY}"))

        return others
