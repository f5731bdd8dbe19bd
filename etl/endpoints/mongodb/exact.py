"""Collections whose text is compared letter by letter, whatever collation they were made with.

A collection may have a default collation under which `valve` is `VALVE`: what is compared, found, marked and sorted by
that would not be what was read. So every command says the simple collation. Nothing else here uses a collection of the
driver; the filters, and the updates in bulks, are made here too.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo import DeleteMany, DeleteOne, IndexModel, InsertOne, ReplaceOne, UpdateMany, UpdateOne, WriteConcern
from pymongo.change_stream import CollectionChangeStream
from pymongo.collation import Collation
from pymongo.collection import Collection
from pymongo.command_cursor import CommandCursor
from pymongo.cursor import Cursor, RawBatchCursor
from pymongo.database import Database
from pymongo.results import BulkWriteResult, DeleteResult, InsertManyResult, UpdateResult

Document: TypeAlias = dict[str, Any]
Filter: TypeAlias = Table[str, Any]
Update: TypeAlias = Table[str, Any] | list[Document]
Write: TypeAlias = InsertOne[Document] | ReplaceOne[Document] | UpdateOne | UpdateMany | DeleteOne | DeleteMany

_SIMPLE: Final = Collation("simple")


class Exact:
    """A collection of MongoDB, of which every command compares letter by letter."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection

    @property
    def name(self) -> str:
        """Its name."""
        return self._collection.name

    @property
    def database(self) -> Database[Document]:
        """Where it is."""
        return self._collection.database

    def with_write_concern(self, concern: WriteConcern) -> Exact:
        """Return the same collection, whose writes are confirmed otherwise."""
        return Exact(self._collection.with_options(write_concern=concern))

    def find_many(self, wanted: Filter, names: Table[str, Any] | None = None) -> Cursor[Document]:
        """Find documents. names: the fields to read."""
        return self._collection.find(wanted, names, collation=_SIMPLE)

    def find_raw(self, wanted: Filter, names: Table[str, Any] | None = None) -> RawBatchCursor[Document]:
        """Find documents, in replies that are not decoded. names: the fields to read."""
        return self._collection.find_raw_batches(wanted, names, collation=_SIMPLE)

    @property
    def codec_options(self) -> CodecOptions[Document]:
        """How its documents are decoded."""
        return self._collection.codec_options

    def find_one(self, wanted: Filter, names: Table[str, Any] | None = None) -> Document | None:
        """Find one document. names: the fields to read."""
        return self._collection.find_one(wanted, names, collation=_SIMPLE)

    def aggregate(self, pipeline: Sequence[Table[str, Any]]) -> CommandCursor[Document]:
        """Run a pipeline."""
        return self._collection.aggregate(list(pipeline), collation=_SIMPLE)

    def count_by(
        self, pipeline: Sequence[Table[str, Any]], *, hint: str | Table[str, Any] | None = None, most_ms: int = 0
    ) -> list[Document]:
        """Run a pipeline that ends in few documents. hint: by which index. most_ms: its limit of time, 0 for none."""
        options: dict[str, Any] = ({"hint": hint} if hint else {}) | ({"maxTimeMS": most_ms} if most_ms else {})
        return list(self._collection.aggregate(list(pipeline), collation=_SIMPLE, **options))

    def rough_count(self) -> int:
        """Return how many documents there are, as far as that is known without counting."""
        return self._collection.estimated_document_count()

    def changes(self) -> CollectionChangeStream[Document]:
        """Listen to documents that are made or changed from now on; a look for them does not wait."""
        made: list[Document] = [{"$match": {"operationType": {"$in": ["insert", "update", "replace"]}}}]
        return self._collection.watch([*made, {"$project": {"_id": True}}], max_await_time_ms=1)

    def insert_many(self, documents: Sequence[Document]) -> InsertManyResult:
        """Insert documents in no order."""
        return self._collection.insert_many(documents, ordered=False)

    def update_one(self, wanted: Filter, update: Update, *, upsert: bool = False) -> UpdateResult:
        """Update one document."""
        return self._collection.update_one(wanted, update, upsert=upsert, collation=_SIMPLE)

    def delete_many(self, wanted: Filter) -> DeleteResult:
        """Delete documents."""
        return self._collection.delete_many(wanted, collation=_SIMPLE)

    def bulk_write(self, writes: Sequence[Write]) -> BulkWriteResult:
        """Write in no order what `update_one` and its neighbours below made."""
        return self._collection.bulk_write(writes, ordered=False)

    def create_index(self, names: Sequence[str], *, options: Table[str, Any] | None = None, **model: Any) -> str:
        """Make an index. options: of the command. model: of the index."""
        index = IndexModel([(name, 1) for name in names], collation=_SIMPLE, **model)
        return self._collection.create_indexes([index], **(options or {}))[0]

    def drop_index(self, name: str) -> None:
        """Drop an index."""
        self._collection.drop_index(name)

    def list_indexes(self) -> list[Document]:
        """Return its indexes."""
        return [dict(index) for index in self._collection.list_indexes()]


def update_one(wanted: Filter, update: Update, *, upsert: bool = False) -> UpdateOne:
    """Return an update of one document, for a bulk."""
    return UpdateOne(wanted, update, upsert=upsert, collation=_SIMPLE)


def update_many(wanted: Filter, update: Update) -> UpdateMany:
    """Return an update of documents, for a bulk."""
    return UpdateMany(wanted, update, collation=_SIMPLE)


def replace_one(id_: object, document: Document | RawBSONDocument) -> ReplaceOne[Any]:
    """Return a replacement of the document with this `_id`, or an insertion, for a bulk."""
    return ReplaceOne({"_id": id_}, document, upsert=True, collation=_SIMPLE)


def delete_many(wanted: Filter) -> DeleteMany:
    """Return a deletion of documents, for a bulk."""
    return DeleteMany(wanted, collation=_SIMPLE)


def delete_one(wanted: Filter) -> DeleteOne:
    """Return a deletion of one document, for a bulk."""
    return DeleteOne(wanted, collation=_SIMPLE)


def insert_one(document: Document) -> InsertOne[Document]:
    """Return an insertion, for a bulk."""
    return InsertOne(document)
