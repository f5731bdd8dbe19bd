"""Dead letters in MongoDB, where the operators of several machines see them: the collection `etl_dead_letters`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from bson import json_util
from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.mapping.terms import Direction
from etl.record import Key, Violation
from etl.transfer.letters import DeadLetter
from etl.transfer.model import Item, Outcome, Result, Stage

if TYPE_CHECKING:
    from etl.endpoints.mongodb.store import Store

COLLECTION: Final = "etl_dead_letters"
_MAX_CONTENT: Final = 15_000_000
"""What fits into a document, with room for the reasons."""

_MAX_VIOLATIONS: Final = 1_000
_ID_DIGITS: Final = 16
_DUPLICATE_KEY: Final = 11000
_NEWS: Final = (Outcome.CREATED, Outcome.UPDATED)


class MongoDeadLetters:
    """The dead letters of one direction of one mapping. run: tells this run's letters from earlier ones."""

    def __init__(self, store: Store, direction: Direction) -> None:
        self._store = store
        self._letters = store.database[COLLECTION]
        self._direction = direction
        self._scope = {**store.scope, "direction": direction.value}
        self._waiting: bool | None = None
        self._came_again: set[str] = set()

    def update(self, results: Sequence[Result]) -> None:
        """Keep what was rejected; clear the letters of what was not."""
        if rejected := [result for result in results if result.outcome is Outcome.REJECTED]:
            self._keep(rejected)
        if self._are_waiting():
            self._clear([result for result in results if result.outcome is not Outcome.REJECTED])
            self._clear_unread([result.item.origin for result in rejected if result.item.content is not None])

    def finish(self) -> None:
        """Clear the letters whose record came again under another origin, and was not rejected in this run."""
        if self._came_again:
            earlier = {"_id": {"$in": sorted(self._came_again)}, "run": {"$ne": self._store.lease.run}}
            self._store.write(lambda: self._letters.delete_many(earlier))

    def _are_waiting(self) -> bool:
        """Return whether there were letters before this run: those of this run cannot be cleared in it."""
        if self._waiting is None:
            earlier = {**self._scope, "run": {"$ne": self._store.lease.run}}
            self._waiting = self._store.retry(lambda: self._letters.find_one(earlier, {"_id": True})) is not None
        return self._waiting

    def _keep(self, results: Sequence[Result]) -> None:
        if self._waiting is None:
            self._are_waiting()
            self._store.write(lambda: self._letters.create_index([(name, 1) for name in (*self._scope, "origin")]))
        writes = [self._upsert(result) for result in results]
        self._store.write(lambda: self._write(writes), on=is_transient_bulk)

    def _write(self, writes: Sequence[UpdateOne]) -> None:
        """Write letters; one that is there as this run's already was written before, and the answer was lost."""
        try:
            self._letters.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            wrong = [each for each in error.details["writeErrors"] if each["code"] != _DUPLICATE_KEY]
            if wrong or error.details.get("writeConcernErrors"):
                raise BulkWriteError({**error.details, "writeErrors": wrong}) from None

    def _upsert(self, result: Result) -> UpdateOne:
        now, key = self._store.now(), result.candidate.key if result.candidate else result.key
        content = _content(result.item)
        reasons = [_as_document(violation) for violation in result.violations[:_MAX_VIOLATIONS]]
        digest = hashlib.blake2b(repr(reasons).encode() if content is None else content, digest_size=16).hexdigest()
        if isinstance(result.item.receipt, DeadLetter) and result.item.receipt.origin == result.item.origin:
            digest = result.item.receipt.hash  # the letter that is replayed, whatever it is rejected for now
        named = "\0".join((*self._scope.values(), result.item.origin, digest)).encode()
        always = {
            "stage": result.stage.value if result.stage else "",
            "violations": reasons,
            "last": now,
            "run": self._store.lease.run,
            "key": list(key) if len(key) == len(self._store.key_paths) else None,
        }
        once = {**self._scope, "origin": result.item.origin, "hash": digest, "first": now}
        if content is not None and len(content) <= _MAX_CONTENT:
            once["content"] = content
        if self._direction is Direction.OUTBOUND:
            once["document"] = result.item.receipt["_id"]
        id_ = hashlib.blake2b(named, digest_size=_ID_DIGITS // 2).hexdigest()
        other = {"_id": id_, "run": {"$ne": self._store.lease.run}}
        return UpdateOne(other, {"$set": always, "$setOnInsert": once, "$inc": {"attempts": 1}}, upsert=True)

    def _clear(self, results: Sequence[Result]) -> None:
        """Clear the letters of these origins, and of what they are part of; of a replayed letter only itself."""
        replayed = [r.item.receipt.id for r in results if isinstance(r.item.receipt, DeadLetter)]
        origins = {name for r in results for name in (r.item.origin, r.item.part_of)}
        cleared = {"_id": {"$in": replayed}} if replayed else {"origin": {"$in": sorted(origins)}}
        earlier = {**self._scope, "run": {"$ne": self._store.lease.run}}
        self._store.write(lambda: self._letters.delete_many({**earlier, **cleared}))
        keys = [list(r.candidate.key) for r in results if r.candidate and r.outcome in _NEWS and not replayed]
        if keys:
            again = {**earlier, "key": {"$in": keys}}
            found = self._store.retry(lambda: list(self._letters.find(again, {"_id": True})))
            self._came_again.update(letter["_id"] for letter in found)

    def _clear_unread(self, origins: Sequence[str]) -> None:
        """Clear what says that these could not be read: they have been, and are rejected for another reason."""
        if origins:
            unread = {"origin": {"$in": origins}, "content": {"$exists": False}, "stage": Stage.READ.value}
            earlier = {**self._scope, **unread, "run": {"$ne": self._store.lease.run}}
            self._store.write(lambda: self._letters.delete_many(earlier))


def find_letters(store: Store, direction: Direction | None = None, ids: Iterable[str] = ()) -> Iterator[DeadLetter]:
    """Yield the letters of a mapping, the first one first. ids: only those whose id begins with one of these."""
    wanted: dict[str, Any] = dict(store.scope)
    if direction is not None:
        wanted["direction"] = direction.value
    if ids := list(ids):
        wanted["$or"] = [{"_id": {"$gte": id_, "$lt": f"{id_}g"}} for id_ in ids]
    cursor = store.retry(lambda: store.database[COLLECTION].find(wanted).sort([("first", 1), ("_id", 1)]))
    yield from map(_as_letter, cursor)


def drop_letters(store: Store, letters: Iterable[DeadLetter]) -> int:
    """Remove letters; return how many there were."""
    wanted = {**store.scope, "_id": {"$in": [letter.id for letter in letters]}}
    return store.write(lambda: store.database[COLLECTION].delete_many(wanted)).deleted_count


def _content(item: Item) -> bytes | None:
    if item.content is not None or item.receipt is None or isinstance(item.receipt, DeadLetter):
        return item.content
    return json_util.dumps(item.receipt, json_options=json_util.CANONICAL_JSON_OPTIONS, indent=2).encode()


def _as_document(violation: Violation) -> dict[str, str]:
    return {"path": violation.path, "code": violation.code, "message": violation.message}


def _as_letter(found: dict[str, Any]) -> DeadLetter:
    return DeadLetter(
        found["_id"],
        Direction(found["direction"]),
        found["origin"],
        _as_key(found.get("key")),
        found["stage"],
        tuple(Violation(**violation) for violation in found["violations"]),
        found.get("content"),
        found["hash"],
        found["first"],
        found["last"],
        found["attempts"],
        found.get("document"),
    )


def _as_key(found: list[Any] | None) -> Key:
    return tuple(found or ())
