"""The unique index on a mapping's key: made sure of by every run, found by what only looks."""

from __future__ import annotations

from collections.abc import Mapping as Table
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError, OperationFailure

from etl.endpoints.mongodb.connection import index_options
from etl.endpoints.mongodb.documents import dotted, key_paths
from etl.endpoints.mongodb.exact import Exact
from etl.endpoints.mongodb.retry import Retry
from etl.errors import EndpointError
from etl.mapping.model import Mapping
from etl.record import shown

_INDEX_CONFLICTS: Final = {85, 86}
_NAMED_DUPLICATES: Final = 10


def ensure_key_index(documents: Exact, mapping: Mapping, retry: Retry) -> str:
    """Make sure that no two documents share a key, and return the index's name. One without a key is left alone.

    Raises:
        EndpointError: when some share one already, naming them, or when another index is in the way.

    """
    names = [dotted(path) for path in key_paths(mapping)]
    wanted = "etl_" + "_".join(names)
    every = {name: {"$exists": True} for name in names}
    options = index_options(documents.database)

    def create() -> str:
        return documents.create_index(names, options=options, name=wanted, unique=True, partialFilterExpression=every)

    try:
        return retry(create)
    except DuplicateKeyError as error:
        said = str(error)
        raise EndpointError(retry(lambda: _name_duplicates(documents, names, said))) from None
    except OperationFailure as error:
        if error.code not in _INDEX_CONFLICTS:
            raise
        indexes = retry(documents.list_indexes)
    for index in indexes:
        if _is_usable(index, names, every):
            return str(index["name"])
    in_the_way = [str(index["name"]) for index in indexes if list(index["key"]) == names or index["name"] == wanted]
    raise EndpointError(
        f"the index {', '.join(in_the_way)} of {documents.name} does not make {' + '.join(names)} unique for all; "
        f'drop it with db.{documents.name}.dropIndex("{in_the_way[0] if in_the_way else wanted}") and run again: '
        "nothing was written"
    )


def find_key_index(documents: Exact, mapping: Mapping, retry: Retry) -> str:
    """Return the name of the index that `ensure_key_index` would settle on, "" where there is none yet."""
    names = [dotted(path) for path in key_paths(mapping)]
    every = {name: {"$exists": True} for name in names}
    indexes = retry(documents.list_indexes)
    return next((str(index["name"]) for index in indexes if _is_usable(index, names, every)), "")


def _is_usable(index: Table[str, Any], names: list[str], every: dict[str, Any]) -> bool:
    """Return whether an index keeps every key unique, and can be read page by page."""
    exact = dict(index["key"]) == dict.fromkeys(names, ASCENDING) and bool(index.get("unique"))
    narrow = any(option in index for option in ("hidden", "collation", "sparse"))
    return exact and not narrow and dict(index.get("partialFilterExpression", every)) == every


def _name_duplicates(documents: Exact, names: list[str], said: str) -> str:
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
