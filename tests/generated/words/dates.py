"""Codecs of dates after docs/language.md: `datetime`, `date`, `epoch_s`, `epoch_ms`, `dotnet_date`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.generated.schemas import DATE
from tests.generated.words import patterns
from tests.generated.words.clocks import NEAR, Clock
from tests.generated.words.codec import (
    EPOCH,
    TEXT,
    Codec,
    NotUnderstoodError,
    Values,
    apart,
    date_of,
    kept,
    text_of,
    understands,
)

_ISO = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_DOTNET = re.compile(r"/Date\((-?[0-9]+)([+-][0-9]{4})?\)/")


_ISO_TEXTS = (
    *("2025-01-02T03:04:05+00:00", "2025-01-02T03:04:05Z", "2025-01-02T03:04:05-03:00", "2025-01-02T03:04:05+0530"),
    *("2025-01-02 03:04:05", "2025-01-02T03:04", "2025-01-02", "2025-01-02T03:04Z", "2025-01-02T03:04:05.123456Z"),
    *("2025-01-02T03:04:05.5+01:00", "2024-10-27T00:30:00.1234567Z"),
    *("2024-10-27T02:30:00", "2024-03-31T02:30:00", "2018-11-04", "2018-02-17 23:30"),
    *("hello", "", "2025-13-02", "2025-02-30T00:00:00Z", "02/01/2025", "2025-01-02Z", "2025-01-02T03"),
)
"""Texts of which `datetime` reads some; some only in some zones, or with `gap` and `fold`."""


def _iso(text: str) -> datetime:
    """Return the local time that ISO text says, with its offset if it has one."""
    found = _ISO.fullmatch(text)
    if found is None:
        raise NotUnderstoodError
    *numbers, fraction, offset = found.groups()
    try:
        year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
        microsecond = int(((fraction or "0") + "00000")[:6])
        zone = patterns.PARTS["%z"].value(offset) if offset else None
        return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=zone)
    except ValueError:
        raise NotUnderstoodError from None


def moment(options: dict[str, Any]) -> Codec:
    """`datetime`: ISO text, or text in a pattern."""
    if "format" in options:
        return patterns.codec(options)
    clock = Clock.of(options)

    def decode(values: Values) -> datetime:
        found = _iso(text_of(values[0]))
        return kept(found if found.tzinfo else clock.instant(found))

    def encode(value: Any) -> Values:
        return (date_of(value).astimezone(UTC).isoformat(),)

    understood, odd = apart(decode, [(text,) for text in _ISO_TEXTS])
    outside = {"type": "string", "format": "date-time"}
    return Codec("datetime", decode, encode, outside, DATE, understood, tuple(text for (text,) in odd), dates=NEAR)


DAYS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"format": "%Y%m%d"},
    {"format": "%d/%m/%Y"},
    {"format": "%-d-%b-%y"},
    {"format": "%G-W%V-%u"},
    {"format": ["%Y-%m-%d", "%d.%m.%Y"]},
)


def one_of(name: str, forms: Sequence[Codec]) -> Codec:
    """Return a codec of any of several forms, of which the first is written."""
    first = forms[0]

    def decode(values: Values) -> Any:
        form = next((form for form in forms if understands(form.decode, values)), None)
        if form is None:
            raise NotUnderstoodError
        return form.decode(values)

    tried = [values for form in forms for values in (*form.understood, *((odd,) for odd in form.odd))]
    understood, odd = apart(decode, tried)
    return replace(first, name=name, decode=decode, understood=understood, odd=tuple(values[0] for values in odd))


def day(options: dict[str, Any]) -> Codec:
    """`date`: a day."""
    if "format" in options:
        return replace(patterns.codec(options), name="date")

    def decode(values: Values) -> datetime:
        text = text_of(values[0])
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise NotUnderstoodError
        return _iso(text).replace(tzinfo=UTC)

    def encode(value: Any) -> Values:
        return (date_of(value).astimezone(UTC).date().isoformat(),)

    samples = (("2025-01-02",), ("1969-12-31",), ("2024-02-29",))
    return Codec("date", decode, encode, TEXT, DATE, samples, ("hello", "", "2025-01-02T03:04:05Z", "2025-02-30"))


def _from_epoch(milliseconds: int) -> datetime:
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise NotUnderstoodError from None


def epoch(per_second: int) -> Callable[[dict[str, Any]], Codec]:
    """`epoch_s` and `epoch_ms`: a number since 1970."""

    def decode(values: Values) -> datetime:
        number = values[0]
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise NotUnderstoodError
        return _from_epoch(int(number * (1000 // per_second) // 1))

    def encode(value: Any) -> Values:
        return ((date_of(value) - EPOCH) // timedelta(microseconds=1_000_000 // per_second),)

    def make(_options: dict[str, Any]) -> Codec:
        samples: tuple[Values, ...] = ((0,), (1735787045,), (1,))
        fractions: tuple[Values, ...] = ((1735787045.5,), (0.25,)) if per_second == 1 else ()
        name, outside = ("epoch_s", "number") if per_second == 1 else ("epoch_ms", "integer")
        odd = (10**18, -(10**18))
        return Codec(name, decode, encode, {"type": outside}, DATE, samples + fractions, odd)

    return make


def dotnet(_options: dict[str, Any]) -> Codec:
    """`dotnet_date`: as .NET writes dates in JSON."""

    def decode(values: Values) -> datetime:
        found = _DOTNET.fullmatch(text_of(values[0]))
        if found is None:
            raise NotUnderstoodError
        return _from_epoch(int(found[1]))

    def encode(value: Any) -> Values:
        return (f"/Date({(date_of(value) - EPOCH) // timedelta(milliseconds=1)})/",)

    samples = (("/Date(1492041600000)/",), ("/Date(0)/",), ("/Date(-500)/",), ("/Date(1492041600000+0200)/",))
    return Codec("dotnet_date", decode, encode, TEXT, DATE, samples, ("hello", "", "2025-01-02", "Date(0)"))
