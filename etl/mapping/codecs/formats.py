"""Dates in a format: patterns such as `%d/%m/%Y %H:%M`, for reading and for writing.

A format is looked at before any value is: one that does not say all of a date is refused, and what it leaves out of a
time is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, TypeAlias

from etl.mapping.codecs.codec import CodecError, Loss
from etl.mapping.codecs.directives import DIRECTIVES, YEARS_OF_TWO_DIGITS, Directive, Kind
from etl.mapping.terms import Side
from etl.record import shown

Piece: TypeAlias = str | Directive
"""A part of a format: text that stands as it is, or a directive."""

_TOKEN: Final = re.compile(r"%[-:]?[A-Za-z%]|%|[^%]+")
_LOCALE: Final = ("is another form on every machine", "write out what it stands for")
_NO_DIRECTIVES: Final = {
    "%c": _LOCALE,
    "%x": _LOCALE,
    "%X": _LOCALE,
    "%Z": ("does not say an offset", "name the zone with zone:, or read an offset with %z"),
    "%s": ("is no directive", "read seconds since 1970 with codec epoch_s"),
    "%T": ("is no directive", "write %H:%M:%S"),
    "%D": ("is no directive", "write %m/%d/%y"),
    "%F": ("is no directive", "write %Y-%m-%d"),
}
_DAYS: Final = (("year", "month", "day"), ("year", "day of the year"), ("week year", "week", "weekday"))
"""The ways to say a day; of a format that has several, the first one counts, and the others have to agree."""

_EXAMPLES: Final = {
    "year": "%Y",
    "month": "%m",
    "day": "%d",
    "day of the year": "%j",
    "week year": "%G",
    "week": "%V",
    "weekday": "%u",
    "hour": "%H",
    "minute": "%M",
    "second": "%S",
    "hour of twelve": "%I",
    "half of the day": "%p",
}
_TIMES: Final = {"hour": "hour", "minute": "minute", "second": "second", "fraction": "microsecond"}
"""The parts of a time, from the largest to the smallest, each with what Python calls it."""

_TIME_LOST: Final = ("the time of day", "minutes and seconds", "seconds", "what is finer than a second")


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a date. regex: what it matches, with a group for every directive. template: with %s for each."""

    directives: tuple[Directive, ...]
    regex: re.Pattern[str]
    template: str

    def write(self, local: datetime) -> str:
        """Return the text of a local time."""
        return self.template % tuple([directive.write(local) for directive in self.directives])


class DateFormat:
    """One date in one text or in several.

    pattern: the formats as messages show them. aware: the texts have an offset. says_hour: they have an hour.
    losses: what does not come back.

    Raises:
        CodecError: when a format does not read back the day and the hours that it writes.

    """

    def __init__(self, formats: Sequence[str]) -> None:
        self.pattern = " ".join(formats)
        self._parts = tuple(_compile(text) for text in formats)
        every = [directive for part in self._parts for directive in part.directives]
        fields = {directive.field for directive in every}
        if missing := _missing(fields):
            message = f"what is written as {shown(self.pattern)} cannot be read back without the {_and(missing)}"
            raise CodecError(message, f"add {_and([_EXAMPLES[field] for field in missing])}")
        for field in ("fraction", "offset"):
            if sum(directive.field == field for directive in every) > 1:
                raise CodecError(f"format {shown(self.pattern)} says the {field} twice", "say it once")
        self.aware = "offset" in fields
        self._said = [time for time in _TIMES if time in fields or (time == "hour" and "hour of twelve" in fields)]
        self.says_hour = "hour" in self._said
        self._left_out: Any = {_TIMES[time]: 0 for time in _TIMES if time not in self._said}
        self._day = next(day for day in _DAYS if fields.issuperset(day))
        needed = len(self._day) + len(self._said) + self.aware + ("hour" not in fields and "hour" in self._said)
        self._repeats = len(every) > needed
        self._short_year = all(d is DIRECTIVES["%y"] for d in every if d.field == "year") and "year" in fields
        self.losses = tuple(self._losses(every))

    def read(self, texts: Sequence[str]) -> datetime:
        """Return the local time that the texts say; with its offset where they have one.

        Raises:
            CodecError: when they are no such texts, or say what is no date.

        """
        found: list[tuple[Directive, str]] = []
        for part, text in zip(self._parts, texts, strict=True):
            match = part.regex.match(text)
            if match is None:
                raise CodecError(f"expected a date as {self.pattern}, found {shown(' '.join(texts))}")
            found.extend(zip(part.directives, match.groups(), strict=True))
        try:
            local = self._local({directive.field: directive.read(text) for directive, text in found})
        except (ValueError, OverflowError) as error:
            raise CodecError(f"{shown(' '.join(texts))} is no possible date as {self.pattern}: {error}") from None
        if self._repeats:
            _check_repeats(found, local)
        return local

    def write(self, local: datetime) -> list[str]:
        """Return the texts of a local time.

        Raises:
            CodecError: when its year has no text.

        """
        if self._short_year and local.year not in YEARS_OF_TWO_DIGITS:
            first, last = YEARS_OF_TWO_DIGITS[0], YEARS_OF_TWO_DIGITS[-1]
            raise CodecError(f"the year {local.year} cannot be written as {self.pattern}: %y is {first} to {last}")
        return [part.write(local) for part in self._parts]

    def alike(self, text: str) -> Iterator[str]:
        """Yield other texts of the local time that one text says."""
        (part,) = self._parts
        match = part.regex.match(text)
        groups = match.groups() if match else ()
        for index, directive in enumerate(part.directives if match else ()):
            for other in directive.alike(groups[index]):
                yield part.template % (*groups[:index], other, *groups[index + 1 :])

    def said_of(self, local: datetime) -> datetime:
        """Return the local time that is read of what is written of one: without what the format leaves out."""
        return local.replace(**self._left_out)

    def _local(self, said: dict[str, Any]) -> datetime:
        get = said.get
        if "half of the day" in said and "hour" not in said:
            said["hour"] = _hour(said["hour of twelve"], said["half of the day"])
        day = _day(self._day, said) if self._day is not _DAYS[0] else None
        year, month, number = (said["year"], said["month"], said["day"]) if day is None else day.timetuple()[:3]
        times = get("hour", 0), get("minute", 0), get("second", 0), get("fraction", 0)
        return datetime(year, month, number, *times, tzinfo=get("offset"))

    def _losses(self, every: Sequence[Directive]) -> Iterator[Loss]:
        if len(self._said) < len(_TIMES):
            yield Loss(Side.INSIDE, _TIME_LOST[len(self._said)])
        if self.aware:
            yield Loss(Side.OUTSIDE, "the offset")
        if any(directive.kind is Kind.NAME for directive in every):
            yield Loss(Side.OUTSIDE, "capital and small letters as they were")
        if DIRECTIVES["%f"] in every:
            yield Loss(Side.OUTSIDE, "the length of its fraction")
            yield Loss(Side.OUTSIDE, "what is finer than a millisecond")


