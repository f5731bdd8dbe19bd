"""Which of the documents that are only planned would wait to be exported: MongoDB judges them, and writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from bson import ObjectId, encode
from pymongo.errors import OperationFailure

from etl.endpoints.mongodb.documents import Documents
from etl.record import Record

_INDEX: Final = "etl planned document"
"""By which name, in no document, each says which it is."""

_MOST_BYTES: Final = 8_000_000
_UNKNOWN_STAGE: Final = 40324
_UNAUTHORISED: Final = 13


def are_due(documents: Documents, planned: Sequence[Record], known: Collection[str]) -> set[int] | None:
    """Return which of these documents match `export_when`, by their place; None where MongoDB is older than 5.1.

    planned: documents as they would be. known: their top-level fields; what else there is, is as it is now.
    """
    whole = _completed(documents, planned, frozenset((*known, "_id")))
    found: set[int] = set()
    for group in _groups(whole):
        # as literals, since a text with a $ would be a field's value
        stage = {"$documents": [{"$literal": {**document, _INDEX: index}} for index, document in group]}
        pipeline: list[dict[str, Any]] = [
            stage,
            {"$match": dict(documents.mapping.mongodb.export_when)},
            {"$project": {_INDEX: True}},
        ]
        try:
            matching = documents.gateway.retry(lambda: list(documents.gateway.database.aggregate(pipeline)))  # noqa: B023 - called at once
        except OperationFailure as error:
            if error.code in (_UNKNOWN_STAGE, _UNAUTHORISED):
                return None
            raise
        found.update(document[_INDEX] for document in matching)
    return found


def _completed(documents: Documents, planned: Sequence[Record], known: frozenset[str]) -> list[Record]:
    """Return planned documents with all that no plan reads or changes; one that is made has an `_id` of its own."""
    ids = [document["_id"] for document in planned if "_id" in document]
    # what a projection can name is not sent: it may be large
    others = {name: False for name in known if name != "_id" and "." not in name and name[:1] not in {"", "$"}}
    wanted = {"_id": {"$in": ids}}
    found = documents.gateway.retry(lambda: list(documents.collection.find_many(wanted, others))) if ids else []
    rest = {_id(each): {name: value for name, value in each.items() if name not in known} for each in found}
    return [{"_id": ObjectId(), **rest.get(_id(document), {}), **document} for document in planned]


def _id(document: Record) -> bytes:
    """Return what tells one `_id` from another, of whatever type it is."""
    return encode({"": document.get("_id")})


def _groups(whole: Sequence[Record]) -> Iterator[list[tuple[int, Record]]]:
    """Yield documents with their places, in groups that fit into a command."""
    group: list[tuple[int, Record]] = []
    size = 0
    for index, document in enumerate(whole):
        length = len(encode(document))
        if group and size + length > _MOST_BYTES:
            yield group
            group, size = [], 0
        group.append((index, document))
        size += length
    if group:
        yield group
