"""Compare-and-set: filters that find documents only while they are exactly as they were read.

MongoDB takes 1 and 1.0 for equal, and a value for equal to a list that has it. So fields are compared as expressions,
which do not look into lists, and numbers also by their types: those of all elements of a list in one expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from bson import Decimal128, ObjectId

from etl.record import Record

_ELEMENTS: Final = None
"""In a place: all elements of a list."""

_Place: TypeAlias = tuple[str | None, ...]
_Types: TypeAlias = tuple[tuple[_Place, Any], ...]
"""By place: the one type of all numbers there, or the codes of all their types, in tuples as the lists are."""

_OTHERS: Final = {
    "int": ["double", "decimal"],
    "double": ["int", "long", "decimal"],
    "decimal": ["int", "long", "double"],
}
_CODED: Final = ["double", "decimal"]
_UNCODED: Final = -1
_UNTYPED: Final = frozenset({str, bool, type(None), datetime, ObjectId})
"""What most fields hold, and no number."""


def as_read(document: Record, names: Iterable[str]) -> dict[str, Any]:
    """Return a filter that finds a document only while these top-level fields are as they were read.

    A field that was missing must still be missing.
    """
    fields = tuple(names)
    same = [{"$eq": [_current(fields), {"$literal": _version(document, fields)}]}]
    return {"_id": document["_id"], "$expr": {"$and": [*same, *_conditions(_types(document, fields))]}}


def all_as_read(documents: Sequence[Record], names: Iterable[str], most: int) -> Iterator[dict[str, Any]]:
    """Yield filters that find those of many documents that are as they were read. most: documents to one filter."""
    fields = tuple(names)
    alike: dict[_Types, list[Record]] = {}
    for document in documents:
        alike.setdefault(_types(document, fields), []).append(document)
    for types, group in alike.items():
        for start in range(0, len(group), most):
            yield _any_as_read(group[start : start + most], fields, types)


def _any_as_read(documents: Sequence[Record], fields: Sequence[str], types: _Types) -> dict[str, Any]:
    """Return one filter for documents that have the same types of numbers in the same places."""
    fields = ("_id", *fields)
    versions = [_version(document, fields) for document in documents]
    same = [{"$in": [_current(fields), {"$literal": versions}]}, *_conditions(types)]
    return {"_id": {"$in": [document["_id"] for document in documents]}, "$expr": {"$and": same}}


def _version(document: Record, fields: Sequence[str]) -> Record:
    return {str(index): document[name] for index, name in enumerate(fields) if name in document}


def _current(fields: Sequence[str]) -> dict[str, Any]:
    return {str(index): _field(name, "$$ROOT") for index, name in enumerate(fields)}


def _types(document: Record, fields: Sequence[str]) -> _Types:
    found: dict[_Place, set[str]] = {}
    for name in fields:
        value = document.get(name)
        if type(value) not in _UNTYPED:
            _collect(value, (name,), found)
    return tuple((p, next(iter(k)) if len(k) == 1 else _codes(document, p)) for p, k in found.items())


def _collect(value: object, place: _Place, found: dict[_Place, set[str]]) -> None:
    """Add the types of the numbers in a value, by place."""
    if isinstance(value, dict):
        for name, each in value.items():
            _collect(each, (*place, name), found)
    elif isinstance(value, list):
        for each in value:
            _collect(each, (*place, _ELEMENTS), found)
    elif (kind := _kind(value)) is not None:
        found.setdefault(place, set()).add(kind)


def _kind(value: object) -> str | None:
    if isinstance(value, float):
        return "double"
    if isinstance(value, int):
        return None if isinstance(value, bool) else "int"
    return "decimal" if isinstance(value, Decimal128) else None


def _codes(value: Any, place: _Place) -> Any:
    """Return the codes of the types in a place of a value: one, or a tuple of them for each list on the way."""
    if not place:
        kind = _kind(value)
        return _CODED.index(kind) if kind in _CODED else _UNCODED
    step, *rest = place
    if step is _ELEMENTS:
        return tuple(_codes(each, tuple(rest)) for each in value) if isinstance(value, list) else ()
    return _codes(value.get(step) if isinstance(value, dict) else None, tuple(rest))


def _conditions(types: _Types) -> list[dict[str, Any]]:
    return [
        {"$not": [_any_is("$$ROOT", place, _OTHERS[kind])]}
        if isinstance(kind, str)
        else {"$eq": [_codes_of("$$ROOT", place), {"$literal": _listed(kind)}]}
        for place, kind in types
    ]


def _any_is(of: Any, place: _Place, types: Sequence[str]) -> dict[str, Any]:
    """Return an expression that is true where any value in a place has one of these types."""
    if not place:
        return {"$in": [{"$type": of}, types]}
    step, rest = place[0], place[1:]
    if step is _ELEMENTS:
        return {"$anyElementTrue": [_each(of, _any_is("$$this", rest, types))]}
    return _any_is(_field(step, of), rest, types)


def _codes_of(of: Any, place: _Place) -> Any:
    if not place:
        return {"$indexOfArray": [_CODED, {"$type": of}]}
    step, rest = place[0], place[1:]
    return _each(of, _codes_of("$$this", rest)) if step is _ELEMENTS else _codes_of(_field(step, of), rest)


def _each(of: Any, what: Any) -> dict[str, Any]:
    """Return an expression of what holds of each element; of none where there is no list."""
    elements = {"$cond": [{"$isArray": ["$$list"]}, "$$list", []]}
    return {"$let": {"vars": {"list": of}, "in": {"$map": {"input": elements, "in": what}}}}


def _listed(codes: Any) -> Any:
    return [_listed(code) for code in codes] if isinstance(codes, tuple) else codes


def _field(name: str, of: Any) -> Any:
    if isinstance(of, str) and name and "." not in name and name[0] != "$" and "\0" not in name:
        return f"{of}.{name}"
    return {"$getField": {"field": {"$literal": name}, "input": of}}
