"""MongoDB as a source: what waits to be exported, by key, and marks that never cover a concurrent edit."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any, Final

from bson import json_util
from pymongo.errors import BulkWriteError, DocumentTooLarge

from etl.endpoints.mongodb.documents import Documents, dotted, stamped, update_of
from etl.endpoints.mongodb.due import are_due
from etl.endpoints.mongodb.exact import Write, update_many, update_one
from etl.endpoints.mongodb.retry import TRANSIENT_CODES, is_transient_bulk
from etl.endpoints.mongodb.versions import all_as_read, as_read
from etl.mapping.paths import Path, get
from etl.mapping.terms import Side
from etl.record import ABSENT, Key, Record, Violation, printable, shown
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.model import Candidate, Item

_MARKED_TOGETHER: Final = 50
"""MongoDB looks each document up among the versions of its group, one after the other."""

_AGAIN: Final = 500
"""How many documents of dead letters are read at a time."""


class MongoReader:
    """The documents of one collection that match `export_when`.

    names: the top-level fields that are read. only: the `_id`s to look at, None for all. every: also what does not
    match.
    """

    def __init__(self, documents: Documents, only: Sequence[Any] | None = None, *, every: bool = False) -> None:
        self._documents = documents
        self._gateway = documents.gateway
        self._mongodb = documents.mapping.mongodb
        self._when: dict[str, Any] = {} if every else dict(self._mongodb.export_when)
        self._only: dict[str, Any] = {} if only is None else {"_id": {"$in": list(only)}}
        names = (*documents.mapping.read_names(Side.INSIDE), *self._mongodb.export_when)
        self._version = tuple(dict.fromkeys(name for name in names if "." not in name and name[:1] not in {"", "$"}))
        self.names = frozenset((*self._version, *documents.key_tops))
        self._projection = dict.fromkeys((*self._version, *documents.key_tops), True)

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield waiting documents by key; those without a key come last, to be rejected by name.

        Every page is a query of its own, so what it holds is fresh and a lost connection costs one page.
        """
        paths = self._documents.key_paths
        lists = {dotted(path[:end]) for path in paths for end in range(1, len(path) + 1)}
        keyed: dict[str, dict[str, Any]] = {name: {"$not": {"$type": "array"}} for name in sorted(lists)}
        keyed |= {dotted(path): {"$exists": True, "$not": {"$type": "array"}} for path in paths}
        yield from self._pages(keyed, self._documents.index, paths, size)
        yield from self._pages({"$nor": [keyed]}, self._documents.id_index, [("_id",)], size)

    def _pages(self, condition: dict[str, Any], index: str, paths: Sequence[Path], size: int) -> Iterator[list[Item]]:
        if not index:
            yield from self._in_one_go(condition, paths, size)
            return
        last: Record | None = None
        while True:
            page = self._page(condition, index, paths, size, last)
            if page:
                last = page[-1]
                yield [self.item_of(document) for document in page]
            if len(page) < size:
                return

    def _in_one_go(self, condition: dict[str, Any], paths: Sequence[Path], size: int) -> Iterator[list[Item]]:
        """Yield what waits without an index, which a first run makes and a plan does not, or one of another order."""
        found = self._documents.collection.find_many(self._matching(condition), self._projection)
        cursor = found.sort([(dotted(path), 1) for path in paths]).allow_disk_use(True)
        while page := self._gateway.retry(lambda: list(islice(cursor, size))):
            yield [self.item_of(document) for document in page]

    def _matching(self, condition: dict[str, Any]) -> dict[str, Any]:
        return {"$and": [self._when, condition, self._only]}

    def _page(
        self, condition: dict[str, Any], index: str, paths: Sequence[Path], size: int, last: Record | None
    ) -> list[Record]:
        matching = self._matching(condition)
        if last is not None:
            matching["$and"].append({"_id": {"$ne": last["_id"]}})

        def find() -> list[Record]:
            found = self._documents.collection.find_many(matching, self._projection)
            cursor = found.sort([(dotted(path), 1) for path in paths]).hint(index)
            if last is not None:
                # index bounds, not a comparison: $gt would skip keys of another type
                cursor = cursor.min([(dotted(path), get(last, path)) for path in paths])
            return list(cursor.limit(size).batch_size(size + 1))

        return self._gateway.retry(find)

    def key_of(self, item: Item) -> Key | None:
        """Return the key of a document; None where it lacks a part, or has a list or an object there."""
        key = self._documents.key_of(item.receipt)
        return None if any(part is ABSENT or not isinstance(part, Hashable) for part in key) else key

    def contents(self, item: Item) -> tuple[bytes | None, Any]:
        """Return a document as extended JSON, and its `_id`."""
        options = json_util.CANONICAL_JSON_OPTIONS
        return json_util.dumps(item.receipt, json_options=options, indent=2).encode(), item.receipt["_id"]

    def again(self, letters: Iterable[DeadLetter]) -> Iterator[Item]:
        """Yield the documents of dead letters as they are now, as far as they still wait."""
        reader = MongoReader(self._documents, only=[letter.document for letter in letters])
        return chain.from_iterable(reader.batches(_AGAIN))

    def item_of(self, document: Record) -> Item:
        """Return a document as it is read."""
        key = self._documents.key_of(document)
        if ABSENT in key:
            origin = printable(f"_id {document['_id']}")
        else:
            named = zip(self._documents.key_names, key, strict=True)
            origin = ", ".join([f"{name} {_shown_part(value)}" for name, value in named])
        record = document.copy()
        record.pop("_id", None)  # a planned one has none
        return Item(origin, record, receipt=document)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Mark documents as exported, each only while it is the version that was read; return the others.

        One whose mark MongoDB refuses, as a validator may, keeps no other from being marked.
        """
        if not candidates:
            return ()
        marks = stamped(self._mongodb.on_export, self._gateway.now())
        receipts = [candidate.item.receipt for candidate in candidates if not candidate.stale]
        groups = all_as_read(receipts, self._version, _MARKED_TOGETHER)
        writes: list[Write] = [update_many(group, update_of(marks)) for group in groups]
        try:
            marked = self._mark([*writes, *(self._mark_of(c, marks) for c in candidates if c.stale)])
        except (DocumentTooLarge, BulkWriteError):  # a group of huge documents, or with a refused one: one by one
            return self._mark_each(candidates, marks)
        return () if marked == len(candidates) else self._still_waiting(candidates)

    def _mark_of(self, candidate: Candidate, marks: dict[str, Any]) -> Write:
        """Return the mark of one document, which also takes away what is stale in it."""
        gone = dict.fromkeys(map(dotted, candidate.stale), ABSENT)
        return update_one(as_read(candidate.item.receipt, self._version), update_of({**marks, **gone}))

    def _mark_each(self, candidates: Sequence[Candidate], marks: dict[str, Any]) -> list[Candidate]:
        refused: dict[int, Candidate] = {}
        try:
            self._mark([self._mark_of(candidate, marks) for candidate in candidates])
        except BulkWriteError as error:
            if error.details.get("writeConcernErrors"):
                raise
            for wrong in error.details["writeErrors"]:
                if wrong["code"] in TRANSIENT_CODES:
                    raise
                why = Violation("", "mongodb", f"is exported, and cannot be marked so: {wrong['errmsg']}")
                refused[wrong["index"]] = replace(candidates[wrong["index"]], refused=why)
        others = [candidate for index, candidate in enumerate(candidates) if index not in refused]
        return [*self._still_waiting(others), *refused.values()]

    def _mark(self, writes: Sequence[Write]) -> int:
        return self._gateway.write(
            lambda: self._documents.collection.bulk_write(writes), on=is_transient_bulk
        ).matched_count

    def due(self, planned: Sequence[Record], known: Collection[str]) -> set[int] | None:
        """Return which of these documents, as they would be, wait to be exported."""
        return are_due(self._documents, planned, known)

    def waiting_among(self, keys: Sequence[Key]) -> set[Key]:
        """Return those of the keys whose documents wait to be exported."""
        names = self._documents.key_names
        condition = {"$and": [self._documents.by_key(keys), dict(self._mongodb.export_when)]}
        found = self._gateway.retry(
            lambda: list(self._documents.collection.find_many(condition, dict.fromkeys(names, True)))
        )
        return {self._documents.key_of(document) for document in found}

    def _still_waiting(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        ids = [candidate.item.receipt["_id"] for candidate in candidates]
        waiting = {"$and": [{"_id": {"$in": ids}}, dict(self._mongodb.export_when)]}
        collection = self._documents.collection
        found = self._gateway.retry(
            lambda: {document["_id"] for document in collection.find_many(waiting, {"_id": True})}
        )
        return [candidate for candidate in candidates if candidate.item.receipt["_id"] in found]


def _shown_part(value: Any) -> str:
    if type(value) is int:
        return str(value)
    return printable(value) if isinstance(value, str) else shown(value)
