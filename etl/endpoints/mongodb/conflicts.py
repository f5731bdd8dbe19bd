"""Where conflicts are kept: the collection `etl_conflicts`, one document for each entry of the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import replace
from typing import Any, Final

import bson
import orjson

from etl.endpoints.mongodb.encoding import ENCODING_ERRORS, unfit_documents
from etl.endpoints.mongodb.exact import Document, Write, delete_one, update_one
from etl.endpoints.mongodb.forms import NUMBER, form_of, known
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.names import CONFLICTS
from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.endpoints.mongodb.runs import cut_short
from etl.mapping.paths import format_path, parse_path
from etl.mapping.terms import Side
from etl.record import ABSENT, Key, Record, Violation, shown
from etl.transfer.conflict_log import Entry, EntryId
from etl.transfer.conflicts import Chosen, Conflict, Dispute

COLLECTION: Final = CONFLICTS


class MongoConflicts:
    """The conflicts of one mapping."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._conflicts = gateway.collection_of(COLLECTION)
        self._is_indexed = False

    def some_open(self) -> bool:
        """Return whether any conflict waits for a person."""
        some = {**self._gateway.scope, "open": True}
        return self._gateway.retry(lambda: self._conflicts.find_one(some, {"_id": True})) is not None

    def open_among(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of the keys whose conflict waits for a person."""
        ids = {self._id((key, None)): key for key in keys}
        wanted = {"_id": {"$in": list(ids)}}
        found = self._found(wanted, "_id")
        return {ids[conflict["_id"]] for conflict in found}

    def chosen_among(self, keys: Iterable[Key]) -> dict[Key, dict[str, Chosen]]:
        """Return what a person has decided of the open conflicts of these keys, by the names of units."""
        ids = {self._id((key, None)): key for key in keys}
        wanted = {"_id": {"$in": list(ids)}, "rules.chosen": {"$exists": True}}
        found = self._found(wanted, "rules")
        return {
            ids[each["_id"]]: {one["rule"]: _as_chosen(one["chosen"]) for one in each["rules"] if "chosen" in one}
            for each in found
        }

    def close(self, keys: Sequence[Key]) -> None:
        """Remove the open conflicts of these keys."""
        ids = [self._id((key, None)) for key in keys]
        self._gateway.write(lambda: self._conflicts.delete_many({"_id": {"$in": ids}}))

    def decided(self, ids: Sequence[EntryId]) -> dict[EntryId, tuple[Dispute, ...]]:
        """Return what was decided in these entries before."""
        names = {self._id(id_): id_ for id_ in ids}
        wanted = {"_id": {"$in": list(names)}}
        found = self._found(wanted, "rules")
        return {names[document["_id"]]: tuple(map(_as_dispute, document["rules"])) for document in found}

    def unfit(self, entries: Sequence[Entry]) -> dict[Key, Violation]:
        """Return a violation for each record whose entry is more than one document can hold."""
        found = unfit_documents({entry.id[0]: _fields_of(entry) for entry in entries})
        why = "what it changes cannot be kept in the log of conflicts"
        return {key: replace(violation, message=f"{why}: {violation.message}") for key, violation in found.items()}

    def known_among(self, keys: Iterable[Key]) -> set[Key]:
        """Return those of the keys whose open conflict waited already when a run before this one came to its end."""
        ids = {self._id((key, None)): key for key in keys}
        there = self._known(list(ids))
        return {key for id_, key in ids.items() if id_ in there}

    def _known(self, ids: Sequence[str]) -> set[str]:
        wanted = {"_id": {"$in": list(ids)}}
        found = self._found(wanted, "run", "known")
        new = {each["run"] for each in found if not each.get("known")}
        untold = cut_short(self._gateway, new) | {self._gateway.lease.run}
        return {each["_id"] for each in found if each.get("known") or each["run"] not in untold}

    def _found(self, wanted: Document, *names: str) -> list[Document]:
        """Return what documents have under these names."""
        read = dict.fromkeys(names, True) | NUMBER
        return known(self._gateway.retry(lambda: list(self._conflicts.find_many(wanted, read))), COLLECTION)

    def put(self, entries: Sequence[Entry]) -> None:
        """Keep entries, each in the place of the one with its id."""
        if entries and not self._is_indexed:
            self._gateway.write(lambda: self._conflicts.create_index((*self._gateway.scope, "open", "first")))
            self._is_indexed = True
        waiting = [self._id(entry.id) for entry in entries if entry.id[1] is None]
        there = self._known(waiting) if waiting else set()
        self._write([self._upsert(entry, is_known=self._id(entry.id) in there) for entry in entries])

    def reduce(self, left: Table[EntryId, tuple[Dispute, ...]]) -> None:
        """Leave of these entries no more than this; remove those of which nothing is left."""
        self._write(
            [
                update_one({"_id": self._id(id_)}, {"$set": {"rules": list(map(_as_document, disputes))}})
                if disputes
                else delete_one({"_id": self._id(id_)})
                for id_, disputes in left.items()
            ]
        )

    def _write(self, writes: Sequence[Write]) -> None:
        self._gateway.write(lambda: self._conflicts.bulk_write(writes), on=is_transient_bulk)

    def _upsert(self, entry: Entry, *, is_known: bool) -> Write:
        key, fingerprint = entry.id
        now = self._gateway.now()
        always = {"last": now, "run": self._gateway.lease.run, **_fields_of(entry)}
        if fingerprint is None:
            always["known"] = is_known
        once = {**self._gateway.scope, "key": list(key), "open": fingerprint is None, "first": now}
        return update_one({"_id": self._id(entry.id)}, {"$set": always, "$setOnInsert": once}, upsert=True)

    def _id(self, id_: EntryId) -> str:
        key, fingerprint = id_
        named = repr((*self._gateway.scope.values(), key, "open" if fingerprint is None else fingerprint.hex()))
        return hashlib.blake2b(named.encode(), digest_size=8).hexdigest()


def find_conflicts(
    gateway: Gateway, keys: Iterable[Key] | None = None, *, only_open: bool = False
) -> Iterator[Conflict]:
    """Yield the conflicts of a mapping, the first one first. keys: only theirs."""
    wanted: dict[str, Any] = dict(gateway.scope)
    if keys is not None:
        wanted["key"] = {"$in": [list(key) for key in keys]}
    if only_open:
        wanted["open"] = True
    order = [("first", 1), ("key", 1), ("_id", 1)]
    cursor = gateway.retry(lambda: gateway.collection_of(COLLECTION).find_many(wanted).sort(order))
    yield from map(_as_conflict, cursor)


def drop_conflicts(gateway: Gateway, conflicts: Iterable[Conflict]) -> int:
    """Remove conflicts; return how many there were. An open one comes back if the sides still disagree."""
    wanted = {**gateway.scope, "_id": {"$in": [conflict.id for conflict in conflicts]}}
    return gateway.write(lambda: gateway.collection_of(COLLECTION).delete_many(wanted)).deleted_count


def _fields_of(entry: Entry) -> dict[str, Any]:
    rules = list(map(_as_document, entry.disputes))
    return {"origin": entry.origin, "file": entry.file, "rules": rules, "record": orjson.dumps(entry.record).decode()}


def _as_document(dispute: Dispute) -> dict[str, Any]:
    sides = {"base": dispute.base, "outside": dispute.outside, "inside": dispute.inside}
    values = [
        {"path": format_path(path)}
        | {name: _storable(side[path]) for name, side in sides.items() if side[path] is not ABSENT}
        for path in dispute.inside
    ]
    winner = None if dispute.winner is None else dispute.winner.value
    made = {"rule": dispute.rule, "values": values, "winner": winner, "why": dispute.why}
    one = dispute.chosen
    if one is None:
        return made
    said = {"side": one.side.value, "about": one.about, "by": one.by, "note": one.note, "over": one.is_over}
    return {**made, "chosen": said}


def _storable(value: Any) -> Any:
    """Return a value, or its text where BSON cannot hold it: its record is rejected when it is written."""
    try:
        bson.encode({"value": value})
    except ENCODING_ERRORS:
        return shown(value)
    return value


def _as_conflict(found: dict[str, Any]) -> Conflict:
    form_of(found, COLLECTION)
    record: Record = orjson.loads(found["record"])
    disputes = tuple(_as_signed(_as_dispute(one), found) for one in found["rules"])
    key, times = tuple(found["key"]), (found["first"], found["last"])
    file = found.get("file", "")
    return Conflict(found["_id"], key, found["open"], found["origin"], record, disputes, *times, found["run"], file)


def _as_signed(dispute: Dispute, found: dict[str, Any]) -> Dispute:
    """Return a dispute of a former form, in which whoever decided had signed all of a conflict."""
    if found["open"] or dispute.winner is None or dispute.chosen is not None or not found.get("by"):
        return dispute
    return replace(dispute, chosen=Chosen(dispute.winner, b"", found["by"], found.get("note", "")))


def _as_dispute(found: dict[str, Any]) -> Dispute:
    base, outside, inside = (
        {parse_path(value["path"]): value.get(side, ABSENT) for value in found["values"]}
        for side in ("base", "outside", "inside")
    )
    winner = None if found["winner"] is None else Side(found["winner"])
    chosen = _as_chosen(found["chosen"]) if "chosen" in found else None
    return Dispute(found["rule"], base, outside, inside, winner, found["why"], chosen)


def _as_chosen(found: dict[str, Any]) -> Chosen:
    return Chosen(Side(found["side"]), bytes(found["about"]), found["by"], found["note"], found["over"])
