"""MongoDB as a sink: compare with what is there and with what was agreed, then write little."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import orjson
from bson import Decimal128
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.encoding import unfit_documents
from etl.endpoints.mongodb.retry import TRANSIENT_CODES
from etl.endpoints.mongodb.store import Store
from etl.endpoints.mongodb.update import stamped, unchanged, update_of
from etl.errors import EndpointError
from etl.record import ABSENT, Key, Record, Violation
from etl.transfer.merge import Agreement, Decision
from etl.transfer.model import Candidate, Change, Note, Outcome, Result, Stage

_ROUNDS: Final = 5
"""How often a record that somebody edits between compare and write is compared again."""

_DUPLICATE_KEY: Final = 11000


@dataclass(frozen=True, slots=True)
class _Detail:
    """What `apply` needs: the patch, the document it was made against, and what to remember."""

    decision: Decision
    current: Record | None
    agreement: Agreement
    remembered: Agreement | None


@dataclass(frozen=True, slots=True)
class _Found:
    """What `_find` found. blocked: keys that a document has in a form that identifies nothing, such as a list."""

    documents: dict[Key, Record]
    blocked: set[Key]


@dataclass(frozen=True, slots=True)
class _Failed:
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

    def __contains__(self, key: Key) -> bool:
        return key in self.refused or key in self.moved or key in self.passing


class _PassingError(Exception):
    """Records that a passing failure kept from being written; they alone are tried again."""


_RESTLESS: Final = Violation(
    "", "mongodb", "edited again and again while it was being written; the next run tries again"
)
_IN_THE_WAY: Final = Violation("", "key", "a document has this key as a list or as another type of number; correct it")


class MongoSink:
    """The documents of one collection, upserted on the mapping's key."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._on_import = store.mapping.mongodb.on_import
        self._merger = store.merger

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Decide for every candidate. One that says what it said last time costs one look at the key index."""
        if not candidates:
            return []
        agreed = self._store.state.load(candidate.key for candidate in candidates)
        prints = {candidate.key: fingerprint(candidate.source) for candidate in candidates}
        known = {c.key for c in candidates if self._is_known(c, prints[c.key], agreed.get(c.key))}
        present = self._find(known, keys_only=True)
        current = self._find([c.key for c in candidates if c.key not in known])
        changes = []
        for candidate in candidates:
            key = candidate.key
            if not candidate.last and (found := agreed.get(key)) and found.shared:
                changes.append(Change(candidate, Outcome.UNCHANGED, hold=True))
            elif key in present.blocked or key in current.blocked:
                changes.append(Change(candidate, Outcome.REJECTED, _IN_THE_WAY))
            elif key in present.documents:
                changes.append(Change(candidate, Outcome.UNCHANGED))
            else:
                changes.append(self._decide(candidate, prints[key], current.documents.get(key), agreed.get(key)))
        return changes

    def _is_known(self, candidate: Candidate, print_: bytes, agreed: Agreement | None) -> bool:
        shared = agreed is not None and agreed.shared
        return candidate.repeats == shared and self._merger.is_known(candidate.target, print_, agreed)

    def _decide(self, candidate: Candidate, print_: bytes, current: Record | None, agreed: Agreement | None) -> Change:
        decision = self._merger.decide(candidate.target, print_, current, agreed)
        sent = self._merger.still_sent(candidate.target, agreed)
        agreement = Agreement(print_, self._merger.values(candidate.target), sent, candidate.repeats)
        return Change(candidate, decision.outcome, _Detail(decision, current, agreement, agreed), decision.note)

    def _find(self, keys: Sequence[Key] | set[Key], *, keys_only: bool = False) -> _Found:
        if not keys:
            return _Found({}, set())
        owned = [str(path[0]) for path in self._merger.owned]
        read = self._store.key_names if keys_only else [*owned, *self._store.key_tops]
        projection = dict.fromkeys(read, True) | {"_id": not keys_only}
        find = self._store.documents.find
        found = self._store.retry(lambda: list(find(self._by_key(keys), projection).batch_size(len(keys) + 1)))
        by_key = [(self._store.key_of(document), document) for document in found]
        documents = {key: document for key, document in by_key if all(isinstance(part, int | str) for part in key)}
        odd = [key for key, _ in by_key if not all(isinstance(part, int | str) for part in key)]
        return _Found(documents, {key for key in keys for other in odd if all(map(_equal, key, other))})

    def _by_key(self, keys: Sequence[Key] | set[Key]) -> dict[str, Any]:
        names = self._store.key_names
        if len(names) == 1:
            return {names[0]: {"$in": [key[0] for key in keys]}}
        return {"$or": [dict(zip(names, ({"$eq": part} for part in key), strict=True)) for key in keys]}

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write the changes, then remember the agreements; only what failed in passing is tried again."""
        results: dict[Key, Result] = {}
        pending = list(changes)

        def write() -> None:
            nonlocal pending
            pending, why = self._write_what_stays(pending, results)
            if pending:
                raise _PassingError(why)

        try:
            self._store.retry(write, on=lambda error: isinstance(error, _PassingError))
        except _PassingError as error:
            raise EndpointError(f"MongoDB could not write {len(pending)} records: {error}; run again") from None
        return [self._final(results[change.candidate.key], change) for change in changes]

    def _write_what_stays(self, pending: list[Change], results: dict[Key, Result]) -> tuple[list[Change], str]:
        """Write; compare again what somebody edited meanwhile. Return what failed in passing, and why."""
        passing: list[Change] = []
        why = ""
        for _ in range(_ROUNDS):
            failed = self._write(pending, results)
            why = next(iter(failed.passing.values()), why)
            passing += self._compare_again(pending, failed.passing)
            pending = self._compare_again(pending, failed.moved)
            if not pending:
                return passing, why
        for change in pending:
            results[change.candidate.key] = _result(change, _RESTLESS)
        return passing, why

    def _compare_again(self, changes: Sequence[Change], keys: Collection[Key]) -> list[Change]:
        again = [replace(change.candidate, last=True) for change in changes if change.candidate.key in keys]
        return self.compare(again) if again else []

    def _final(self, result: Result, first: Change) -> Result:
        """Report what was done: a write that was repeated, because its answer was lost, finds its own work."""
        if result.outcome is Outcome.UNCHANGED:
            return replace(result, outcome=first.outcome, note=first.note)
        return result

    def _write(self, changes: Sequence[Change], results: dict[Key, Result]) -> _Failed:
        """Write once; add a result for each change that is settled, and return what was not written."""
        now = self._store.now()
        failed = _Failed({c.candidate.key: c.detail for c in changes if c.outcome is Outcome.REJECTED})
        self._insert([c for c in changes if c.outcome is Outcome.CREATED], now, failed)
        self._update([c for c in changes if c.outcome is Outcome.UPDATED], now, failed)
        settled = [c for c in changes if c.candidate.key not in failed or c.candidate.key in failed.refused]
        for change in settled:
            results[change.candidate.key] = _result(change, failed.refused.get(change.candidate.key))
        self._remember([c for c in settled if c.candidate.key not in failed.refused and c.detail is not None])
        return failed

    def _remember(self, changes: Sequence[Change]) -> None:
        news = {c.candidate.key: c.detail.agreement for c in changes if c.note is not Note.REMOVED}
        before = {c.candidate.key: c.detail.remembered for c in changes if c.detail.remembered is not None}
        self._store.state.save(news, before)

    def _insert(self, changes: Sequence[Change], now: datetime, failed: _Failed) -> None:
        stamps = {name: value for name, value in stamped(self._on_import, now).items() if value is not ABSENT}
        documents = {c.candidate.key: {**c.detail.decision.patch, **stamps} for c in changes}
        failed.refused.update(unfit_documents(documents))
        keys = [key for key in documents if key not in failed.refused]
        if not keys:
            return
        good = [documents[key] for key in keys]
        try:
            self._store.write(lambda: self._store.documents.insert_many(good, ordered=False))
        except BulkWriteError as error:
            failed.add(error, keys, self._store.key_names)

    def _update(self, changes: Sequence[Change], now: datetime, failed: _Failed) -> None:
        """Update documents that are still as they were compared, their key included."""
        stamps = stamped(self._on_import, now)
        patches = {c.candidate.key: {**stamps, **c.detail.decision.patch} for c in changes}
        failed.refused.update(unfit_documents(patches))
        writes = {
            c.candidate.key: UpdateOne(
                unchanged(c.detail.current, {*c.detail.decision.patch, *self._store.key_tops}),
                update_of(patches[c.candidate.key]),
            )
            for c in changes
            if c.candidate.key not in failed.refused
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
            failed.moved.update(key for key in keys if key not in failed)


def _result(change: Change, refused: Violation | None) -> Result:
    candidate = change.candidate
    if refused is not None:
        return Result(candidate.item, Outcome.REJECTED, (refused,), candidate, stage=Stage.WRITE)
    return Result(candidate.item, change.outcome, (), candidate, change.note)


def fingerprint(record: Record) -> bytes:
    """Return 16 bytes that tell one outside record from another, whatever the order of its names."""
    return hashlib.blake2b(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _equal(wanted: Any, found: Any) -> bool:
    """Return whether MongoDB takes a key's part for equal to what a document has there."""
    if isinstance(found, list):
        return any(_equal(wanted, item) for item in found)
    return bool(wanted == (found.to_decimal() if isinstance(found, Decimal128) else found))
