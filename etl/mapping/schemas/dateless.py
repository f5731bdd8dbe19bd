"""A schema without its dates, to judge inside records as they are: nothing need be written as text first.

`jsonschema-rs` judges a JSON value and refuses to judge any other, such as a `datetime`, once the schema asks for its
type. So where a schema asks for the type of everything, and of its top-level dates for no more, a record is right if

    every date field holds a date, and the rest is right by the schema without its date fields

and whatever this does not find right is looked at in JSON form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

_ANNOTATIONS: Final = frozenset(
    {"$comment", "$defs", "$id", "$schema", "default", "definitions", "deprecated", "description", "examples", "title"}
)
_TYPED: Final = frozenset({"const", "enum", "type"})
_ON_SCALARS: Final = frozenset(
    {"exclusiveMaximum", "exclusiveMinimum", "format", "maxLength", "maximum", "minLength", "minimum", "multipleOf"}
    | {"pattern"}
)
_WITH_PARTS: Final = frozenset({"additionalProperties", "items", "maxItems", "minItems", "properties", "required"})
_UNDERSTOOD: Final = _ANNOTATIONS | _TYPED | _ON_SCALARS | _WITH_PARTS
_DATE: Final = _ANNOTATIONS | {"format", "type"}


Dates: TypeAlias = tuple[tuple[str, frozenset[type]], ...]


@dataclass(frozen=True, slots=True)
class Undated:
    """A schema that takes anything in its date fields. dates: their names, and the types of what is right there.

    A date is right, as is a missing one, and null where the whole schema allows it.
    """

    schema: dict[str, Any]
    dates: Dates


def without_dates(schema: Mapping[str, Any]) -> Undated | None:
    """Return a schema without its dates, None where it asks for more than such a schema could say."""
    if not _is_typed(schema):
        return None
    properties = schema.get("properties", {})
    dates = {name: part for name, part in properties.items() if _is_date(part)}
    return Undated(
        {**schema, "properties": {**properties, **dict.fromkeys(dates, True)}},
        tuple((name, _kinds(part["type"])) for name, part in dates.items()),
    )


def _is_typed(part: Any) -> bool:
    """Return whether a part of a schema asks for the type of every value, or for nothing, all the way down."""
    if not isinstance(part, Mapping):
        return isinstance(part, bool)
    if not _UNDERSTOOD.issuperset(part) or not (_TYPED.intersection(part) or _ANNOTATIONS.issuperset(part)):
        return False
    inner = [*part.get("properties", {}).values(), part.get("items", True), part.get("additionalProperties", True)]
    return all(map(_is_typed, inner))


def _is_date(part: Any) -> bool:
    if not isinstance(part, Mapping) or part.get("format") != "date-time" or not _DATE.issuperset(part):
        return False
    return "string" in _words(part.get("type"))


def _kinds(types: Any) -> frozenset[type]:
    return frozenset({datetime, type(None)} if "null" in _words(types) else {datetime})


def _words(types: Any) -> list[Any]:
    return types if isinstance(types, list) else [types]