def _compile(text: str) -> Part:
    pieces = tuple(_pieces(text))
    for piece, following in pairwise(pieces):
        if isinstance(piece, Directive) and piece.kind is Kind.ANY_DIGITS and _begins_with_digit(following):
            message = f"format {shown(text)} has digits after a number of any length, which nobody could part"
            raise CodecError(message, "put other text between them, or read numbers with all their digits")
    groups = [re.escape(piece) if isinstance(piece, str) else f"({piece.pattern})" for piece in pieces]
    template = "".join(piece.replace("%", "%%") if isinstance(piece, str) else "%s" for piece in pieces)
    directives = tuple(piece for piece in pieces if isinstance(piece, Directive))
    return Part(directives, re.compile("".join(groups) + r"\Z"), template)


def _pieces(text: str) -> Iterator[Piece]:
    for found in _TOKEN.findall(text):
        if found[0] != "%":
            yield found
        elif found == "%%":
            yield "%"
        elif found in DIRECTIVES:
            yield DIRECTIVES[found]
        else:
            why, fix = _NO_DIRECTIVES.get(found, ("is no directive", f"those are {' '.join(DIRECTIVES)} and %%"))
            raise CodecError(f"{found} in format {shown(text)} {why}", fix)


def _begins_with_digit(piece: Piece) -> bool:
    if isinstance(piece, str):
        return piece[:1].isdecimal()
    return piece.kind in {Kind.DIGITS, Kind.ANY_DIGITS}


def _missing(fields: set[str]) -> list[str]:
    """Return what a format would have to say as well, so that it can be read back."""
    missing: list[str] = []
    if not any(fields.issuperset(day) for day in _DAYS):
        nearest = max(_DAYS, key=lambda day: (bool(fields.intersection(day[1:])), len(fields.intersection(day))))
        missing += [field for field in nearest if field not in fields]
    if "hour" not in fields and fields & {"hour of twelve", "half of the day"}:
        missing += sorted({"hour of twelve", "half of the day"} - fields)
    elif "hour" not in fields and fields.intersection(_TIMES):
        missing.append("hour")
    times = list(_TIMES)
    last = max((times.index(time) for time in fields.intersection(times)), default=0)
    return missing + [time for time in times[1:last] if time not in fields]


def _day(way: tuple[str, ...], said: dict[str, Any]) -> date:
    first, *others = (said[field] for field in way)
    if way == _DAYS[2]:
        return date.fromisocalendar(first, *others)
    day = date(first, 1, 1) + timedelta(days=others[0] - 1)
    if day.year != first:
        raise ValueError(f"the year {first} has no day {others[0]}")
    return day


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _hour(of_twelve: int, half: int) -> int:
    if not 1 <= of_twelve <= 12:  # noqa: PLR2004 - the hours of a dial
        raise ValueError(f"{of_twelve} is no hour of twelve")
    return of_twelve % 12 + 12 * half


def _check_repeats(found: Sequence[tuple[Directive, str]], local: datetime) -> None:
    """Refuse texts that say one thing twice, and differently."""
    for directive, text in found:
        written = directive.write(local)
        if directive.field not in {"offset", "fraction"} and written.casefold() != text.casefold():
            day = local.replace(tzinfo=None).isoformat(" ")
            raise CodecError(f"{shown(text)} does not go with the rest, by which it is {shown(written)}: {day}")
