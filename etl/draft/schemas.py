"""JSON Schemas of what samples show: no more is claimed than a mapping needs."""

from __future__ import annotations

import json
from collections.abc import Mapping as Object
from collections.abc import Sequence
from typing import Any, Final

from etl.draft.leaves import is_labelled
from etl.mapping.equality import distinct
from etl.mapping.paths import Path
from etl.mapping.schemas.alternatives import is_date_time, type_of
from etl.record import ABSENT

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Final = ("string", "integer", "number", "boolean", "object", "array", "null")
_SHOWN: Final = 3
_LONG: Final = 60
_WIDTH: Final = 110


class Claims:
    """What a schema says beside types. required: paths that every record has. listed: all values that there may be.

    filled: required texts of which none is empty.
    """

    def __init__(self, required: set[Path], listed: dict[Path, list[Any]], filled: set[Path]) -> None:
        self.required = required
        self.listed = listed
        self.filled = filled

    def names(self, below: Path) -> list[str]:
        """Return the names that an object always has."""
        return sorted({str(path[len(below)]) for path in self.required if path[: len(below)] == below != path})


def schema_of(records: Sequence[Any], title: str, claims: Claims) -> dict[str, Any]:
    """Return the schema of records."""
    return {"$schema": DRAFT, "title": title, **_said(list(records), (), claims)}


def formatted(schema: Object[str, Any]) -> str:
    """Return the text of a schema, with a line for each field."""
    return _block(dict(schema), "") + "\n"


def _said(values: Sequence[Any], at: Path, claims: Claims) -> dict[str, Any]:
    """Return what is said of all values that stand at a place."""
    kinds = {type_of(value) for value in values}
    if "integer" in kinds and "number" in kinds:
        kinds.remove("integer")
    types = [word for word in _TYPES if word in kinds]
    if at in claims.listed:
        listed = claims.listed[at] + ([None] if "null" in kinds else [])
        return {"enum": list({distinct(value): value for value in listed}.values())}
    if "boolean" in kinds and len(kinds) > 1 and not any(value is True for value in values):
        others = [value for value in values if value is not False]
        return {"anyOf": [{"const": False}, _said(others, at, claims)]}
    said: dict[str, Any] = {"type": types[0] if len(types) == 1 else types} if types else {}
    if "object" in kinds:
        said.update(_of_objects([value for value in values if isinstance(value, dict)], at, claims))
    if "array" in kinds:
        said.update(_of_lists([value for value in values if isinstance(value, list)], at, claims))
    texts = [value for value in values if isinstance(value, str)]
    if texts and all(is_date_time(text) for text in texts):
        said["format"] = "date-time"
    if at in claims.filled and texts:
        said["minLength"] = 1
    return said | _examples(values)


def _of_objects(values: Sequence[dict[str, Any]], at: Path, claims: Claims) -> dict[str, Any]:
    names = dict.fromkeys(name for value in values for name in value)
    properties = {
        name: _said([value[name] for value in values if name in value], (*at, name), claims) for name in names
    }
    required = claims.names(at)
    return ({"required": required} if required else {}) | {"properties": properties}


def _of_lists(values: Sequence[list[Any]], at: Path, claims: Claims) -> dict[str, Any]:
    if values and all(map(is_labelled, values)):
        parts = [_said([value[index] for value in values], (*at, index), claims) for index in (0, 1)]
        return {"prefixItems": parts, "minItems": 2, "maxItems": 2}
    items = [item for value in values for item in value]
    return {"items": _said(items, (*at, ABSENT), claims)} if items else {}  # type: ignore[arg-type]  # no path


def _examples(values: Sequence[Any]) -> dict[str, Any]:
    """Return some of the values, short ones, for whoever reads the schema."""
    plain = {value: None for value in values if isinstance(value, str | int | float) and not isinstance(value, bool)}
    shown = [value for value in plain if value != "" and len(str(value)) <= _LONG][:_SHOWN]
    return {"examples": shown} if shown else {}


def _block(value: Any, indent: str) -> str:
    """Return JSON with a line for each property, and all that says no more than one line can in one."""
    one = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict):
        return one
    if len(indent) + len(one) <= _WIDTH and "properties" not in value | _inner(value):
        return one
    inner = indent + "  "
    lines = [f"{inner}{json.dumps(name, ensure_ascii=False)}: {_block(part, inner)}" for name, part in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def _inner(value: dict[str, Any]) -> dict[str, Any]:
    """Return what the objects in an object hold."""
    return {name: part for inner in value.values() if isinstance(inner, dict) for name, part in inner.items()}
