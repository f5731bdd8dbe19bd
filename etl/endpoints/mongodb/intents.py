"""Write intents in the collection `etl_intents`: what a run is about to make, to change or to send, a note a batch.

A note's `_id` names the mapping, the collection, the fencing token of the run and the part, where one document cannot
hold it. A note takes the place of that run's last one, so there are only as many as the run's last batch needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, assert_never

from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from etl.endpoints.mongodb.encoding import encoded_parts
from etl.endpoints.mongodb.exact import Document, Exact, Write, delete_many, replace_one
from etl.endpoints.mongodb.forms import known
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.markers import MARKER
from etl.endpoints.mongodb.names import INTENTS
from etl.endpoints.mongodb.remembered import agreement_of, fields_of, fields_of_intent, intent_of
from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.transfer.intents import Begun, Creation, Telling, Updating

COLLECTION: Final = INTENTS


class MongoIntents:
    """The write intents of one mapping with one collection."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._documents = gateway.collection_of(COLLECTION)
        self._parts = 0
        self._outstanding: list[Any] = []

    def keep(self, intents: Sequence[Begun]) -> None:
        """Keep what this run is about to write, in the place of what it kept before."""
        notes: list[Write] = [
            replace_one(self._id(part), RawBSONDocument(records))
            for part, records in enumerate(encoded_parts([_record_of(intent) for intent in intents]))
        ]
        parts = len(notes)
        if self._parts > parts:
            notes.append(delete_many({"_id": {"$in": [self._id(part) for part in range(parts, self._parts)]}}))
        self._parts = parts
        if notes:  # what BSON cannot hold is not noted: it will not be written either
            self._gateway.write(lambda: self._documents.bulk_write(notes), on=is_transient_bulk)

    def outstanding(self) -> list[Begun]:
        """Return what earlier runs have kept and not cleared, oldest first."""
        found = self._gateway.retry(lambda: list(self._documents.find_many(self._ours).sort("_id")))
        known(found, COLLECTION)
        self._outstanding = [note["_id"] for note in found]
        return [_begun_of(record) for note in found for record in note["records"]]

    def clear(self) -> None:
        """Clear what this run has kept, and what was outstanding."""
        ids = [*self._outstanding, *(self._id(part) for part in range(self._parts))]
        if ids:
            self._gateway.write(lambda: self._documents.delete_many({"_id": {"$in": ids}}))
        self._outstanding, self._parts = [], 0

    @property
    def _ours(self) -> dict[str, Any]:
        return {**_of(self._gateway.scope), "_id.part": {"$ne": MARKER}}

    def _id(self, part: int) -> dict[str, Any]:
        return {**self._gateway.scope, "token": self._gateway.lease.token, "part": part}


def highest_noted(database: Database[Document], scope: Document) -> int:
    """Return the highest token of a run that has kept a note and not cleared it, 0 where none has."""
    notes = Exact(database[COLLECTION]).find_many(_of(scope), {"_id": True})
    return max((int(note["_id"]["token"]) for note in notes), default=0)


def _of(scope: Document) -> Document:
    return {f"_id.{name}": value for name, value in scope.items()}


def _record_of(intent: Begun) -> dict[str, Any]:
    match intent:
        case Creation():
            return {"key": list(intent.key), "made": intent.identity, "agreed": fields_of(intent.agreement)}
        case Updating():
            return {"key": list(intent.key), **fields_of_intent(intent.intent)}
        case Telling():
            told, marks = ([list(pair) for pair in some.items()] for some in (intent.told, intent.sent))
            return {"key": list(intent.key), "told": told, "as": intent.mark, **({"marks": marks} if marks else {})}
        case _:
            assert_never(intent)


def _begun_of(record: dict[str, Any]) -> Begun:
    key = tuple(record["key"])
    if "made" in record:
        return Creation(key, record["made"], agreement_of(record["agreed"], COLLECTION))
    if (intent := intent_of(record)) is not None:
        return Updating(key, intent)
    return Telling(key, dict(record["told"]), record["as"], dict(record.get("marks", ())))
