"""`readOnly` and `writeOnly`: what may be done with a field, and schemas that require less by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Mapping as Object
from functools import partial
from typing import Any, Final

from etl.mapping.paths import Path
from etl.mapping.schemas.references import Document, Node
from etl.mapping.schemas.shapes import Schema, UnknownFieldError
from etl.mapping.terms import Place, Use

_WORDS: Final = {"readOnly": Use.READ, "writeOnly": Use.WRITE}

_SAME: Final = ("allOf", "anyOf", "oneOf", "if", "then", "else")
"""What is said by these is said of the same value."""

_NAMED: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTED: Final = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SINGLE: Final = ("items", "additionalItems", "additionalProperties", "contains", "if", "then", "else", "not")
_DEEPEST: Final = 32
_MAX_LEVELS: Final = 8


def uses_of(schema: Node) -> Callable[[Path], Use]:
    """Return what says of the paths of a schema what may be done with them."""
    if not _restricts(schema):
        return lambda _: Use.BOTH
    return partial(use_at, Schema(schema))


def use_at(schema: Schema, path: Path) -> Use:
    """Return who may read and write the value at a path; what is said of an object holds for all in it."""
    for length in range(1, len(path) + 1):
        try:
            found = [one for one in schema.alternatives(path[:length]) if one.types != {"null"}]
        except UnknownFieldError:
            return Use.BOTH
        for word, use in _WORDS.items():
            if found and all(True in one.said(word) for one in found):
                return use
    return Use.BOTH


def places_of(schema: Node) -> dict[Use, tuple[Place, ...]]:
    """Return the places that are only read, or only written, as far as a schema lists them."""
    found: dict[Use, list[Place]] = {}
    for use, place in _places(Schema(schema), (), ()) if _restricts(schema) else ():
        found.setdefault(use, []).append(place)
    return {use: tuple(places) for use, places in found.items()}


def _places(schema: Schema, path: Path, place: Place) -> Iterator[tuple[Use, Place]]:
    """Yield them below a path. place: the same, without the number of an element."""
    names: list[tuple[str | int, str | None]] = [(name, name) for name in schema.properties(path)]
    if any("array" in one.types for one in schema.alternatives(path)):
        names.append((0, None))
    for step, named in names if len(path) < _MAX_LEVELS else ():
        use = use_at(schema, (*path, step))
        if use is Use.BOTH:
            yield from _places(schema, (*path, step), (*place, named))
        else:
            yield use, (*place, named)


def _restricts(node: Any) -> bool:
    """Return whether a schema says anywhere that a field is only read, or only written."""
    if isinstance(node, Object):
        return any(node.get(word) is True for word in _WORDS) or any(map(_restricts, node.values()))
    return isinstance(node, list) and any(map(_restricts, node))


def requiring_less(schema: Node, *without: Use) -> dict[str, Any]:
    """Return a schema that does not require what is only read, or only written."""
    if not _restricts(schema):
        return dict(schema)
    words = tuple(word for word, use in _WORDS.items() if use in without)
    return _Less(Document(schema), words).of(schema, {})


def without_required(node: Any) -> Any:
    """Return a schema that requires no members of objects, but of those that stand in lists."""
    if isinstance(node, list):
        return [without_required(item) for item in node]
    if not isinstance(node, Object):
        return node
    kept = ("items", "prefixItems", "enum", "const", "contains")
    return {
        name: item if name in kept else without_required(item)
        for name, item in node.items()
        if name != "required" or not isinstance(item, list)
    }


class _Less:
    """Makes a schema of another one. words: a property that says one of them is not required."""

    def __init__(self, document: Document, words: tuple[str, ...]) -> None:
        self._document = document
        self._words = words

    def of(self, node: Node, known: Object[str, Any]) -> dict[str, Any]:
        """Return the schema of one value. known: its properties, as far as those above tell."""
        known = {**known, **dict(self._properties(node, 0))}
        made = dict(node)
        if isinstance(required := node.get("required"), list):
            made["required"] = [name for name in required if not self._says(known.get(name), 0)]
        if isinstance(first := node.get("prefixItems"), list) and "minItems" in node:
            made["minItems"] = self._fewest(first, node["minItems"])
        for word in _NAMED:
            if isinstance(inner := node.get(word), Object):
                below = known if word == "dependentSchemas" else {}
                made[word] = {name: self._below(one, below) for name, one in inner.items()}
        for word in _LISTED:
            if isinstance(inner := node.get(word), list):
                made[word] = [self._below(one, known if word in _SAME else {}) for one in inner]
        for word in _SINGLE:
            if isinstance(inner := node.get(word), Object):
                made[word] = self._below(inner, known if word in _SAME else {})
        return made

    def _fewest(self, first: list[Any], fewest: Any) -> Any:
        """Return how many elements a list has at least whose last ones need not be there."""
        while isinstance(fewest, int) and 0 < fewest <= len(first) and self._says(first[fewest - 1], 0):
            fewest -= 1
        return fewest

    def _below(self, node: Any, known: Object[str, Any]) -> Any:
        return self.of(node, known) if isinstance(node, Object) else node

    def _properties(self, node: Any, depth: int) -> Iterator[tuple[str, Any]]:
        for part in self._parts(node, depth):
            properties = part.get("properties")
            yield from properties.items() if isinstance(properties, Object) else ()

    def _says(self, node: Any, depth: int) -> bool:
        return any(part.get(word) is True for part in self._parts(node, depth) for word in self._words)

    def _parts(self, node: Any, depth: int) -> Iterator[Node]:
        """Yield what is said of a value: by a schema, by what it refers to, and by all that has to hold as well."""
        if not isinstance(node, Object) or depth > _DEEPEST:
            return
        yield node
        if isinstance(reference := node.get("$ref"), str) and (part := self._document.resolve(reference)) is not None:
            yield from self._parts(part.node, depth + 1)
        inner = node.get("allOf")
        for one in inner if isinstance(inner, list) else ():
            yield from self._parts(one, depth + 1)
