"""Dates in a format: patterns such as `%d/%m/%Y %H:%M`, for reading and for writing.

A format is looked at before any value is: one that does not say all of a date is refused, and what it leaves out of a
time is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NoReturn

from etl.mapping.codecs.codec import CodecError, Loss
from etl.mapping.codecs.date_parts import Part
from etl.mapping.codecs.directives import DIRECTIVES, YEARS_OF_TWO_DIGITS
from etl.mapping.terms import Side
from etl.record import shown

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


class DateFormat:
    """One date in one value or in several.

    pattern: the formats as messages show them. aware: they have an offset. says_hour: they have an hour.
    forms: the types of each value. losses: what does not come back.

    Raises:
        CodecError: when a format does not read back the day and the hours that it writes.

    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.pattern = " ".join(part.pattern for part in parts)
        self.forms = tuple(part.form for part in parts)
        self._parts = parts
        every = [field for part in parts for field in _said(part)]
        fields = set(every)
        if missing := _missing(fields):
            message = f"what is written as {shown(self.pattern)} cannot be read back without the {_and(missing)}"
            raise CodecError(message, f"add {_and([_EXAMPLES[field] for field in missing])}")
        for field in ("fraction", "offset"):
            if every.count(field) > 1:
                raise CodecError(f"format {shown(self.pattern)} says the {field} twice", "say it once")
        self.aware = "offset" in fields
        self._times = [time for time in _TIMES if time in fields or (time == "hour" and "hour of twelve" in fields)]
        self.says_hour = "hour" in self._times
        self._left_out: Any = {_TIMES[time]: 0 for time in _TIMES if time not in self._times}
        self._day = next(day for day in _DAYS if fields.issuperset(day))
        needed = len(self._day) + len(self._times) + self.aware + ("hour" not in fields and "hour" in self._times)
        self._repeats = len(every) > needed
        years = [d for part in parts for d in part.directives if d.field == "year"]
        self._short_year = bool(years) and all(directive is DIRECTIVES["%y"] for directive in years)
        self.losses = tuple(dict.fromkeys(self._losses()))

    def read(self, values: Sequence[Any]) -> datetime:
        """Return the local time that the values say; with its offset where they have one.

        Raises:
            CodecError: when they are no such values, or say what is no date.

        """
        said: dict[str, Any] = {}
        try:
            for part, value in zip(self._parts, values, strict=True):
                found = part.read(value)
                said |= self._unlike(values) if found is None else found
            local = self._local(said)
        except CodecError:
            raise
        except (ValueError, OverflowError) as error:
            raise CodecError(f"{_displayed(values)} is no possible date as {self.pattern}: {error}") from None
        for part, value in zip(self._parts, values, strict=True) if self._repeats else ():
            part.check(value, local)
        return local

    def write(self, local: datetime) -> list[Any]:
        """Return the values of a local time.

        Raises:
            CodecError: when its year has no text.

        """
        if self._short_year and local.year not in YEARS_OF_TWO_DIGITS:
            first, last = YEARS_OF_TWO_DIGITS[0], YEARS_OF_TWO_DIGITS[-1]
            raise CodecError(f"the year {local.year} cannot be written as {self.pattern}: %y is {first} to {last}")
        return [part.write(local) for part in self._parts]

    def alike(self, value: Any) -> Iterator[Any]:
        """Yield other values of the local time that one value says."""
        (part,) = self._parts
        yield from part.alike(value)

    def _unlike(self, values: Sequence[Any]) -> NoReturn:
        raise CodecError(f"expected a date as {self.pattern}, found {_displayed(values)}")

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

    def _losses(self) -> Iterator[Loss]:
        if len(self._times) < len(_TIMES):
            yield Loss(Side.INSIDE, _TIME_LOST[len(self._times)])
        if self.aware:
            yield Loss(Side.OUTSIDE, "the offset")
        for part in self._parts:
            yield from part.losses


def _said(part: Part) -> Sequence[str]:
    """Return what a part says of a date, each as often as it says it."""
    return [directive.field for directive in part.directives] or [*part.fields]


def _displayed(values: Sequence[Any]) -> str:
    return shown(" ".join(map(str, values)))


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
