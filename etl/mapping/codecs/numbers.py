"""Numbers, exactly: by their digits, never by what a double makes of them in between."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, TypeAlias

from etl.mapping.codecs.codec import CodecError
from etl.record import MAX_INT64, MIN_INT64, shown

Number: TypeAlias = int | float
"""A number of JSON."""

_SURE: Final = 15
"""So many digits come back of a double, whichever they are."""


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


def read_digits(whole: str, fraction: str, *, negative: bool) -> Number:
    """Return the number of the digits before and after the point; a double holds any 15 of them.

    Raises:
        CodecError: when it would be rounded.

    """
    fraction = fraction.rstrip("0")
    if not fraction and len(whole) <= _SURE:
        return -int(whole) if negative else int(whole)
    if fraction and len(whole) + len(fraction) <= _SURE:
        number = float(f"{whole}.{fraction}")
        return -number if negative else number
    exactly = Fraction(int(whole + fraction), 10 ** len(fraction))
    return held(-exactly if negative else exactly)


def written_digits(value: Any) -> tuple[bool, str, str]:
    """Return whether a number of JSON is below 0, and its digits before and after the point.

    Raises:
        CodecError: when it is none.

    """
    if type(value) is int:
        return value < 0, str(abs(value)), ""
    text = repr(value) if type(value) is float and not value.is_integer() else ""
    if text and text.strip("-0123456789.") == "":
        whole, _, fraction = text.lstrip("-").partition(".")
        return value < 0, whole, fraction
    number = exact(value)
    whole, fraction = digits(number) or ("", "")
    return number < 0, whole, fraction


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
