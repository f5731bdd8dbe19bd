"""Edges: values of a part of a schema that lie where it, or another schema beside it, begins or ends to refuse them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from etl.mapping.schemas.alternatives import Alternative
from etl.mapping.schemas.patterns import matching
from etl.record import MAX_INT64, MIN_INT64

_TEXTS: Final = ("a", "", "7", "0", "Pump P-17", "é", "A\n")
_NUMBERS: Final = (7, 0, 1, -1, 2**53 + 1)
_ANYTHING: Final[tuple[Any, ...]] = ("a", 1, None, True, 0.5, {})
"""What an element, or a member, may be of which nothing is said."""

_LONGEST: Final = 2_000
_DEEPEST: Final = 3
_FEW: Final = 6
_MATCHING: Final = 12


def edges(one: Alternative, beside: Sequence[Alternative] = (), depth: int = 0) -> list[Any]:
    """Return values of an alternative, the plainest first, each judged by it. beside: of another schema."""
    made = one.enum if one.enum is not None else _made(one, beside, depth)
    return [value for value in _each_once(made) if one.accepts(value)]


def edges_of(some: Iterable[Alternative], beside: Sequence[Alternative] = (), depth: int = 0) -> list[Any]:
    """Return values of several alternatives."""
    return _each_once(value for one in some for value in edges(one, beside, depth))


def _each_once(values: Iterable[Any]) -> list[Any]:
    return list({repr(value): value for value in values}.values())


def _made(one: Alternative, beside: Sequence[Alternative], depth: int) -> Iterator[Any]:
    if "string" in one.types:
        yield from _texts(one, beside)
    if one.types & {"integer", "number"}:
        yield from _numbers(one, beside, fractions="number" in one.types)
    if "boolean" in one.types:
        yield from (True, False)
    if "array" in one.types:
        yield from _lists(one, beside, depth)
    if "object" in one.types:
        yield from _objects(one, beside, depth)


def _texts(one: Alternative, beside: Sequence[Alternative]) -> Iterator[str]:
    around = (one, *beside)
    patterns = [pattern for other in around for pattern in other.said("pattern")]
    fitting = [text for pattern in patterns for text in islice(matching(pattern), _MATCHING)]
    yield from fitting
    yield from _TEXTS
    yield from (value for other in beside for value in other.enum or () if isinstance(value, str))
    for length in sorted(_near(around, ("minLength", "maxLength"))):
        if 0 <= length <= _LONGEST:
            yield from (letter * int(length) for letter in "x1")
            yield from (text + text[-1:] * (int(length) - len(text)) for text in fitting if len(text) < length)


def _numbers(one: Alternative, beside: Sequence[Alternative], *, fractions: bool) -> Iterator[Any]:
    around = (one, *beside)
    words = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    near = sorted(_near(around, words))
    steps = [step for other in around for step in other.said("multipleOf")]
    whole = [*_NUMBERS, *near, *(step * count for step in steps for count in _counts(step, near))]
    whole += [value for other in beside for value in other.enum or () if isinstance(value, int | float)]
    yield from (int(number) for number in whole if MIN_INT64 <= number <= MAX_INT64 and number == int(number))
    if fractions:
        yield from (0.5, -0.25, *map(float, whole), *(number + 0.5 for number in near))


def _counts(step: float, near: Sequence[float]) -> Iterator[int]:
    """Yield how many steps lead to 0, to next to it, and to each bound."""
    yield from (0, 1, 3)
    for number in near:
        yield from (math.floor(number / step), math.ceil(number / step))


def _near(some: Iterable[Alternative], words: Sequence[str]) -> set[float]:
    """Return the bounds that are said by some words, with what lies next to each."""
    said = [bound for one in some for word in words for bound in one.said(word) if isinstance(bound, int | float)]
    return {bound + step for bound in said for step in (-1, 0, 1)}


def _lists(one: Alternative, beside: Sequence[Alternative], depth: int) -> Iterator[list[Any]]:
    items = _below(one, beside, 0, depth)
    for length in sorted({0.0, 1.0, 2.0} | _near((one, *beside), ("minItems", "maxItems"))):
        if 0 < length <= _LONGEST:
            yield from ([item] * int(length) for item in items[: _FEW if length == 1 else 1])
            if len(items) >= length:
                yield items[: int(length)]  # no two alike
    yield []


def _objects(one: Alternative, beside: Sequence[Alternative], depth: int) -> Iterator[dict[str, Any]]:
    names = dict.fromkeys((*one.properties, *sorted(one.required), *(n for other in beside for n in other.properties)))
    values = {name: _below(one, beside, name, depth) for name in names}
    known = {name: found for name, found in values.items() if found}
    least = {name: found[0] for name, found in known.items() if name in one.required}
    whole = {name: found[0] for name, found in known.items() if name in one.properties or name in one.required}
    yield whole
    yield least
    for name, found in known.items():
        yield {other: value for other, value in whole.items() if other != name}
        yield from ({**whole, name: value} for value in found[:_FEW])
    yield from ({**whole, "more": value} for value in ("more", 1))


def _below(one: Alternative, beside: Sequence[Alternative], step: str | int, depth: int) -> list[Any]:
    """Return values of a member, or of the elements."""
    if depth >= _DEEPEST:
        return []
    child = one.child(step)
    further = [other.child(step) for other in beside]
    others = [inner for found in further if isinstance(found, list) for inner in found]
    if isinstance(child, list):
        return edges_of(child, others, depth + 1)
    return [*_ANYTHING] if step == 0 or step in one.required else []
