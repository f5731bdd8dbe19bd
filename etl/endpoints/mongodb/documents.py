"""The documents of one mapping: by which paths they are known, in which version, and what is written to them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as Table
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import bson
from bson import ObjectId, json_util
from pymongo.database import Database

from etl.endpoints.mongodb.decoding import each_document, read_all
from etl.endpoints.mongodb.exact import Exact, update_one
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.names import OURS
from etl.endpoints.mongodb.retry import Retry
from etl.endpoints.mongodb.uri import check_collection
from etl.errors import SettingsError
from etl.mapping.model import Mapping
from etl.mapping.mongodb import MongoEndpoint, Stamp
from etl.mapping.paths import Path, get
from etl.record import ABSENT, Key, Record, Scalar
from etl.transfer.batches import OverfullError, within_room


@dataclass(frozen=True, slots=True)
class KeyIndex:
    """The unique index on the key. name: "" where there is none. part: what the documents match that it has."""

    name: str
    part: dict[str, Any]


@dataclass(frozen=True)
class Documents:
    """The documents of one mapping. index: on their key."""

    collection: Exact
    index: KeyIndex
    mapping: Mapping
    gateway: Gateway

    def read(self, wanted: dict[str, Any], names: Table[str, bool], most: int) -> list[Record]:
        """Return the documents that match, about `most`, with these fields; what cannot be read is `Damaged`."""

        def find() -> list[Record]:
            return read_all(self.collection.find_raw(wanted, names).batch_size(most + 1), self.collection.codec_options)

        return self.gateway.retry(find)

    def look_up(self, keys: Collection[Key], names: Table[str, bool]) -> list[Record]:
        """Return the documents of these keys, with these fields.

        Raises:
            OverfullError: when there is not room for them at once.

        """

        def find() -> list[Record] | None:
            replies = self.collection.find_raw(self.by_key(keys), names).batch_size(len(keys) + 1)
            with closing(replies):
                return within_room(each_document(replies, self.collection.codec_options), len(keys))

        if (found := self.gateway.retry(find)) is None:
            raise OverfullError
        return found

    @cached_property
    def id_index(self) -> str:
        """The index on `_id`; "" where that has a collation, and so is in another order than the documents are read."""
        indexes = self.gateway.retry(self.collection.list_indexes)
        return next((str(i["name"]) for i in indexes if list(i["key"]) == ["_id"] and "collation" not in i), "")

    @cached_property
    def key_paths(self) -> tuple[Path, ...]:
        """The inside paths of the mapping's key, in order."""
        return self.mapping.key_paths

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        """The key's paths, as MongoDB writes them."""
        return tuple(dotted(path) for path in self.key_paths)

    @cached_property
    def scope(self) -> dict[str, Any]:
        """A filter that all of its documents match."""
        return in_scope(self.mapping.mongodb)

    def without_scope(self) -> int:
        """Return how many documents of the collection do not say whose they are, and so are found by nobody."""
        missing = [{name: {"$exists": False}} for name in self.scope]
        if not missing:
            return 0
        pipeline: list[dict[str, Any]] = [{"$match": {"$or": missing}}, {"$count": "count"}]
        found = self.gateway.retry(lambda: list(self.collection.aggregate(pipeline)))
        return int(found[0]["count"]) if found else 0

    @cached_property
    def index_paths(self) -> tuple[Path, ...]:
        """The paths of the index: of the scope, then of the key."""
        return (*((name,) for name in self.scope), *self.key_paths)

    @cached_property
    def tops(self) -> tuple[str, ...]:
        """The top-level names by which a document is found: those of the scope, and of the key."""
        return (*self.scope, *self.key_tops)

    @cached_property
    def key_tops(self) -> tuple[str, ...]:
        """The top-level names that the key's paths start with."""
        return tuple(str(path[0]) for path in self.key_paths)

    def key_of(self, document: Record) -> tuple[Any, ...]:
        """Return the values of a document's key, ABSENT for one that it does not have."""
        return tuple([get(document, path) for path in self.key_paths])

    @cached_property
    def _given(self) -> tuple[Path, ...]:
        """The paths of those parts of the key that the outside gives."""
        return tuple(rule.inside.path for rule in self.mapping.assigned)

    def unkeyed(self, document: Record) -> Key:
        """Return what takes the place of the key of a document that waits for one; () of one that does not.

        It is longer than any key, and begins with what is none.
        """
        if not self._given or "_id" not in document:
            return ()
        if all(get(document, path) not in (ABSENT, None) for path in self._given):
            return ()
        return self.unkeyed_of(document["_id"])

    def unkeyed_of(self, id_: Any) -> Key:
        """Return what takes the place of the key of the document with this `_id`, while it has none."""
        return (*[""] * len(self.key_paths), json_util.dumps(id_, json_options=json_util.CANONICAL_JSON_OPTIONS))

    @staticmethod
    def id_of(unkeyed: Key) -> Any:
        """Return the `_id` of a document by what takes the place of its key."""
        return json_util.loads(str(unkeyed[-1]), json_options=json_util.CANONICAL_JSON_OPTIONS)

    def by_key(self, keys: Iterable[Key]) -> dict[str, Any]:
        """Return a filter that finds the documents of these keys."""
        names, scope = self.key_names, {name: {"$eq": value} for name, value in self.mapping.mongodb.scope.items()}
        if len(names) == 1:
            return {**scope, names[0]: {"$in": [key[0] for key in keys]}}
        each = [{**scope, **dict(zip(names, ({"$eq": part} for part in key), strict=True))} for key in keys]
        return {"$or": each} if each else {"_id": {"$in": []}}

    def found_key(self, document: Record) -> tuple[Any, ...]:
        """Return the key of a document that was looked up; of one in whose scope there is a list, none that is one."""
        key = self.key_of(document)
        is_ours = not any(isinstance(document.get(name), list) for name in self.mapping.mongodb.scope)
        return key if is_ours else tuple([part] for part in key)


