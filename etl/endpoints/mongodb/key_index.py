"""The unique index on a mapping's key: made sure of by every run, found by what only looks.

It has the documents whose key could be one, and no others: TracOS may keep as many as it likes whose key is null, NaN,
an object or not there. So it is partial by the type of each part of the key, which the schema says: numbers from minus
infinity on, texts from the empty one on. Such a bound, and none by `$type`, is what MongoDB understands a look-up of a
number or a text to lie within, so that it uses the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any, Final

from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError, OperationFailure

from etl.endpoints.mongodb.connection import index_options, reason
from etl.endpoints.mongodb.documents import KeyIndex, dotted
from etl.endpoints.mongodb.exact import Exact
from etl.endpoints.mongodb.retry import Retry, is_transient
from etl.endpoints.mongodb.uri import DECLINED
from etl.errors import EndpointError
from etl.mapping.model import Mapping
from etl.mapping.schemas.shapes import Schema
from etl.record import shown

_LOWEST: Final[dict[str, Any]] = {"numbers": float("-inf"), "texts": "", "truths": False}
_IN_THE_WAY: Final = {85, 86}
_NOT_THERE: Final = 27
_NAMED_DUPLICATES: Final = 10


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An index that is wanted. name: that it gets where it is made. names: its fields. part: its partial filter."""

    name: str
    names: tuple[str, ...]
    part: dict[str, Any]

    @property
    def former(self) -> str:
        """What this engine called the index that had every document with these fields, whatever stood in them."""
        return "etl_" + "_".join(self.names)

    @property
    def every(self) -> dict[str, Any]:
        """The partial filter of that one."""
        return {name: {"$exists": True} for name in self.names}

    def is_kept_by(self, index: Table[str, Any]) -> bool:
        """Return whether an index keeps every such key unique, and can be read page by page."""
        exact = dict(index["key"]) == dict.fromkeys(self.names, ASCENDING) and bool(index.get("unique"))
        narrow = any(option in index for option in ("hidden", "collation", "sparse"))
        part = dict(index.get("partialFilterExpression", {}))
        return exact and not narrow and part in ({}, self.every, self.part)

    def is_former(self, index: Table[str, Any]) -> bool:
        """Return whether an index is one of ours of which documents without a key are a part."""
        part = dict(index.get("partialFilterExpression", {}))
        return index["name"] == self.former and part == self.every


def ensure_key_index(documents: Exact, mapping: Mapping, retry: Retry, name: str | None = None) -> KeyIndex:
    """Make sure that no two documents share a key, and return the index that does.

    name: of one that is made, instead of our own.

    Raises:
        EndpointError: when some share one already, naming them, or when another index is in the way.

    """
    wanted = _wanted(mapping, name)
    there = retry(documents.list_indexes)
    formers = [index for index in there if wanted.is_former(index)]
    found = _ensured(documents, wanted, there, retry)
    if formers:
        retry(lambda: _drop_former(documents, wanted))
    return KeyIndex(found, wanted.part)


def find_key_index(documents: Exact, mapping: Mapping, retry: Retry) -> KeyIndex:
    """Return the index that `ensure_key_index` would settle on; without a name where there is none yet."""
    wanted = _wanted(mapping, None)
    return KeyIndex(_name_of(wanted, retry(documents.list_indexes)), wanted.part)


def _wanted(mapping: Mapping, name: str | None) -> _Wanted:
    schema = Schema(mapping.inside.schema)
    scope = mapping.mongodb.scope
    names = (*scope, *map(dotted, mapping.key_paths))
    keys = ["texts" if "string" in schema.shape(path).types else "numbers" for path in mapping.key_paths]
    kinds = [*map(_kind, scope.values()), *keys]
    part = {name: {"$gte": _LOWEST[kind]} for name, kind in zip(names, kinds, strict=True)}
    return _Wanted(name or "_".join(("etl_key", *names, *kinds)), names, part)


def _kind(value: object) -> str:
    return "truths" if isinstance(value, bool) else "texts" if isinstance(value, str) else "numbers"


def _name_of(wanted: _Wanted, there: Iterable[Table[str, Any]]) -> str:
    return next((str(index["name"]) for index in there if wanted.is_kept_by(index)), "")


