"""MongoDB as a source: what waits to be exported, by key, and marks that never cover a concurrent edit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, Final

from pymongo import UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError, DocumentTooLarge

from etl.endpoints.mongodb.conflicts import ConflictLog
from etl.endpoints.mongodb.retry import TRANSIENT_CODES, is_transient_bulk
from etl.endpoints.mongodb.store import Store, dotted
from etl.endpoints.mongodb.update import stamped, unchanged, unchanged_ones, update_of
from etl.mapping.fields import read_names
from etl.mapping.paths import Path, get
from etl.mapping.terms import Side
from etl.record import ABSENT, Key, Record, Violation, printable, shown
from etl.transfer.agreement import Agreement
from etl.transfer.conflicts import Unit
from etl.transfer.echo import Echo
from etl.transfer.intents import settle_intent
from etl.transfer.model import Candidate, Item, Outcome

_NOTHING: Final = Agreement()

_MARKED_TOGETHER: Final = 50
"""MongoDB looks each document up among the versions of its group, one after the other."""


class MongoSource:
    """The documents of one collection that match `export_when`.

    only: the `_id`s to look at, None for all. every: also what does not match.
    """

    def __init__(self, store: Store, only: Sequence[Any] | None = None, *, every: bool = False) -> None:
        self._store = store
        self._when: dict[str, Any] = {} if every else dict(store.mapping.mongodb.export_when)
        self._only: dict[str, Any] = {} if only is None else {"_id": {"$in": list(only)}}
        self._mongodb = store.mapping.mongodb
        self._conflicts = ConflictLog(store)
        self._echo = None if store.mapping.echo else Echo(store.mapping)
        names = (*read_names(store.mapping, Side.INSIDE), *self._mongodb.export_when)
        self._read_names = tuple(dict.fromkeys(name for name in names if "." not in name and name[:1] not in {"", "$"}))

    @cached_property
    def _read_units(self) -> tuple[Unit, ...]:
        read = {*self._read_names, *self._store.key_tops}
        units = self._store.merger.units
        return tuple(unit for unit in units if read.issuperset(str(path[0]) for path in unit.paths))

    @cached_property
    def _projection(self) -> dict[str, bool]:
        return dict.fromkeys((*self._read_names, *self._store.key_tops), True)

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield waiting documents by key; those without a key come last, to be rejected by name.

        Every page is a query of its own, so what it holds is fresh and a lost connection costs one page.
        """
        paths = self._store.key_paths
        lists = {dotted(path[:end]) for path in paths for end in range(1, len(path) + 1)}
        keyed: dict[str, dict[str, Any]] = {name: {"$not": {"$type": "array"}} for name in sorted(lists)}
        keyed |= {dotted(path): {"$exists": True, "$not": {"$type": "array"}} for path in paths}
        yield from self._pages(keyed, self._store.index, paths, size)
        yield from self._pages({"$nor": [keyed]}, "_id_", [("_id",)], size)

    def _pages(self, condition: dict[str, Any], index: str, paths: Sequence[Path], size: int) -> Iterator[list[Item]]:
        if not index:
            yield from self._in_one_go(condition, paths, size)
            return
        last: Record | None = None
        while True:
            page = self._page(condition, index, paths, size, last)
            if page:
                last = page[-1]
                yield [self._item(document) for document in page]
            if len(page) < size:
                return

    def _in_one_go(self, condition: dict[str, Any], paths: Sequence[Path], size: int) -> Iterator[list[Item]]:
        """Yield what waits without the index, which a first run makes and a plan does not."""
        found = self._store.documents.find(self._matching(condition), self._projection)
        cursor = found.sort([(dotted(path), 1) for path in paths]).allow_disk_use(True)
        while page := self._store.retry(lambda: list(islice(cursor, size))):
            yield [self._item(document) for document in page]

    def _matching(self, condition: dict[str, Any]) -> dict[str, Any]:
        return {"$and": [self._when, condition, self._only]}

    def _page(
        self, condition: dict[str, Any], index: str, paths: Sequence[Path], size: int, last: Record | None
    ) -> list[Record]:
        matching = self._matching(condition)
        if last is not None:
            matching["$and"].append({"_id": {"$ne": last["_id"]}})

        def find() -> list[Record]:
            found = self._store.documents.find(matching, self._projection)
            cursor = found.sort([(dotted(path), 1) for path in paths]).hint(index)
            if last is not None:
                # index bounds, not a comparison: $gt would skip keys of another type
                cursor = cursor.min([(dotted(path), get(last, path)) for path in paths])
            return list(cursor.limit(size).batch_size(size + 1))

        return self._store.retry(find)

    def _item(self, document: Record) -> Item:
        key = self._store.key_of(document)
        if ABSENT in key:
            origin = printable(f"_id {document['_id']}")
        else:
            named = zip(self._store.key_names, key, strict=True)
            origin = ", ".join([f"{name} {_shown_part(value)}" for name, value in named])
        record = document.copy()
        record.pop("_id", None)  # a planned one has none
        return Item(origin, record, receipt=document)

    def screen(self, candidates: Sequence[Candidate]) -> Sequence[Outcome | None]:
        """Keep back what waits for a person; without `echo`, also what the outside has already."""
        keys = [candidate.key for candidate in candidates]
        waiting = self.waiting(keys)
        agreed = {} if self._echo is None else self.agreements(keys)
        return [
            Outcome.CONFLICT
            if candidate.key in waiting
            else Outcome.UNCHANGED
            if self._echo is not None and self._echo.is_known(candidate.target, self._settled(candidate, agreed))
            else None
            for candidate in candidates
        ]

    def waiting(self, keys: Sequence[Key]) -> set[Key]:
        """Return those of the keys whose conflict waits for a person."""
        return self._conflicts.open_among(keys)

    def agreements(self, keys: Sequence[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys."""
        return self._store.state.load(keys)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Mark documents as exported, each only while it is the version that was read; return the others.

        One whose mark MongoDB refuses, as a validator may, keeps no other from being marked.
        """
        if not candidates:
            return ()
        self._remember(candidates)
        marks = update_of(stamped(self._mongodb.on_export, self._store.now()))
        receipts = [candidate.item.receipt for candidate in candidates]
        groups = [receipts[start : start + _MARKED_TOGETHER] for start in range(0, len(receipts), _MARKED_TOGETHER)]
        try:
            marked = self._mark([UpdateMany(unchanged_ones(group, self._read_names), marks) for group in groups])
        except (DocumentTooLarge, BulkWriteError):  # a group of huge documents, or with a refused one: one by one
            return self._mark_each(candidates, marks)
        return () if marked == len(candidates) else self._still_waiting(candidates)

    def _mark_each(self, candidates: Sequence[Candidate], marks: dict[str, Any]) -> list[Candidate]:
        refused: dict[int, Candidate] = {}
        try:
            self._mark([UpdateOne(unchanged(c.item.receipt, self._read_names), marks) for c in candidates])
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

    def _mark(self, writes: Sequence[UpdateMany | UpdateOne]) -> int:
        return self._store.write(
            lambda: self._store.documents.bulk_write(writes, ordered=False), on=is_transient_bulk
        ).matched_count

    def _still_waiting(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        ids = [candidate.item.receipt["_id"] for candidate in candidates]
        waiting = {"$and": [{"_id": {"$in": ids}}, dict(self._mongodb.export_when)]}
        documents = self._store.documents
        found = self._store.retry(lambda: {document["_id"] for document in documents.find(waiting, {"_id": True})})
        return [candidate for candidate in candidates if candidate.item.receipt["_id"] in found]

    def _remember(self, candidates: Sequence[Candidate]) -> None:
        """Remember what the outside is told, before the mark: the files are written by now."""
        merger = self._store.merger
        agreed = self._store.state.load(candidate.key for candidate in candidates)
        news: dict[Key, Agreement] = {}
        for candidate in candidates:
            before = self._settled(candidate, agreed)
            told = before.seen if before.sent is None else before.sent
            # what was sent may be half replaced since, and then it does not mean itself
            if before.sent is not None or told is None or not merger.same_values(told, candidate.source):
                meant, _, _ = self._store.inward(candidate.target)
                if told is None or not merger.same_values(told, meant):
                    before = replace(before, sent=merger.values(meant))
            if before is not agreed.get(candidate.key):
                news[candidate.key] = before
        self._store.state.save(news, agreed)

    def _settled(self, candidate: Candidate, agreed: dict[Key, Agreement]) -> Agreement:
        """Return what is agreed of a document, as far as what was read of it shows what a dead run had begun."""
        return settle_intent(agreed.get(candidate.key, _NOTHING), self._read_units, candidate.source)


def _shown_part(value: Any) -> str:
    if type(value) is int:
        return str(value)
    return printable(value) if isinstance(value, str) else shown(value)
