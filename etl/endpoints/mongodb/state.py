"""What both sides last agreed on: the sidecar collection `etl_state`, one small document per mapping and key.

Its `_id` is a JSON list of the mapping's name, the collection's and the key: text, since MongoDB compares that faster.

Each document has the fencing token of the run that wrote it; a run with an older token cannot overwrite it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from typing import Any, Final

import orjson
from pymongo import InsertOne, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.lease import Lease
from etl.endpoints.mongodb.retry import Retry, is_transient_bulk
from etl.errors import LeaseLostError
from etl.mapping.paths import respelt
from etl.record import Key
from etl.transfer.agreement import Agreement

COLLECTION: Final = "etl_state"
_DUPLICATE_KEY: Final = 11000


class State:
    """The agreements of one mapping with one collection, which may change its name without being mistaken."""

    def __init__(
        self, database: Database[dict[str, Any]], mapping: str, collection: str, retry: Retry, lease: Lease
    ) -> None:
        self._documents = database[COLLECTION]
        self._scope = orjson.dumps([mapping, collection])[:-1] + b","
        self._retry = retry
        self._lease = lease

    def load(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys."""
        ids = {self._id(key): key for key in keys}
        wanted = {"_id": {"$in": list(ids)}}
        found = self._retry(lambda: list(self._documents.find(wanted).batch_size(len(ids) + 1)))
        return {
            ids[document["_id"]]: Agreement(
                document.get("fingerprint", b""),
                document.get("seen"),
                document.get("sent"),
                document.get("shared", False),
                {respelt(name): (mark, count) for name, mark, count in document.get("turns", ())},
                {respelt(path): value for path, value in begun} if (begun := document.get("begun")) else None,
            )
            for document in found
        }

    def save(self, agreements: Table[Key, Agreement], before: Table[Key, Agreement]) -> None:
        """Remember these agreements. before: what `load` found; only what differs from that is written.

        Raises:
            LeaseLostError: when a later run has remembered something else since.

        """
        token = self._lease.token
        writes: list[InsertOne[dict[str, Any]] | UpdateOne] = []
        for key, agreed in agreements.items():
            if key not in before:
                writes.append(InsertOne({"_id": self._id(key), "token": token, **_fields(agreed)}))
            elif update := self._update(key, agreed, before[key]):
                writes.append(update)
        if writes and not self._write(writes):
            # a document may be ours already: written, and its answer lost
            nothing = Agreement()
            updates = [self._update(key, agreed, before.get(key, nothing)) for key, agreed in agreements.items()]
            if not self._write([update for update in updates if update]):
                raise LeaseLostError("a later run has begun meanwhile; this one writes nothing more: run again")

    def _write(self, writes: Sequence[InsertOne[dict[str, Any]] | UpdateOne]) -> bool:
        """Return whether all was written; what was not is there already, with another token."""

        def write() -> None:
            self._lease.check()
            self._documents.bulk_write(writes, ordered=False)

        try:
            self._retry(write, on=is_transient_bulk)
        except BulkWriteError as error:
            unconfirmed = error.details.get("writeConcernErrors")
            if unconfirmed or any(wrong["code"] != _DUPLICATE_KEY for wrong in error.details["writeErrors"]):
                raise
            return False
        return True

    def _update(self, key: Key, agreed: Agreement, before: Agreement) -> UpdateOne | None:
        now, then = _fields(agreed), _fields(before)
        differing = {name: value for name, value in now.items() if then.get(name) != value}
        missing = {name: "" for name in then if name not in now}
        if not differing and not missing:
            return None
        ours = {"_id": self._id(key), "token": {"$not": {"$gt": self._lease.token}}}
        update = {"$set": {**differing, "token": self._lease.token}} | ({"$unset": missing} if missing else {})
        return UpdateOne(ours, update, upsert=True)

    def _id(self, key: Key) -> str:
        return (self._scope + orjson.dumps(key)[1:]).decode()


def _fields(agreed: Agreement) -> dict[str, Any]:
    """Return what is stored; what says nothing is left out."""
    fields: dict[str, Any] = {"fingerprint": agreed.fingerprint} if agreed.fingerprint else {}
    if agreed.seen is not None:
        fields["seen"] = agreed.seen
    if agreed.sent is not None:
        fields["sent"] = agreed.sent
    if agreed.shared:
        fields["shared"] = True
    if agreed.turns:
        fields["turns"] = [[name, mark, count] for name, (mark, count) in agreed.turns.items()]
    if agreed.begun is not None:
        fields["begun"] = [[path, value] for path, value in agreed.begun.items()]
    return fields
