"""What MongoDB knows of a mapping's status: counted from indexes, and no further than a person reads.

Of the queue of documents that wait to go out, an index of the collection's own may say how long it is: one that begins
with fields of `export_when`. None is made, since the collection is not ours: where there is none, the newest documents
are looked at, and more may wait.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from pymongo.errors import ExecutionTimeout

from etl.endpoints.mongodb.documents import dotted, filter_waiting
from etl.endpoints.mongodb.exact import Document, Exact
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.names import CONFLICTS, LETTERS
from etl.endpoints.mongodb.retry import is_transient
from etl.mapping.model import Mapping
from etl.mapping.mongodb import MongoEndpoint, Stamp
from etl.mapping.paths import Path
from etl.transfer.dead_letter import Novelty
from etl.transfer.status import Amount, LetterCount

MOST: Final = 10_000
"""So many of one kind are counted; beyond that there are more."""

LOOKED_AT: Final = 20_000
"""So many documents are looked at where no index says which ones wait."""

_LONGEST_MS: Final = 500
"""An index that is of no help is given up after this."""

_NEW: Final = (None, Novelty.NEW.value)
"""What a letter that is new says of that; one of an earlier engine says nothing."""

_NARROW: Final = ("hidden", "collation", "sparse", "partialFilterExpression")


class MongoCounts:
    """Counts what a mapping has in MongoDB."""

    def __init__(self, documents: Exact, gateway: Gateway, mapping: Mapping) -> None:
        self._documents = documents
        self._gateway = gateway
        self._mongodb = mapping.mongodb
        self._changed = _changed(mapping)

    def waiting(self) -> Amount:
        """Return how many documents wait to go out."""
        match: Document = {"$match": filter_waiting(self._mongodb)}
        count: list[Document] = [
            {"$limit": MOST + 1},
            {"$group": {"_id": None, "n": {"$sum": 1}, "first": self._first}},
        ]
        retry = self._gateway.retry
        name = queue_index(retry(self._documents.list_indexes), self._mongodb)
        if name:
            try:
                steps = [match, *count]
                return _amount(
                    retry(lambda: self._documents.count_by(steps, hint=name, most_ms=_LONGEST_MS), on=_passes)
                )
            except ExecutionTimeout:
                pass
        newest = [{"$limit": LOOKED_AT}, match, *count]
        found = _amount(retry(lambda: self._documents.count_by(newest, hint={"$natural": -1})))
        more = retry(self._documents.rough_count) > LOOKED_AT
        return Amount(found.count, found.oldest, found.at_least or more)

    @property
    def _first(self) -> Document:
        """What says of documents when the first of them was changed: what is no date says nothing."""
        if self._changed is None:
            return {"$min": None}
        field = "$" + dotted(self._changed)
        return {"$min": {"$cond": [{"$eq": [{"$type": field}, "date"]}, field, None]}}

    def conflicts(self) -> Amount:
        """Return how many conflicts wait for a person."""
        steps: list[Document] = [
            {"$match": {**self._gateway.scope, "open": True}},
            {"$limit": MOST + 1},
            {"$group": {"_id": None, "n": {"$sum": 1}, "first": {"$min": "$first"}}},
        ]
        return _amount(self._count(CONFLICTS, steps))

    def letters(self) -> tuple[list[LetterCount], bool]:
        """Return how many dead letters there are, by reason, the commonest first; and whether there may be more."""
        steps: list[Document] = [
            {"$match": self._gateway.scope},
            {"$limit": MOST + 1},
            {"$group": {"_id": {"reason": "$reason", "novelty": "$novelty"}, "n": {"$sum": 1}}},
        ]
        found: dict[str, list[int]] = {}
        for group in self._count(LETTERS, steps):
            counts = found.setdefault(group["_id"].get("reason") or "", [0, 0, 0])
            counts[0] += group["n"]
            counts[1] += group["n"] if group["_id"].get("novelty") in _NEW else 0
            counts[2] += group["n"] if group["_id"].get("novelty") == Novelty.ACKNOWLEDGED.value else 0
        letters = [LetterCount(reason, *counts) for reason, counts in found.items()]
        is_more = sum(each.count for each in letters) > MOST
        return sorted(letters, key=lambda each: (-each.count, each.reason)), is_more

    def _count(self, name: str, steps: Sequence[Document]) -> list[Document]:
        return self._gateway.retry(lambda: self._gateway.collection_of(name).count_by(steps))


def _passes(error: BaseException) -> bool:
    return is_transient(error) and not isinstance(error, ExecutionTimeout)


def _changed(mapping: Mapping) -> Path | None:
    """Return where a document says when it was changed: the date of `newest`, else what an import sets to that time."""
    if mapping.conflicts.newest is not None:
        return mapping.conflicts.newest.inside.path
    mongodb = mapping.mongodb
    left = {*mongodb.on_export, *mongodb.settling}
    now = [name for name, value in mongodb.on_import.items() if value is Stamp.NOW and name not in left]
    return (now[0],) if now else None


def queue_index(indexes: Sequence[Table[str, Any]], mongodb: MongoEndpoint) -> str:
    """Return the index that says which documents wait, "" where none does.

    It has every document, and begins with fields of the scope and of `export_when`, one of which at least.
    """
    asked = {name for name in mongodb.export_when if not name.startswith("$")}
    for index in indexes:
        fields = list(index["key"].items())
        plain = not any(option in index for option in _NARROW)
        known = [name for name, way in fields if way in (1, -1) and (name in asked or name in mongodb.scope)]
        leading = [name for name, _ in fields][: len(known)] == known
        if plain and leading and asked & set(known):
            return str(index["name"])
    return ""


def _amount(found: Sequence[Document]) -> Amount:
    if not found:
        return Amount()
    count, first = int(found[0]["n"]), found[0].get("first")
    return Amount(min(count, MOST), first if isinstance(first, datetime) else None, count > MOST)
