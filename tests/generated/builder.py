"""JSON Schemas made at random, and built path by path."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from tests.generated.schemas import PATTERNS, Schema
from tests.generated.values import MISSING, Path

FORMATS: Final = ("email", "uri", "uuid", "date", "time")
"""Formats of outside text: said in a schema, not enforced by the engine."""


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

    def lift(self, name: str, item: Any) -> None:
        """Let an object be one plain value as well."""
        said = self.schema["properties"][name]
        self.schema["properties"][name] = {self.rng.choice(["anyOf", "oneOf"]): [{"const": item}, said]}

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
