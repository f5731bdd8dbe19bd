"""MongoDB as a plan sees it: as it would be after the changes that were planned so far, while nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from etl.endpoints.mongodb.bulk import document_after, unfit_changes
from etl.endpoints.mongodb.compare import Comparer, Found
from etl.endpoints.mongodb.conflicts import ConflictLog
from etl.endpoints.mongodb.encoding import unfit_documents
from etl.endpoints.mongodb.source import MongoSource
from etl.endpoints.mongodb.store import Store
from etl.record import Key, Record
from etl.transfer.agreement import Agreement
from etl.transfer.dry_run import dry_result
from etl.transfer.model import Candidate, Change, Item, Note, Outcome, Result


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan has decided so far: the documents as they would be, what would be remembered, what would wait."""

    documents: dict[Key, Record] = field(default_factory=dict)
    agreements: dict[Key, Agreement] = field(default_factory=dict)
    waiting: set[Key] = field(default_factory=set)
    settled: set[Key] = field(default_factory=set)


class _PlannedComparer(Comparer):
    def __init__(self, store: Store, planned: Planned) -> None:
        super().__init__(store)
        self._planned = planned

    def agreements(self, keys: Sequence[Key]) -> dict[Key, Agreement]:
        planned = self._planned.agreements
        return super().agreements(keys) | {key: planned[key] for key in keys if key in planned}

    def find(self, keys: Collection[Key], *, keys_only: bool = False) -> Found:
        found = super().find(keys, keys_only=keys_only)
        planned = {key: self._planned.documents[key] for key in keys if key in self._planned.documents}
        return Found(found.documents | planned, found.blocked)


class PlannedSink:
    """The sink of an inbound plan: it compares, and remembers what it would write."""

    def __init__(self, store: Store, planned: Planned) -> None:
        self._store = store
        self._planned = planned
        self._comparer = _PlannedComparer(store, planned)
        self._conflicts = ConflictLog(store)

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Decide for every candidate, as a run would."""
        return self._comparer.compare(candidates)

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Say what each change would become; write nothing."""
        now = self._store.now()
        written = [change for change in changes if change.outcome in {Outcome.CREATED, Outcome.UPDATED}]
        documents = {c.candidate.key: document_after(self._store, c, now) for c in written}
        unfit = unfit_documents(documents) | unfit_changes(changes)
        for change in changes:
            key = change.candidate.key
            if change.outcome is Outcome.CONFLICT:
                self._planned.settled.discard(key)
                self._planned.waiting.add(key)
                continue
            if change.outcome is Outcome.REJECTED or key in unfit:
                continue
            self._planned.waiting.discard(key)  # of an earlier record with this key
            self._planned.settled.add(key)
            if key in documents:
                self._planned.documents[key] = documents[key]
            if change.detail is not None and change.note is not Note.REMOVED:
                self._planned.agreements[key] = change.detail.agreement
        told = self._settling(changes)
        return [dry_result(change, unfit.get(change.candidate.key)) for change in told]

    def _settling(self, changes: Sequence[Change]) -> list[Change]:
        """Note which records change nothing but that their conflict waits no longer."""
        same = [c for c in changes if c.outcome is Outcome.UNCHANGED]
        settling = self._conflicts.open_among(change.candidate.key for change in same)
        ids = {id(change) for change in same if change.candidate.key in settling}
        return [replace(change, note=Note.SETTLED) if id(change) in ids else change for change in changes]


class PlannedSource(MongoSource):
    """The source of an outbound plan: what waits in MongoDB, and what would wait after the inbound plan."""

    def __init__(self, store: Store, planned: Planned) -> None:
        super().__init__(store)
        self._planned = planned

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield what waits, as it would be; then what only the inbound plan would make wait."""
        rest = dict(self._planned.documents)
        for batch in super().batches(size):
            keys = [self._store.key_of(item.receipt) for item in batch]
            documents = [rest.pop(key, item.receipt) for key, item in zip(keys, batch, strict=True)]
            yield [self._item(document) for document in documents]
        others = list(rest.values())
        for start in range(0, len(others), size):
            yield [self._item(document) for document in others[start : start + size]]

    def agreements(self, keys: Sequence[Key]) -> dict[Key, Agreement]:
        """Return what would be remembered of these keys after the inbound plan."""
        planned = self._planned.agreements
        return super().agreements(keys) | {key: planned[key] for key in keys if key in planned}

    def waiting(self, keys: Sequence[Key]) -> set[Key]:
        """Return those of the keys whose conflict would wait for a person after the inbound plan."""
        return (super().waiting(keys) - self._planned.settled) | self._planned.waiting.intersection(keys)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Mark nothing."""
        del candidates
        return ()
