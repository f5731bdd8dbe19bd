"""What the outside schema says of records that are imported: with `import_when`, less than of all that there are."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from etl.mapping.equality import Distinct, distinct
from etl.mapping.model import Mapping
from etl.mapping.paths import Path
from etl.mapping.rules.access import means_absent, seen
from etl.mapping.rules.conditions import Accepted, Condition, Parts, asker, is_plain, laid_part, plain
from etl.mapping.schemas.references import Node
from etl.mapping.schemas.shapes import Schema, UnknownFieldError
from etl.mapping.terms import Field, Side
from etl.record import ABSENT

_MEANING: Final = re.compile(r"[.*+?^${}()|\[\]\\/]")
"""What means something in a pattern."""


def imported_schemas(mapping: Mapping) -> dict[Side, Schema]:
    """Return what both schemas say of records that are made: lists and texts have in them what is asked."""
    inside, outside = Schema(mapping.inside.schema, has_dates=True), imported_schema(mapping)
    for field, accepted in mapping.import_when:
        asked = next((one for one in accepted if isinstance(one, Condition) and one.has), None)
        if asked is not None and not field.is_around:
            outside = _with_part(outside, field, asked)
    return {Side.OUTSIDE: Schema(outside), Side.INSIDE: inside}


def _with_part(schema: Node, field: Field, asked: Condition) -> Node:
    """Return a schema of records whose list has nothing but what is asked, or whose text has such a word."""
    narrowed = copy.deepcopy(dict(schema))
    above = _objects(narrowed, field.path)
    kind = "string" if asked.parts is Parts.WORDS else "array"
    if above is None or kind not in str(above[-1]["properties"][field.path[-1]].get("type")):
        return schema
    listed = above[-1]["properties"]
    part = {"type": kind, "pattern": _words(asked)} if kind == "string" else _members(field, asked)
    listed[field.path[-1]] = {"allOf": [listed[field.path[-1]], part]}
    for node, name in zip(above, field.path, strict=True):
        node["required"] = list(dict.fromkeys([*node.get("required", ()), name]))
    return narrowed


def _members(field: Field, asked: Condition) -> dict[str, Any]:
    element: dict[str, Any] = {"enum": [*asked.has]}
    for name in reversed(field.of_each):
        element = {"type": "object", "required": [name], "properties": {name: element}}
    return {"minItems": 1, "items": element}


def _words(asked: Condition) -> str:
    """Return a pattern of texts in which one of the words stands, alone or among others."""
    words = [_MEANING.sub(r"\\\g<0>", str(laid_part(word, asked.form))) for word in asked.has]
    return f"^([a-z]+ )?({'|'.join(words)})( [a-z]+)?$"


def imported_schema(mapping: Mapping) -> Node:
    """Return the outside schema as far as it speaks of records that are imported, where that can be said in one."""
    schema = mapping.outside.schema
    if not mapping.import_when:
        return schema
    whole, narrowed = Schema(schema), copy.deepcopy(dict(schema))
    for field, accepted in mapping.import_when:
        if field.is_around or field.of_each:
            continue
        _narrow(narrowed, whole, field, accepted)
    return narrowed


def imported_values(mapping: Mapping, field: Field) -> Callable[[Any], bool]:
    """Return what says of a value of an outside field, as it lies there, whether a record with it is imported."""
    asked = list(_asked(mapping, field))
    return lambda value: all(_takes(one, accepted, value) for one, accepted in asked)


def imported_parts(mapping: Mapping, field: Field) -> frozenset[Distinct]:
    """Return the members, or words, one of which an outside field is to have for a record to be imported."""
    conditions = (one for _, accepted in _asked(mapping, field) for one in accepted if isinstance(one, Condition))
    return frozenset(distinct(laid_part(part, one.form)) for one in conditions for part in one.has)


def _asked(mapping: Mapping, field: Field) -> Iterator[tuple[Field, Accepted]]:
    """Yield what `import_when` asks of the value of an outside field."""
    for one, accepted in mapping.import_when:
        if one.path == field.path and not one.is_around and not one.of_each:
            yield one, accepted


def _narrow(root: dict[str, Any], whole: Schema, field: Field, accepted: Accepted) -> None:
    above, is_required = _objects(root, field.path), not _takes(field, accepted, ABSENT)
    if above is None:
        return
    last = above[-1]["properties"]
    values = _values(whole, field, accepted)
    if values:
        last[field.path[-1]] = {"allOf": [last[field.path[-1]], {"enum": values}]}
    for node, name in zip(above, field.path, strict=True) if is_required else ():
        node["required"] = list(dict.fromkeys([*node.get("required", ()), name]))


def _objects(root: dict[str, Any], path: Path) -> list[dict[str, Any]] | None:
    """Return the objects on the way of a path, each of which lists the next name itself; None where one does not."""
    node, found = root, list[dict[str, Any]]()
    for name in path:
        listed = node.get("properties")
        if not isinstance(listed, dict) or not isinstance(listed.get(name), dict):
            return None
        found.append(node)
        node = listed[name]
    return found


def _values(whole: Schema, field: Field, accepted: Accepted) -> list[Any]:
    """Return all values that are accepted where they can be listed, with what means absent; else none."""
    try:
        shape = whole.shape(field.path)
    except UnknownFieldError:
        return []
    named = [value for value in plain(accepted) if value is not None] if is_plain(accepted) else None
    values = named if shape.listed is None else shape.listed
    if values is None:
        return []
    if field.has_form and shape.listed is None:
        return []  # one value may lie there in many forms
    every = [*values, *field.nulls, None]
    return [value for value in every if shape.accepts(value) and _takes(field, accepted, value)]


def _takes(field: Field, accepted: Accepted, value: Any) -> bool:
    return asker(accepted)(ABSENT if means_absent(field, value) else seen(field, value))
