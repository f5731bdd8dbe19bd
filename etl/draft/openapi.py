"""A vendor's OpenAPI document: which of its schemas is that of a record, and that one as a JSON Schema of its own."""

from __future__ import annotations

from typing import Any, Final

from etl.draft.schemas import DRAFT
from etl.draft.words import concepts
from etl.errors import DraftError
from etl.mapping.schemas.parts import from_yaml
from etl.mapping.schemas.shapes import Schema
from etl.mapping.schemas.validation import SchemaError

_HOMES: Final = (("components", "schemas"), ("definitions",))
_WANTED: Final = frozenset({"order", "title", "status"})
_WORDS: Final = """
type format enum const properties required items prefixItems anyOf oneOf allOf not additionalProperties minimum maximum
exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern minItems maxItems uniqueItems readOnly
writeOnly description title default examples
"""
_KEPT: Final = frozenset(_WORDS.split())
"""The words of JSON Schema."""


def parse_openapi(text: str) -> dict[str, Any] | None:
    """Return an OpenAPI document, also one of Swagger; None where a text is none."""
    if "openapi" not in text and "swagger" not in text:
        return None
    try:
        document = from_yaml(text.encode())
    except SchemaError:
        return None
    return document if "openapi" in document or "swagger" in document else None


def schema_from(document: dict[str, Any], pointer: str) -> tuple[str, dict[str, Any], list[str]]:
    """Return a record's schema with its name, and the names of others that might be meant. pointer: to one, or "".

    Raises:
        DraftError: when there is none, or the pointer leads nowhere.

    """
    home, schemas = next(
        ((home, found) for home in _HOMES if isinstance(found := _at(document, home), dict) and found), ((), {})
    )
    if pointer:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.strip("/").split("/")]
        if not isinstance(_at(document, tuple(steps)), dict):
            there = ", ".join(f"#/{'/'.join(home)}/{name}" for name in schemas)
            raise DraftError(f"#{pointer} is no schema of the document; there are {there}")
        return steps[-1], _standing_alone(document, pointer), []
    ranked = sorted(schemas, key=lambda name: (-_rank(document, schemas[name], name), list(schemas).index(name)))
    likely = [name for name in ranked if _rank(document, schemas[name], name) > 0]
    if not likely:
        raise DraftError("the document describes no record: no schema of it has fields")
    return likely[0], _standing_alone(document, f"/{'/'.join(home)}/{likely[0]}"), likely[1:]


def _at(document: Any, steps: tuple[str, ...]) -> Any:
    for step in steps:
        document = document.get(step) if isinstance(document, dict) else None
    return document


def _rank(document: dict[str, Any], schema: Any, name: str) -> float:
    """Return how likely a schema is that of work orders: by its name, and by what its fields are called."""
    if not isinstance(schema, dict):
        return 0
    fields = _fields(document, schema, 0)
    if not fields:
        return 0
    known = sum(bool(concepts(field)) for field in fields)
    meant = frozenset().union(*map(concepts, fields))
    return known + 5 * len(meant & _WANTED) + (10 if "order" in concepts(name) else 0) + len(fields) / 100


def _fields(document: dict[str, Any], schema: dict[str, Any], depth: int) -> list[str]:
    found = list(schema.get("properties", {}))
    for part in schema.get("allOf", []):
        other = _at(document, tuple(str(part.get("$ref", "")).removeprefix("#/").split("/"))) or part
        if isinstance(other, dict) and depth < len(_HOMES):
            found += _fields(document, other, depth + 1)
    return found


def _standing_alone(document: dict[str, Any], pointer: str) -> dict[str, Any]:
    """Return a schema of a document with all that it refers to, in the words of JSON Schema."""
    names: dict[str, str] = {}
    definitions: dict[str, Any] = {}
    root = _converted(_at(document, tuple(pointer.strip("/").split("/"))), names)
    while waiting := [reference for reference in names if names[reference] not in definitions]:
        for reference in waiting:
            target = _at(document, tuple(reference.removeprefix("#/").split("/")))
            if not reference.startswith("#/") or not isinstance(target, dict):
                raise DraftError(f"the document refers to {reference}, which is not in it; give it whole")
            definitions[names[reference]] = {}
            definitions[names[reference]] = _converted(target, names)
    schema = {"$schema": DRAFT, **root, **({"$defs": definitions} if definitions else {})}
    Schema(schema).leaves()
    return schema


def _converted(node: Any, names: dict[str, str]) -> Any:
    """Return a part of an OpenAPI document as JSON Schema: `nullable` is a type, references lead to `$defs`."""
    if not isinstance(node, dict):
        return node
    if isinstance(reference := node.get("$ref"), str):
        name = names.setdefault(reference, _free(reference.rpartition("/")[2], names))
        made: dict[str, Any] = {"$ref": f"#/$defs/{name}"}
        return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") is True else made
    made = {word: _part(word, value, names) for word, value in node.items() if word in _KEPT}
    if node.get("nullable") is True:
        if isinstance(made.get("type"), str):
            made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list) and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
    for word, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(word), bool):  # a word of earlier drafts
            exclusive = made.pop(word)
            if exclusive and bound in made:
                made[word] = made.pop(bound)
    return made


def _free(name: str, names: dict[str, str]) -> str:
    return name if name not in names.values() else f"{name}_{len(names)}"


def _part(word: str, value: Any, names: dict[str, str]) -> Any:
    if word == "properties" and isinstance(value, dict):
        return {name: _converted(inner, names) for name, inner in value.items()}
    if isinstance(value, list) and word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        return [_converted(inner, names) for inner in value]
    return _converted(value, names) if word in ("items", "additionalProperties", "not") else value
