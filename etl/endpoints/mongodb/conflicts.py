"""The conflict log: what lost, and what waits for a person; the collection `etl_conflicts`.

An open conflict is one document per key: its record is written on neither side until it is resolved. What was decided
is kept with the values of both sides and their base, in the inside system's words, before anything is overwritten: one
document for each outside record, in which nothing is twice, however often a run dies on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from typing import TYPE_CHECKING, Any, Final

import bson
import orjson
from pymongo import DeleteOne, UpdateOne

from etl.endpoints.mongodb.encoding import ENCODING_ERRORS
from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.mapping.paths import format_path, get, parse_path
from etl.mapping.terms import Side
from etl.record import ABSENT, Key, Record, shown
from etl.transfer.agreement import same
from etl.transfer.conflicts import Conflict, Dispute
from etl.transfer.model import Change, Outcome

if TYPE_CHECKING:
    from etl.endpoints.mongodb.store import Store

COLLECTION: Final = "etl_conflicts"


class ConflictLog:
    """The conflicts of one mapping."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._conflicts = store.database[COLLECTION]
        self._some_open: bool | None = None
        self._before: dict[str, list[dict[str, Any]]] = {}

    def keep(self, changes: Sequence[Change]) -> None:
        """Keep what these changes dispute, decided or open."""
        disputing = [change for change in changes if _disputes(change)]
        if disputing:
            if any(change.outcome is Outcome.CONFLICT for change in changes):
                self._some_open = True
            self._before = self._find([self._id(change) for change in _decided(disputing)])
            self._write([self._upsert(change) for change in disputing])

    def forget(self, changes: Sequence[Change], found: Table[Key, Record] | None = None) -> None:
        """Take back the decisions of changes that were kept last, and not written.

        found: documents that show what was written of them nevertheless, before somebody edited something else.
        """
        documents = found or {}
        left = {self._id(c): self._left(c, documents.get(c.candidate.key, {})) for c in _decided(changes)}
        if left:
            self._write(
                [
                    UpdateOne({"_id": id_}, {"$set": {"rules": rules}}) if rules else DeleteOne({"_id": id_})
                    for id_, rules in left.items()
                ]
            )

    def _left(self, change: Change, document: Record) -> list[dict[str, Any]]:
        """Return what stays in the log of a change that was taken back."""
        done = [_as_document(dispute) for dispute in change.detail.decision.disputes if _is_done(dispute, document)]
        before = [rule for rule in self._before.get(self._id(change), ()) if not any(_is_same(rule, o) for o in done)]
        return before + done

    def _find(self, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """Return what is decided in these documents already."""
        found = self._store.retry(lambda: list(self._conflicts.find({"_id": {"$in": ids}}, {"rules": True})))
        return {document["_id"]: document["rules"] for document in found}

    def _write(self, writes: Sequence[UpdateOne | DeleteOne]) -> None:
        self._store.write(lambda: self._conflicts.bulk_write(writes, ordered=False), on=is_transient_bulk)

    def close(self, changes: Sequence[Change]) -> None:
        """Remove the open conflicts of records that have none any more."""
        if self._are_some_open():
            ids = [_open_id(self._store.scope, change.candidate.key) for change in changes]
            self._store.write(lambda: self._conflicts.delete_many({"_id": {"$in": ids}}))

    def open_among(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of the keys whose conflict waits for a person."""
        if not self._are_some_open():
            return set()
        ids = {_open_id(self._store.scope, key): key for key in keys}
        found = self._store.retry(lambda: list(self._conflicts.find({"_id": {"$in": list(ids)}}, {"_id": True})))
        return {ids[conflict["_id"]] for conflict in found}

    def _are_some_open(self) -> bool:
        if self._some_open is None:
            some = {**self._store.scope, "open": True}
            self._some_open = self._store.retry(lambda: self._conflicts.find_one(some, {"_id": True})) is not None
        return self._some_open

    def _upsert(self, change: Change) -> UpdateOne:
        candidate, now, id_ = change.candidate, self._store.now(), self._id(change)
        is_open = change.outcome is Outcome.CONFLICT
        disputed = [_as_document(dispute) for dispute in _disputes(change)]
        before = [rule for rule in self._before.get(id_, ()) if not any(_is_same(rule, other) for other in disputed)]
        always = {
            "last": now,
            "run": self._store.lease.run,
            "origin": candidate.item.origin,
            "rules": before + disputed,
            "record": orjson.dumps(candidate.source).decode(),
        }
        once = {**self._store.scope, "key": list(candidate.key), "open": is_open, "first": now}
        return UpdateOne({"_id": id_}, {"$set": always, "$setOnInsert": once}, upsert=True)

    def _id(self, change: Change) -> str:
        if change.outcome is Outcome.CONFLICT:
            return _open_id(self._store.scope, change.candidate.key)
        return _hash(self._store.scope, change.candidate.key, change.detail.agreement.fingerprint.hex())


def find_conflicts(store: Store, keys: Iterable[Key] | None = None, *, only_open: bool = False) -> Iterator[Conflict]:
    """Yield the conflicts of a mapping, the first one first. keys: only theirs."""
    wanted: dict[str, Any] = dict(store.scope)
    if keys is not None:
        wanted["key"] = {"$in": [list(key) for key in keys]}
    if only_open:
        wanted["open"] = True
    cursor = store.retry(lambda: store.database[COLLECTION].find(wanted).sort([("first", 1), ("_id", 1)]))
    yield from map(_as_conflict, cursor)


def drop_conflicts(store: Store, conflicts: Iterable[Conflict]) -> int:
    """Remove conflicts; return how many there were. An open one comes back if the sides still disagree."""
    wanted = {**store.scope, "_id": {"$in": [conflict.id for conflict in conflicts]}}
    return store.write(lambda: store.database[COLLECTION].delete_many(wanted)).deleted_count


def _disputes(change: Change) -> tuple[Dispute, ...]:
    return () if change.detail is None or change.outcome is Outcome.REJECTED else change.detail.decision.disputes


def _decided(changes: Sequence[Change]) -> list[Change]:
    return [change for change in changes if change.outcome is not Outcome.CONFLICT and _disputes(change)]


def _is_done(dispute: Dispute, document: Record) -> bool:
    """Return whether a document has what won from outside; {} has nothing."""
    if dispute.winner is not Side.OUTSIDE or not document:
        return False
    return all(same(get(document, path), value) for path, value in dispute.outside.items())


def _is_same(one: Table[str, Any], other: Table[str, Any]) -> bool:
    """Return whether two disputes are about the same values, with the same winner."""
    return all(same(one[name], other[name]) for name in ("rule", "values", "winner"))


def _open_id(scope: Table[str, str], key: Key) -> str:
    return _hash(scope, key, "open")


def _hash(scope: Table[str, str], key: Key, what: str) -> str:
    return hashlib.blake2b(repr((*scope.values(), key, what)).encode(), digest_size=8).hexdigest()


def _as_document(dispute: Dispute) -> dict[str, Any]:
    sides = {"base": dispute.base, "outside": dispute.outside, "inside": dispute.inside}
    values = [
        {"path": format_path(path)}
        | {name: _storable(side[path]) for name, side in sides.items() if side[path] is not ABSENT}
        for path in dispute.inside
    ]
    winner = None if dispute.winner is None else dispute.winner.value
    return {"rule": dispute.rule, "values": values, "winner": winner, "why": dispute.why}


def _storable(value: Any) -> Any:
    """Return a value, or its text where BSON cannot hold it: its record is rejected when it is written."""
    try:
        bson.encode({"value": value})
    except ENCODING_ERRORS:
        return shown(value)
    return value


def _as_conflict(found: dict[str, Any]) -> Conflict:
    record: Record = orjson.loads(found["record"])
    disputes = tuple(map(_as_dispute, found["rules"]))
    key, times = tuple(found["key"]), (found["first"], found["last"])
    return Conflict(found["_id"], key, found["open"], found["origin"], record, disputes, *times, found["run"])


def _as_dispute(found: dict[str, Any]) -> Dispute:
    base, outside, inside = (
        {parse_path(value["path"]): value.get(side, ABSENT) for value in found["values"]}
        for side in ("base", "outside", "inside")
    )
    winner = None if found["winner"] is None else Side(found["winner"])
    return Dispute(found["rule"], base, outside, inside, winner, found["why"])
