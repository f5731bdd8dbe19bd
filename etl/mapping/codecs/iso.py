"""Dates as ISO 8601 text: a date with or without a time, `T` or a blank between, `Z` or an offset or none."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from operator import itemgetter
from typing import Any, Final

from etl.mapping.codecs.codec import CodecError, instant_of, text_of, whole_milliseconds
from etl.mapping.codecs.zones import LocalTimes, in_utc
from etl.record import shown

_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?\Z"
)
_SECONDS_END: Final = len("2025-01-02T03:04:05")
_USUAL_MARKS: Final = tuple("--T::")
_USUAL_OFFSETS: Final = frozenset(
    {"", "Z", *(f"{sign}{hour:02}:{minute}" for sign in "+-" for hour in range(15) for minute in ("00", "30", "45"))}
)
_AHEAD: Final = timezone(timedelta(hours=2))
_marks: Final = itemgetter(4, 7, 10, 13, 16)


def iso_reader(times: LocalTimes) -> Callable[[Any], datetime]:
    """Return `read_iso` for one zone, with a short cut for the usual notations: whole seconds, `T`, `Z` or an offset.

    `datetime.fromisoformat` takes more notations than ISO 8601 dates should have here; by the marks between the
    digits, and by what follows the seconds, the usual ones are known without a regular expression.
    """
    unzoned = "Z" if times.zone is UTC else ""

    def read(value: Any) -> datetime:
        if type(value) is not str or len(value) < _SECONDS_END or _marks(value) != _USUAL_MARKS:
            return read_iso(value, times)
        offset = value[_SECONDS_END:]
        if offset not in _USUAL_OFFSETS:
            return read_iso(value, times)
        try:
            parsed = datetime.fromisoformat(value if offset else value + unzoned)
            if parsed.tzinfo is not None:
                return in_utc(parsed)
        except (ValueError, OverflowError):
            return read_iso(value, times)
        return times.instant(parsed)

    return read


def read_iso(value: Any, times: LocalTimes) -> datetime:
    """Return the instant of ISO 8601 text in UTC, cut to milliseconds; one without an offset is a local time."""
    text = text_of(value)
    if not _ISO.match(text):
        raise CodecError(f"expected a date such as 2025-01-02T03:04:05+00:00, found {shown(text)}")
    try:
        parsed = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise CodecError(f"{shown(text)} is not a possible date: {error}") from None
    return read_local(parsed, times)


def read_local(parsed: datetime, times: LocalTimes) -> datetime:
    """Return the instant of a date in UTC, cut to milliseconds; one without an offset is a local time."""
    if parsed.tzinfo is None:
        return whole_milliseconds(times.instant(parsed))
    try:
        return whole_milliseconds(in_utc(parsed))
    except OverflowError:
        raise CodecError(f"{parsed.isoformat()} is outside the years 1 to 9999 in UTC") from None


def write_iso(value: Any) -> str:
    """Return the ISO 8601 text of an inside date, with its offset."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    return instant_of(value).isoformat()


def other_notations(value: Any) -> tuple[str, ...]:
    """Return other texts of the same instant, where a text is one."""
    try:
        instant = datetime.fromisoformat(value)
        return (instant.astimezone(_AHEAD).isoformat(), instant.astimezone(UTC).isoformat().replace("+00:00", "Z"))
    except (TypeError, ValueError, OverflowError):
        return ()
