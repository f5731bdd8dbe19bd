"""What both sides last agreed on: the sidecar collection `etl_state`, one small document per mapping and key."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Table
from typing import Any, Final

from pymongo import InsertOne, UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.retry import Retry
from etl.record import Key
from etl.transfer.merge import Agreement

COLLECTION: Final = "etl_state"
_DUPLICATE_KEY: Final = 11000
_FIELDS: Final = ("fingerprint", "seen", "sent", "shared")


class State:
    """The agreements of one mapping with one collection, which may change its name without being mistaken."""

    def __init__(self, database: Database[dict[str, Any]], mapping: str, collection: str, retry: Retry) -> None:
        self._documents = database[COLLECTION]
        self._scope = {"mapping": mapping, "collection": collection}
        self._retry = retry

    def load(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys."""
        ids = [self._id(key) for key in keys]
        found = self._retry(lambda: list(self._documents.find({"_id": {"$in": ids}}).batch_size(len(ids) + 1)))
        return {
            tuple(document["_id"]["key"]): Agreement(
                document.get("fingerprint", b""),
                document.get("seen"),
                document.get("sent"),
                document.get("shared", False),
            )
            for document in found
        }

    def save(self, agreements: Table[Key, Agreement], before: Table[Key, Agreement]) -> None:
        """Remember these agreements. before: what `load` found; only what differs from that is written.

        So an import and an export at the same time, which remember different things, do not undo each other.
        """
        writes: list[InsertOne[dict[str, Any]] | UpdateOne] = []
        for key, agreed in agreements.items():
            if key not in before:
                writes.append(InsertOne({"_id": self._id(key), **_fields(agreed)}))
            elif update := self._update(key, agreed, before[key]):
                writes.append(update)
        if not writes:
            return
        try:
            self._retry(lambda: self._documents.bulk_write(writes, ordered=False))
        except BulkWriteError as error:
            if any(wrong["code"] != _DUPLICATE_KEY for wrong in error.details["writeErrors"]):
                raise
            nothing = Agreement()
            updates = [self._update(key, agreed, before.get(key, nothing)) for key, agreed in agreements.items()]
            self._retry(lambda: self._documents.bulk_write([u for u in updates if u], ordered=False))

    def _update(self, key: Key, agreed: Agreement, before: Agreement) -> UpdateOne | None:
        now, then = _fields(agreed), _fields(before)
        differing = {name: value for name, value in now.items() if then.get(name) != value}
        missing = {name: "" for name in then if name not in now}
        update = ({"$set": differing} if differing else {}) | ({"$unset": missing} if missing else {})
        return UpdateOne({"_id": self._id(key)}, update, upsert=True) if update else None

    def _id(self, key: Key) -> dict[str, Any]:
        return {**self._scope, "key": list(key)}


def _fields(agreed: Agreement) -> dict[str, Any]:
    values = (agreed.fingerprint, agreed.seen, agreed.sent, agreed.shared)
    return {name: value for name, value in zip(_FIELDS, values, strict=True) if value not in (None, b"", False)}
