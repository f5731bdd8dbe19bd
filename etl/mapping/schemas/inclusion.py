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

from etl.mapping.equality import distinct
from etl.mapping.schemas.alternatives import Alternative, type_of
from etl.mapping.schemas.edges import edges
from etl.mapping.schemas.implication import KIND_OF, anything, open_words, takes
from etl.mapping.schemas.patterns import all_matching
from etl.mapping.schemas.shapes import TYPES, Shape
from etl.record import ABSENT

_COUNTED: Final = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}
_MANY: Final = 1_000


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
    listed = source.listed
    if listed is not None:
        yield from _listed(listed, source, target, taken)
        return
    for one in said(source):
        if one.enum is not None or one.types <= {"boolean", "null"}:
            yield from _listed([value for value in edges(one) if source.accepts(value)], source, target, taken)
            continue
        for kind in sorted((one.types & source.types) - {"null"} - ({"integer"} if "number" in one.types else set())):
            if not takes(taken, kind):
                yield Gap(Extent.TYPE, kind, ABSENT, "type")
            else:
                yield from _of_kind(one, kind, source, target)


def said(shape: Shape) -> tuple[Alternative, ...]:
    """Return the ways in which a value may be; that of anything where nothing is said, none where there is none."""
    return anything() if shape.types == TYPES and not shape.alternatives else shape.alternatives


def _listed(values: Sequence[Any], source: Shape, target: Shape, taken: frozenset[str]) -> Iterator[Gap]:
    """Yield the values of a few that are refused: each that the schema names, and one of those between bounds."""
    named = [value for one in said(source) for value in one.enum or ()]
    told: set[str] = set()
    for value in values:
        kind = type_of(value)
        if target.accepts(value) or value is None or kind in told:
            continue
        is_named = any(distinct(value) == distinct(other) for other in named)
        if not is_named and not takes(taken, kind):
            told.add(kind)
            yield Gap(Extent.TYPE, kind, ABSENT, "type")
        elif is_named or kind == "boolean":
            yield Gap(Extent.LISTED, kind, value, broken(target.alternatives, value))
        else:
            told.add(kind)
            extent = Extent.SOME if any(map(target.accepts, values)) else Extent.ALL
            yield Gap(extent, kind, value, broken(target.alternatives, value))


def _of_kind(one: Alternative, kind: str, source: Shape, target: Shape) -> Iterator[Gap]:
    others = [other for other in target.alternatives if takes(other.types, kind)]
    silent = {"oneOf"} if len(others) == 1 else set()  # no other alternative takes it as well
    unsaid = [[word for word in open_words(one, other, kind, source.accepts) if word not in silent] for other in others]
    if not all(unsaid):
        return
    every = _every(one, kind)
    tried = [value for value in every or edges(one, others) if _is(value, kind) and source.accepts(value)]
    wrong = [value for value in tried if not target.accepts(value)]
    if wrong:
        example = min(wrong, key=lambda value: len(repr(value)))
        extent = Extent.ALL if all(_disjoint(one, other, kind) for other in others) else Extent.SOME
        yield Gap(extent, kind, example, broken(others, example))
    elif not every:
        yield Gap(Extent.UNKNOWN, kind, ABSENT, ", ".join(unsaid[0]))


def _every(one: Alternative, kind: str) -> list[Any]:
    """Return all texts of a pattern, if those are not too many; [] for anything else."""
    patterns = one.said("pattern") if kind == "string" else []
    return all_matching(patterns[0], _MANY) or [] if len(patterns) == 1 else []


def _is(value: Any, kind: str) -> bool:
    return type_of(value) == kind or (kind == "number" and type_of(value) == "integer")


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


def shorter(source: Shape, target: Shape) -> Iterator[Gap]:
    """Yield what a target refuses of the lists of a source for how many elements they have, whatever those are."""
    others = [_lengths(other) for other in target.alternatives if "array" in other.types]
    for one in said(source) if others else ():
        low, high, _ = _lengths(one)
        low = low if low or source.accepts([]) else 1
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


def broken(others: Sequence[Alternative], value: Any) -> str:
    """Return the words by which alternatives refuse a value; "" where it cannot be told in a word."""
    kind = type_of(value)
    for other in others:
        if not takes(other.types, kind):
            continue
        for part in other.parts:
            for word, wanted in part.node.items():
                if word in KIND_OF and word != "items" and not _holds(part.node, word, wanted, value):
                    shown = "" if isinstance(wanted, dict) else f" {json.dumps(wanted, ensure_ascii=False)}"
                    return f"{word}{shown}"
        if other.enum is not None:
            return f"enum {json.dumps(list(other.enum), ensure_ascii=False)}"
    return "items" if kind == "array" else "type" if not any(takes(other.types, kind) for other in others) else ""


def _holds(node: Any, word: str, wanted: Any, value: Any) -> bool:
    said = {word: wanted}
    if word == "additionalProperties":
        said |= {"properties": node.get("properties", {})}
    if "$ref" in json.dumps(said):
        return True
    return bool(jsonschema_rs.is_valid(said, value))
