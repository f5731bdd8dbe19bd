"""Bounds: what is certain of every value that a part of a schema lets be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from etl.mapping.schemas.alternatives import Alternative
from etl.mapping.schemas.patterns import lengths, letters
from etl.mapping.schemas.shapes import Shape

_NULL: Final = frozenset({"null"})
_NUMBERS: Final = frozenset({"integer", "number"})
_TEXT: Final = frozenset({"string"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is certain of the values of a shape; None where it cannot be told."""

    shape: Shape

    def listed(self) -> Sequence[Any] | None:
        """Return all values but null."""
        return self.shape.listed

    def step(self) -> Fraction | None:
        """Return the greatest number of which all are multiples, where there are numbers alone."""
        steps = [_step(one) for one in self._of(_NUMBERS)]
        known = [step for step in steps if step is not None]
        if not known or len(known) < len(steps):
            return None
        denominator = math.lcm(*(step.denominator for step in known))
        return Fraction(math.gcd(*(int(step * denominator) for step in known)), denominator)

    def letters(self) -> frozenset[str] | None:
        """Return all characters that are used, where there are texts alone."""
        used = [_letters(one) for one in self._of(_TEXT)]
        known = [one for one in used if one is not None]
        return frozenset[str]().union(*known) if known and len(known) == len(used) else None

    def most(self) -> int | None:
        """Return how many characters a text has at most, where there are texts alone."""
        found = [_most(one) for one in self._of(_TEXT)]
        return int(max(found)) if found and max(found) < math.inf else None

    def _of(self, types: frozenset[str]) -> Sequence[Alternative]:
        """Return the alternatives of values but null, none where one of them has another type."""
        some = [one for one in self.shape.alternatives if one.types - _NULL]
        return some if all(one.types - _NULL <= types for one in some) else ()


def _step(one: Alternative) -> Fraction | None:
    if one.enum is not None:
        return None
    steps = [Fraction(str(step)) for step in one.said("multipleOf")]
    steps += [Fraction(1)] if "number" not in one.types else []
    if not steps:
        return None
    denominator = math.lcm(*(step.denominator for step in steps))
    return Fraction(math.lcm(*(int(step * denominator) for step in steps)), denominator)


def _most(one: Alternative) -> float:
    if one.enum is not None:
        return max((len(value) for value in one.enum if isinstance(value, str)), default=0)
    return min((one.at_most("maxLength", math.inf), *(lengths(pattern)[1] for pattern in one.said("pattern"))))


def _letters(one: Alternative) -> frozenset[str] | None:
    if one.enum is not None:
        return frozenset("".join(value for value in one.enum if isinstance(value, str)))
    return next((found for pattern in one.said("pattern") if (found := letters(pattern)) is not None), None)
