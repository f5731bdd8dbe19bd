"""Codecs: what each reads and writes after docs/language.md, and the schemas and values that suit it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from tests.generated.schemas import DATE, Schema


class NotUnderstoodError(Exception):
    """A value that a codec does not understand, so that its record is rejected."""


Values = tuple[Any, ...]

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?(Z|[+-]\d{2}:?\d{2})?)?"
)
_WHOLE = re.compile(r"0|-?[1-9][0-9]*")
_DOTNET = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES: Final = ("America/Sao_Paulo", "Europe/Berlin", "UTC")
ONE_FORMAT: Final = (
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y%m%d%H%M%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S%z",
    "%d.%m.%Y",
    "%y%m%d %H%M%S",
    "%I:%M %p %d/%m/%Y",
)
SEVERAL_FORMATS: Final = (["%Y-%m-%d", "%H:%M:%S"], ["%d/%m/%Y", "%H:%M"], ["%Y", "%m-%d", "%H%M%S"])
TEXT: Final[Schema] = {"type": "string"}
INT64: Final = (-(2**63), 2**63 - 1)


@dataclass(frozen=True)
class Codec:
    """One codec with its options. decode: outside values to the inside one; encode: the way back."""

    name: str
    decode: Callable[[Values], Any]
    encode: Callable[[Any], Values]
    outside: Schema
    inside: Schema
    understood: tuple[Values, ...]
    """Outside values that the documentation says are read, several forms of each."""
    odd: tuple[Any, ...] = ()
    """Outside values that are not."""
    pure: bool = False
    """Whether no value of its own types changes on a round trip, so that it may be the key."""
    count: int = 1


def codec_of(word: Any) -> Codec:
    """Return the codec that an `as` names."""
    name, options = (word, {}) if isinstance(word, str) else next(iter(word.items()))
    return CODECS[name](options or {})


def draw(rng: Random, name: str | None = None) -> Any:
    """Return what an `as` for one field may be."""
    name = name or rng.choice([*CODECS, "datetime", "datetime"])
    if name != "datetime" or rng.random() < 0.4:
        return name
    options: dict[str, Any] = {"zone": rng.choice(ZONES)} if rng.random() < 0.6 else {}
    if rng.random() < 0.6 or not options:
        options["format"] = rng.choice(ONE_FORMAT)
    return {"datetime": options}


def _utc(moment: datetime) -> datetime:
    """Return a moment in UTC, as BSON keeps it."""
    try:
        moment = moment.astimezone(UTC)
    except (OverflowError, ValueError):
        raise NotUnderstoodError from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _text(values: Values) -> str:
    if not isinstance(values[0], str):
        raise NotUnderstoodError
    return values[0]


def _date_of(value: Any) -> datetime:
    if not isinstance(value, datetime):
        raise NotUnderstoodError
    return value


def _datetime(options: dict[str, Any]) -> Codec:
    zone = ZoneInfo(options.get("zone", "UTC"))
    form = options.get("format")
    if form is not None:
        return _formatted(zone, [form] if isinstance(form, str) else form)

    def decode(values: Values) -> datetime:
        found = _ISO.fullmatch(_text(values))
        if found is None:
            raise NotUnderstoodError
        year, month, day, hour, minute, second, fraction, offset = found.groups()
        try:
            moment = datetime(  # noqa: DTZ001 - its zone is given below
                int(year),
                int(month),
                int(day),
                int(hour or 0),
                int(minute or 0),
                int(second or 0),
                int(((fraction or "0") + "00000")[:6]),
            )
            moment = moment.replace(tzinfo=_offset(offset) if offset else zone)
        except ValueError:
            raise NotUnderstoodError from None
        return _utc(moment)

    def encode(value: Any) -> Values:
        return (_date_of(value).astimezone(UTC).isoformat(),)

    return Codec(
        "datetime",
        decode,
        encode,
        {"type": "string", "format": "date-time"},
        DATE,
        (
            ("2025-01-02T03:04:05+00:00",),
            ("2025-01-02T03:04:05Z",),
            ("2025-01-02T03:04:05-03:00",),
            ("2025-01-02T03:04:05+0530",),
            ("2025-01-02 03:04:05",),
            ("2025-01-02T03:04",),
            ("2025-01-02",),
            ("2025-01-02T03:04:05.123456Z",),
            ("2025-01-02T03:04:05.5+01:00",),
            ("2024-10-27T02:30:00",),
            ("2024-03-31T02:30:00",),
        ),
        ("hello", "", "2025-13-02", "2025-02-30T00:00:00Z", "02/01/2025"),
    )


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _formatted(zone: ZoneInfo, forms: Sequence[str]) -> Codec:
    def decode(values: Values) -> datetime:
        if not all(isinstance(item, str) for item in values):
            raise NotUnderstoodError
        try:
            moment = datetime.strptime("\x1f".join(values), "\x1f".join(forms))  # noqa: DTZ007 - as above
        except ValueError:
            raise NotUnderstoodError from None
        return _utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))

    def encode(value: Any) -> Values:
        local = _date_of(value).astimezone(zone)
        return tuple(local.strftime(form.replace("%Y", f"{local.year:04}")) for form in forms)

    moments = (
        datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC),
        datetime(2024, 7, 31, 22, 59, 59, 123000, tzinfo=UTC),
        datetime(2024, 10, 27, 0, 30, tzinfo=UTC),
        datetime(2024, 10, 27, 1, 30, tzinfo=UTC),
    )
    return Codec(
        "datetime",
        decode,
        encode,
        TEXT,
        DATE,
        (*map(encode, moments), *_less_usual(forms, encode(moments[0]))),
        ("hello", "", "2025-01-02T03:04:05Z"),
        count=len(forms),
    )


def _less_usual(forms: Sequence[str], usual: Values) -> Iterator[Values]:
    """Yield texts that the formats read as well: numbers without zeros before them, and fractions of all digits."""
    yield tuple(
        re.sub(r"\b0(?=\d)", "", text) if "%d/" in form else text for form, text in zip(forms, usual, strict=True)
    )
    if "%f" in forms[-1]:
        yield (*usual[:-1], usual[-1][:-6] + "123456")


def _date(_options: dict[str, Any]) -> Codec:
    def decode(values: Values) -> datetime:
        found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", _text(values))
        if found is None:
            raise NotUnderstoodError
        try:
            return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
        except ValueError:
            raise NotUnderstoodError from None

    def encode(value: Any) -> Values:
        return (_date_of(value).astimezone(UTC).date().isoformat(),)

    samples = (("2025-01-02",), ("1969-12-31",), ("2024-02-29",))
    return Codec("date", decode, encode, TEXT, DATE, samples, ("hello", "", "2025-01-02T03:04:05Z", "2025-02-30"))


def _epoch(per_second: int) -> Callable[[dict[str, Any]], Codec]:
    def decode(values: Values) -> datetime:
        number = values[0]
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise NotUnderstoodError
        try:
            return _EPOCH + timedelta(milliseconds=int(number * (1000 // per_second) // 1))
        except OverflowError:
            raise NotUnderstoodError from None

    def encode(value: Any) -> Values:
        return ((_date_of(value) - _EPOCH) // timedelta(microseconds=1_000_000 // per_second),)

    def make(_options: dict[str, Any]) -> Codec:
        samples: tuple[Values, ...] = ((0,), (1735787045,), (1,))
        fractions: tuple[Values, ...] = ((1735787045.5,), (0.25,)) if per_second == 1 else ()
        return Codec(
            "epoch_s" if per_second == 1 else "epoch_ms",
            decode,
            encode,
            {"type": "number"} if per_second == 1 else {"type": "integer"},
            DATE,
            samples + fractions,
            (10**18, -(10**18)),
        )

    return make


def _dotnet(_options: dict[str, Any]) -> Codec:
    def decode(values: Values) -> datetime:
        found = _DOTNET.fullmatch(_text(values))
        if found is None:
            raise NotUnderstoodError
        try:
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        except OverflowError:
            raise NotUnderstoodError from None

    def encode(value: Any) -> Values:
        return (f"/Date({(_date_of(value) - _EPOCH) // timedelta(milliseconds=1)})/",)

    samples = (("/Date(1492041600000)/",), ("/Date(0)/",), ("/Date(-500)/",), ("/Date(1492041600000+0200)/",))
    return Codec("dotnet_date", decode, encode, TEXT, DATE, samples, ("hello", "", "2025-01-02", "Date(0)"))


def _integer_text(_options: dict[str, Any]) -> Codec:
    def decode(values: Values) -> int:
        text = _text(values)
        if not _WHOLE.fullmatch(text) or not INT64[0] <= int(text) <= INT64[1]:
            raise NotUnderstoodError
        return int(text)

    def encode(value: Any) -> Values:
        if type(value) is not int or not INT64[0] <= value <= INT64[1]:
            raise NotUnderstoodError
        return (str(value),)

    samples = (("17",), ("0",), ("-3",), ("1",), (str(2**53 + 1),), (str(INT64[1]),))
    odd = ("hello", "", "007", "1.0", "+1", " 1", "-0", str(2**63), "1_000")
    return Codec("integer_text", decode, encode, TEXT, {"type": "integer"}, samples, odd, pure=True)


def _boolean_text(_options: dict[str, Any]) -> Codec:
    def decode(values: Values) -> bool:
        if _text(values) not in {"true", "false"}:
            raise NotUnderstoodError
        return bool(values[0] == "true")

    def encode(value: Any) -> Values:
        if not isinstance(value, bool):
            raise NotUnderstoodError
        return ("true" if value else "false",)

    samples = (("true",), ("false",))
    return Codec("boolean_text", decode, encode, TEXT, {"type": "boolean"}, samples, ("hello", "", "True", "1"))


CODECS: Final[dict[str, Callable[[dict[str, Any]], Codec]]] = {
    "datetime": _datetime,
    "date": _date,
    "epoch_s": _epoch(1),
    "epoch_ms": _epoch(1000),
    "dotnet_date": _dotnet,
    "integer_text": _integer_text,
    "boolean_text": _boolean_text,
}
