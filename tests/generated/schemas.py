"""JSON Schemas, asked for what lies at a path."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from tests.generated.values import ITSELF, Path

Schema: TypeAlias = dict[str, Any]

DATE: Final[Schema] = {"type": "string", "format": "date-time"}

PATTERNS: Final = {
    "^[A-Z]{2}$": ("AB", "ZZ"),
    "^[0-9]{3}$": ("123", "000"),
    "^x": ("x", "xyz", "x "),
    "[a-c]+": ("abc", "a b"),
}


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
        if step == ITSELF:
            continue
        plain = [branch for node in nodes for branch in branches(root, node)]
        if not isinstance(step, str) or step == "*":
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
