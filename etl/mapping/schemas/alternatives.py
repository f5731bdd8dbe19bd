"""Alternatives: one way in which a JSON Schema lets a value be, read word by word, and judged by the schema itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from collections.abc import Mapping as Object
from enum import Enum
from functools import cached_property
from itertools import islice, product
from typing import Any, Final, TypeAlias

import jsonschema_rs

from etl.mapping.paths import StepOf
from etl.mapping.schemas.references import Document, Node, Part, Variant
from etl.record import MAX_INT64, MIN_INT64

TYPES: Final = frozenset({"string", "number", "integer", "boolean", "null", "object", "array"})
_MAX: Final = 64
"""So many alternatives of one place are told apart."""

_ENFORCING: Final = ("draft-04", "draft-06", "draft-07")

Accepts: TypeAlias = Callable[[Any], bool]


class Silence(Enum):
    """What a schema that does not describe a member or an element says of it."""

    OPEN = "it may be anything"
    UNSAID = "nothing at all"
    UNLISTED = "others are listed"
    FORBIDDEN = "there is none"


class Alternative:
    """One way in which a value may be: parts of a schema, all of which hold.

    types: JSON's type words, of which "number" includes "integer". enum: the only values, if the schema lists them.
    """

    def __init__(self, document: Document, parts: Variant) -> None:
        self._document = document
        self.parts = parts
        listed = [enum for part in parts if (enum := _enum(part.node)) is not None]
        self.enum = (
            None if not listed else listed[0] if _says_no_more(parts) else tuple(filter(self.accepts, listed[0]))
        )
        self.types = _types(parts) if self.enum is None else frozenset(map(type_of, self.enum))
        self._children: dict[str | int, list[Alternative] | Silence] = {}

    @cached_property
    def identity(self) -> frozenset[tuple[str, ...]]:
        """What tells it from every other one of its schema."""
        return frozenset(part.steps for part in self.parts)

    @cached_property
    def accepts(self) -> Accepts:
        """Whether a JSON value is right, as the schema's own validation sees it."""
        return judge(self._document, [self])

    @property
    def is_date_time(self) -> bool:
        """Whether its text is a date-time."""
        return "date-time" in self.said("format")

    @property
    def enforces_format(self) -> bool:
        """Whether `format` refuses texts: in old drafts it does."""
        return any(draft in str(self._document.root.get("$schema", "")) for draft in _ENFORCING)

    def said(self, word: str) -> list[Any]:
        """Return what its parts say by one word of JSON Schema."""
        return [part.node[word] for part in self.parts if word in part.node]

    def at_least(self, word: str, default: float) -> float:
        """Return the largest of the numbers that are said by a word of a lower bound."""
        return max(filter(_is_number, self.said(word)), default=default)

    def at_most(self, word: str, default: float) -> float:
        """Return the smallest of the numbers that are said by a word of an upper bound."""
        return min(filter(_is_number, self.said(word)), default=default)

    def whole_numbers(self) -> tuple[int, int]:
        """Return the least and the greatest whole number that it can be; of 64 bits where nothing is said."""
        low, high = self.numbers(MIN_INT64, MAX_INT64)
        whole = math.ceil(low), math.floor(high)
        beyond = whole[0] in self.said("exclusiveMinimum"), whole[1] in self.said("exclusiveMaximum")
        return whole[0] + beyond[0], whole[1] - beyond[1]

    def numbers(self, low: float, high: float) -> tuple[float, float]:
        """Return the bounds of a number, whether they are of it or not; the given ones where nothing is said."""
        least = [value for word in ("minimum", "exclusiveMinimum") for value in self.said(word) if _is_number(value)]
        greatest = [value for word in ("maximum", "exclusiveMaximum") for value in self.said(word) if _is_number(value)]
        return max(least, default=low), min(greatest, default=high)

    @cached_property
    def required(self) -> frozenset[str]:
        """The names that an object has to have."""
        return frozenset(name for names in self.said("required") if isinstance(names, list) for name in names)

    @cached_property
    def properties(self) -> tuple[str, ...]:
        """The names that are listed, in order."""
        return tuple(dict.fromkeys(name for listed in self.said("properties") for name in listed))

    def requires(self, step: StepOf) -> bool:
        """Return whether an object always has a member, or a list an element; a selected one may be missing."""
        if isinstance(step, int):
            return self.at_least("minItems", 0) > step
        return step in self.required

    def child(self, step: str | int) -> list[Alternative] | Silence:
        """Return the alternatives of one step further; or that anything may stand there, or nothing can."""
        if step not in self._children:
            self._children[step] = self._child(step)
        return self._children[step]

    def _child(self, step: str | int) -> list[Alternative] | Silence:
        if ("array" if isinstance(step, int) else "object") not in self.types:
            return Silence.FORBIDDEN
        found: list[Part] = []
        silences: set[Silence] = set()
        for part in self.parts:
            below = self._element(part, step) if isinstance(step, int) else self._member(part, step)
            found.extend([below] if isinstance(below, Part) else [])
            silences.update([below] if isinstance(below, Silence) else [])
        if Silence.FORBIDDEN in silences:
            return Silence.FORBIDDEN
        if found:
            return alternatives(self._document, found)
        if Silence.OPEN in silences or silences <= {Silence.UNSAID}:
            return Silence.OPEN
        return Silence.UNLISTED

    def _member(self, part: Part, name: str) -> Part | Silence:
        listed = part.node.get("properties")
        if isinstance(listed, Object) and name in listed:
            return self._document.below(part, "properties", name) or Silence.OPEN
        for pattern in part.node.get("patternProperties", ()):
            if matches(pattern, name):
                return self._document.below(part, "patternProperties", pattern) or Silence.OPEN
        further = part.node.get("additionalProperties")
        if isinstance(further, Object):
            return Part((*part.steps, "additionalProperties"), further)
        if further is True or "patternProperties" in part.node:
            return Silence.OPEN
        return Silence.UNSAID if listed is None and further is None else Silence.UNLISTED

    def _element(self, part: Part, index: int) -> Part | Silence:
        for word in ("prefixItems", "items"):
            items = part.node.get(word)
            if isinstance(items, list) and index < len(items):
                return self._document.below(part, word, str(index)) or Silence.OPEN
        word = "additionalItems" if isinstance(part.node.get("items"), list) else "items"
        if part.node.get(word) is False:
            return Silence.FORBIDDEN
        return (self._document.below(part, word) if word in part.node else None) or Silence.UNSAID


