"""The `mongodb` of a mapping: what a run sets, and the filter of what waits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from etl.mapping.language.document import Document, Place
from etl.mapping.language.operands import TAKEN
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.mongodb import MongoEndpoint, Stamp
from etl.record import Scalar, shown

_MONGODB: Final[Place] = ("inside", "mongodb")
_DATE: Final = "$date"

OPERATORS: Final = frozenset(
    {
        "$eq",
        "$ne",
        "$gt",
        "$gte",
        "$lt",
        "$lte",
        "$in",
        "$nin",
        "$exists",
        "$type",
        "$not",
        "$regex",
        "$options",
        "$mod",
    }
    | {"$all", "$elemMatch", "$size", "$bitsAllClear", "$bitsAllSet", "$bitsAnyClear", "$bitsAnySet"}
)
"""What may stand in the condition of a field."""
_COMBINING: Final = frozenset({"$and", "$or", "$nor"})
_WHOLE: Final = _COMBINING | {"$expr", "$comment"}
"""What may stand beside fields. `$where` and `$text` are not there: a filter is part of every query of a page."""


def parse_mongodb(document: Document) -> MongoEndpoint:
    """Return the MongoDB endpoint of a document that has the right form, adding findings to it."""
    value = document.value["inside"]["mongodb"]
    on_import = _stamps(document, value.get("on_import", {}), (*_MONGODB, "on_import"))
    on_export = _stamps(document, value["on_export"], (*_MONGODB, "on_export"))
    export_when = _filter(document, value["export_when"], (*_MONGODB, "export_when"))
    scope: dict[str, Scalar] = {}
    for name, item in value.get("scope", {}).items():
        check_name(document, name, (*_MONGODB, "scope", name))
        scope[name] = item
    return MongoEndpoint(value["collection"], on_import, export_when, on_export, scope)


def check_name(document: Document, name: str, place: Place) -> None:
    """Refuse a name that no field of a document of MongoDB can be found by."""
    if name.startswith("$") or "." in name or name == "_id":
        document.find(place, "E111", f"{name} cannot be written to MongoDB", "name a field", key=True)


def _stamps(document: Document, value: dict[str, Any], place: Place) -> dict[str, Scalar | Stamp]:
    made: dict[str, Scalar | Stamp] = {}
    for name, item in value.items():
        check_name(document, name, (*place, name))
        if isinstance(item, str) and item.startswith("$"):
            if item not in {stamp.value for stamp in Stamp}:
                document.find((*place, name), "E013", f"{shown(item)} is unknown", "write $now, $absent or a value")
                continue
            made[name] = Stamp(item)
        else:
            made[name] = item
    return made


def _filter(document: Document, value: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return a filter over whole documents."""
    made: dict[str, Any] = {}
    for name, item in value.items():
        at = (*place, name)
        if name in _COMBINING:
            made[name] = _combined(document, item, at)
        elif name.startswith("$"):
            if name not in _WHOLE:
                fix = did_you_mean(name, _WHOLE)
                document.find(at, "E195", f"{name} is no operator beside fields of a filter", fix, key=True)
            made[name] = item
        else:
            made[name] = _condition(document, item, at)
    return made


def _combined(document: Document, value: Any, place: Place) -> list[Any]:
    if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
        document.find(place, "E195", f"{place[-1]} takes a list of filters", f"write {place[-1]}: [{{…}}, {{…}}]")
        return []
    return [_filter(document, item, (*place, index)) for index, item in enumerate(value)]


def _condition(document: Document, value: Any, place: Place) -> Any:
    """Return the condition of one field: a value, or operators with their operands."""
    if not isinstance(value, dict) or not any(str(name).startswith("$") for name in value):
        return value
    if set(value) == {_DATE}:
        return _date(document, value[_DATE], place)
    made: dict[str, Any] = {}
    for name, item in value.items():
        at = (*place, name)
        takes, example = TAKEN.get(name, (bool, ""))
        if name not in OPERATORS:
            document.find(at, "E195", f"{name} is no operator of a filter", did_you_mean(name, OPERATORS), key=True)
        elif example and not takes(item):
            document.find(at, "E195", f"MongoDB refuses this {name}", f"write {name}: {example}, for example")
        elif name == "$options" and "$regex" not in value:
            document.find(at, "E195", "$options says how $regex is read", "write $regex beside it", key=True)
        elif name in {"$in", "$nin", "$all"} and isinstance(item, list):
            made[name] = [_operand(document, each, (*at, index)) for index, each in enumerate(item)]
        elif name in {"$in", "$nin", "$all"}:
            document.find(at, "E195", f"{name} takes a list", f"write {name}: [{shown(item)}]")
        elif name == "$elemMatch" and isinstance(item, dict):
            made[name] = _condition(document, item, at) if _is_condition(item) else _filter(document, item, at)
        else:
            made[name] = _condition(document, item, at) if name == "$not" else _operand(document, item, at)
    return made


def _is_condition(value: dict[str, Any]) -> bool:
    return any(name in OPERATORS for name in value)


def _operand(document: Document, value: Any, place: Place) -> Any:
    return _date(document, value[_DATE], place) if isinstance(value, dict) and set(value) == {_DATE} else value


def _date(document: Document, text: Any, place: Place) -> Any:
    """Return the date of `{$date: "2025-01-02T03:04:05Z"}`."""
    try:
        made = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        fix = 'write {$date: "2025-01-02T03:04:05Z"}'
        document.find((*place, _DATE), "E195", f"{shown(text)} is no date", fix)
        return None
    return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
