"""The directives of a date's format: what each reads, and what it writes.

A directive means what Python's `strptime` and `strftime` mean by it, with two differences, by which a value comes back
as it was: names are English on every machine, and a number has all its digits: `%d` reads `09`, and `%-d` reads `9`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any, Final

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CENTURY_BREAK: Final = 69
YEARS_OF_TWO_DIGITS: Final = range(1969, 2069)
_NOON: Final = 12
_SHORT: Final = 3


class Kind(Enum):
    """What a directive's text is made of."""

    DIGITS = "so many digits"
    ANY_DIGITS = "digits, of which nobody knows how many"
    NAME = "one of several names"
    OFFSET = "an offset from UTC"


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive. field: what it says. pattern: a regular expression for its text.

    read: its value of its text. write: its text of a local time. kind: what its text is made of.
    """

    field: str
    pattern: str
    read: Callable[[str], Any]
    write: Callable[[datetime], str]
    kind: Kind = Kind.DIGITS

    def alike(self, text: str) -> tuple[str, ...]:
        """Return other texts of the value of a text."""
        if self.kind is Kind.NAME:
            return text.upper(), text.lower()
        if self.kind is Kind.OFFSET:
            offset = self.read(text)
            same = [DIRECTIVES[name].write(datetime(2000, 1, 1, tzinfo=offset)) for name in ("%z", "%:z")]
            return (*same, *(("Z", "z", "-00:00") if offset == UTC else ()))
        return (text.rstrip("0") or "0", text.ljust(6, "0")) if self.field == "fraction" else ()


def _number(field: str, digits: int, value: Callable[[datetime], int]) -> Directive:
    template = f"%0{digits}d"
    return Directive(field, f"[0-9]{{{digits}}}", int, lambda local: template % value(local))


def _short_number(field: str, value: Callable[[datetime], int]) -> Directive:
    return Directive(field, "(?:0|[1-9][0-9]{0,2})", int, lambda local: str(value(local)), Kind.ANY_DIGITS)


def _name(field: str, names: Sequence[str], first: int, value: Callable[[datetime], int]) -> Directive:
    numbers = {name.casefold(): number for number, name in enumerate(names, first)}
    pattern = "|".join(sorted(names, key=len, reverse=True))
    read = lambda text: numbers[text.casefold()]  # noqa: E731 - as short as the others
    return Directive(field, f"(?ai:{pattern})", read, lambda local: names[value(local) - first], Kind.NAME)


def _year_of_two_digits(text: str) -> int:
    return int(text) + (1900 if int(text) >= _CENTURY_BREAK else 2000)


def _fraction(local: datetime) -> str:
    return f"{local.microsecond:06}"


def _offset(text: str) -> timezone:
    if text in {"Z", "z"}:
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes, seconds = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0)
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(-offset if text[0] == "-" else offset)


def _written_offset(between: str) -> Callable[[datetime], str]:
    def write(local: datetime) -> str:
        offset = local.utcoffset() or timedelta()
        sign, seconds = ("-", -offset) if offset < timedelta() else ("+", offset)
        parts = divmod(seconds // timedelta(minutes=1), 60)
        rest = seconds % timedelta(minutes=1) // timedelta(seconds=1)
        return sign + between.join(f"{part:02}" for part in (*parts, *([rest] if rest else [])))

    return write


def _of_twelve(local: datetime) -> int:
    return (local.hour - 1) % _NOON + 1


_OFFSET: Final = "(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9](?::?[0-5][0-9])?)"
DIRECTIVES: Final[dict[str, Directive]] = {
    "%Y": _number("year", 4, lambda local: local.year),
    "%y": Directive("year", "[0-9]{2}", _year_of_two_digits, lambda local: f"{local.year % 100:02}"),
    "%G": _number("week year", 4, lambda local: local.isocalendar().year),
    "%V": _number("week", 2, lambda local: local.isocalendar().week),
    "%u": Directive("weekday", "[1-7]", int, lambda local: str(local.isoweekday())),
    "%j": _number("day of the year", 3, lambda local: local.timetuple().tm_yday),
    "%-j": _short_number("day of the year", lambda local: local.timetuple().tm_yday),
    "%m": _number("month", 2, lambda local: local.month),
    "%-m": _short_number("month", lambda local: local.month),
    "%b": _name("month", [name[:_SHORT] for name in _MONTHS], 1, lambda local: local.month),
    "%B": _name("month", _MONTHS, 1, lambda local: local.month),
    "%d": _number("day", 2, lambda local: local.day),
    "%-d": _short_number("day", lambda local: local.day),
    "%a": _name("weekday", [name[:_SHORT] for name in _DAYS], 1, lambda local: local.isoweekday()),
    "%A": _name("weekday", _DAYS, 1, lambda local: local.isoweekday()),
    "%H": _number("hour", 2, lambda local: local.hour),
    "%-H": _short_number("hour", lambda local: local.hour),
    "%I": _number("hour of twelve", 2, _of_twelve),
    "%-I": _short_number("hour of twelve", _of_twelve),
    "%p": _name("half of the day", ("AM", "PM"), 0, lambda local: local.hour // _NOON),
    "%M": _number("minute", 2, lambda local: local.minute),
    "%-M": _short_number("minute", lambda local: local.minute),
    "%S": _number("second", 2, lambda local: local.second),
    "%-S": _short_number("second", lambda local: local.second),
    "%L": Directive("fraction", "[0-9]{3}", lambda text: int(text) * 1000, lambda local: _fraction(local)[:3]),
    "%f": Directive("fraction", "[0-9]{1,6}", lambda text: int(text.ljust(6, "0")), _fraction, Kind.ANY_DIGITS),
    "%z": Directive("offset", _OFFSET, _offset, _written_offset(""), Kind.OFFSET),
    "%:z": Directive("offset", _OFFSET, _offset, _written_offset(":"), Kind.OFFSET),
}
