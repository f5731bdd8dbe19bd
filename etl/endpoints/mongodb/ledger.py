"""What both sides last agreed on: the sidecar collection `etl_state`, one small document per mapping and key.

Its `_id` is a JSON list of the mapping's name, the collection's and the key: text, since MongoDB compares that faster.

Each document has the fencing token of the run that wrote it; a run with an older token cannot overwrite it. What a
later run has looked at and left as it was has no newer token, so the lease is confirmed before as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from contextlib import closing
from typing import Any, Final

import orjson
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.decoding import each_document
from etl.endpoints.mongodb.encoding import unfit_documents
from etl.endpoints.mongodb.exact import Exact, Write, insert_one, update_one
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.names import LEDGER
from etl.endpoints.mongodb.remembered import agreement_of, differing_fields, fields_of
from etl.endpoints.mongodb.retry import is_transient_bulk
from etl.errors import LeaseLostError
from etl.record import Key, Record, Violation
from etl.transfer.agreement import Agreement
from etl.transfer.batches import OverfullError, within_room

COLLECTION: Final = LEDGER
_PAGE: Final = 5_000
"""So many keys are read at a time."""

_DUPLICATE_KEY: Final = 11000


class MongoLedger:
    """The agreements of one mapping with one collection, which may change its name without being mistaken."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._lease = gateway.lease
        self._documents = gateway.collection_of(COLLECTION)
        self._scope = _scope(gateway.mapping, gateway.collection)

    def has_any(self) -> bool:
        """Return whether anything is remembered."""
        return self._has({})

    def has_heard(self) -> bool:
        """Return whether anything is remembered that the outside has said."""
        return self._has({"seen": {"$exists": True}})

    def heard(self) -> Iterator[Key]:
        """Yield the keys of which the outside has said something, and not that there is none any more."""
        beginning = _beginning_with(self._scope)
        while True:
            ours = {"_id": beginning, "seen": {"$exists": True}, "sort": {"$exists": False}}
            page = self._gateway.retry(
                lambda ours=ours: list(self._documents.find_many(ours, {"_id": True}).sort("_id", 1).limit(_PAGE))  # type: ignore[misc]  # bound early
            )
            yield from (self._key_of(each["_id"]) for each in page)
            if len(page) < _PAGE:
                return
            beginning = {**beginning, "$gt": page[-1]["_id"]}

    def _has(self, wanted: dict[str, Any]) -> bool:
        ours = {"_id": _beginning_with(self._scope), **wanted}
        return self._gateway.retry(lambda: self._documents.find_one(ours, {"_id": True})) is not None

    def load(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys.

        Raises:
            OverfullError: when there is not room for it at once.

        """
        return {key: agreed for key, (agreed, _) in self.load_dated(keys).items()}

    def load_dated(self, keys: Iterable[Key]) -> dict[Key, tuple[Agreement, int]]:
        """Return what is remembered of these keys, with the token of the run that wrote it last.

        Raises: as `load`.
        """
        ids = {self._id(key): key for key in keys}
        wanted = {"_id": {"$in": list(ids)}}

        def find() -> list[Record] | None:
            replies = self._documents.find_raw(wanted).batch_size(len(ids) + 1)
            with closing(replies):
                return within_room(each_document(replies, self._documents.codec_options), len(ids))

        if (found := self._gateway.retry(find)) is None:
            raise OverfullError
        return {ids[document["_id"]]: (agreement_of(document), int(document.get("token", 0))) for document in found}

    def save(self, agreements: Table[Key, Agreement], before: Table[Key, Agreement]) -> None:
        """Remember these agreements. before: what `load` found; only what differs from that is written.

        Raises:
            LeaseLostError: when a later run has remembered something else since.

        """
        token = self._lease.token
        writes: list[Write] = []
        for key, agreed in agreements.items():
            if key not in before:
                writes.append(insert_one({"_id": self._id(key), "token": token, **fields_of(agreed)}))
            elif update := self._update(key, agreed, before[key]):
                writes.append(update)
        if writes and not self._write(writes):
            # a document may be ours already: written, and its answer lost
            nothing = Agreement()
            updates = [self._update(key, agreed, before.get(key, nothing)) for key, agreed in agreements.items()]
            if not self._write([update for update in updates if update]):
                raise LeaseLostError("a later run has begun meanwhile; this one writes nothing more: run again")

    def waiting(self) -> dict[Key, Agreement]:
        """Return what is remembered of documents that have no key yet, by what takes its place."""
        ours = {"_id": _beginning_with(self._scope + b'"",')}
        found = self._gateway.retry(lambda: list(self._documents.find_many(ours)))
        return {self._key_of(each["_id"]): agreement_of(each) for each in found}

    def forget(self, keys: Iterable[Key]) -> None:
        """Remember nothing of these keys any more."""
        ids = [self._id(key) for key in keys]
        if ids:
            ours = {"_id": {"$in": ids}, "token": {"$not": {"$gt": self._lease.token}}}
            self._gateway.write(lambda: self._documents.delete_many(ours))

    def unfit(self, agreements: Table[Key, Agreement]) -> dict[Key, Violation]:
        """Return a violation for each agreement that BSON cannot hold."""
        return unfit_documents({key: {"": _values_of(agreed)} for key, agreed in agreements.items()})

    def _write(self, writes: Sequence[Write]) -> bool:
        """Return whether all was written; what was not is there already, with another token."""
        try:
            self._gateway.write(lambda: self._documents.bulk_write(writes), on=is_transient_bulk)
        except BulkWriteError as error:
            unconfirmed = error.details.get("writeConcernErrors")
            if unconfirmed or any(wrong["code"] != _DUPLICATE_KEY for wrong in error.details["writeErrors"]):
                raise
            return False
        return True

    def _update(self, key: Key, agreed: Agreement, before: Agreement) -> Write | None:
        differing, missing = differing_fields(fields_of(before), fields_of(agreed))
        if not differing and not missing:
            return None
        ours = {"_id": self._id(key), "token": {"$not": {"$gt": self._lease.token}}}
        update = {"$set": {**differing, "token": self._lease.token}} | ({"$unset": missing} if missing else {})
        return update_one(ours, update, upsert=True)

    def _id(self, key: Key) -> str:
        return (self._scope + orjson.dumps(key)[1:]).decode()

    def _key_of(self, id_: str) -> Key:
        return tuple(orjson.loads("[" + id_[len(self._scope.decode()) :]))


def highest_token(database: Database[dict[str, Any]], mapping: str, collection: str) -> int:
    """Return the highest token that anything is remembered with, 0 where nothing is: leases may be lost, or older."""
    wanted = {"_id": _beginning_with(_scope(mapping, collection))}
    found = next(Exact(database[COLLECTION]).find_many(wanted, {"token": True}).sort("token", -1).limit(1), {})
    return int(found.get("token", 0))


def _scope(mapping: str, collection: str) -> bytes:
    """Return what the ids of all that is remembered of a mapping and a collection begin with."""
    return orjson.dumps([mapping, collection])[:-1] + b","


def _beginning_with(scope: bytes) -> dict[str, str]:
    """Return a filter for the ids that begin with this; it ends with a comma, which a hyphen follows."""
    start = scope.decode()
    return {"$gte": start, "$lt": f"{start[:-1]}-"}


def _values_of(agreed: Agreement) -> list[Any]:
    """Return all values of records that are remembered."""
    intent = agreed.intent
    begun = [] if intent is None else [intent.values, [] if intent.done is None else _values_of(intent.done)]
    noted = [agreed.told, agreed.had, agreed.inside, agreed.telling]
    return [agreed.seen, *noted, begun, [*agreed.kept.values(), agreed.rest]]
