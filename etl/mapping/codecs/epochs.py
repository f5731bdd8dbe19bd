"""`epoch_s`, `epoch_ms` and `dotnet_date`: instants as numbers since 1970."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, Final

from etl.mapping.codecs.codec import (
    INTEGER,
    NUMBER,
    Codec,
    CodecError,
    CodecKind,
    Example,
    Loss,
    Refusal,
    instant_of,
    text_of,
)
from etl.mapping.terms import Side
from etl.record import shown

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND, _MILLISECOND = timedelta(seconds=1), timedelta(milliseconds=1)
_DOTNET: Final = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/\Z")
_FRACTION: Final = Loss(
    Side.OUTSIDE, "its fraction", frozenset({"number"}), unless=lambda said: said.is_multiple_of(Fraction(1))
)
_DAY: Final = datetime(2024, 3, 9, 11, 12, 45, tzinfo=UTC)
_BEFORE_1970: Final = datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)


def _reader(unit: timedelta) -> Callable[[Any], datetime]:
    """Return a function that reads a number of units as it is written; what is finer than a millisecond is cut.

    A number with a fraction is taken by its digits and never calculated with as a float. To cut is to take the
    millisecond in which the instant lies, also before 1970.
    """
    milliseconds = unit // _MILLISECOND

    def decode(value: Any) -> datetime:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CodecError(f"expected a number, found {shown(value)}")
        try:
            number = value if isinstance(value, int) else Decimal(repr(value))
            return _EPOCH + timedelta(milliseconds=floor(number * milliseconds))
        except (OverflowError, ValueError):
            raise CodecError(f"{shown(value)} is outside the years 1 to 9999") from None

    return decode


def _writer(unit: timedelta) -> Callable[[Any], int]:
    return lambda value: (instant_of(value) - _EPOCH) // unit


_from_milliseconds, _to_milliseconds = _reader(_MILLISECOND), _writer(_MILLISECOND)


def _from_dotnet(value: Any) -> datetime:
    match = _DOTNET.match(text_of(value))
    if not match:
        raise CodecError(f"expected a date as /Date(1492041600000)/, found {shown(value)}")
    return _from_milliseconds(int(match[1]))


def _to_dotnet(value: Any) -> str:
    return f"/Date({_to_milliseconds(value)})/"


def _with_fraction(value: Any) -> tuple[float, ...]:
    return (value + 0.25,) if isinstance(value, int | float) and not isinstance(value, bool) else ()


def _with_offset(value: Any) -> tuple[str, ...]:
    return (value.replace(")", "+0200)"),) if isinstance(value, str) else ()


_REFUSED: Final = (
    Refusal(True, "expected a number"),
    Refusal("1709982765", "expected a number"),
    Refusal(10**15 * 1000, "outside the years"),
    Refusal(1e300, "outside the years"),
    Refusal(float("nan"), "outside the years"),
    Refusal(float("-inf"), "outside the years"),
    Refusal(1709982765, "expected a date", Side.OUTSIDE),
    Refusal("2024-03-09", "expected a date", Side.OUTSIDE),
)
_SECONDS: Final = CodecKind(
    name="epoch_s",
    make=lambda: Codec(
        _reader(_SECOND),
        _writer(_SECOND),
        reads=NUMBER,
        writes=INTEGER,
        losses=(_FRACTION, Loss(Side.INSIDE, "what is finer than a second")),
        alike=_with_fraction,
    ),
    outside="seconds since 1970, a number",
    inside="date",
    words="a date and time: seconds since 1970 in {outside}, a date in {inside}",
    examples=(
        Example(1709982765, _DAY),
        Example(-1, datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        Example(1735786245.9996, datetime(2025, 1, 2, 2, 50, 45, 999000, tzinfo=UTC), 1735786245),
        Example(1735786245.123, datetime(2025, 1, 2, 2, 50, 45, 123000, tzinfo=UTC), 1735786245),
        Example(-0.0004, _BEFORE_1970, -1),
    ),
    refused=_REFUSED,
)
_MILLISECONDS: Final = CodecKind(
    name="epoch_ms",
    make=lambda: Codec(
        _from_milliseconds, _to_milliseconds, reads=NUMBER, writes=INTEGER, losses=(_FRACTION,), alike=_with_fraction
    ),
    outside="milliseconds since 1970, a number",
    inside="date",
    words="a date and time: milliseconds since 1970 in {outside}, a date in {inside}",
    examples=(
        Example(1709982765000, _DAY),
        Example(-1, _BEFORE_1970),
        Example(1709982765000.9, _DAY, 1709982765000),
        Example(-0.1, _BEFORE_1970, -1),
    ),
    refused=_REFUSED,
)
_DOTNET_DATE: Final = CodecKind(
    name="dotnet_date",
    make=lambda: Codec(_from_dotnet, _to_dotnet, losses=(Loss(Side.OUTSIDE, "the offset"),), alike=_with_offset),
    outside="text as `/Date(1492041600000)/`",
    inside="date",
    words="a date and time: text as /Date(1492041600000)/ in {outside}, a date in {inside}",
    examples=(
        Example("/Date(1709982765000)/", _DAY),
        Example("/Date(1709982765000+0200)/", _DAY, "/Date(1709982765000)/"),
        Example("/Date(-1)/", _BEFORE_1970),
    ),
    refused=(
        Refusal("/Date(x)/", "expected a date as"),
        Refusal("/Date(1709982765000)/\n", "expected a date as"),
        Refusal("/Date(999999999999999)/", "outside the years"),
        Refusal(1709982765000, "expected text"),
        Refusal("2024-03-09", "expected a date", Side.OUTSIDE),
    ),
)
KINDS: Final = (_SECONDS, _MILLISECONDS, _DOTNET_DATE)
