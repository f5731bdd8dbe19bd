"""Numbers, exactly: by their digits, never by what a double makes of them in between."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from etl.mapping.codecs.codec import CodecError
from etl.record import MAX_INT64, MIN_INT64, shown

Number: TypeAlias = int | float
"""A number of JSON."""


def exact(value: Any) -> Fraction:
    """Return a number of JSON as it is written: a double by its shortest text, or as the whole number that it is.

    Raises:
        CodecError: when it is none.

    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CodecError(f"expected a number, found {shown(value)}")
    return Fraction(value) if value == int(value) else Fraction(Decimal(repr(float(value))))


def held(number: Fraction) -> Number:
    """Return a number as JSON has it, a whole one without a point.

    Raises:
        CodecError: when it would be rounded.

    """
    if number.denominator == 1 and MIN_INT64 <= number <= MAX_INT64:
        return int(number)
    try:
        made = float(number)
    except OverflowError:
        made = math.inf
    if not math.isfinite(made) or exact(made) != number:
        raise CodecError(f"{_said(number)} would be rounded, since a number keeps about 16 digits")
    return made


def plain(value: Any) -> Any:
    """Return a number without a point where it is whole: of `7` and `7.0` the one that is made."""
    if isinstance(value, float) and value.is_integer() and MIN_INT64 <= value <= MAX_INT64:
        return int(value)
    return value


def digits(number: Fraction) -> tuple[str, str] | None:
    """Return the digits of a number before and after the point, without its sign; None where they have no end."""
    rest, places = number.denominator, 0
    for factor in (2, 5):
        count = 0
        while rest % factor == 0:
            rest, count = rest // factor, count + 1
        places = max(places, count)
    if rest != 1:
        return None
    every = str(abs(number.numerator) * 10**places // number.denominator).zfill(places + 1)
    return every[: len(every) - places], every[len(every) - places :]


def _said(number: Fraction) -> str:
    found = digits(number)
    if found is None:
        return f"{float(number)!r}…"
    return shown("-" * (number < 0) + ".".join(part for part in found if part))[1:-1]
