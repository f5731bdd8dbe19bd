"""What is known of records that are read inside: what is agreed of them, and what the outside was last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from etl.mapping.terms import Sort
from etl.record import Key, Record
from etl.transfer.agreement import Agreement
from etl.transfer.batches import gathered
from etl.transfer.endpoint import KeyedReader
from etl.transfer.intents import settle_intent
from etl.transfer.kept import Keeper
from etl.transfer.ledger import Remembered
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Item
from etl.transfer.unit import fields_of

NOTHING: Final = Agreement()


class Known:
    """Says what is agreed of records, as far as what was read of them shows what a dead run had begun."""

    def __init__(self, reader: KeyedReader, merger: Merger, ledger: Remembered) -> None:
        self._units = [u for u in merger.units if all(str(path[0]) in reader.names for path in u.paths)]
        self._two_way = [unit for unit in self._units if unit.is_two_way]
        self._merger = merger
        self._ledger = ledger

    def __call__(self, candidates: Sequence[Candidate]) -> list[Agreement]:
        """Return it of each; an empty agreement where nothing is agreed."""
        agreed = self._ledger.load([candidate.key for candidate in candidates])
        return [self.of(candidate, agreed) for candidate in candidates]

    def of(self, candidate: Candidate, agreed: dict[Key, Agreement]) -> Agreement:
        """Return it of one, given what is remembered."""
        return self.settled(agreed.get(candidate.key, NOTHING), candidate.source)

    def settled(self, agreed: Agreement, record: Record) -> Agreement:
        """Return what is agreed, as far as a record shows what a dead run had begun."""
        return settle_intent(agreed, self._units, record)

    def found(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys, however many they are."""
        return gathered(self._ledger.load, keys)

    def changed(self, candidate: Candidate, agreed: Agreement) -> tuple[str, ...]:
        """Return the rules whose inside values are not those of the agreement; () where there is none."""
        if agreed.is_empty:
            return ()
        return fields_of(self._merger.edited(self._two_way, candidate.source, agreed))

    def is_as_deleted(self, candidate: Candidate, agreed: Agreement) -> bool:
        """Return whether the outside has deleted its record, and what it could be told was not edited since."""
        if agreed.sort is not Sort.GONE:
            return False
        return not self._merger.edited(self._two_way, candidate.source, agreed)


class Recall:
    """Says of inside records what the outside was last, where some rule has to know."""

    def __init__(self, reader: KeyedReader, keeper: Keeper, known: Known) -> None:
        self._reader = reader
        self._keeper = keeper
        self._known = known

    def __call__(self, batch: list[Item]) -> list[Item]:
        """Return what was read with that."""
        if not self._keeper.recalls:
            return batch
        keys = [self._reader.key_of(item) or () for item in batch]
        agreed = self._known.found({key for key in keys if key})
        return [self._recalled(item, agreed.get(key)) for key, item in zip(keys, batch, strict=True)]

    def _recalled(self, item: Item, agreed: Agreement | None) -> Item:
        if item.record is None or agreed is None:
            return item
        return replace(item, last=self._keeper.last(self._known.settled(agreed, item.record), item.record))
