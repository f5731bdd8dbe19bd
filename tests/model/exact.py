"""Values that are equal only when they are the same: 1, 1.0 and true are three, inside lists and objects too.

What is absent is what null is. A value that is made exact can be compared, put into a set, and made plain again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

Doc: TypeAlias = dict[str, Any]
Value: TypeAlias = tuple[tuple[str, Any], ...]
"""What a rule has inside: exact values by path, without absent ones."""


class Exact(NamedTuple):
    """What Python would compare too kindly, or could not put into a set."""

    kind: str
    value: Any


NOTHING = Exact("object", ())


def exact(value: Any) -> Any:
    match value:
        case bool():
            return Exact("truth", value)
        case float():
            return Exact("fraction", repr(value))
        case list():
            return Exact("list", tuple(map(exact, value)))
        case dict():
            return Exact("object", packed({name: exact(one) for name, one in value.items()}))
        case _:
            return value


def plain(value: Any) -> Any:
    match value:
        case Exact("fraction", text):
            return float(text)
        case Exact("list", values):
            return list(map(plain, values))
        case Exact("object", pairs):
            return {name: plain(one) for name, one in pairs}
        case Exact(_, truth):
            return truth
        case _:
            return value


def exact_doc(doc: Mapping[str, Any]) -> Doc:
    """Return a record or a document as exact values by field, without absent ones; an empty object is one."""
    fields = {name: exact(value) for name, value in doc.items()}
    return {name: value for name, value in fields.items() if value is not None and value != NOTHING}


def packed(values: Mapping[str, Any]) -> Value:
    return tuple(sorted(((name, one) for name, one in values.items() if one is not None), key=lambda pair: pair[0]))


def get(doc: Mapping[str, Any], path: str) -> Any:
    """Return the exact value at a path of names, None where there is none."""
    name, _, rest = path.partition(".")
    found = doc.get(name)
    if not rest or found is None:
        return found
    return get(dict(found.value), rest) if isinstance(found, Exact) and found.kind == "object" else None


def put(doc: Doc, path: str, value: Any) -> Doc:
    """Return a document with another exact value at a path of names; None removes it."""
    name, _, rest = path.partition(".")
    if rest:
        inner = doc.get(name, NOTHING)
        value = Exact("object", packed(put(dict(inner.value), rest, value)))
    fields = {**doc, name: value}
    return {field: one for field, one in fields.items() if one is not None and one != NOTHING}


def read(doc: Mapping[str, Any] | None, paths: Iterable[str]) -> Value:
    return packed({path: get(doc or {}, path) for path in paths})


def written(doc: Doc, paths: Iterable[str], value: Value) -> Doc:
    """Return a document with just these values at these paths."""
    found = dict(value)
    for path in paths:
        doc = put(doc, path, found.get(path))
    return doc


def canonical(record: Mapping[str, Any]) -> str:
    """Return a record as text, whatever its spacing and order of names."""
    return json.dumps(record, sort_keys=True, default=_date)


def _date(value: Any) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
