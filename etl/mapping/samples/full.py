"""Full values: texts and lists that are as long as a schema lets them be, in which nothing is that a table names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any, Final

from etl.mapping.equality import distinct
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.shapes import Shape

_LONGEST: Final = 10_000
"""Longer ones are not made."""

_LETTERS: Final = ("a", "A", "0")
_WORDS: Final = ("maxItems", "maxLength")


def limits_of(shape: Shape) -> set[int]:
    """Return how long the texts and lists of a shape may be, as far as its schema says so."""
    said = (limit for one in shape.alternatives for word in _WORDS for limit in one.said(word))
    return {int(limit) for limit in said if 0 < limit <= _LONGEST}


def full_values(shape: Shape, element: Shape, lengths: Collection[int], named: Collection[Any]) -> Iterator[Any]:
    """Yield values of some lengths that a shape accepts, one text and one list for each length.

    element: the shape of what is in its lists. named: what is not to be among that.
    """
    for length in sorted(lengths):
        for made in (_texts(shape, length), _lists(shape, element, length, named)):
            value = next(filter(shape.accepts, made), None)
            if value is not None:
                yield value


def _texts(shape: Shape, length: int) -> Iterator[str]:
    yield from (letter * length for letter in _LETTERS if "string" in shape.types)


def _lists(shape: Shape, element: Shape, length: int, named: Collection[Any]) -> Iterator[list[Any]]:
    if "array" not in shape.types:
        return
    known = {distinct(one) for one in named}
    of_texts, of_numbers = ([make(count) for count in range(1, length + len(known) + 1)] for make in (_text, int))
    kinds = (edges_of(element.alternatives), of_texts, of_numbers)
    for kind in kinds:
        free = [one for one in kind if distinct(one) not in known]
        yield from [free[:length]] if len(free) >= length else []
    yield from ([one] * length for one in chain(kinds[0], (_text(1), 1)) if distinct(one) not in known)


def _text(count: int) -> str:
    return f"m{count}"
