"""Codecs: named pairs of functions for a value that has another form in each system.

`decode` makes the inside form of an outside value, `encode` the outside form of an inside one. Both are strict: what
they do not understand raises CodecError and is never guessed. Inside, an instant is an aware UTC `datetime` with whole
milliseconds, since that is what BSON keeps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from operator import itemgetter
from typing import Any, Final

from etl.record import MAX_INT64, MIN_INT64, shown

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR: Final = 1000  # before it, %Y has fewer than four digits
_SAMPLE: Final = datetime(2001, 12, 23, 14, 5, 16, tzinfo=UTC)
_ISO: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?)?\Z"
)
_SECONDS_END: Final = len("2025-01-02T03:04:05")
_USUAL_MARKS: Final = tuple("--T::")
_USUAL_OFFSETS: Final = frozenset(
    {"", "Z", *(f"{sign}{hour:02}:{minute}" for sign in "+-" for hour in range(15) for minute in ("00", "30", "45"))}
)
_marks: Final = itemgetter(4, 7, 10, 13, 16)
_DOTNET: Final = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/\Z")
_INTEGER: Final = re.compile(r"(0|-?[1-9][0-9]{0,18})\Z")


class CodecError(ValueError):
    """A value that a codec does not understand, or options that it does not take."""


_TEXT: Final = frozenset({"string"})
_NUMBER: Final = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class Codec:
    """One codec with its options applied.

    parts: how many outside values it joins into one; with more than one, `decode` takes and `encode` returns a list.
    outside: the JSON types of the outside form. inside: that of the inside form, None for a date. options: as written.
    """

    name: str
    decode: Callable[[Any], Any]
    encode: Callable[[Any], Any]
    parts: int = 1
    outside: frozenset[str] = _TEXT
    inside: str | None = None
    options: Table[str, Any] = field(default_factory=dict, compare=False)


def make_codec(name: str, options: dict[str, Any]) -> Codec:
    """Return the codec of that name.

    Raises:
        CodecError: when there is no such codec, or it does not take these options.

    """
    factory = CODECS.get(name)
    if factory is None:
        raise CodecError(f"there is no codec {shown(name)}; the codecs are {', '.join(CODECS)}")
    if unknown := set(options) - OPTIONS.get(name, set()):
        raise CodecError(f"codec {name} has no option {shown(min(unknown))}")
    return replace(factory(**options), options=options)


def _datetime(zone: str = "UTC", format: str | list[str] | None = None) -> Codec:  # noqa: A002 - the option's name
    where = _zone(zone)
    _check_format(format)
    if format is None:
        return Codec("datetime", _iso_decoder(where), _to_iso)
    formats = [format] if isinstance(format, str) else format
    pattern = " ".join(formats)
    aware = "%z" in pattern

    def decode(value: Any) -> datetime:
        parts = [value] if isinstance(format, str) else value
        try:
            parsed = datetime.strptime(" ".join(map(_text, parts)), pattern)  # noqa: DTZ007 - the zone follows
        except ValueError as error:
            raise CodecError(f"expected a date as {pattern}, found {shown(' '.join(map(str, parts)))}") from error
        return _to_utc(parsed, where)

    def encode(value: Any) -> Any:
        try:
            local = _instant(value).astimezone(UTC if aware and zone == "UTC" else where)
        except OverflowError:
            raise CodecError(f"{value.isoformat()} is outside the years 1 to 9999 in {zone}") from None
        if local.year < _FIRST_YEAR:
            raise CodecError(f"the year {local.year} cannot be written as {pattern}")
        texts = [local.strftime(part) for part in formats]
        return texts[0] if isinstance(format, str) else texts

    return Codec("datetime", decode, encode, parts=1 if isinstance(format, str) else len(formats))


def _check_format(format: Any) -> None:  # noqa: A002 - as above
    """Refuse a format that does not read back the day that it writes."""
    if format is None:
        return
    several = isinstance(format, list) and len(format) > 1 and all(isinstance(part, str) for part in format)
    if not (isinstance(format, str) or several):
        expected = 'format is text such as "%Y-%m-%d", or a list with one text for each field'
        raise CodecError(f"{expected}, not {shown(format)}")
    pattern = format if isinstance(format, str) else " ".join(format)
    try:
        read = datetime.strptime(_SAMPLE.strftime(pattern), pattern)  # noqa: DTZ007 - only the day is compared
    except (ValueError, re.error):
        read = None
    if read is None or read.date() != _SAMPLE.date() or "%Z" in pattern:
        raise CodecError(f"format {shown(pattern)} does not read back what it writes")


def _zone(name: Any) -> tzinfo:
    if not isinstance(name, str):
        raise CodecError(f"zone is text such as America/Sao_Paulo, not {shown(name)}")
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - slow to import, and most dates are UTC

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise CodecError(f"there is no time zone {shown(name)}; write one as America/Sao_Paulo or UTC") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise CodecError(f"expected text, found {shown(value)}")
    return value


def _iso_decoder(zone: tzinfo) -> Callable[[Any], datetime]:
    """Return `_from_iso` for one zone, with a short cut for the usual notations: whole seconds, `T`, `Z` or an offset.

    `datetime.fromisoformat` takes more notations than ISO 8601 dates should have here; by the marks between the
    digits, and by what follows the seconds, the usual ones are known without a regular expression.
    """
    unzoned = "Z" if zone is UTC else ""

    def decode(value: Any) -> datetime:
        if type(value) is not str or len(value) < _SECONDS_END or _marks(value) != _USUAL_MARKS:
            return _from_iso(value, zone)
        offset = value[_SECONDS_END:]
        if offset not in _USUAL_OFFSETS:
            return _from_iso(value, zone)
        try:
            parsed = datetime.fromisoformat(value if offset else value + unzoned)
            if parsed.tzinfo is not None:
                return parsed if parsed.tzinfo is UTC else parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            return _from_iso(value, zone)
        return _to_utc(parsed, zone)

    return decode


def _from_iso(value: Any, zone: tzinfo) -> datetime:
    """Parse ISO 8601 text: a date with or without time, `T` or blank between, `Z` or an offset or none."""
    text = _text(value)
    if not _ISO.match(text):
        raise CodecError(f"expected a date such as 2025-01-02T03:04:05+00:00, found {shown(text)}")
    try:
        parsed = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise CodecError(f"{shown(text)} is not a possible date: {error}") from None
    return _to_utc(parsed, zone)


def _to_utc(value: datetime, zone: tzinfo) -> datetime:
    """Return `value` in UTC, cut to milliseconds; a naive one is a time in `zone`."""
    try:
        value = (value.replace(tzinfo=zone) if value.tzinfo is None else value).astimezone(UTC)
    except OverflowError:
        raise CodecError(f"{value.isoformat()} is outside the years 1 to 9999 in UTC") from None
    beyond = value.microsecond % 1000
    return value.replace(microsecond=value.microsecond - beyond) if beyond else value


def _to_iso(value: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    return _instant(value).isoformat()


def _instant(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise CodecError(f"expected a date, found {shown(value)}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _date() -> Codec:
    def decode(value: Any) -> datetime:
        if not (isinstance(value, str) and len(value) == 10):  # noqa: PLR2004 - YYYY-MM-DD
            raise CodecError(f"expected a date as YYYY-MM-DD, found {shown(value)}")
        return _from_iso(value, UTC)

    return Codec("date", decode, lambda value: _instant(value).date().isoformat())


def _epoch(name: str, per_second: int) -> Codec:
    def decode(value: Any) -> datetime:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise CodecError(f"expected a number, found {shown(value)}")
        try:
            exact = isinstance(value, int)
            milliseconds = value * 1000 // per_second if exact else round(value * 1000 / per_second)
            return _to_utc(_EPOCH + timedelta(milliseconds=milliseconds), UTC)
        except (OverflowError, ValueError):
            raise CodecError(f"{value} is outside the years 1 to 9999") from None

    unit = timedelta(milliseconds=1000 // per_second)
    return Codec(name, decode, lambda value: (_instant(value) - _EPOCH) // unit, outside=_NUMBER)


def _dotnet_date() -> Codec:
    inner = _epoch("epoch_ms", 1000)

    def decode(value: Any) -> datetime:
        match = _DOTNET.match(_text(value))
        if not match:
            raise CodecError(f"expected a date as /Date(1492041600000)/, found {shown(value)}")
        instant: datetime = inner.decode(int(match[1]))
        return instant

    return Codec("dotnet_date", decode, lambda value: f"/Date({inner.encode(value)})/")


def _integer_text() -> Codec:
    def decode(value: Any) -> int:
        if not _INTEGER.match(_text(value)) or not MIN_INT64 <= (number := int(value)) <= MAX_INT64:
            raise CodecError(f"expected a whole number of 64 bits as text, without leading zeros, found {shown(value)}")
        return number

    def encode(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            raise CodecError(f"expected a whole number, found {shown(value)}")
        return str(value)

    return Codec("integer_text", decode, encode, inside="integer")


def _boolean_text() -> Codec:
    def decode(value: Any) -> bool:
        if value not in ("true", "false"):
            raise CodecError(f'expected "true" or "false", found {shown(value)}')
        return bool(value == "true")

    def encode(value: Any) -> str:
        if not isinstance(value, bool):
            raise CodecError(f"expected true or false, found {shown(value)}")
        return "true" if value else "false"

    return Codec("boolean_text", decode, encode, inside="boolean")


CODECS: Final[dict[str, Callable[..., Codec]]] = {
    "datetime": _datetime,
    "date": _date,
    "epoch_s": lambda: _epoch("epoch_s", 1),
    "epoch_ms": lambda: _epoch("epoch_ms", 1000),
    "dotnet_date": _dotnet_date,
    "integer_text": _integer_text,
    "boolean_text": _boolean_text,
}
OPTIONS: Final = {"datetime": {"zone", "format"}}
