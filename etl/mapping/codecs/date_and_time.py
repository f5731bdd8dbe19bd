"""`datetime`: an instant that is text outside, in ISO 8601 or in a format, with an offset or in a zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Loss, Refusal, instant_of, text_of
from etl.mapping.codecs.formats import DateFormat
from etl.mapping.codecs.iso import iso_reader, other_notations, read_local, write_iso
from etl.mapping.codecs.zones import LocalTimes, local_times
from etl.mapping.terms import Side
from etl.record import shown

_ISO_LOSSES: Final = (Loss(Side.OUTSIDE, "the offset"), Loss(Side.OUTSIDE, "what is finer than a millisecond"))
_SKIPPED: Final = Loss(Side.OUTSIDE, "a local time that does not exist")
_HOUR: Final = timedelta(hours=1)
_AHEAD: Final = timezone(2 * _HOUR)
_TWICE: Final = Loss(Side.INSIDE, "which one it was of two instants with one local time")


def _datetime(zone: Any = "UTC", format: Any = None, gap: Any = None, fold: Any = None) -> Codec:  # noqa: A002 - the option's name
    times = local_times(zone, gap, fold)
    if format is None:
        losses = (*_ISO_LOSSES, *([_SKIPPED] if gap else []))
        return Codec(iso_reader(times), write_iso, losses=losses, schema_format="date-time", alike=other_notations)
    formats = [format] if isinstance(format, str) else format
    if not _are_formats(formats) or (len(formats) < 2 and formats is format):  # noqa: PLR2004 - a list has several
        expected = 'format is text such as "%Y-%m-%d", or a list with one text for each field'
        raise CodecError(f"{expected}, not {shown(format)}")
    form = DateFormat(formats)
    if form.aware and (gap or fold):
        option = "gap" if gap else "fold"
        raise CodecError(f"{option} is for text without an offset, and this format has one", f"remove {option}, or %z")
    losses = (*form.losses, *([_SKIPPED] if gap else []), *([_TWICE] if fold and form.says_hour else []))
    made = _FormattedDates(form, times)
    if isinstance(format, str):
        return Codec(made.read_one, made.write_one, losses=losses, hard=made.hard, alike=made.alike)
    return Codec(made.read, made.write, losses=losses, hard=made.hard, parts=len(formats))


def _are_formats(formats: Any) -> bool:
    return isinstance(formats, list) and bool(formats) and all(isinstance(text, str) for text in formats)


class _FormattedDates:
    """Instants as texts in a format; what would come back as more than the format's losses say is refused."""

    def __init__(self, form: DateFormat, times: LocalTimes) -> None:
        self._form = form
        self._times = times

    def read(self, values: Sequence[Any]) -> datetime:
        """Return the instant of several texts."""
        return read_local(self._form.read([text_of(value) for value in values]), self._times)

    def read_one(self, value: Any) -> datetime:
        """Return the instant of one text."""
        return self.read([value])

    def write(self, value: Any) -> list[str]:
        """Return the texts of an instant."""
        local = self._times.of(instant_of(value))
        texts = self._form.write(local)
        if not self._form.aware and self._times.zone is not UTC:
            self._check(self._form.said_of(local).replace(tzinfo=None), texts)
        return texts

    def write_one(self, value: Any) -> str:
        """Return the one text of an instant."""
        (text,) = self.write(value)
        return text

    def alike(self, value: Any) -> tuple[str, ...]:
        """Return other texts that say the instant of a text, or one that the clocks skip and that is read as it."""
        try:
            local = self._form.read([text_of(value)])
            moved = [local.astimezone(_AHEAD)] if self._form.aware else [local + hours for hours in (_HOUR, -_HOUR)]
            return (*self._form.alike(value), *(text for other in moved for text in self._form.write(other)))
        except (CodecError, OverflowError):
            return ()

    def hard(self) -> tuple[datetime, ...]:
        """Return instants of years and local times that not every format writes."""
        years = (datetime(1950, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
        return (*years, *self._times.around_changes())

    def _check(self, said: datetime, texts: list[str]) -> None:
        """Refuse local times that would not be read, or as another local time."""
        if self._times.is_odd(said):
            back = self._form.write(self._times.of(self._times.instant(said)))
            if back != texts:
                raise CodecError(f"{shown(' '.join(texts))} would come back as {shown(' '.join(back))}; say gap: after")


_DAY: Final = datetime(2024, 3, 9, 11, 12, 45, tzinfo=UTC)
_BERLIN: Final = {"zone": "Europe/Berlin", "format": "%Y-%m-%d %H:%M"}


def _berlin(**options: Any) -> dict[str, Any]:
    return _BERLIN | options


_EXAMPLES: Final = (
    Example("2024-03-09T11:12:45+00:00", _DAY),
    Example("2024-03-09t11:12:45z", _DAY, "2024-03-09T11:12:45+00:00"),
    Example("2024-03-09 08:12:45-0300", _DAY, "2024-03-09T11:12:45+00:00"),
    Example("2024-03-09", _DAY.replace(hour=0, minute=0, second=0), "2024-03-09T00:00:00+00:00"),
    Example("2024-03-09T11:12:45.9999Z", _DAY.replace(microsecond=999000), "2024-03-09T11:12:45.999000+00:00"),
    Example("2024-03-09T08:12:45", _DAY, "2024-03-09T11:12:45+00:00", {"zone": "America/Sao_Paulo"}),
    Example("09/03/2024 08:12:45", _DAY, options={"zone": "America/Sao_Paulo", "format": "%d/%m/%Y %H:%M:%S"}),
    Example("2024-03-09T08:12:45-0300", _DAY, "2024-03-09T11:12:45+0000", {"format": "%Y-%m-%dT%H:%M:%S%z"}),
    Example("9-MAR-24 11:12:45 am", _DAY, "9-Mar-24 11:12:45 AM", {"format": "%-d-%b-%y %I:%M:%S %p"}),
    Example("2024-069 11:12:45.000", _DAY, options={"format": "%Y-%j %H:%M:%S.%L"}),
    Example("Saturday 2024-W10-6 11:12:45", _DAY, options={"format": "%A %G-W%V-%u %H:%M:%S"}),
    Example(["2024-03-09", "11:12:45"], _DAY, options={"format": ["%Y-%m-%d", "%H:%M:%S"]}),
    Example("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), options=_berlin(fold="first")),
    Example("2026-10-25 02:30", datetime(2026, 10, 25, 1, 30, tzinfo=UTC), options=_berlin(fold="second")),
    Example("2026-03-29 02:30", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "2026-03-29 01:30", _berlin(gap="before")),
    Example("2026-03-29 02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC), "2026-03-29 03:30", _berlin(gap="after")),
)
_REFUSED: Final = (
    Refusal(5, "expected text"),
    Refusal("2024-3-9", "expected a date such as"),
    Refusal("20240309", "expected a date such as"),
    Refusal("2024-W10-6", "expected a date such as"),
    Refusal("2024-03-09T25:00:00", "not a possible date"),
    Refusal("2024-03-09T23:59:60Z", "not a possible date"),
    Refusal("9999-12-31T23:59:59-01:00", "outside the years 1 to 9999"),
    Refusal("2024-03-09", "expected a date", Side.OUTSIDE),
    Refusal(True, "expected a date", Side.OUTSIDE),
    Refusal("09/03/2024", "expected a date as %Y-%m-%d", options={"format": "%Y-%m-%d"}),
    Refusal("2024-3-9", "expected a date as %Y-%m-%d", options={"format": "%Y-%m-%d"}),
    Refusal("2024-02-30", "no possible date", options={"format": "%Y-%m-%d"}),
    Refusal(["2024-03-09"], "expected text", options={"format": "%Y-%m-%d"}),
    Refusal("Sunday 2024-03-09", "does not go with the rest", options={"format": "%A %Y-%m-%d"}),
    Refusal("09 Mär 2024", "expected a date as %d %b %Y", options={"format": "%d %b %Y"}),
    Refusal("2026-03-29 02:30", "does not exist in Europe/Berlin", options=_BERLIN),
    Refusal("2026-10-25 02:30", "comes twice in Europe/Berlin", options=_BERLIN),
    Refusal("2026-03-29T02:30:00", "does not exist in Europe/Berlin", options={"zone": "Europe/Berlin"}),
    Refusal("2026-10-25T02:30:00", "comes twice in Europe/Berlin", options={"zone": "Europe/Berlin"}),
    Refusal(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "comes twice in Europe/Berlin", Side.OUTSIDE, _BERLIN),
    Refusal(datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "comes twice in Europe/Berlin", Side.OUTSIDE, _BERLIN),
    Refusal(datetime(1950, 1, 1, tzinfo=UTC), "%y is 1969 to 2068", Side.OUTSIDE, {"format": "%d.%m.%y"}),
)
KINDS: Final = (
    CodecKind(
        name="datetime",
        make=_datetime,
        outside="ISO 8601 text, or text in a format",
        inside="date",
        words="a date and time: text in {outside}, a date in {inside}",
        examples=_EXAMPLES,
        refused=_REFUSED,
        options={
            "zone": "the time zone of text that names none",
            "format": "a pattern for reading and writing",
            "gap": "what a local time means that the clocks skip",
            "fold": "which one a local time means that comes twice",
        },
    ),
)
