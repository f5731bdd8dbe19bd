"""The ledger: what is remembered of each key, whatever the records are and wherever they live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as Table
from typing import Protocol

from etl.record import Key, Violation
from etl.transfer.agreement import Agreement


class Remembered(Protocol):
    """What both sides last agreed on, to be looked at."""

    def load(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys."""
        ...

    def waiting(self) -> dict[Key, Agreement]:
        """Return what is remembered of records that have no key yet, by what takes its place."""
        ...


class Ledger(Remembered, Protocol):
    """What both sides last agreed on, to be looked at and to be kept."""

    def has_any(self) -> bool:
        """Return whether anything is remembered."""
        ...

    def has_heard(self) -> bool:
        """Return whether anything is remembered that the outside has said."""
        ...

    def heard(self) -> Iterator[Key]:
        """Yield the keys of which the outside has said something, and not that there is none any more."""
        ...

    def save(self, agreements: Table[Key, Agreement], before: Table[Key, Agreement]) -> None:
        """Remember these agreements. before: what `load` found; only what differs from that is written.

        Raises:
            LeaseLostError: when a later run has remembered something else since.

        """
        ...

    def forget(self, keys: Iterable[Key]) -> None:
        """Remember nothing of these keys any more.

        Raises:
            LeaseLostError: when a later run has begun.

        """
        ...

    def unfit(self, agreements: Table[Key, Agreement]) -> dict[Key, Violation]:
        """Return a violation for each agreement that cannot be remembered."""
        ...
