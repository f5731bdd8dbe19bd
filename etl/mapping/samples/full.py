"""Full values: texts and lists that are as long as a schema lets them be, in which nothing is that a rule names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain, count, islice
from typing import Any, Final, TypeAlias

from etl.mapping.schemas.shapes import Shape

_LONGEST: Final = 10_000
"""Longer ones are not made."""

_LETTERS: Final = ("a", "A", "0")
_WORDS: Final = ("maxItems", "maxLength")

Free: TypeAlias = Callable[[Any], bool]
"""Says whether an element of a list is none that a rule names."""


def limits_of(shape: Shape) -> set[int]:
    """Return how long the texts and lists of a shape may be, as far as its schema says so."""
    said = (limit for one in shape.alternatives for word in _WORDS for limit in one.said(word))
    return {int(limit) for limit in said if 0 < limit <= _LONGEST}


def full_values(shape: Shape, elements: Sequence[Any], lengths: Collection[int], is_free: Free) -> Iterator[Any]:
    """Yield values of some lengths that a shape accepts, one text and one list for each length.

    elements: what may be in its lists. is_free: whether it may be among that.
    """
    for length in sorted(lengths):
        for made in (_texts(shape, length), _lists(shape, elements, length, is_free)):
            value = next(filter(shape.accepts, made), None)
            if value is not None:
                yield value


def _texts(shape: Shape, length: int) -> Iterator[str]:
    yield from (letter * length for letter in _LETTERS if "string" in shape.types)


def _lists(shape: Shape, elements: Sequence[Any], length: int, is_free: Free) -> Iterator[list[Any]]:
    if "array" not in shape.types:
        return
    known = [*filter(is_free, elements)]
    for kind in (known, map(_text, count(1)), count(1)):
        free = [*islice(filter(is_free, kind), length)]
        yield from [free] if len(free) == length else []
    yield from ([one] * length for one in chain(known, filter(is_free, (_text(1), 1))))


def _text(number: int) -> str:
    return f"m{number}"
