"""Patterns of `datetime`: what each part reads and writes, after the table of docs/language.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

from tests.generated.schemas import DATE
from tests.generated.words.clocks import DOUBTFUL, NEAR, Clock
from tests.generated.words.codec import TEXT, Codec, NotUnderstoodError, Values, apart, date_of, kept

ONE: Final = (
    "%d/%m/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y%m%d%H%M%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S%z",
    "%d.%m.%Y",
    "%y%m%d %H%M%S",
    "%I:%M %p %d/%m/%Y",
    "%-d-%b-%y",
    "%A, %-d %B %Y %-H:%M",
    "%Y-%jT%H:%M:%S.%L%:z",
    "%G-W%V-%u",
    "%a %-m/%-d/%Y %-I.%-M.%-S %p 100%%",
)
FORMS: Final = (
    ["%Y-%m-%d %H:%M", "%-d.%-m.%Y %H:%M"],
    ["%d/%m/%Y", "%Y-%m-%d"],
    ["%Y%m%d%H%M%S", "datetime"],
    ["dotnet_date", "%Y-%m-%dT%H:%M"],
)
"""Several forms of one field."""
SEVERAL: Final = (["%Y-%m-%d", "%H:%M:%S"], ["%d/%m/%Y", "%H:%M"], ["%Y", "%m-%d", "%H%M%S"], ["%j", "%Y"])

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Read = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of a pattern: the field that it reads, in which form, as which value; and how it is written."""

    field: str
    form: str
    value: Callable[[str], Any]
    write: Callable[[datetime], str]


def _number(field: str, width: int, of: Callable[[datetime], int], *, plain: bool = False) -> Part:
    form = f"0|[1-9][0-9]{{0,{width - 1}}}" if plain else f"[0-9]{{{width}}}"
    return Part(field, form, int, lambda moment: str(of(moment)) if plain else f"{of(moment):0{width}}")


def _name(field: str, names: Sequence[str], of: Callable[[datetime], int]) -> Part:
    lower = [name.lower() for name in names]
    form = "|".join(names)
    return Part(field, f"(?i:{form})", lambda text: lower.index(text.lower()), lambda moment: names[of(moment)])


def _offset(text: str) -> timezone:
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    if int(digits[2:]) > 59:
        raise ValueError
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))


def _written_offset(between: str) -> Callable[[datetime], str]:
    def write(moment: datetime) -> str:
        digits = moment.strftime("%z")
        return digits[:3] + between + digits[3:5]

    return write


