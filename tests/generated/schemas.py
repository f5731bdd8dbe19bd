"""JSON Schemas: made at random, asked for what lies at a path, and used to judge a record.

The judge is the `jsonschema` package, strictly after the standard, with one addition of the documentation: inside, a
string of the format date-time is a date, and nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any, Final, TypeAlias

import jsonschema
import jsonschema_rs
from jsonschema.validators import extend

from tests.generated.values import MISSING, Path, Record

Schema: TypeAlias = dict[str, Any]
DATE: Final[Schema] = {"type": "string", "format": "date-time"}
PATTERNS: Final = {
    "^[A-Z]{2}$": ("AB", "ZZ"),
    "^[0-9]{3}$": ("123", "000"),
    "^x": ("x", "xyz"),
    "[a-c]+": ("abc", "a b"),
}
FORMATS: Final = ("email", "uri", "uuid", "date", "time")
"""Formats of outside text: said in a schema, not enforced by the engine."""

_PLAIN = jsonschema.Draft202012Validator


def _type(validator: Any, types: Any, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    types = [types] if isinstance(types, str) else types
    if isinstance(instance, datetime):
        fits = "string" in types and schema.get("format") == "date-time"
    elif isinstance(instance, str):
        fits = "string" in types and schema.get("format") != "date-time"
    else:
        fits = any(validator.is_type(instance, name) for name in types)
    if not fits:
        yield jsonschema.ValidationError(f"not of type {types}")


_DATED: Any = extend(_PLAIN, {"type": _type})  # type: ignore[no-untyped-call] # has no types


class Validator:
    """Says which records a schema accepts. stamped: top-level fields that need not be there yet."""

    def __init__(self, schema: Schema, side: str, stamped: frozenset[str] = frozenset()) -> None:
        self.schema, self.side = schema, side
        if stamped and "required" in schema:
            schema = {**schema, "required": [name for name in schema["required"] if name not in stamped]}
        self._validator = (_DATED if side == "inside" else _PLAIN)(schema)
        self._quick = jsonschema_rs.Draft202012Validator(_marked(schema) if side == "inside" else schema)

    def accepts(self, record: Record) -> bool:
        """Return whether a record fits; the quick way, by another validator, which reads a date as an object."""
        return self._quick.is_valid(_with_marks(record))

    def faults(self, record: Record) -> list[tuple[Path, str]]:
        """Return every place at which a record does not fit, with the keyword that it breaks."""
        found: list[tuple[Path, str]] = []
        if self.accepts(record):
            return found
        for error in (plain for choice in self._validator.iter_errors(record) for plain in _plain(choice)):
            path = tuple(error.absolute_path)
            if error.validator == "required":
                named = re.match(r"'(.*)' is a required property", error.message)
                path = (*path, named[1] if named else "")
            found.append((path, str(error.validator)))
        return found


def _plain(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """Yield what is wrong with a value of a choice: by those of its schemas that the value itself has the type of."""
    choices: dict[Any, list[jsonschema.ValidationError]] = {}
    for below in error.context or ():
        choices.setdefault(below.relative_schema_path[0], []).append(below)
    meant = [
        found
        for found in choices.values()
        if not any(item.validator in {"type", "const", "enum"} and not item.relative_path for item in found)
    ]
    if not meant:
        yield error
    for found in meant:
        for item in found:
            yield from _plain(item)


_MARK: Final = "$date"


def _with_marks(value: Any) -> Any:
    """Return a value with an object for each date."""
    if isinstance(value, dict):
        return {key: _with_marks(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_marks(item) for item in value]
    return {_MARK: value.isoformat()} if isinstance(value, datetime) else value


def _marked(node: Any) -> Any:
    """Return a schema in which what is a date is such an object, and nothing else is."""
    if not isinstance(node, dict):
        return node
    made = dict(node)
    for word in ("properties", "$defs"):
        if word in made:
            made[word] = {name: _marked(below) for name, below in made[word].items()}
    for word in ("items", "additionalProperties"):
        if word in made:
            made[word] = _marked(made[word])
    if "anyOf" in made:
        made["anyOf"] = [_marked(below) for below in made["anyOf"]]
    named = made.get("type", ())
    named = [named] if isinstance(named, str) else named
    if "string" in named and made.get("format") == "date-time":
        others = [name for name in named if name != "string"]
        date = {"type": "object", "required": [_MARK]}
        made["anyOf"] = [date, *([{"type": others}] if others else [])]
        made.pop("type")
    elif "object" in named:
        made["not"] = {"required": [_MARK]}
    return made


def deref(root: Schema, node: Any) -> Schema:
    """Return a node, or what it refers to."""
    for _ in range(20):
        if not isinstance(node, dict) or "$ref" not in node:
            break
        target: Any = root
        for step in node["$ref"].removeprefix("#").strip("/").split("/"):
            target = target[step] if step else target
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node if isinstance(node, dict) else {}


def branches(root: Schema, node: Any) -> list[Schema]:
    """Return every plain node that may describe the value of a node: itself, and what it chooses among."""
    node = deref(root, node)
    found = [{key: value for key, value in node.items() if key not in {"anyOf", "oneOf", "allOf"}}]
    for word in ("anyOf", "oneOf", "allOf"):
        for branch in node.get(word, ()):
            found += branches(root, branch)
    return found


def whole(root: Schema, path: Path) -> list[Schema]:
    """Return every node that describes what lies at a path, as it stands. "*" is any element of a list."""
    nodes = [root]
    for step in path:
        plain = [branch for node in nodes for branch in branches(root, node)]
        if isinstance(step, int) or step == "*":
            nodes = [node["items"] for node in plain if "items" in node]
        else:
            nodes = [node["properties"][step] for node in plain if step in node.get("properties", {})]
    return nodes


def at(root: Schema, path: Path) -> list[Schema]:
    """Return every plain node that describes what lies at a path."""
    return [branch for node in whole(root, path) for branch in branches(root, node)]


def lists(root: Schema, path: Path) -> bool:
    """Return whether the schema lists a path by name."""
    return bool(at(root, path))


def types(node: Schema) -> set[str]:
    """Return the types that a plain node speaks of; of one that says nothing, none."""
    named = node.get("type", [])
    found = {named} if isinstance(named, str) else set(named)
    values = [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]
    return found or {kind_of(value) for value in values}


def kind_of(value: Any) -> str:
    """Return the JSON type of a value."""
    if isinstance(value, bool):
        return "boolean"
    names = ((int, "integer"), (float, "number"), (str, "string"), (dict, "object"), (list, "array"))
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def finite(root: Schema, path: Path) -> bool:
    """Return whether the schema lists every value that may lie at a path."""
    nodes = [node for node in at(root, path) if node]
    return bool(nodes) and all(
        "enum" in node or "const" in node or (bool(types(node)) and types(node) <= {"boolean", "null"})
        for node in nodes
    )


# ---- made at random


def scalar(rng: Random, kind: str | None = None) -> Schema:
    """Return a schema of one single value that is not null."""
    kind = kind or rng.choice(["string", "string", "integer", "number", "boolean"])
    form = rng.random()
    if kind == "boolean":
        return {"type": "boolean"} if form < 0.85 else {"const": rng.random() < 0.5}
    if kind == "string":
        return _string(rng, form)
    values = rng.sample([0, 1, 2, 3, 10, -1], rng.randint(1, 3))
    if form < 0.4:
        return {"type": kind}
    if form < 0.75:
        low = rng.choice([-5, 0, 1])
        words = {"minimum": low, "maximum": low + rng.choice([3, 10])}
        exclusive = {"exclusiveMinimum": low, "exclusiveMaximum": low + 4}
        return {"type": kind, **rng.choice([words, exclusive, {"minimum": low}])}
    if form < 0.8:
        return {"type": kind, "multipleOf": rng.choice([2, 5])}
    return {"enum": values} if form < 0.95 else {"const": values[0]}


def _string(rng: Random, form: float) -> Schema:
    if form < 0.45:
        return {"type": "string"}
    if form < 0.6:
        low = rng.choice([0, 1, 2])
        return {"type": "string", **rng.choice([{"maxLength": low + 3}, {"minLength": low, "maxLength": low + 5}])}
    if form < 0.7:
        return {"type": "string", "pattern": rng.choice(sorted(PATTERNS))}
    if form < 0.78:
        return {"type": "string", "format": rng.choice(FORMATS)}
    values = rng.sample(["a", "b", "c", "open", "closed", "", "N/A", "0"], rng.randint(1, 4))
    return {"enum": values} if form < 0.94 else {"const": values[0]}


def value(rng: Random, depth: int = 0) -> Schema:
    """Return a schema of any value: a single one, a choice of two, an object, or a list."""
    form = rng.random()
    if depth > 1 or form < 0.7:
        return scalar(rng)
    if form < 0.8:
        return {"anyOf": [scalar(rng), scalar(rng)]}
    if form < 0.9:
        return {"type": "array", "items": value(rng, depth + 1), **rng.choice([{}, {"maxItems": 2}, {"minItems": 1}])}
    names = rng.sample(["p", "q", "r"], rng.randint(1, 2))
    return {
        "type": "object",
        "properties": {name: value(rng, depth + 1) for name in names},
        **rng.choice([{}, {"required": names[:1]}]),
        **rng.choice([{}, {}, {"additionalProperties": False}, {"additionalProperties": {"type": "string"}}]),
    }


def nullable(rng: Random, schema: Schema) -> Schema:
    """Return a schema that accepts null as well, written in one of several ways."""
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if isinstance(schema.get("type"), str) and rng.random() < 0.7:
        return {**schema, "type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def related(rng: Random, schema: Schema) -> Schema:
    """Return a schema like another one: mostly the same, sometimes wider or narrower."""
    if rng.random() < 0.75:
        return schema
    looser = {key: item for key, item in schema.items() if key not in BOUNDS}
    if "enum" in schema:
        extra = rng.choice(["zz", 99]) if rng.random() < 0.5 else schema["enum"][0]
        return (
            {"enum": sorted({*map(str, schema["enum"]), str(extra)})} if extra == "zz" else {"enum": [*schema["enum"]]}
        )
    return looser or schema


BOUNDS: Final = (
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
)


class Builder:
    """Builds the schema of one system, or of the elements of a list, path by path."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.schema: Schema = {"type": "object", "required": [], "properties": {}}

    def put(self, path: Path, schema: Schema, *, required: bool) -> None:
        """Describe a path; where it is required, so are the objects that lead to it, if none was there before."""
        node = self.schema
        for step, following in zip(path, (*path[1:], MISSING), strict=True):
            if isinstance(step, int):
                node = node.setdefault("items", _object()) if following is not MISSING else node
                continue
            if required and step not in node.setdefault("required", []):
                node["required"].append(step)
            below = node.setdefault("properties", {})
            if following is MISSING:
                below[step] = schema
                return
            if isinstance(following, int):
                node = below.setdefault(step, {"type": "array", **({"minItems": 1} if required else {})})
            else:
                node = below.setdefault(step, _object())

    def finish(self) -> Schema:
        """Return the schema; sometimes with parts of it under $defs, or closed against other fields."""
        schema = self.schema
        for name in sorted(schema["properties"]):
            if self.rng.random() < 0.06:
                schema.setdefault("$defs", {})[name] = schema["properties"][name]
                schema["properties"][name] = {"$ref": f"#/$defs/{name}"}
        if self.rng.random() < 0.1:
            schema["additionalProperties"] = False
        return schema


def _object() -> Schema:
    return {"type": "object", "properties": {}, "required": []}
