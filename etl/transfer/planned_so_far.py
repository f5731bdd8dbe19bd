"""What a plan has decided so far, and records and memory as they would be by then."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from etl.record import Key, Record
from etl.transfer.agreement import Agreement
from etl.transfer.endpoint import Found, LookUp
from etl.transfer.ledger import Remembered
from etl.transfer.model import PlannedRecord
from etl.transfer.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan has decided so far: the records as they would be, what would be remembered, what would wait.

    keyed: which key a record would have by then, by what takes its place now. asked: what changes nothing inside, but
    what is known of the outside from then on, where what goes out depends on that.
    """

    records: Shelf[Record] = field(default_factory=Shelf)
    agreements: Shelf[Agreement] = field(default_factory=Shelf)
    waiting: set[Key] = field(default_factory=set)
    settled: set[Key] = field(default_factory=set)
    keyed: dict[Key, Key] = field(default_factory=dict)
    asked: dict[Key, PlannedRecord] = field(default_factory=dict)

    def asked_of(self, outbound: Iterable[PlannedRecord]) -> Iterator[PlannedRecord]:
        """Yield what has to be read as well, so that these records go out as they were planned."""
        yield from (self.asked[record.key] for record in outbound if record.key in self.asked)


@dataclass(frozen=True, slots=True)
class PlannedRecords:
    """Finds records as they would be."""

    records: LookUp
    planned: Planned

    def find(self, keys: Collection[Key], *, keys_only: bool = False) -> Found:
        """Return the records of these keys.

        Raises:
            OverfullError: when there is not room for them at once.

        """
        found = self.records.find(keys, keys_only=keys_only)
        return Found(found.records | self.planned.records.some(keys), found.blocked)


@dataclass(frozen=True, slots=True)
class PlannedLedger:
    """Remembers what would be remembered."""

    ledger: Remembered
    planned: Planned

    def load(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what would be remembered of these keys.

        Raises:
            OverfullError: when there is not room for it at once.

        """
        asked, planned = list(keys), self.planned.agreements
        return self.ledger.load([key for key in asked if key not in planned]) | planned.some(asked)

    def waiting(self) -> dict[Key, Agreement]:
        """Return what is remembered of records that have no key yet."""
        return {key: agreed for key, agreed in self.ledger.waiting().items() if key not in self.planned.keyed}
