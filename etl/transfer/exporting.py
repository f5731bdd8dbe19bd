"""An export, as the inside sees it: what is held back, and what is remembered of what the outside was told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from etl.mapping.rules.translate import Translator
from etl.record import Key
from etl.transfer.agreement import Agreement
from etl.transfer.echo import Echo
from etl.transfer.endpoint import KeyedReader
from etl.transfer.intents import settle_intent
from etl.transfer.ledger import Ledger, Remembered
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Outcome

Waiting: TypeAlias = Callable[[Sequence[Key]], set[Key]]
"""Returns those of the keys whose conflict waits for a person."""

_NOTHING: Final = Agreement()


class _Known:
    """Says what is agreed of a record, as far as what was read of it shows what a dead run had begun."""

    def __init__(self, reader: KeyedReader, merger: Merger) -> None:
        self._units = [u for u in merger.units if all(str(path[0]) in reader.names for path in u.paths)]

    def __call__(self, candidate: Candidate, agreed: dict[Key, Agreement]) -> Agreement:
        """Return it; an empty agreement where nothing is agreed."""
        return settle_intent(agreed.get(candidate.key, _NOTHING), self._units, candidate.source)


class Screen:
    """Keeps back what waits for a person; where there is an echo, also what the outside has already."""

    def __init__(
        self, reader: KeyedReader, merger: Merger, ledger: Remembered, waiting: Waiting, echo: Echo | None
    ) -> None:
        self._known = _Known(reader, merger)
        self._ledger = ledger
        self._waiting = waiting
        self._echo = echo

    def __call__(self, candidates: Sequence[Candidate]) -> Sequence[Outcome | None]:
        """Say, for each, what is decided without the outside; None for what goes on to it."""
        keys = [candidate.key for candidate in candidates]
        waiting, echo = self._waiting(keys), self._echo
        agreed = {} if echo is None else self._ledger.load(keys)
        return [
            Outcome.CONFLICT
            if candidate.key in waiting
            else Outcome.UNCHANGED
            if echo is not None and echo.is_known(candidate.target, self._known(candidate, agreed))
            else None
            for candidate in candidates
        ]


class Export:
    """Acknowledges what the outside has been told. inward: what outside records mean inside."""

    def __init__(self, reader: KeyedReader, ledger: Ledger, merger: Merger, inward: Translator) -> None:
        self._reader = reader
        self._known = _Known(reader, merger)
        self._ledger = ledger
        self._merger = merger
        self._inward = inward

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Remember what the outside was told, then mark it as read; return what moved on since, or is refused."""
        if not candidates:
            return ()
        self._remember(candidates)
        return self._reader.acknowledge(candidates)

    def _remember(self, candidates: Sequence[Candidate]) -> None:
        """Remember what the outside is told, before the mark: it is durable there by now."""
        merger = self._merger
        agreed = self._ledger.load(candidate.key for candidate in candidates)
        news: dict[Key, Agreement] = {}
        for candidate in candidates:
            before = self._known(candidate, agreed)
            told = before.seen if before.sent is None else before.sent
            # what was sent may be half replaced since, and then it does not mean itself
            if before.sent is not None or told is None or not merger.same_values(told, candidate.source):
                meant, _, _ = self._inward(candidate.target)
                if told is None or not merger.same_values(told, meant):
                    before = replace(before, sent=merger.values(meant))
            if before is not agreed.get(candidate.key):
                news[candidate.key] = before
        self._ledger.save(news, agreed)
