"""Implication: which words of a JSON Schema say no more than those of another one, compared word by word."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any, Final

from etl.mapping.schemas.alternatives import Accepts, Alternative, Silence, alternatives
from etl.mapping.schemas.patterns import lengths
from etl.mapping.schemas.references import Document, Part
from etl.record import MAX_INT64, MIN_INT64

_LOWER: Final = ("minLength", "minItems", "minimum", "exclusiveMinimum", "minProperties")
_UPPER: Final = ("maxLength", "maxItems", "maximum", "exclusiveMaximum", "maxProperties")
KIND_OF: Final = {
    **dict.fromkeys(("minLength", "maxLength", "pattern"), "string"),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "items"), "array"),
    **dict.fromkeys(("properties", "required", "additionalProperties", "minProperties", "maxProperties"), "object"),
}
_SILENT: Final = frozenset(
    {"$comment", "$defs", "$id", "$schema", "$anchor", "$dynamicAnchor", "id", "default", "definitions", "deprecated"}
    | {"description", "examples", "readOnly", "title", "writeOnly", "contentEncoding", "contentMediaType"}
    | {"contentSchema", "discriminator", "example", "externalDocs", "xml"}
)
"""These refuse no value, nor does any word that begins with `x-`."""
_READ_ELSEWHERE: Final = frozenset({"type", "enum", "const", "$ref", "anyOf", "allOf"})
_DEEPEST: Final = 5
_FEW: Final = 16


def open_words(
    one: Alternative, other: Alternative, kind: str, accepts: Accepts | None = None, depth: int = 0
) -> list[str]:
    """Return the words of another alternative that one does not imply for its values of a type; [] if it does all.

    accepts: the values of one that count, if not all.
    """
    if other.enum is not None:
        return ["enum"]
    return [
        word
        for part in other.parts
        if not any(_same(part.node, said.node) for said in one.parts)
        for word in part.node
        if not _implied(one, other, part, word, kind, depth)
        and not (accepts and _is_next(one, accepts, word, part.node[word], kind))
    ]


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
            fit = [other for other in others if takes(other.types, kind)]
            if all(open_words(one, other, kind, depth=depth) for other in fit):
                return False
    return True


def takes(taken: frozenset[str], kind: str) -> bool:
    """Return whether a type is one of several; a whole number is a number."""
    return kind in taken or (kind == "integer" and "number" in taken)


def anything() -> tuple[Alternative, ...]:
    """Return the alternatives of a schema that says nothing."""
    document = Document({})
    return tuple(alternatives(document, [Part((), {})]))


def _is_next(one: Alternative, accepts: Accepts, word: str, wanted: Any, kind: str) -> bool:
    """Return whether a lower bound leaves out nothing but values at the edge that do not count."""
    if word in ("minLength", "minItems"):
        return bool(wanted == 1) and not accepts("" if word == "minLength" else [])
    if kind != "integer" or word not in ("minimum", "exclusiveMinimum"):
        return False
    low, least = one.whole_numbers()[0], math.floor(wanted) + 1 if word == "exclusiveMinimum" else math.ceil(wanted)
    return least - low <= _FEW and not any(accepts(number) for number in range(low, least))


def _same(node: Any, other: Any) -> bool:
    """Return whether two schemas are one text that means the same wherever it stands."""
    text = json.dumps(node, sort_keys=True)
    return "$ref" not in text and text == json.dumps(other, sort_keys=True)


def _is_silent(word: str) -> bool:
    return word in _SILENT or word.startswith("x-")


def _implied(one: Alternative, other: Alternative, part: Part, word: str, kind: str, depth: int) -> bool:
    about = KIND_OF.get(word)
    if _is_silent(word) or word in _READ_ELSEWHERE or (about is not None and not takes(frozenset({about}), kind)):
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
