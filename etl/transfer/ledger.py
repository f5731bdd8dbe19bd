"""The ledger: what is remembered of each key, whatever the records are and wherever they live."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from typing import Protocol

from etl.record import Key, Violation
from etl.transfer.agreement import Agreement


class Remembered(Protocol):
    """What both sides last agreed on, to be looked at."""

    def load(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys."""
        ...


class Ledger(Remembered, Protocol):
    """What both sides last agreed on, to be looked at and to be kept."""

    def save(self, agreements: Table[Key, Agreement], before: Table[Key, Agreement]) -> None:
        """Remember these agreements. before: what `load` found; only what differs from that is written.

        Raises:
            LeaseLostError: when a later run has remembered something else since.

        """
        ...

    def unfit(self, agreements: Table[Key, Agreement]) -> dict[Key, Violation]:
        """Return a violation for each agreement that cannot be remembered."""
        ...


class Recalled:
    """A ledger that is asked once of what two want to know: who looks ahead asks first, and who compares asks next."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._ahead: dict[Key, Agreement | None] = {}

    def look(self, keys: Sequence[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys, and keep it for the next who asks."""
        found = self._ledger.load(keys)
        self._ahead = {key: found.get(key) for key in keys}
        return found

    def load(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys."""
        asked, ahead = list(keys), self._ahead
        self._ahead = {}
        if not ahead or not all(key in ahead for key in asked):
            return self._ledger.load(asked)
        return {key: agreed for key in asked if (agreed := ahead[key]) is not None}

    def save(self, agreements: Table[Key, Agreement], before: Table[Key, Agreement]) -> None:
        """Remember these agreements."""
        self._ahead = {}
        self._ledger.save(agreements, before)

    def unfit(self, agreements: Table[Key, Agreement]) -> dict[Key, Violation]:
        """Return a violation for each agreement that cannot be remembered."""
        return self._ledger.unfit(agreements)
