"""Whether both sides agree: every outside record against its document, then every document that none was for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from etl.endpoints.mongodb.compare import Comparer, fingerprint
from etl.endpoints.mongodb.source import MongoSource
from etl.endpoints.mongodb.store import Store
from etl.mapping.paths import Path
from etl.mapping.schemas.validation import json_form
from etl.record import ABSENT, Record, Violation, shown
from etl.transfer.agreement import Agreement, same_at
from etl.transfer.conflicts import values_at
from etl.transfer.model import Candidate, Change, Item, Outcome, Result


class VerifyingSink:
    """Compares records with their documents, and says what differs: agreeing ones are unchanged, others in conflict.

    met: the hashes of the keys that were compared; a number each, so that a million of them fit in memory.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._comparer = Comparer(store)
        self.met: set[int] = set()

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Compare; hold keys that several outside records have, of which the last one counts."""
        keys = [candidate.key for candidate in candidates]
        agreed = self._comparer.agreements(keys)
        documents = self._comparer.find(keys).documents
        return [self._compare(c, documents.get(c.key), agreed.get(c.key)) for c in candidates]

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write nothing."""
        self.met.update(hash(change.candidate.key) for change in changes)
        return [Result(c.candidate.item, c.outcome, c.reasons, c.candidate) for c in changes]

    def _compare(self, candidate: Candidate, document: Record | None, agreed: Agreement | None) -> Change:
        if not candidate.last and agreed is not None and agreed.shared:
            return Change(candidate, Outcome.UNCHANGED, hold=True)
        if document is None:
            outside, inside = self._names
            reason = Violation("", "only outside", f"{outside} has it, {inside} has not")
            return Change(candidate, Outcome.CONFLICT, reasons=(reason,))
        said = candidate.target
        if agreed is not None and agreed.sent is not None and agreed.fingerprint == fingerprint(candidate.source):
            said = agreed.sent
        reasons = self.differences(said, document)
        return Change(candidate, Outcome.CONFLICT if reasons else Outcome.UNCHANGED, reasons=reasons)

    def differences(self, said: Record, document: Record) -> tuple[Violation, ...]:
        """Return what differs between the inside values that the outside has and a document's."""
        merger = self._store.merger
        suspects = [unit for unit in merger.units if not same_at(said, document, unit.paths)]
        settled = merger.normalise(document) if suspects else document
        differing = [unit for unit in suspects if not same_at(said, settled, unit.paths)]
        return tuple(Violation(u.name, "differs", self._difference(said, document, u.paths)) for u in differing)

    def _difference(self, said: Record, document: Record, paths: Sequence[Path]) -> str:
        outside, inside = self._names
        return f"{outside} has {_displayed(said, paths)}, {inside} {_displayed(document, paths)}"

    @property
    def _names(self) -> tuple[str, str]:
        return self._store.mapping.outside.name, self._store.mapping.inside.name


class RemainingSource(MongoSource):
    """All documents with a key that no outside record was compared with, whether they wait or not."""

    def __init__(self, store: Store, met: set[int]) -> None:
        super().__init__(store, every=True)
        self._met = met

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield them by key."""
        for batch in super().batches(size):
            yield [item for item in batch if hash(self._store.key_of(item.receipt)) not in self._met]

    def screen(self, candidates: Sequence[Candidate]) -> Sequence[Outcome | None]:
        """Leave all to the sink."""
        return [None] * len(candidates)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Mark nothing."""
        del candidates
        return ()


class ToldSink:
    """Compares documents with what the outside was last told of them."""

    def __init__(self, store: Store, verifying: VerifyingSink) -> None:
        self._store = store
        self._verifying = verifying

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Compare with what is remembered."""
        agreed = self._store.state.load([candidate.key for candidate in candidates])
        return [self._compare(candidate, agreed.get(candidate.key)) for candidate in candidates]

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write nothing."""
        return [Result(c.candidate.item, c.outcome, c.reasons, c.candidate) for c in changes]

    def _compare(self, candidate: Candidate, agreed: Agreement | None) -> Change:
        mapping = self._store.mapping
        if agreed is None or not agreed.base:
            reason = Violation(
                "", "only inside", f"{mapping.inside.name} has it, {mapping.outside.name} was never told"
            )
            return Change(candidate, Outcome.CONFLICT, reasons=(reason,))
        reasons = self._verifying.differences(agreed.base, candidate.source)
        return Change(candidate, Outcome.CONFLICT if reasons else Outcome.UNCHANGED, reasons=reasons)


def _displayed(record: Record, paths: Sequence[Path]) -> str:
    values = values_at(record, paths).values()
    return ", ".join("nothing" if value is ABSENT else shown(json_form(value)) for value in values)
