"""Looking ahead: what a delivery changes is held back until it is known what it would empty.

What says nothing new is passed on meanwhile, unless what was removed inside is to be made again. So a delivery is read
once, and what is held does not grow with it: when `HELD` records, or `HELD_BYTES`, or `HELD_VALUES` are held back,
they are judged, and passed on, and the next ones are another part. A part is judged by itself, and together with those
before it: so fewer records than it takes to notice it can have lost a field by then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from etl.mapping.terms import Sort
from etl.record import Key
from etl.transfer.agreement import in_this_form
from etl.transfer.batches import in_parts, size_of
from etl.transfer.compare import brings_news, leaves_nothing
from etl.transfer.deliveries import fingerprint
from etl.transfer.emptied import Emptied, Losses
from etl.transfer.ledger import Remembered
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Result
from etl.transfer.prepare import Prepared, Preparer

HELD: Final = 10_000
HELD_BYTES: Final = 16 * 1024 * 1024
HELD_VALUES: Final = 150_000

Tell: TypeAlias = Callable[[Losses, bool], bool]
"""Told of what is lost, and whether something may be written already; returns whether to go on looking.

What it raises ends the transfer."""


class Lookahead:
    """Looks ahead in one delivery. emptied: counts what it would empty. tell: hears of what is lost."""

    def __init__(self, emptied: Emptied, ledger: Remembered, merger: Merger, tell: Tell) -> None:
        self._emptied = emptied
        self._ledger = ledger
        self._merger = merger
        self._tell = tell

    def over(self, prepare: Preparer) -> Preparer:
        """Return a preparer that holds back what another one prepares, as long as it has to be."""
        return lambda batches: self._over(prepare(batches))

    def _over(self, coming: Iterator[Prepared]) -> Iterator[Prepared]:
        begun, looks = False, True
        while looks:
            held = _Held()
            yield from self._passing(coming, held)
            looks = self._tell(self._emptied.judge(), begun) and held.is_full
            while held.batches:
                yield held.batches.popleft()
            begun = True
        yield from coming

    def _passing(self, coming: Iterator[Prepared], held: _Held) -> Iterator[Prepared]:
        """Hold back what brings news until that is enough; yield the rest, or nothing, so that a run may be stopped.

        What follows a rejected record of its key is held back with that: of several records the last one counts.
        """
        for candidates, rejected in coming:
            held.keys.update(result.known_key for result in rejected if result.known_key)
            new = self._look(candidates, held.keys)
            yield [_as_known(c) if c.sort is Sort.RECORD else c for c in candidates if c.key not in new], []
            if new or rejected:
                held.add([candidate for candidate in candidates if candidate.key in new], rejected)
            if held.is_full:
                return

    def _look(self, candidates: Sequence[Candidate], held: set[Key]) -> set[Key]:
        """Look at what brings news of known keys; return the keys that have to wait, as those do that are held."""
        return set(in_parts(lambda some: self._waiting(some, held), candidates))

    def _waiting(self, candidates: Sequence[Candidate], held: set[Key]) -> list[Key]:
        agreed = self._ledger.load([candidate.key for candidate in candidates])
        waiting: list[Key] = []
        for candidate in candidates:
            key, known = candidate.key, agreed.get(candidate.key)
            if candidate.sort is Sort.ASIDE:
                waiting += [key] if key in held else []
            elif known is None or candidate.sort is Sort.GONE:
                waiting.append(key)
            elif brings_news(candidate, fingerprint(candidate.source), known, self._merger):
                waiting.append(key)
                self._emptied.look(candidate, in_this_form(known, self._merger.units))
            elif key in held or self._merger.recreate or not leaves_nothing(candidate, known):
                waiting.append(key)
        return waiting


def _as_known(candidate: Candidate) -> Candidate:
    return Candidate(candidate.item, candidate.key, candidate.source, candidate.target, is_known=True)


@dataclass(slots=True)
class _Held:
    """What is held back, in its order; and of which keys."""

    batches: deque[Prepared] = field(default_factory=deque)
    keys: set[Key] = field(default_factory=set)
    records: int = 0
    bytes: int = 0
    values: int = 0

    def add(self, candidates: list[Candidate], rejected: list[Result]) -> None:
        """Hold back the rest of a batch."""
        self.batches.append((candidates, rejected))
        self.keys.update(candidate.key for candidate in candidates)
        self.records += len(candidates) + len(rejected)
        items = [*(candidate.item for candidate in candidates), *(result.item for result in rejected)]
        for length, values in map(size_of, items):
            self.bytes += length
            self.values += values

    @property
    def is_full(self) -> bool:
        """Whether it is enough."""
        return self.records >= HELD or self.bytes >= HELD_BYTES or self.values >= HELD_VALUES
