"""Shapes: what a JSON Schema says of the value at a path, as far as a mapping needs to know it."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Table
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from etl.mapping.paths import Path

Node: TypeAlias = Table[str, Any]

TYPES: Final = frozenset({"string", "number", "integer", "boolean", "null", "object", "array"})
_MANY: Final = frozenset({"object", "array", "null"})
_MAX_REFERENCES: Final = 20
_MAX_LEVELS: Final = 6


@dataclass(frozen=True, slots=True)
class Shape:
    """What may stand at a path.

    types: JSON's type words, of which "number" includes "integer". enum: the only values, if the schema lists them.
    date_time: text that is a date-time, which MongoDB holds as a date. required: the value is always there.
    known: the schema has the path at all.
    """

    types: frozenset[str]
    enum: tuple[Any, ...] | None = None
    date_time: bool = False
    required: bool = False
    known: bool = True

    @property
    def nullable(self) -> bool:
        """Whether null may stand there."""
        return "null" in self.types

    @property
    def always(self) -> bool:
        """Whether there is always a value that is not null."""
        return self.required and not self.nullable

    def accepts(self, value: Any) -> bool:
        """Return whether a scalar may stand there."""
        if self.enum is not None:
            return any(type(known) is type(value) and known == value for known in self.enum)
        kind = type_of(value)
        return kind in self.types or (kind == "integer" and "number" in self.types)


class UnknownFieldError(LookupError):
    """A path that a schema does not have. known: the names that it has at the step where the path leaves it."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(name)
        self.name = name
        self.known = known


class Schema:
    """A JSON Schema (or a part of one) to look up paths in."""

    def __init__(self, root: Node, node: Node | None = None) -> None:
        self._root = root
        self._node = root if node is None else node

    def shape(self, path: Path) -> Shape:
        """Return the shape at a path; one of all types where the schema says nothing of it.

        Raises:
            UnknownFieldError: when the schema lists the fields there, and this is none of them.

        """
        nodes, required = self._walk(path)
        if nodes is None:
            return Shape(TYPES)
        kinds = frozenset[str]().union(*(_types(node) for node in nodes))
        enums = [_enum(node) for node in nodes]
        enum = None if None in enums else tuple(value for values in enums for value in values or ())
        date_time = all(node.get("format") == "date-time" for node in nodes)
        return Shape(kinds, enum, date_time, required)

    def element(self, path: Path) -> Schema | None:
        """Return the schema of the elements of the list at a path, None where nothing is said of them."""
        nodes, _ = self._walk(path)
        items = [node.get("items") for node in nodes or ()]
        return Schema(self._root, items[0]) if items and isinstance(items[0], dict) else None

    def properties(self) -> dict[str, Shape]:
        """Return the shapes of the top-level fields."""
        names = dict.fromkeys(name for node in self._variants(self._node) for name in node.get("properties", {}))
        shapes: dict[str, Shape] = {}
        for name in names:
            with suppress(UnknownFieldError):  # a property of what is no object, or that may have no value at all
                shapes[name] = self.shape((name,))
        return shapes

    def leaves(self, below: Path = ()) -> tuple[Path, ...]:
        """Return the paths of all single values that the schema lists, in its order; nothing inside lists."""
        nodes, _ = self._walk(below)
        names = dict.fromkeys(name for node in nodes or () for name in node.get("properties", {}))
        if names:
            inner = [(*below, name) for name in names if len(below) < _MAX_LEVELS]
            return tuple(leaf for path in inner for leaf in self.leaves(path))
        return () if self.shape(below).types <= _MANY else (below,)

    def _walk(self, path: Path) -> tuple[list[Node] | None, bool]:
        nodes = list(self._variants(self._node))
        required = True
        for step in path:
            found: list[Node] = []
            known: list[str] = []
            required = required and not isinstance(step, int) and all(step in n.get("required", ()) for n in nodes)
            for node in nodes:
                child = _child(node, step)
                if child is None:
                    known.extend(node.get("properties", ()))
                elif child is True:
                    return None, False
                else:
                    found.extend(self._variants(child))
            if not found:
                raise UnknownFieldError(str(step), known)
            nodes = list({id(node): node for node in found}.values())
        return nodes, required

    def _variants(self, node: Node) -> Iterator[Node]:
        """Yield the alternatives of a part of the schema, references resolved, each once: a schema may name itself."""
        waiting: list[Node] = [node]
        seen: dict[int, Node] = {}
        while waiting:
            part = self._followed(waiting.pop(0))
            if id(part) in seen:
                continue
            seen[id(part)] = part
            alternatives = part.get("anyOf") or part.get("oneOf")
            if isinstance(alternatives, list):
                waiting[:0] = [alternative for alternative in alternatives if isinstance(alternative, dict)]
            else:
                yield part

    def _followed(self, node: Node) -> Node:
        for _ in range(_MAX_REFERENCES):
            if not str(node.get("$ref", "")).startswith("#"):
                break
            node = self._resolve(str(node["$ref"]))
        return node

    def _resolve(self, reference: str) -> Node:
        node: Any = self._root
        for step in reference.lstrip("#").split("/")[1:]:
            node = node.get(step.replace("~1", "/").replace("~0", "~"), {}) if isinstance(node, dict) else {}
        return node if isinstance(node, dict) else {}


def type_of(value: Any) -> str:
    """Return JSON's word for the type of a value."""
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "null")


def _child(node: Node, step: str | int) -> Node | Literal[True] | None:
    """Return the schema of one step further, True where anything goes, None where there is no such step."""
    if isinstance(step, int):
        items = node.get("items", True)
        return None if not {"array"} & _types(node) else items if isinstance(items, dict) else True
    if not {"object"} & _types(node):
        return None
    properties = node.get("properties")
    if isinstance(properties, dict) and step in properties:
        child = properties[step]
        return child if isinstance(child, dict) else True
    further = node.get("additionalProperties")
    if isinstance(further, dict):
        return further
    return True if properties is None or further is True or "patternProperties" in node else None


def _types(node: Node) -> frozenset[str]:
    kinds = node.get("type")
    if isinstance(kinds, str):
        return frozenset({kinds})
    if isinstance(kinds, list):
        return frozenset(kinds)
    enum = _enum(node)
    if enum is not None:
        return frozenset(map(type_of, enum))
    return frozenset({"object"}) if "properties" in node else TYPES


def _enum(node: Node) -> tuple[Any, ...] | None:
    if "const" in node:
        return (node["const"],)
    values = node.get("enum")
    return tuple(values) if isinstance(values, list) else None