def alternatives(document: Document, parts: Iterable[Part]) -> list[Alternative]:
    """Return the alternatives of a value of which all parts are said, without those that no value can be."""
    combined = islice(product(*(document.variants(part) for part in parts)), _MAX)
    united = [tuple({part.steps: part for variant in chosen for part in variant}.values()) for chosen in combined]
    found = [Alternative(document, variant) for variant in united]
    return [alternative for alternative in found if alternative.types]


def judge(document: Document, among: Iterable[Alternative]) -> Accepts:
    """Return whether a JSON value is right by one of several alternatives of a schema, as its validation sees it."""
    references = [[{"$ref": f"{document.uri}#{part.pointer}"} for part in one.parts] for one in among]
    schema: dict[str, Any] = {"anyOf": [{"allOf": all_of} for all_of in references]}
    if "$schema" in document.root:
        schema["$schema"] = document.root["$schema"]
    is_valid = jsonschema_rs.validator_for(schema, retriever=lambda _: dict(document.root)).is_valid

    def accepts(value: Any) -> bool:
        try:
            return is_valid(value)
        except ValueError:
            return False  # a value that JSON has not

    return accepts


def matches(pattern: str, text: str) -> bool:
    """Return whether text matches a pattern as JSON Schema means it."""
    return jsonschema_rs.is_valid({"pattern": pattern}, text)


def is_date_time(text: str) -> bool:
    """Return whether text is a date-time, which a validation need not ask of it."""
    return jsonschema_rs.is_valid({"format": "date-time"}, text, validate_formats=True)


def type_of(value: Any) -> str:
    """Return JSON's word for the type of a value."""
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "null")


def _types(parts: Variant) -> frozenset[str]:
    """Return the types that all parts allow; where a number may be, "integer" goes without saying."""
    said = [kinds for part in parts if (kinds := _said_types(part.node)) is not None]
    if not said:
        return TYPES
    both = frozenset.intersection(*(kinds | {"integer"} if "number" in kinds else kinds for kinds in said))
    return both - {"integer"} if "number" in both and not all("integer" in kinds for kinds in said) else both


def _said_types(node: Node) -> frozenset[str] | None:
    kinds = node.get("type")
    if isinstance(kinds, str):
        return frozenset({kinds})
    if isinstance(kinds, list):
        return frozenset(kinds)
    if node == {"not": {}}:
        return frozenset()
    return frozenset({"object"}) if "properties" in node else None


def _enum(node: Node) -> tuple[Any, ...] | None:
    if "const" in node:
        return (node["const"],)
    values = node.get("enum")
    return tuple(values) if isinstance(values, list) else None


def _says_no_more(parts: Variant) -> bool:
    """Return whether values are listed, once, and nothing else is said."""
    return len(parts) == 1 and len(parts[0].node) == 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
