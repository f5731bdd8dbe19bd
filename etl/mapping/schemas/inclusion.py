"""Inclusion: which values that one part of a schema may have another part refuses.

There are three answers. A value was found that the first accepts and the second refuses: both schemas' own validation
says so. Or every word of the second is implied by the first, word by word: nothing is refused. Or neither: undecided.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import jsonschema_rs

from etl.mapping.schemas.alternatives import Alternative, Silence, alternatives, type_of
from etl.mapping.schemas.edges import edges
from etl.mapping.schemas.patterns import lengths
from etl.mapping.schemas.references import Document, Part
from etl.mapping.schemas.shapes import TYPES, Shape
from etl.record import ABSENT, MAX_INT64, MIN_INT64

_LOWER: Final = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
_UPPER: Final = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
_KIND_OF: Final = {
    **dict.fromkeys(("minLength", "maxLength", "pattern"), "string"),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "items"), "array"),
    **dict.fromkeys(("properties", "required", "additionalProperties", "minProperties", "maxProperties"), "object"),
}
_SILENT: Final = frozenset(
    {"$comment", "$defs", "$id", "$schema", "$anchor", "$dynamicAnchor", "id", "default", "definitions", "deprecated"}
    | {"description", "examples", "readOnly", "title", "writeOnly", "contentEncoding", "contentMediaType"}
)
_READ_ELSEWHERE: Final = frozenset({"type", "enum", "const", "$ref", "anyOf", "allOf"})
_COUNTED: Final = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}
_DEEPEST: Final = 5


class Extent(Enum):
    """How many of the values are refused."""

    TYPE = "all of a type"
    ALL = "all that there are"
    LISTED = "one that the schema lists"
    SOME = "some"
    UNKNOWN = "nobody knows"


@dataclass(frozen=True, slots=True)
class Gap:
    """Values of a source that a target refuses.

    kind: their type, as JSON calls it. example: one of them, ABSENT where it is undecided whether there is any.
    because: the words of the target's schema that refuse it.
    """

    extent: Extent
    kind: str
    example: Any
    because: str


def refused(source: Shape, target: Shape) -> Iterator[Gap]:
    """Yield what a target refuses of a source, at most one gap for each type, or for each value that is listed."""
    taken = frozenset[str]().union(*(other.types for other in target.alternatives))
    if not target.alternatives:
        return  # it may be anything
    for one in said(source):
        if one.enum is not None or one.types <= {"boolean", "null"}:
            yield from _listed(one, source, target, taken)
            continue
        for kind in sorted(one.types - {"null"} - ({"integer"} if "number" in one.types else set())):
            if not _takes(taken, kind):
                yield Gap(Extent.TYPE, kind, ABSENT, "type")
            else:
                yield from _of_kind(one, kind, source, target)


def said(shape: Shape) -> tuple[Alternative, ...]:
    """Return the ways in which a value may be; that of anything where nothing is said, none where there is none."""
    return anything() if shape.types == TYPES and not shape.alternatives else shape.alternatives


def anything() -> tuple[Alternative, ...]:
    """Return the alternatives of a schema that says nothing."""
    document = Document({})
    return tuple(alternatives(document, [Part((), {})]))


def _takes(taken: frozenset[str], kind: str) -> bool:
    return kind in taken or (kind == "integer" and "number" in taken)


def _listed(one: Alternative, source: Shape, target: Shape, taken: frozenset[str]) -> Iterator[Gap]:
    for value in edges(one):
        if value is None or not source.accepts(value) or target.accepts(value):
            continue
        kind = type_of(value)
        if one.enum is None and not _takes(taken, kind):
            yield Gap(Extent.TYPE, kind, ABSENT, "type")
            return
        yield Gap(Extent.LISTED, kind, value, broken(target.alternatives, value))


def _of_kind(one: Alternative, kind: str, source: Shape, target: Shape) -> Iterator[Gap]:
    others = [other for other in target.alternatives if _takes(other.types, kind)]
    unsaid = [open_words(one, other, kind) for other in others]
    if not all(unsaid):
        return
    tried = [value for value in edges(one, others) if _is(value, kind) and source.accepts(value)]
    wrong = [value for value in tried if not target.accepts(value)]
    if wrong:
        example = min(wrong, key=lambda value: len(repr(value)))
        extent = Extent.ALL if all(_disjoint(one, other, kind) for other in others) else Extent.SOME
        yield Gap(extent, kind, example, broken(others, example))
    else:
        yield Gap(Extent.UNKNOWN, kind, ABSENT, ", ".join(unsaid[0]))


def _is(value: Any, kind: str) -> bool:
    return type_of(value) == kind or (kind == "number" and type_of(value) == "integer")


def included(some: Sequence[Alternative], others: Sequence[Alternative], depth: int) -> bool:
    """Return whether it is plain that every value of some alternatives is one of others."""
    if depth > _DEEPEST:
        return False
    for one in some:
        if one.enum is not None:
            if not all(any(other.accepts(value) for other in others) for value in one.enum):
                return False
            continue
        for kind in one.types:
            fit = [other for other in others if _takes(other.types, kind)]
            if all(open_words(one, other, kind, depth) for other in fit):
                return False
    return True


def open_words(one: Alternative, other: Alternative, kind: str, depth: int = 0) -> list[str]:
    """Return the words of another alternative that one does not imply for its values of a type; [] if it does all."""
    if other.enum is not None:
        return ["enum"]
    return [
        word
        for part in other.parts
        if not any(_same(part.node, said.node) for said in one.parts)
        for word in part.node
        if not _implied(one, other, part, word, kind, depth)
    ]


def _same(node: Any, other: Any) -> bool:
    """Return whether two schemas are one text that means the same wherever it stands."""
    text = json.dumps(node, sort_keys=True)
    return "$ref" not in text and text == json.dumps(other, sort_keys=True)


def _implied(one: Alternative, other: Alternative, part: Part, word: str, kind: str, depth: int) -> bool:
    about = _KIND_OF.get(word)
    if word in _SILENT or word in _READ_ELSEWHERE or (about is not None and not _takes(frozenset({about}), kind)):
        return True
    wanted = part.node[word]
    match word:
        case "format":
            return not other.enforces_format or wanted in one.said(word)
        case "pattern" | "uniqueItems":
            return wanted is False or wanted in one.said(word)
        case "multipleOf":
            return any(said % wanted == 0 for said in one.said(word))
        case "required":
            return set(wanted) <= one.required
        case "items" | "properties":
            steps = (0,) if word == "items" else tuple(wanted)
            return isinstance(wanted, dict) and all(_below(one, other, step, depth) for step in steps)
        case "additionalProperties":
            return _further(one, other, part, depth)
        case _:
            return _is_bounded(one, word, wanted, kind)


def _is_bounded(one: Alternative, word: str, wanted: float, kind: str) -> bool:
    """Return whether a word is a bound, and no narrower than those of an alternative."""
    if word not in (*_LOWER, *_UPPER):
        return False
    if word in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        low, high = one.numbers(*((MIN_INT64, MAX_INT64) if kind == "integer" else (float("-inf"), float("inf"))))
        mine, is_lower = (low, True) if word in _LOWER else (high, False)
        if mine == wanted and word.startswith("exclusive"):
            return wanted in one.said(word)
        return mine >= wanted if is_lower else mine <= wanted
    within = [lengths(pattern) for pattern in one.said("pattern")] if word in ("minLength", "maxLength") else []
    if word in _LOWER:
        return max([one.at_least(word, 0), *(low for low, _ in within)]) >= wanted
    return min([one.at_most(word, float("inf")), *(high for _, high in within)]) <= wanted


def _below(one: Alternative, other: Alternative, step: str | int, depth: int) -> bool:
    """Return whether a member, or the elements, of one are included in those of another."""
    mine, theirs = one.child(step), other.child(step)
    if mine is Silence.FORBIDDEN or theirs in (Silence.OPEN, Silence.UNSAID, Silence.UNLISTED):
        return True
    if not isinstance(theirs, list):
        return False
    if isinstance(mine, Silence):
        # nobody reckons with a member that a schema which lists others does not list
        return mine is Silence.UNLISTED or included(anything(), theirs, depth + 1)
    return included(mine, theirs, depth + 1)


def _further(one: Alternative, other: Alternative, part: Part, depth: int) -> bool:
    """Return whether no member of one is beyond those that a part of another lists, or each is as it wants them."""
    wanted, listed = part.node["additionalProperties"], set(part.node.get("properties", ()))
    if wanted is True or wanted == {}:
        return True
    if "patternProperties" in part.node:
        return False
    closed = [p.node for p in one.parts if "additionalProperties" in p.node and "patternProperties" not in p.node]
    if not all(_below(one, other, name, depth) for name in one.properties if name not in listed):
        return False
    if any(node["additionalProperties"] is False and set(node.get("properties", ())) <= listed for node in closed):
        return True
    if wanted is False:
        return False
    return any(node["additionalProperties"] is False or _same(node["additionalProperties"], wanted) for node in closed)


def _disjoint(one: Alternative, other: Alternative, kind: str) -> bool:
    """Return whether it is plain that no value of a type is right by both alternatives."""
    if other.enum is not None:
        return not any(one.accepts(value) for value in other.enum)
    if kind in ("integer", "number"):
        (low, high), (least, most) = (some.numbers(float("-inf"), float("inf")) for some in (one, other))
        return low > most or high < least
    least_word, most_word = _COUNTED.get(kind, ("", ""))
    return any(
        first.at_least(least_word, 0) > second.at_most(most_word, float("inf"))
        for first, second in ((one, other), (other, one))
    )


def broken(others: Sequence[Alternative], value: Any) -> str:
    """Return the words by which alternatives refuse a value; "" where it cannot be told in a word."""
    kind = type_of(value)
    for other in others:
        if not _takes(other.types, kind):
            continue
        for part in other.parts:
            for word, wanted in part.node.items():
                if word in _KIND_OF and word != "items" and not _holds(part.node, word, wanted, value):
                    shown = "" if isinstance(wanted, dict) else f" {json.dumps(wanted, ensure_ascii=False)}"
                    return f"{word}{shown}"
        if other.enum is not None:
            return f"enum {json.dumps(list(other.enum), ensure_ascii=False)}"
    return "items" if kind == "array" else "type" if not any(_takes(other.types, kind) for other in others) else ""


def _holds(node: Any, word: str, wanted: Any, value: Any) -> bool:
    said = {word: wanted}
    if word == "additionalProperties":
        said |= {"properties": node.get("properties", {})}
    if "$ref" in json.dumps(said):
        return True
    return bool(jsonschema_rs.is_valid(said, value))


def shorter(source: Shape, target: Shape) -> Iterator[Gap]:
    """Yield what a target refuses of the lists of a source for how many elements they have, whatever those are."""
    others = [_lengths(other) for other in target.alternatives if "array" in other.types]
    for one in said(source) if others else ():
        low, high, _ = _lengths(one)
        if any(least <= low and high <= most and not alike for least, most, alike in others):
            continue
        if all(low > most or high < least for least, most, _ in others):
            yield Gap(Extent.ALL, "array", [], "minItems or maxItems")
            continue
        least, most, alike = others[0]
        if low < least:
            yield Gap(Extent.SOME, "array", [], f"minItems {least:g}")
        elif high > most:
            yield Gap(Extent.SOME, "array", [{}] * int(most + 1), f"maxItems {most:g}")
        elif alike:
            yield Gap(Extent.UNKNOWN, "array", ABSENT, "uniqueItems")


def _lengths(one: Alternative) -> tuple[float, float, bool]:
    """Return how many elements a list has at least and at most, and whether no two may be alike."""
    return one.at_least("minItems", 0), one.at_most("maxItems", float("inf")), True in one.said("uniqueItems")
