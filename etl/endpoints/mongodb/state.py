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

    def save(self, agreements: Table[Key, Agreement], known: Iterable[Key]) -> None:
        """Remember these instead of what was remembered of their keys. known: the keys that `load` found."""
        known = set(known)
        writes = [
            self._update(key, agreed) if key in known else InsertOne({"_id": self._id(key), **_fields(agreed)})
            for key, agreed in agreements.items()
        ]
        if not writes:
            return
        try:
            self._retry(lambda: self._documents.bulk_write(writes, ordered=False))
        except BulkWriteError as error:
            if any(wrong["code"] != _DUPLICATE_KEY for wrong in error.details["writeErrors"]):
                raise
            updates = [self._update(key, agreed) for key, agreed in agreements.items()]
            self._retry(lambda: self._documents.bulk_write(updates, ordered=False))

    def _update(self, key: Key, agreed: Agreement) -> UpdateOne:
        fields = _fields(agreed)
        missing = {name: "" for name in _FIELDS if name not in fields}
        update: dict[str, Any] = {"$set": fields} | ({"$unset": missing} if missing else {})
        return UpdateOne({"_id": self._id(key)}, update, upsert=True)

    def _id(self, key: Key) -> dict[str, Any]:
        return {**self._scope, "key": list(key)}


def _fields(agreed: Agreement) -> dict[str, Any]:
    values = (agreed.fingerprint, agreed.seen, agreed.sent, agreed.shared)
    return {name: value for name, value in zip(_FIELDS, values, strict=True) if value not in (None, b"", False)}