def _ensured(documents: Exact, wanted: _Wanted, there: Sequence[Table[str, Any]], retry: Retry) -> str:
    others = [index for index in there if not wanted.is_former(index)]
    if name := _name_of(wanted, others):
        return name
    try:
        return _made(documents, wanted, retry)
    except OperationFailure as error:
        if is_transient(error):
            raise
        if error.code not in _IN_THE_WAY:
            raise EndpointError(_not_made(documents, wanted, reason(error))) from None
    if len(others) < len(there):  # before MongoDB 5.0, the former one is itself in the way
        retry(lambda: _drop_former(documents, wanted))
        return _made(documents, wanted, retry)
    blocking = [i["name"] for i in there if i["name"] == wanted.name or list(i["key"]) == list(wanted.names)]
    raise EndpointError(
        f"the index {', '.join(map(str, blocking))} of {documents.name} does not make {' + '.join(wanted.names)} "
        f'unique for all; drop it with db.{documents.name}.dropIndex("{blocking[0] if blocking else wanted.name}") '
        "and run again: nothing was written"
    )


def _made(documents: Exact, wanted: _Wanted, retry: Retry) -> str:
    def create() -> str:
        return documents.create_index(
            wanted.names,
            options=index_options(documents.database),
            name=wanted.name,
            unique=True,
            partialFilterExpression=wanted.part,
        )

    try:
        return retry(create)
    except DuplicateKeyError as error:
        said = str(error)
        raise EndpointError(retry(lambda: _name_duplicates(documents, wanted, said))) from None


def _drop_former(documents: Exact, wanted: _Wanted) -> None:
    """Drop an index of ours in whose place there is another one."""
    try:
        documents.drop_index(wanted.former)
    except OperationFailure as error:
        if is_transient(error):
            raise
        if error.code != _NOT_THERE:
            raise EndpointError(
                f"the index {wanted.former} of {documents.name}, of an earlier version of this engine, lets TracOS "
                f"have only one work order without a key, and cannot be dropped: {reason(error)}; drop it with "
                f'db.{documents.name}.dropIndex("{wanted.former}") and run again: nothing was written'
            ) from None


def _not_made(documents: Exact, wanted: _Wanted, said: str) -> str:
    keys = ", ".join(f'"{name}": 1' for name in wanted.names)
    return (
        f"the unique index {wanted.name} of {documents.name} cannot be made: {said}; make one that you can with "
        f"db.{documents.name}.createIndex({{{keys}}}, {{unique: true, …}}), or do without: MONGO_INDEX={DECLINED}; "
        "nothing was written"
    )


def duplicates(documents: Exact, mapping: Mapping, most_ms: int) -> list[str]:
    """Return the first keys that several documents share. most_ms: how long that may take.

    Raises:
        ExecutionTimeout: when it takes longer.

    """
    return _duplicates(documents, _wanted(mapping, None), most_ms)


def _duplicates(documents: Exact, wanted: _Wanted, most_ms: int = 0) -> list[str]:
    steps: list[dict[str, Any]] = [
        {"$match": wanted.part},
        {"$group": {"_id": [f"${name}" for name in wanted.names], "count": {"$sum": 1}}},
        {"$match": {"count": {"$gt": 1}}},
        {"$sort": {"_id": 1}},
        {"$limit": _NAMED_DUPLICATES + 1},
    ]
    groups = documents.count_by(steps, most_ms=most_ms)
    found = [f"{', '.join(map(shown, group['_id']))} ({group['count']} times)" for group in groups]
    return [*found[:_NAMED_DUPLICATES], *(["and more"] if len(found) > _NAMED_DUPLICATES else [])]


def _name_duplicates(documents: Exact, wanted: _Wanted, said: str) -> str:
    *found, last = _duplicates(documents, wanted) or [said]
    named = f"{'; '.join(found)}, {last}" if last == "and more" else "; ".join([*found, last])
    return (
        f"{documents.name} has documents that share a {' + '.join(wanted.names)}: {named}; keep one of each and run "
        "again: nothing was written"
    )
