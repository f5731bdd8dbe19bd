"""Repeats: keys that come more than once in a run, of which the last record counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Generic

from etl.record import Key
from etl.transfer.deliveries import MOST, MOST_REJECTED, file_of, fingerprint
from etl.transfer.model import Candidate, Change, D, Outcome, Result
from etl.transfer.seen import Seen


class Repeats(Generic[D]):
    """What comes more than once in a run. held: what is kept back until the last record of its key is known.

    An import remembers such a key, and from the next run on has its records held until the last of them is known: then
    an earlier record, which says something else every time, is not mistaken for a change.
    """

    def __init__(self) -> None:
        self.held: dict[Key, Candidate] = {}
        self._following: set[Key] = set()
        self._seen = Seen()
        self._superseded: list[Candidate] = []
        self._rejected: dict[Key, tuple[tuple[str, bytes], ...]] = {}

    def note(self, rejected: Sequence[Result]) -> None:
        """Note of which keys records were rejected, the first of them."""
        for result in rejected:
            item, key = result.item, result.key
            if key and item.record is not None and item.content is not None:
                before = self._rejected.get(key, ())
                if before or len(self._rejected) < MOST_REJECTED:
                    self._rejected[key] = (*before, (file_of(item), fingerprint(item.record)))[-MOST:]

    def latest(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the last candidate of each key; the others are superseded."""
        latest: dict[Key, Candidate] = {}
        for candidate in candidates:
            if not self._seen.add(candidate.key):
                latest[candidate.key] = candidate
                continue
            earlier = latest.pop(candidate.key, None) or self._take_back(candidate.key)
            latest[candidate.key] = replace(candidate, repeats=True, superseded=self._supersede(earlier))
        rejected, found = self._rejected, latest.values()
        return [replace(c, rejected=rejected[c.key]) if c.key in rejected else c for c in found]

    def _take_back(self, key: Key) -> Candidate | None:
        """Return what was held back of a key, None if nothing was; what follows it is held back as well."""
        if key in self.held:
            self._following.add(key)
        return self.held.pop(key, None)

    def hold(self, changes: Sequence[Change[D]]) -> list[Change[D]]:
        """Keep back the changes that are to be held; return the others."""
        held = [change for change in changes if change.hold or change.candidate.key in self._following]
        if not held:
            return list(changes)
        self.held |= {change.candidate.key: change.candidate for change in held}
        return [change for change in changes if change.candidate.key not in self.held]

    def _supersede(self, earlier: Candidate | None) -> tuple[tuple[str, bytes], ...]:
        """Note that a later record with its key has come; return what that comes in the place of."""
        if earlier is None:
            return ()
        self._superseded.append(earlier)
        return (*earlier.superseded, (file_of(earlier.item), fingerprint(earlier.source)))[-MOST:]

    def superseded(self) -> list[Result]:
        """Return, once, the results of what was superseded."""
        results = [Result(c.item, Outcome.SUPERSEDED, candidate=c) for c in self._superseded]
        self._superseded.clear()
        return results
