"""Bulks of writes to the documents: unordered, with one outcome for each record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.compare import Detail
from etl.endpoints.mongodb.encoding import ENCODING_ERRORS, unfit_documents
from etl.endpoints.mongodb.retry import TRANSIENT_CODES
from etl.endpoints.mongodb.store import Store
from etl.endpoints.mongodb.update import stamped, unchanged, update_of
from etl.record import ABSENT, Key, Record, Violation
from etl.transfer.agreement import same
from etl.transfer.model import Change, Outcome

_DUPLICATE_KEY: Final = 11000
_SMALL_BYTES: Final = 1_000_000
_AGREEING: Final = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED})


@dataclass(frozen=True, slots=True)
class Failed:
    """What a write did not do.

    refused: and why. moved: somebody was faster, so it is to be compared again. passing: why it may go well soon.
    """

    refused: dict[Key, Violation] = field(default_factory=dict)
    moved: set[Key] = field(default_factory=set)
    passing: dict[Key, str] = field(default_factory=dict)

    def add(self, error: BulkWriteError, keys: Sequence[Key], key_names: Sequence[str]) -> None:
        """Add what a bulk did not do; a document that is there by now under the same key is no refusal."""
        if error.details.get("writeConcernErrors"):
            raise error
        for wrong in error.details["writeErrors"]:
            key, taken = keys[wrong["index"]], list(wrong.get("keyPattern", key_names))
            if wrong["code"] == _DUPLICATE_KEY and taken in (list(key_names), ["_id"]):
                self.moved.add(key)
            elif wrong["code"] in TRANSIENT_CODES:
                self.passing[key] = str(wrong["errmsg"])
            else:
                self.refused[key] = Violation("", "mongodb", f"refused: {wrong['errmsg']}")

    def __bool__(self) -> bool:
        return bool(self.refused or self.moved or self.passing)

    def __contains__(self, key: Key) -> bool:
        return key in self.refused or key in self.moved or key in self.passing


class Bulk:
    """Writes decided changes to the documents of one mapping."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._on_import = store.mapping.mongodb.on_import

    def insert(self, changes: Sequence[Change], now: datetime, failed: Failed) -> None:
        """Insert documents; one that is there by now under the same key is no failure, but moved."""
        stamps = {name: value for name, value in stamped(self._on_import, now).items() if value is not ABSENT}
        documents = {c.candidate.key: {**c.detail.decision.patch, **stamps} for c in changes}
        if _are_small(changes):  # nearly always: then what BSON cannot hold is looked for only when there is such
            try:
                return self._insert(documents, failed)
            except ENCODING_ERRORS:  # some may be written by now; they will be found to be there already
                pass
        failed.refused.update(unfit_documents(documents))
        return self._insert({key: each for key, each in documents.items() if key not in failed.refused}, failed)

    def _insert(self, documents: Table[Key, Record], failed: Failed) -> None:
        if not documents:
            return
        new = list(documents.values())
        try:
            self._store.write(lambda: self._store.documents.insert_many(new, ordered=False))
        except BulkWriteError as error:
            failed.add(error, list(documents), self._store.key_names)

    def update(self, changes: Sequence[Change], now: datetime, failed: Failed) -> None:
        """Update documents that are still as they were compared, their key included."""
        stamps = stamped(self._on_import, now)
        patches = {c.candidate.key: {**stamps, **c.detail.decision.patch} for c in changes}
        writes = {
            c.candidate.key: UpdateOne(
                unchanged(c.detail.current, {*c.detail.decision.basis, *self._store.key_tops}),
                update_of(patches[c.candidate.key]),
            )
            for c in changes
        }
        if not writes:
            return
        keys, bulk = list(writes), list(writes.values())
        written = 0
        try:
            written = self._store.write(lambda: self._store.documents.bulk_write(bulk, ordered=False)).matched_count
        except BulkWriteError as error:
            failed.add(error, keys, self._store.key_names)
            written = error.details["nMatched"]
        if written + sum(key in failed for key in keys) < len(keys):
            failed.moved.update(self._unwritten([c for c in changes if c.candidate.key not in failed], patches))

    def _unwritten(self, changes: Sequence[Change], patches: Table[Key, Record]) -> set[Key]:
        """Return the keys of documents that are not as they were to become; a bulk says only how many it has found."""
        ids = [change.detail.current["_id"] for change in changes]
        names = {name: True for patch in patches.values() for name in patch}
        found = self._store.retry(lambda: list(self._store.documents.find({"_id": {"$in": ids}}, names)))
        documents = {document["_id"]: document for document in found}
        return {
            change.candidate.key
            for change in changes
            if (document := documents.get(change.detail.current["_id"])) is None
            or not all(same(document.get(name), value) for name, value in patches[change.candidate.key].items())
        }


def unfit_changes(changes: Iterable[Change]) -> dict[Key, Violation]:
    """Return a violation for each change that BSON cannot hold: with what it replaces, or as it is to be remembered.

    Not of a document that is made and of which nothing is remembered: it holds all that will be.
    """
    details = {c.candidate.key: c.detail for c in changes if c.outcome in _AGREEING and c.detail is not None}
    known = {key: detail for key, detail in details.items() if detail.remembered is not None or detail.current}
    writes = {key: {**detail.decision.patch, "": _replaced(detail)} for key, detail in known.items()}
    states = {key: {"": [detail.agreement.seen, detail.agreement.sent]} for key, detail in known.items()}
    return unfit_documents(states) | unfit_documents(writes)


def _replaced(detail: Detail) -> Record:
    current = detail.current or {}
    return {name: current[name] for name in detail.decision.basis if name in current}


def _are_small(changes: Sequence[Change]) -> bool:
    """Return whether no document made of these records can be too large for MongoDB."""
    return sum(len(change.candidate.item.content or b"") for change in changes) < _SMALL_BYTES


def document_after(store: Store, change: Change, now: datetime) -> Record:
    """Return a document as it would be after a change; of its other fields, those that were read for comparing."""
    stamps = stamped(store.mapping.mongodb.on_import, now)
    after = {**(change.detail.current or {}), **stamps, **change.detail.decision.patch}
    return {name: value for name, value in after.items() if value is not ABSENT}
