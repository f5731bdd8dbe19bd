"""MongoDB as a sink: compare with what is there and with what was agreed, then write little."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import bson
import orjson
from bson.errors import BSONError
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.store import Store
from etl.endpoints.mongodb.update import stamped, unchanged, update_of
from etl.errors import EndpointError
from etl.record import ABSENT, Key, Record, Violation
from etl.transfer.merge import Agreement, Decision
from etl.transfer.model import Candidate, Change, Note, Outcome, Result

_ROUNDS: Final = 5
"""How often a record that somebody edits between compare and write is compared again."""

_DUPLICATE_KEY: Final = 11000
_ENCODING_ERRORS: Final = (BSONError, OverflowError, UnicodeEncodeError, RecursionError)
_MAX_BYTES: Final = 15_000_000
"""A document has at most 16 MiB; some room is left for what a run adds."""


@dataclass(frozen=True, slots=True)
class _Detail:
    """What `apply` needs: the patch, the document it was made against, and what to remember."""

    decision: Decision
    current: Record | None
    agreement: Agreement
    remembered: Agreement | None


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
        present = self._find(known, keys_only=True) if known else {}
        others = [c.key for c in candidates if c.key not in known]
        current = self._find(others) if others else {}
        changes = []
        for candidate in candidates:
            key = candidate.key
            if not candidate.last and (found := agreed.get(key)) and found.shared:
                changes.append(Change(candidate, Outcome.UNCHANGED, hold=True))
            elif key in present:
                changes.append(Change(candidate, Outcome.UNCHANGED))
            else:
                changes.append(self._decide(candidate, prints[key], current.get(key), agreed.get(key)))
        return changes

    def _is_known(self, candidate: Candidate, print_: bytes, agreed: Agreement | None) -> bool:
        shared = agreed is not None and agreed.shared
        return candidate.repeats == shared and self._merger.is_known(candidate.target, print_, agreed)

    def _decide(self, candidate: Candidate, print_: bytes, current: Record | None, agreed: Agreement | None) -> Change:
        decision = self._merger.decide(candidate.target, print_, current, agreed)
        sent = agreed.sent if agreed else None
        agreement = Agreement(print_, self._merger.values(candidate.target), sent, candidate.repeats)
        return Change(candidate, decision.outcome, _Detail(decision, current, agreement, agreed), decision.note)

    def _find(self, keys: Sequence[Key] | set[Key], *, keys_only: bool = False) -> dict[Key, Record]:
        key_names = self._store.key_names
        owned = [str(path[0]) for path in self._merger.owned]
        read = key_names if keys_only else [*owned, *(name.partition(".")[0] for name in key_names)]
        projection = dict.fromkeys(read, True) | {"_id": not keys_only}
        find = self._store.documents.find
        found = self._store.retry(lambda: list(find(self._by_key(keys), projection).batch_size(len(keys) + 1)))
        return {self._store.key_of(document): document for document in found}

    def _by_key(self, keys: Sequence[Key] | set[Key]) -> dict[str, Any]:
        names = self._store.key_names
        if len(names) == 1:
            return {names[0]: {"$in": [key[0] for key in keys]}}
        return {"$or": [dict(zip(names, ({"$eq": part} for part in key), strict=True)) for key in keys]}

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write the changes, then remember the agreements; a document edited meanwhile is compared again."""
        results: dict[Key, Result] = {}
        first = {change.candidate.key: change for change in changes}
        pending = list(changes)
        for _ in range(_ROUNDS):
            moved = self._write(pending, results)
            if not moved:
                break
            pending = self.compare([change.candidate for change in moved])
        else:
            names = ", ".join(change.candidate.item.origin for change in pending)
            raise EndpointError(f"edited again and again while being written: {names}; run again")
        return [self._final(results[key], change) for key, change in first.items()]

    def _final(self, result: Result, first: Change) -> Result:
        """Report what was done: a write that was repeated, because its answer was lost, finds its own work."""
        if result.outcome is Outcome.UNCHANGED:
            return replace(result, outcome=first.outcome, note=first.note)
        return result

    def _write(self, changes: Sequence[Change], results: dict[Key, Result]) -> list[Change]:
        """Write once; add a result for each change that is settled and return the others."""
        now = self._store.now()
        failures = self._insert([c for c in changes if c.outcome is Outcome.CREATED], now)
        failures |= self._update([c for c in changes if c.outcome is Outcome.UPDATED], now)
        moved = [change for change in changes if failures.get(change.candidate.key, ABSENT) is None]
        settled = [change for change in changes if failures.get(change.candidate.key, ABSENT) is not None]
        durable = []
        for change in settled:
            violation = failures.get(change.candidate.key)
            rejected = (violation,) if violation else ()
            outcome = Outcome.REJECTED if rejected else change.outcome
            item, key = change.candidate.item, change.candidate.key
            results[key] = Result(item, outcome, rejected, change.candidate, change.note)
            if not rejected and change.detail is not None:
                durable.append(change)
        self._remember(durable)
        return moved

    def _remember(self, changes: Sequence[Change]) -> None:
        news = {change.candidate.key: change.detail.agreement for change in changes if change.note is not Note.REMOVED}
        known = [c.candidate.key for c in changes if c.detail.remembered is not None]
        self._store.state.save(news, known)

    def _insert(self, changes: Sequence[Change], now: datetime) -> dict[Key, Violation | None]:
        """Insert new documents; return a violation for each that MongoDB refuses, None for one that is there by now."""
        stamps = {name: value for name, value in stamped(self._on_import, now).items() if value is not ABSENT}
        documents = {c.candidate.key: {**c.detail.decision.patch, **stamps} for c in changes}
        failures = _poison(documents)
        keys = [key for key in documents if key not in failures]
        if not keys:
            return failures
        good = [documents[key] for key in keys]
        try:
            self._store.retry(lambda: self._store.documents.insert_many(good, ordered=False))
        except BulkWriteError as error:
            failures |= _bulk_failures(error, keys)
        return failures

    def _update(self, changes: Sequence[Change], now: datetime) -> dict[Key, Violation | None]:
        """Update documents that are still as they were compared; return failures as `_insert` does."""
        stamps = stamped(self._on_import, now)
        patches = {c.candidate.key: {**stamps, **c.detail.decision.patch} for c in changes}
        failures = _poison(patches)
        good = [change for change in changes if change.candidate.key not in failures]
        if not good:
            return failures
        keys = [change.candidate.key for change in good]
        writes = [
            UpdateOne(unchanged(c.detail.current, c.detail.decision.patch), update_of(patches[c.candidate.key]))
            for c in good
        ]
        try:
            written = self._store.retry(lambda: self._store.documents.bulk_write(writes, ordered=False)).matched_count
        except BulkWriteError as error:
            failures |= _bulk_failures(error, keys)
            written = error.details["nMatched"]
        if written + len(failures) < len(patches):
            failures |= {key: None for key in keys if key not in failures}
        return failures


