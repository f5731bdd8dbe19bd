"""Looking documents up by their keys, and writing what was decided to them: unordered, one outcome for each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Table
from typing import Any, Final

from bson import Decimal128, ObjectId
from pymongo.errors import BulkWriteError

from etl.endpoints.mongodb.decoding import Damaged, Large
from etl.endpoints.mongodb.documents import Documents, dotted, id_mark, identity_text, stamped, update_of
from etl.endpoints.mongodb.encoding import ENCODING_ERRORS, too_large, unfit_documents
from etl.endpoints.mongodb.exact import update_one
from etl.endpoints.mongodb.refusals import is_duplicate, why_refused
from etl.endpoints.mongodb.retry import TRANSIENT_CODES
from etl.endpoints.mongodb.versions import as_read
from etl.mapping.equality import same
from etl.mapping.mongodb import Stamp
from etl.mapping.paths import Path
from etl.mapping.terms import Side
from etl.record import ABSENT, Key, Record, Violation, is_key
from etl.transfer.answers import TAKEN
from etl.transfer.births import with_key
from etl.transfer.decision import Detail, Failed, details_of
from etl.transfer.endpoint import Found
from etl.transfer.model import Change

_IN_THE_WAY: Final = Violation("", "key", "a document has this key as a list or as another type of number; correct it")
_SEVERAL: Final = Violation("", "key", "several documents have this key; keep one of them")
_SMALL_BYTES: Final = 1_000_000


class MongoWriter:
    """The documents of one mapping, found by their keys."""

    name = "MongoDB"

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._gateway = documents.gateway
        self._collection = documents.collection
        mapping = documents.mapping
        self._on_import = mapping.mongodb.on_import
        self._settling = mapping.mongodb.settling
        self._dates = [name for name, value in self.of_update(self._on_import).items() if value is Stamp.NOW]
        owned = [str(path[0]) for path, once in mapping.owned_paths(Side.INSIDE).items() if not once]
        newest = mapping.conflicts.newest
        dates = [] if newest is None else [str(newest.inside.path[0])]
        read = (*mapping.read_names(Side.INSIDE), *dates, *self._dates, *self._settling)
        self._names = tuple(dict.fromkeys((*owned, *read, *documents.tops)))

    def find(self, keys: Collection[Key], *, keys_only: bool = False) -> Found:
        """Return the documents of these keys, with all that a decision looks at, or with their keys only.

        Raises:
            OverfullError: when there is not room for them at once.

        """
        if not keys:
            return Found({}, {})
        keys_alone = (*self._documents.mapping.mongodb.scope, *self._documents.key_names)
        projection = dict.fromkeys(keys_alone if keys_only else self._names, True) | {"_id": not keys_only}
        found = self._documents.look_up(keys, projection)
        by_key = [(self._documents.found_key(document), document) for document in found]
        records = {key: each for key, each in by_key if is_key(key) and not isinstance(each, Damaged)}
        return Found(records, {} if len(records) == len(found) else _blocked(keys, by_key))

    def holding(self, paths: Sequence[Path], values: Collection[Key]) -> dict[Key, Record]:
        """Return the documents that have one of these combinations of values, by what takes the place of a key."""
        wanted = [{dotted(path): {"$eq": v} for path, v in zip(paths, one, strict=True)} for one in values]
        return self._by_id({"$or": wanted}, len(wanted)) if wanted else {}

    def unkeyed(self, keys: Collection[Key]) -> dict[Key, Record]:
        """Return the documents for which these stand in the place of a key."""
        ids = [self._documents.id_of(key) for key in keys]
        return self._by_id({"_id": {"$in": ids}}, len(ids)) if ids else {}

    def _by_id(self, wanted: Record, most: int) -> dict[Key, Record]:
        names = dict.fromkeys(self.planned_names, True)
        found = self._documents.read({"$and": [wanted, self._documents.scope]}, names, most)
        return {self._documents.unkeyed_of(d["_id"]): d for d in found if not isinstance(d, Damaged)}

    def every(self, paths: Sequence[Path]) -> list[Record]:
        """Return all documents, with their keys and what stands at some more paths; none that cannot be read."""
        names = dict.fromkeys((*self._documents.tops, *(str(path[0]) for path in paths)), True)
        return [d for d in self._documents.read(self._documents.scope, names, 1000) if not isinstance(d, Damaged)]

    def unkeyed_of(self, record: Record) -> Key:
        """Return what takes the place of the key of a document."""
        return self._documents.unkeyed_of(record["_id"])

    def identity_text(self, unkeyed: Key) -> str:
        """Return what files call the document for which this stands in the place of a key."""
        return identity_text(self._documents.id_of(unkeyed))

    def give(self, patches: Table[Key, tuple[Record, Record]]) -> dict[Key, Violation]:
        """Give documents their keys where they have none still; return of which not, and why."""
        failed, names = Failed(), self._documents.tops
        self._update({key: (as_read(was, names), update_of(patch)) for key, (was, patch) in patches.items()}, failed)
        passing = {key: Violation("", "mongodb", why) for key, why in failed.passing.items()}
        return failed.refused | passing | dict.fromkeys(failed.moved, TAKEN)

    def identity(self) -> ObjectId:
        """Return an `_id` for a document that is to be made."""
        return ObjectId()

    def identity_of(self, record: Record) -> Any:
        """Return the `_id` of a document."""
        return record.get("_id")

    def stamps(self) -> Record:
        """Return what an import stamps now; ABSENT for a field to remove."""
        return stamped(self._on_import, self._gateway.now())

    def of_update(self, stamps: Table[str, Any]) -> Record:
        """Return those of the stamps that are set on what was there: none by which it would wait no more."""
        return {name: value for name, value in stamps.items() if name not in self._settling}

    def dated(self, stamps: Record) -> Record:
        """Return those of the stamps that say when a document was written."""
        return {name: stamps[name] for name in self._dates}

    def write(
        self,
        creations: Sequence[Change[Detail]],
        updates: Sequence[Change[Detail]],
        stamps: Record,
        failed: Failed,
    ) -> None:
        """Insert and update documents; add what was not written to `failed`."""
        self.insert(creations, stamps, failed)
        self.update(updates, stamps, failed)

    def insert(self, changes: Sequence[Change[Detail]], stamps: Record, failed: Failed) -> None:
        """Insert documents; one that is there by now under the same key is no failure, but moved."""
        present = {name: value for name, value in stamps.items() if value is not ABSENT}
        scope = self._documents.mapping.mongodb.scope
        made = {key: {**scope, **detail.decision.patch, **present} for key, detail in details_of(changes).items()}
        ids = {key: detail.identity for key, detail in details_of(changes).items() if detail.identity is not None}
        documents = {key: {"_id": ids[key], **document} if key in ids else document for key, document in made.items()}
        if _are_small(changes):  # nearly always: then what BSON cannot hold is looked for only when there is such
            try:
                return self._insert(documents, failed)
            except ENCODING_ERRORS:  # some may be written by now; they will be found to be there already
                pass
        failed.refused.update(unfit_documents(documents))
        return self._insert({key: each for key, each in documents.items() if key not in failed.refused}, failed)

    def _insert(self, documents: Table[Key, Record], failed: Failed) -> None:
        if not documents:
            return
        new = list(documents.values())
        try:
            self._gateway.write(lambda: self._collection.insert_many(new))
        except BulkWriteError as error:
            self._add(failed, error, list(documents))

    def update(self, changes: Sequence[Change[Detail]], stamps: Record, failed: Failed) -> None:
        """Update documents that are still as they were compared, their key included."""
        details = {key: (d.current, d.decision) for key, d in details_of(changes).items() if d.current is not None}
        set_ = self.of_update(stamps)
        patches = {key: {**set_, **(d.marks or {}), **d.patch} for key, (_, d) in details.items()}
        names = {key: sorted({*d.basis, *self._documents.tops}) for key, (_, d) in details.items()}
        writes = {key: (as_read(c, names[key]), update_of(patches[key])) for key, (c, _) in details.items()}
        if not _are_small(changes) or any(isinstance(current, Large) for current, _ in details.values()):
            failed.refused.update({key: why for key, write in writes.items() if (why := too_large(*write))})
            writes = {key: write for key, write in writes.items() if key not in failed.refused}
        written = self._update(writes, failed)
        if written + sum(key in failed for key in writes) < len(writes):
            ids = {key: current["_id"] for key, (current, _) in details.items() if key not in failed}
            failed.moved.update(self._unwritten(ids, patches))

    def _update(self, writes: Table[Key, tuple[dict[str, Any], dict[str, Any]]], failed: Failed) -> int:
        """Update; return how many documents were found as they were."""
        if not writes:
            return 0
        bulk = [update_one(*write) for write in writes.values()]
        try:
            return self._gateway.write(lambda: self._collection.bulk_write(bulk)).matched_count
        except BulkWriteError as error:
            self._add(failed, error, list(writes))
            return int(error.details["nMatched"])

    def _unwritten(self, ids: Table[Key, Any], patches: Table[Key, Record]) -> set[Key]:
        """Return the keys of documents that are not as they were to become; a bulk says only how many it has found."""
        names = {name: True for patch in patches.values() for name in patch}
        found = self._documents.read({"_id": {"$in": list(ids.values())}}, names, len(ids))
        documents = {id_mark(document["_id"]): document for document in found}
        return {
            key
            for key, id_ in ids.items()
            if (document := documents.get(id_mark(id_))) is None
            or not all(same(document.get(name), value) for name, value in patches[key].items())
        }

    def _add(self, failed: Failed, error: BulkWriteError, keys: Sequence[Key]) -> None:
        """Add what a bulk did not do; a document that is there by now under the same key is no refusal."""
        if error.details.get("writeConcernErrors"):
            raise error
        names = list(map(dotted, self._documents.index_paths))
        for wrong in error.details["writeErrors"]:
            key, taken = keys[wrong["index"]], list(wrong.get("keyPattern", names))
            if is_duplicate(wrong) and taken in (names, ["_id"]) and self._is_there(key, wrong):
                failed.moved.add(key)
            elif wrong["code"] in TRANSIENT_CODES:
                failed.passing[key] = str(wrong["errmsg"])
            else:
                failed.refused[key] = Violation("", "mongodb", why_refused(wrong, self._collection.name))

    def _is_there(self, key: Key, wrong: Table[str, Any]) -> bool:
        """Return whether a document has just this key by now, where an index has one that it takes for the same."""
        if "collation" not in wrong:
            return True
        found = self.find([key], keys_only=True)
        return key in found.records or key in found.blocked

    def unfit(self, values: Table[Key, Table[str, Any]]) -> dict[Key, Violation]:
        """Return a violation for each document that BSON cannot hold."""
        return unfit_documents(values)

    def keyed(self, record: Record, key: Key) -> Record:
        """Return a document that has its key, where it had none."""
        return {**record, **with_key(record, self._documents.key_paths, key, {})}

    @property
    def planned_names(self) -> Collection[str]:
        """The top-level fields of which `after` says what they would be."""
        return {*self._names, *self._documents.mapping.mongodb.provided}

    def after(self, detail: Detail) -> Record:
        """Return a document as it would be after a change; of its other fields, those that were read for comparing."""
        made = self._documents.mapping.mongodb.scope if detail.current is None else detail.current
        stamps = self.stamps() if detail.current is None else self.of_update(self.stamps())
        after = {**made, **stamps, **detail.decision.patch}
        return {name: value for name, value in after.items() if value is not ABSENT}


def _are_small(changes: Sequence[Change[Detail]]) -> bool:
    """Return whether no document made of these records can be too large for MongoDB."""
    return sum(len(change.candidate.item.content or b"") for change in changes) < _SMALL_BYTES


def _blocked(keys: Collection[Key], found: Sequence[tuple[tuple[Any, ...], Record]]) -> dict[Key, Violation]:
    """Return with which keys nothing can be done, and why: a document with it identifies nothing, or is broken."""
    blocked: dict[Key, Violation] = {}
    seen: set[Key] = set()
    for key, document in found:
        if not is_key(key):
            blocked |= {wanted: _IN_THE_WAY for wanted in keys if all(map(_equal, wanted, key))}
        elif isinstance(document, Damaged):
            blocked[key] = document.violations[0]
        elif key in seen:
            blocked[key] = _SEVERAL
        else:
            seen.add(key)
    return blocked


def _equal(wanted: Any, found: Any) -> bool:
    """Return whether MongoDB takes a key's part for equal to what a document has there."""
    if isinstance(found, list):
        return any(_equal(wanted, item) for item in found)
    return bool(wanted == (found.to_decimal() if isinstance(found, Decimal128) else found))
