"""MongoDB as a source: what waits to be exported, by key, and marks that never cover a concurrent edit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final

from bson import MaxKey, json_util
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.decoding import Damaged, Large, each_document
from etl.endpoints.mongodb.documents import Documents, dotted, id_mark, identity_text, stamped, update_of
from etl.endpoints.mongodb.due import are_due
from etl.endpoints.mongodb.encoding import too_large
from etl.endpoints.mongodb.exact import Write, update_many, update_one
from etl.endpoints.mongodb.refusals import why_refused
from etl.endpoints.mongodb.retry import TRANSIENT_CODES, is_transient_bulk
from etl.endpoints.mongodb.versions import all_as_read, as_read
from etl.mapping.paths import Path, get
from etl.mapping.terms import Side
from etl.record import ABSENT, Key, Record, Violation, is_key, printable, shown
from etl.transfer.batches import Room
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.model import Candidate, Item

_MARKED_TOGETHER: Final = 50
"""MongoDB looks each document up among the versions of its group, one after the other."""

_BY_ID: Final[Sequence[Path]] = (("_id",),)
_AGAIN: Final = 500
"""How many documents of dead letters are read at a time."""


@dataclass(slots=True)
class _After:
    """Where the last page has ended.

    bound: the last values of the index, as far as they can be read. ids: of the documents from there on that were read.
    unnamed: how many of these have an `_id` that cannot be read.
    """

    bound: list[tuple[str, Any]] = field(default_factory=list)
    ids: list[Any] = field(default_factory=list)
    unnamed: int = 0

    def pass_by(self, document: Record, paths: Sequence[Path]) -> None:
        """Go on behind a document."""
        values = [get(document, path) for path in paths]
        if ABSENT not in values:
            self.bound, self.ids, self.unnamed = [(dotted(p), v) for p, v in zip(paths, values, strict=True)], [], 0
        if "_id" in document:
            self.ids.append(document["_id"])
        else:
            self.unnamed += 1


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
        names = (*documents.mapping.read_names(Side.INSIDE), *self._mongodb.export_when, *documents.scope)
        self._version = tuple(dict.fromkeys(name for name in names if "." not in name and name[:1] not in {"", "$"}))
        self.names = frozenset((*self._version, *documents.key_tops))
        self._expected: int | None = None
        self._projection = dict.fromkeys((*self._version, *documents.key_tops), True)

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield waiting documents by key; those without a key come last, to be rejected by name.

        Every page is a query of its own, so what it holds is fresh and a lost connection costs one page.
        """
        paths, index_paths = self._documents.key_paths, self._documents.index_paths
        lists = {dotted(path[:end]) for path in paths for end in range(1, len(path) + 1)}
        no_list: dict[str, dict[str, Any]] = {name: {"$not": {"$type": "array"}} for name in sorted(lists)}
        index, by_id = self._documents.index, self._documents.id_index
        keyed = {"$and": [no_list, index.part]}
        # without an index, which a first run makes and a plan does not, in any order that can be gone on with
        pages = self._pages(keyed, index.name or by_id, index_paths if index.name else _BY_ID, size)
        yield from chain(pages, self._pages({"$nor": [keyed]}, by_id, _BY_ID, size))

    def expected(self) -> float | None:
        """Return how many documents waited when this was first asked."""
        if self._expected is None:
            wanted = {"$and": [self._when, self._only, self._documents.scope]}
            steps: list[dict[str, Any]] = [{"$match": wanted}, {"$count": "waiting"}]
            found = self._gateway.retry(lambda: list(self._documents.collection.aggregate(steps)))
            self._expected = int(found[0]["waiting"]) if found else 0
        return self._expected

    def _pages(self, condition: dict[str, Any], index: str, paths: Sequence[Path], size: int) -> Iterator[list[Item]]:
        if not index:
            yield from self._in_one_go(condition, size)
            return
        after, most = _After(), size
        while True:
            page, is_cut = self._page(condition, index, paths, most, after)
            if page:
                yield [self.item_of(document) for document in page]
            if not is_cut and len(page) < most:
                return
            for document in page:
                after.pass_by(document, paths)
            # no more than there was room for: what is sent for nothing takes time, and memory
            most = len(page) if is_cut else min(size, 2 * most)

    def _in_one_go(self, condition: dict[str, Any], size: int) -> Iterator[list[Item]]:
        """Yield what waits in no order, where no index is in one that can be gone on with."""
        wanted = {"$and": [self._when, condition, self._only, self._documents.scope]}
        replies = self._documents.collection.find_raw(wanted, self._projection)
        page: list[Item] = []
        room = Room(size)
        with closing(replies):
            for document, length, values in each_document(replies, self._documents.collection.codec_options):
                page.append(self.item_of(document))
                if not room.take(length, values):
                    yield page
                    page, room = [], Room(size)
        if page:
            yield page

    def _page(
        self, condition: dict[str, Any], index: str, paths: Sequence[Path], size: int, after: _After
    ) -> tuple[list[Record], bool]:
        """Return the next documents, `size` at most, and whether there was room for no other one in a batch."""
        passed = [{"_id": {"$nin": after.ids}}] if after.ids else []
        matching = {"$and": [self._when, condition, self._only, self._documents.scope, *passed]}
        collection = self._documents.collection

        def find() -> tuple[list[Record], bool]:
            cursor = collection.find_raw(matching, self._projection).hint(index)
            cursor = cursor.sort([(dotted(path), 1) for path in paths]).skip(after.unnamed)
            if after.bound:
                # index bounds, not a comparison: $gt would skip keys of another type
                cursor = cursor.min(after.bound)
                if self._documents.scope and paths is self._documents.index_paths:
                    cursor = cursor.max(self._end)  # else it would go on through the documents of others
            page, room = [], Room(size + 1)
            with closing(cursor.limit(size).batch_size(size + 1)):
                for document, length, values in each_document(cursor, collection.codec_options):
                    page.append(document)
                    if not room.take(length, values):
                        return page, True
            return page, False

        return self._gateway.retry(find)

    @property
    def _end(self) -> list[tuple[str, Any]]:
        """Where the index leaves the scope: behind every key that a document of it can have."""
        keys = [(name, MaxKey()) for name in self._documents.key_names]
        return [*self._mongodb.scope.items(), *keys]

    def key_of(self, item: Item) -> Key | None:
        """Return the key of a document; None where it lacks a part, or has what is no key there, such as a list."""
        key = self._documents.key_of(item.receipt)
        return key if is_key(key) else None

    def identity_of(self, item: Item) -> str:
        """Return the `_id` of a document as text."""
        return identity_text(item.receipt.get("_id"))

    def contents(self, item: Item) -> tuple[bytes | None, Any]:
        """Return a document as extended JSON, and its `_id`."""
        options = json_util.CANONICAL_JSON_OPTIONS
        return json_util.dumps(item.receipt, json_options=options, indent=2).encode(), item.receipt.get("_id")

    def again(self, letters: Iterable[DeadLetter]) -> Iterator[Item]:
        """Yield the documents of dead letters as they are now, as far as they still wait."""
        reader = MongoReader(self._documents, only=[letter.document for letter in letters])
        return chain.from_iterable(reader.batches(_AGAIN))

    def item_of(self, document: Record) -> Item:
        """Return a document as it is read."""
        key = self._documents.key_of(document)
        if ABSENT in key:
            origin = printable(f"_id {document.get('_id', 'that cannot be read')}")
        else:
            named = zip(self._documents.key_names, key, strict=True)
            origin = ", ".join([f"{name} {_shown_part(value)}" for name, value in named])
        if isinstance(document, Damaged):
            return Item(origin, None, document.violations, receipt=document)
        record = document.copy()
        record.pop("_id", None)  # a planned one has none
        return Item(origin, record, receipt=document, unkeyed=self._documents.unkeyed(document))

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Mark documents as exported, each only while it is the version that was read; return the others.

        One whose mark MongoDB refuses, as a validator may, keeps no other from being marked.
        """
        if not candidates:
            return ()
        marks = stamped(self._mongodb.on_export, self._gateway.now())
        if any(isinstance(candidate.item.receipt, Large) for candidate in candidates):
            return self._mark_each(candidates, marks)
        receipts = [candidate.item.receipt for candidate in candidates if not candidate.stale]
        groups = all_as_read(receipts, self._version, _MARKED_TOGETHER)
        writes: list[Write] = [update_many(group, update_of(marks)) for group in groups]
        try:
            marked = self._mark([*writes, *(update_one(*self._mark_of(c, marks)) for c in candidates if c.stale)])
        except BulkWriteError:  # a group with a refused one: one by one
            return self._mark_each(candidates, marks)
        return () if marked == len(candidates) else self._still_waiting(candidates)

    def _mark_of(self, candidate: Candidate, marks: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the mark of one document, which also takes away what is stale in it: a filter and an update."""
        gone = dict.fromkeys(map(dotted, candidate.stale), ABSENT)
        return as_read(candidate.item.receipt, self._version), update_of({**marks, **gone})

    def _mark_each(self, candidates: Sequence[Candidate], marks: dict[str, Any]) -> list[Candidate]:
        name = self._documents.collection.name
        writes = [self._mark_of(candidate, marks) for candidate in candidates]
        refused = {index: why.message for index, write in enumerate(writes) if (why := too_large(*write))}
        left = [index for index in range(len(candidates)) if index not in refused]
        try:
            if left:
                self._mark([update_one(*writes[index]) for index in left])
        except BulkWriteError as error:
            if error.details.get("writeConcernErrors"):
                raise
            for wrong in error.details["writeErrors"]:
                if wrong["code"] in TRANSIENT_CODES:
                    raise
                refused[left[wrong["index"]]] = why_refused(wrong, name)
        others = [candidate for index, candidate in enumerate(candidates) if index not in refused]
        return [*self._still_waiting(others), *(_unmarked(candidates[index], why) for index, why in refused.items())]

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
        whole = [key for key in keys if len(key) == len(names)]
        condition = {"$and": [self._documents.by_key(whole), dict(self._mongodb.export_when)]}
        found = self._documents.read(condition, dict.fromkeys(names, True), len(keys))
        return {key for document in found if is_key(key := self._documents.key_of(document))}

    def _still_waiting(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        ids = [candidate.item.receipt["_id"] for candidate in candidates]
        waiting = {"$and": [{"_id": {"$in": ids}}, dict(self._mongodb.export_when)]}
        found = {id_mark(each["_id"]) for each in self._documents.read(waiting, {"_id": True}, len(ids))}
        return [candidate for candidate in candidates if id_mark(candidate.item.receipt["_id"]) in found]


def _unmarked(candidate: Candidate, why: str) -> Candidate:
    return replace(candidate, refused=Violation("", "mongodb", f"is exported, and cannot be marked so: {why}"))


def _shown_part(value: Any) -> str:
    if type(value) is int:
        return str(value)
    return printable(value) if isinstance(value, str) else shown(value)
