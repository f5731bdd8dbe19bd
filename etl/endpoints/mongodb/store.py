"""One mapping's collection, and what it takes to work with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeAlias, TypeVar

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, OperationFailure

from etl.endpoints.mongodb.conflicts import COLLECTION as CONFLICTS
from etl.endpoints.mongodb.connection import index_options
from etl.endpoints.mongodb.lease import COLLECTION as LEASES
from etl.endpoints.mongodb.lease import Lease
from etl.endpoints.mongodb.letters import COLLECTION as LETTERS
from etl.endpoints.mongodb.retry import Retry, is_transient
from etl.endpoints.mongodb.state import COLLECTION as STATE
from etl.endpoints.mongodb.state import State
from etl.endpoints.mongodb.uri import check_collection
from etl.errors import EndpointError, SettingsError
from etl.mapping.model import Copy, Mapping
from etl.mapping.paths import Path, get
from etl.mapping.rules.translate import Translator
from etl.record import Record, shown
from etl.transfer.merge import Merger

T = TypeVar("T")
Documents: TypeAlias = Collection[dict[str, Any]]

_OURS: Final = {STATE, LEASES, LETTERS, CONFLICTS}
_INDEX_CONFLICTS: Final = {85, 86}
_NAMED_DUPLICATES: Final = 10


@dataclass(frozen=True)
class Store:
    """The documents of one mapping.

    index: the unique index on their key. inward: the mapping's inbound direction. now: UTC, whole milliseconds.
    """

    documents: Documents
    index: str
    mapping: Mapping
    inward: Translator
    state: State
    merger: Merger
    retry: Retry
    lease: Lease
    now: Callable[[], datetime]

    def write(self, call: Callable[[], T], *, on: Callable[[BaseException], bool] = is_transient) -> T:
        """Make a call that writes, and make it again after passing failures, as long as the lease is ours.

        Raises:
            LeaseLostError: when it is not.

        """

        def write() -> T:
            self.lease.check()
            return call()

        return self.retry(write, on=on)

    @property
    def database(self) -> Database[dict[str, Any]]:
        """The database of the documents, and of what the engine keeps beside them."""
        return self.documents.database

    @property
    def scope(self) -> dict[str, str]:
        """What the engine's own documents are told apart by: a mapping's name and its collection's."""
        return {"mapping": self.mapping.name, "collection": self.documents.name}

    @cached_property
    def key_paths(self) -> tuple[Path, ...]:
        """The inside paths of the mapping's key, in order."""
        return key_paths(self.mapping)

    @cached_property
    def key_names(self) -> tuple[str, ...]:
        """The key's paths, as MongoDB writes them."""
        return tuple(dotted(path) for path in self.key_paths)

    @cached_property
    def key_tops(self) -> tuple[str, ...]:
        """The top-level names that the key's paths start with."""
        return tuple(str(path[0]) for path in self.key_paths)

    def key_of(self, document: Record) -> tuple[Any, ...]:
        """Return the values of a document's key, ABSENT for one that it does not have."""
        return tuple([get(document, path) for path in self.key_paths])


def get_collection(database: Database[dict[str, Any]], name: str) -> Documents:
    """Return a collection.

    Raises:
        SettingsError: when that is not a collection name.

    """
    if name in _OURS:
        raise SettingsError(f"MONGO_COLLECTION is {name}, where the engine keeps what it remembers; choose another")
    check_collection(name)
    return database[name]


def key_paths(mapping: Mapping) -> tuple[Path, ...]:
    """Return the inside paths of the mapping's key, in order."""
    return tuple(rule.inside.path for rule in mapping.rules if isinstance(rule, Copy) and rule.key)


def dotted(path: Path) -> str:
    """Return a path as MongoDB writes it."""
    return ".".join(map(str, path))


def ensure_key_index(documents: Documents, mapping: Mapping, retry: Retry) -> str:
    """Make sure that no two documents share a key, and return the index's name. One without a key is left alone.

    Raises:
        EndpointError: when some share one already, naming them, or when another index is in the way.

    """
    names = [dotted(path) for path in key_paths(mapping)]
    wanted = "etl_" + "_".join(names)
    every = {name: {"$exists": True} for name in names}
    unique = IndexModel([(name, ASCENDING) for name in names], name=wanted, unique=True, partialFilterExpression=every)

    def create() -> str:
        return documents.create_indexes([unique], **index_options(documents.database))[0]

    try:
        return retry(create)
    except DuplicateKeyError as error:
        said = str(error)
        raise EndpointError(retry(lambda: _name_duplicates(documents, names, said))) from None
    except OperationFailure as error:
        if error.code not in _INDEX_CONFLICTS:
            raise
        indexes = retry(lambda: list(documents.list_indexes()))
    for index in indexes:
        if _is_usable(index, names, every):
            return str(index["name"])
    in_the_way = [str(index["name"]) for index in indexes if list(index["key"]) == names or index["name"] == wanted]
    raise EndpointError(
        f"the index {', '.join(in_the_way)} of {documents.name} does not make {' + '.join(names)} unique for all; "
        f'drop it with db.{documents.name}.dropIndex("{in_the_way[0] if in_the_way else wanted}") and run again: '
        "nothing was written"
    )


def find_key_index(documents: Documents, mapping: Mapping, retry: Retry) -> str:
    """Return the name of the index that `ensure_key_index` would settle on, "" where there is none yet."""
    names = [dotted(path) for path in key_paths(mapping)]
    every = {name: {"$exists": True} for name in names}
    indexes = retry(lambda: list(documents.list_indexes()))
    return next((str(index["name"]) for index in indexes if _is_usable(index, names, every)), "")


def _is_usable(index: Table[str, Any], names: list[str], every: dict[str, Any]) -> bool:
    """Return whether an index keeps every key unique, and can be read page by page."""
    exact = dict(index["key"]) == dict.fromkeys(names, ASCENDING) and bool(index.get("unique"))
    narrow = any(option in index for option in ("hidden", "collation", "sparse"))
    return exact and not narrow and dict(index.get("partialFilterExpression", every)) == every


def _name_duplicates(documents: Documents, names: list[str], said: str) -> str:
    groups = documents.aggregate(
        [
            {"$match": {name: {"$exists": True} for name in names}},
            {"$group": {"_id": [f"${name}" for name in names], "count": {"$sum": 1}}},
            {"$match": {"count": {"$gt": 1}}},
            {"$sort": {"_id": 1}},
            {"$limit": _NAMED_DUPLICATES + 1},
        ]
    )
    found = [f"{', '.join(map(shown, group['_id']))} ({group['count']} times)" for group in groups] or [said]
    more = ", and more" if len(found) > _NAMED_DUPLICATES else ""
    return (
        f"{documents.name} has documents that share a {' + '.join(names)}: {'; '.join(found[:_NAMED_DUPLICATES])}"
        f"{more}; keep one of each and run again: nothing was written"
    )


def add_missing(documents: Documents, mapping: Mapping, records: Sequence[Record], retry: Retry) -> int:
    """Insert records whose key is not there yet; return how many."""
    writes = [
        UpdateOne({dotted(path): {"$eq": get(record, path)} for path in key_paths(mapping)}, update, upsert=True)
        for record in records
        for update in ({"$setOnInsert": record},)
    ]
    return retry(lambda: documents.bulk_write(writes, ordered=False)).upserted_count if writes else 0