def get_collection(database: Database[dict[str, Any]], name: str) -> Exact:
    """Return a collection.

    Raises:
        SettingsError: when that is not a collection name.

    """
    if name in OURS:
        raise SettingsError(f"MONGO_COLLECTION is {name}, where the engine keeps what it remembers; choose another")
    check_collection(name)
    return Exact(database[name])


def in_scope(mongodb: MongoEndpoint) -> dict[str, Any]:
    """Return a filter that all documents of a mapping match: a list is none of its values, whatever MongoDB finds."""
    return {name: {"$eq": value, "$not": {"$type": "array"}} for name, value in mongodb.scope.items()}


def filter_waiting(mongodb: MongoEndpoint) -> dict[str, Any]:
    """Return a filter that the documents of a mapping match that wait to go out."""
    return {"$and": [dict(mongodb.export_when), in_scope(mongodb)]}


def state_name(collection: Exact, mapping: Mapping) -> str:
    """Return under which name it is remembered what is of a mapping's documents: the collection's, with the scope."""
    scope = mapping.mongodb.scope
    return collection.name + (json.dumps(dict(scope), sort_keys=True, ensure_ascii=False) if scope else "")


def id_mark(id_: Any) -> bytes:
    """Return bytes that tell one `_id` from every other: it may be an object, and Python takes 1 for true."""
    return bson.encode({"": id_})


def identity_text(id_: Any) -> str:
    """Return an `_id` as the names of files have it, "" where it is none that they can have."""
    is_plain = isinstance(id_, ObjectId | str | int) and not isinstance(id_, bool)
    return str(id_) if is_plain else ""


def dotted(path: Path) -> str:
    """Return a path as MongoDB writes it."""
    return ".".join(map(str, path))


def add_missing(collection: Exact, mapping: Mapping, records: Sequence[Record], retry: Retry) -> int:
    """Insert records whose key is not there yet; return how many."""
    scope = mapping.mongodb.scope
    paths = (*((name,) for name in scope), *mapping.key_paths)
    writes = [
        update_one({dotted(path): {"$eq": get(record, path)} for path in paths}, update, upsert=True)
        for record in ({**record, **scope} for record in records)
        for update in ({"$setOnInsert": record},)
    ]
    return retry(lambda: collection.bulk_write(writes)).upserted_count if writes else 0


def stamped(stamps: Table[str, Scalar | Stamp], now: datetime) -> dict[str, Any]:
    """Return what a run sets, by top-level field; ABSENT for one to remove."""
    meaning = {Stamp.NOW: now, Stamp.ABSENT: ABSENT}
    return {name: meaning[value] if isinstance(value, Stamp) else value for name, value in stamps.items()}


def update_of(patch: Table[str, Any]) -> dict[str, Any]:
    """Return the MongoDB update that sets top-level fields, and removes those that are ABSENT."""
    values = {name: value for name, value in patch.items() if value is not ABSENT}
    absent = {name: "" for name, value in patch.items() if value is ABSENT}
    update = ({"$set": values} if values else {}) | ({"$unset": absent} if absent else {})
    return update or {"$setOnInsert": {"_id": None}}  # nothing to do but to see that it is still the same version
