"""Compare-and-set: filters that find documents only while they are exactly as they were read.

MongoDB takes 1 and 1.0 for equal, and a value for equal to a list that has it. So fields are compared as expressions,
which do not look into lists, and every number in them also by its type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from bson import Decimal128

from etl.record import Record

_Place: TypeAlias = tuple[str | int, ...]
_Number: TypeAlias = tuple[_Place, str]
_TYPES: Final = {"int": ["int", "long"], "double": ["double"], "decimal": ["decimal"]}


def as_read(document: Record, names: Iterable[str]) -> dict[str, Any]:
    """Return a filter that finds a document only while these top-level fields are as they were read.

    A field that was missing must still be missing.
    """
    fields = tuple(names)
    version = _version(document, fields)
    same = [{"$eq": [_current(fields), {"$literal": version}]}, *_types(_numbers(document, fields))]
    return {"_id": document["_id"], "$expr": {"$and": same}}


def all_as_read(documents: Sequence[Record], names: Iterable[str], most: int) -> Iterator[dict[str, Any]]:
    """Yield filters that find those of many documents that are as they were read. most: documents to one filter."""
    fields = tuple(names)
    alike: dict[tuple[_Number, ...], list[Record]] = {}
    for document in documents:
        alike.setdefault(tuple(_numbers(document, fields)), []).append(document)
    for numbers, group in alike.items():
        for start in range(0, len(group), most):
            yield _any_as_read(group[start : start + most], fields, numbers)


def _any_as_read(documents: Sequence[Record], fields: Sequence[str], numbers: Sequence[_Number]) -> dict[str, Any]:
    """Return one filter for documents that have the same types of numbers in the same places."""
    fields = ("_id", *fields)
    versions = [_version(document, fields) for document in documents]
    same = [{"$in": [_current(fields), {"$literal": versions}]}, *_types(numbers)]
    return {"_id": {"$in": [document["_id"] for document in documents]}, "$expr": {"$and": same}}


def _version(document: Record, fields: Sequence[str]) -> Record:
    return {str(index): document[name] for index, name in enumerate(fields) if name in document}


def _current(fields: Sequence[str]) -> dict[str, Any]:
    return {str(index): _field(name, "$$ROOT") for index, name in enumerate(fields)}


def _numbers(document: Record, fields: Sequence[str]) -> Iterator[_Number]:
    for name in fields:
        if name in document:
            yield from _numbers_in(document[name], (name,))


def _numbers_in(value: object, place: _Place) -> Iterator[_Number]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _numbers_in(each, (*place, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _numbers_in(each, (*place, index))
    elif isinstance(value, float):
        yield place, "double"
    elif isinstance(value, int) and not isinstance(value, bool):
        yield place, "int"
    elif isinstance(value, Decimal128):
        yield place, "decimal"


def _types(numbers: Iterable[_Number]) -> list[dict[str, Any]]:
    return [{"$in": [{"$type": _at(place)}, _TYPES[kind]]} for place, kind in numbers]


def _at(place: _Place) -> Any:
    """Return the expression of a place in a document: missing, or null, where it is no longer there."""
    found: Any = "$$ROOT"
    for step in place:
        found = _field(step, found) if isinstance(step, str) else _element(step, found)
    return found


def _field(name: str, of: Any) -> Any:
    if isinstance(of, str) and name and "." not in name and name[0] != "$" and "\0" not in name:
        return f"{of}.{name}"
    return {"$getField": {"field": {"$literal": name}, "input": of}}


def _element(index: int, of: Any) -> dict[str, Any]:
    element = {"$cond": [{"$isArray": ["$$list"]}, {"$arrayElemAt": ["$$list", index]}, None]}
    return {"$let": {"vars": {"list": of}, "in": element}}