def fingerprint(record: Record) -> bytes:
    """Return 16 bytes that tell one outside record from another, whatever the order of its names."""
    return hashlib.blake2b(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _poison(documents: Table[Key, Table[str, Any]]) -> dict[Key, Violation | None]:
    """Return a violation for each document that BSON cannot hold, so that it is refused alone."""
    try:
        if len(bson.encode({"all": [_present(document) for document in documents.values()]})) <= _MAX_BYTES:
            return {}
    except _ENCODING_ERRORS:
        pass
    return {key: violation for key, document in documents.items() if (violation := _unfit(document))}


def _unfit(document: Table[str, Any]) -> Violation | None:
    try:
        size = len(bson.encode(_present(document)))
    except _ENCODING_ERRORS as error:
        return Violation("", "bson", f"MongoDB cannot hold it: {error}")
    return (
        Violation("", "bson", f"too large for MongoDB: {size} bytes of at most {_MAX_BYTES}")
        if size > _MAX_BYTES
        else None
    )


def _present(document: Table[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not ABSENT}


def _bulk_failures(error: BulkWriteError, keys: Sequence[Key]) -> dict[Key, Violation | None]:
    """Return what a bulk refused: a violation, or None where another document with the key is there by now."""
    if error.details.get("writeConcernErrors"):
        raise error
    failures: dict[Key, Violation | None] = {}
    for wrong in error.details["writeErrors"]:
        taken = wrong["code"] == _DUPLICATE_KEY
        failures[keys[wrong["index"]]] = None if taken else Violation("", "mongodb", f"refused: {wrong['errmsg']}")
    return failures