OFFSET: Final = "[Zz]|[+-][0-9]{2}:?[0-9]{2}"
PARTS: Final[dict[str, Part]] = {
    "%Y": _number("year", 4, lambda moment: moment.year),
    "%y": Part(
        "year",
        "[0-9]{2}",
        lambda text: int(text) + (1900 if int(text) >= 69 else 2000),
        lambda moment: f"{_short_year(moment):02}",
    ),
    "%m": _number("month", 2, lambda moment: moment.month),
    "%-m": _number("month", 2, lambda moment: moment.month, plain=True),
    "%b": _name("month0", [name[:3] for name in MONTHS], lambda moment: moment.month - 1),
    "%B": _name("month0", MONTHS, lambda moment: moment.month - 1),
    "%d": _number("day", 2, lambda moment: moment.day),
    "%-d": _number("day", 2, lambda moment: moment.day, plain=True),
    "%j": _number("ordinal", 3, lambda moment: moment.timetuple().tm_yday),
    "%-j": _number("ordinal", 3, lambda moment: moment.timetuple().tm_yday, plain=True),
    "%G": _number("iso_year", 4, lambda moment: moment.isocalendar().year),
    "%V": _number("iso_week", 2, lambda moment: moment.isocalendar().week),
    "%u": _number("iso_day", 1, lambda moment: moment.isoweekday()),
    "%a": _name("weekday", [name[:3] for name in DAYS], lambda moment: moment.weekday()),
    "%A": _name("weekday", DAYS, lambda moment: moment.weekday()),
    "%H": _number("hour", 2, lambda moment: moment.hour),
    "%-H": _number("hour", 2, lambda moment: moment.hour, plain=True),
    "%I": _number("hour12", 2, lambda moment: (moment.hour - 1) % 12 + 1),
    "%-I": _number("hour12", 2, lambda moment: (moment.hour - 1) % 12 + 1, plain=True),
    "%p": _name("half", ("AM", "PM"), lambda moment: moment.hour // 12),
    "%M": _number("minute", 2, lambda moment: moment.minute),
    "%-M": _number("minute", 2, lambda moment: moment.minute, plain=True),
    "%S": _number("second", 2, lambda moment: moment.second),
    "%-S": _number("second", 2, lambda moment: moment.second, plain=True),
    "%L": Part(
        "microsecond",
        "[0-9]{3}",
        lambda text: int(text) * 1000,
        lambda moment: f"{moment.microsecond // 1000:03}",
    ),
    "%f": Part("microsecond", "[0-9]{1,6}", lambda text: int(f"{text:0<6}"), lambda moment: f"{moment.microsecond:06}"),
    "%z": Part("offset", OFFSET, _offset, _written_offset("")),
    "%:z": Part("offset", OFFSET, _offset, _written_offset(":")),
}
_PART = re.compile(r"%(?:-.|:z|.)|[^%]+")


def _short_year(moment: datetime) -> int:
    if not 1969 <= moment.year <= 2068:
        raise NotUnderstoodError
    return moment.year % 100


def _pieces(form: str) -> list[str]:
    return _PART.findall(form)


def read(form: str, text: str) -> Read:
    """Return the fields that a text of a pattern names.

    Raises: NotUnderstoodError.
    """
    pieces = _pieces(form)
    expression = "".join(
        f"({PARTS[piece].form})" if piece in PARTS else re.escape("%" if piece == "%%" else piece) for piece in pieces
    )
    found = re.fullmatch(expression, text)
    if found is None:
        raise NotUnderstoodError
    parts = [PARTS[piece] for piece in pieces if piece in PARTS]
    return {part.field: part.value(item) for part, item in zip(parts, found.groups(), strict=True)}


def write(form: str, local: datetime) -> str:
    """Return a local time in a pattern."""
    return "".join(
        PARTS[piece].write(local) if piece in PARTS else "%" if piece == "%%" else piece for piece in _pieces(form)
    )


def moment_of(found: Read) -> datetime:
    """Return the local time that the fields of a text name; with an offset, if they name one.

    Raises: ValueError, if there is no such time.
    """
    if "iso_year" in found:
        day = date.fromisocalendar(found["iso_year"], found["iso_week"], found["iso_day"])
    elif "ordinal" in found:
        day = date(found["year"], 1, 1) + timedelta(days=found["ordinal"] - 1)
        if found["ordinal"] < 1 or day.year != found["year"]:
            raise ValueError
    else:
        day = date(found["year"], found["month"] if "month" in found else found["month0"] + 1, found["day"])
    if found.get("weekday", day.weekday()) != day.weekday():
        raise ValueError
    hour = found.get("hour", 0)
    if "hour12" in found:
        if not 1 <= found["hour12"] <= 12:
            raise ValueError
        hour = found["hour12"] % 12 + 12 * found["half"]
    minute, second, fraction = (found.get(name, 0) for name in ("minute", "second", "microsecond"))
    return datetime(day.year, day.month, day.day, hour, minute, second, fraction, tzinfo=found.get("offset"))


_TRIED: Final = (
    datetime(2024, 7, 31, 22, 59, 59, 123000),  # noqa: DTZ001 - local times
    datetime(2025, 1, 2, 3, 4, 5),  # noqa: DTZ001
    *DOUBTFUL,
)


def codec(options: dict[str, Any]) -> Codec:
    """Return `datetime` with `format`."""
    clock = Clock.of(options)
    forms: list[str] = [options["format"]] if isinstance(options["format"], str) else options["format"]

    def decode(values: Values) -> datetime:
        if not all(isinstance(item, str) for item in values):
            raise NotUnderstoodError
        try:
            found = {
                key: item for form, text in zip(forms, values, strict=True) for key, item in read(form, text).items()
            }
            moment = moment_of(found)
        except (ValueError, OverflowError):
            raise NotUnderstoodError from None
        return kept(moment if moment.tzinfo else clock.instant(moment))

    def encode(value: Any) -> Values:
        texts = _written(date_of(value))
        if _written(decode(texts)) != texts:  # a day that starts with a gap may be read as the one before
            raise NotUnderstoodError
        return texts

    def _written(moment: datetime) -> Values:
        return tuple(write(form, moment.astimezone(clock.zone)) for form in forms)

    usual = [tuple(write(form, moment.replace(tzinfo=clock.zone)) for form in forms) for moment in _TRIED]
    understood, odd = apart(decode, [*usual, *_less_usual(forms, usual[0])])
    never = ("hello", "", "2025-01-02T03:04:05Z", *(values[0] for values in odd)) if len(forms) == 1 else odd
    dates = (*NEAR, datetime(1950, 6, 1, 12, tzinfo=UTC))
    return Codec("datetime", decode, encode, TEXT, DATE, understood, never, dates=dates, count=len(forms))


def in_digits(codec: Codec, numbers: Sequence[bool]) -> Codec:
    """Return a codec of dates whose fields are partly numbers: those that the digits of its texts are.

    numbers: of each field, whether it is one.
    """
    if codec.name not in {"datetime", "date"}:
        return codec
    widths = [len(text) if isinstance(text, str) and text.isdigit() else 0 for text in codec.understood[0]]
    told = [number and width > 0 for number, width in zip(numbers, widths, strict=True)]
    if not any(told):
        return codec

    def decode(values: Values) -> Any:
        if any(number and type(item) is not int for number, item in zip(told, values, strict=True)):
            raise NotUnderstoodError
        of = zip(told, widths, values, strict=True)
        return codec.decode(tuple(str(item).zfill(width) if number else item for number, width, item in of))

    def numbered(values: Values) -> Values:
        return tuple(int(text) if number else text for number, text in zip(told, values, strict=True))

    def fits(values: Values) -> bool:
        return all(text.isdigit() for number, text in zip(told, values, strict=True) if number)

    understood = tuple(numbered(values) for values in codec.understood if fits(values))
    encode = lambda value: numbered(codec.encode(value))  # noqa: E731
    either = {"type": ["string", "integer"]}
    return replace(codec, decode=decode, encode=encode, outside=either, understood=understood, odd=())


def _less_usual(forms: Sequence[str], usual: Values) -> Iterator[Values]:
    """Yield other texts: numbers without the zeros before them, other letters, fractions and offsets of any form."""
    for change in (
        lambda text: re.sub(r"\b0(?=\d)", "", text),
        lambda text: re.sub(r"\b(?=\d\b)", "0", text),
        str.upper,
        str.lower,
        lambda text: re.sub(r"[+-]\d{2}:?\d{2}$", "Z", text),
        lambda text: re.sub(r"([+-]\d{2})(\d{2})$", r"\1:\2", text),
        lambda text: f" {text}",
    ):
        made = tuple(map(change, usual))
        if made != usual:
            yield made
    if "%f" in forms[-1]:
        yield (*usual[:-1], usual[-1][:-6] + "123456")
        yield (*usual[:-1], usual[-1][:-6] + "5")
        yield (*usual[:-1], usual[-1][:-6] + "1234567")
