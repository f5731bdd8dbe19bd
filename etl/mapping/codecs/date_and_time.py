"""`datetime`: an instant that is text outside, in ISO 8601 or in a format, with an offset or in a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecKind, Example, Refusal
from etl.mapping.codecs.dates import DateForms, checked_options, iso
from etl.mapping.codecs.zones import local_times
from etl.mapping.terms import Side


def _datetime(
    zone: Any = "UTC",
    format: Any = None,  # noqa: A002 - the option's name
    gap: Any = None,
    fold: Any = None,
    parts: Any = None,
    missing: Any = None,
) -> Codec:
    times = local_times(zone, gap, fold)
    checked_options("datetime", format, parts, missing)
    if parts is not None:
        return DateForms(times).members(parts, missing)
    return iso(times) if format is None else DateForms(times).codec(format, missing)


_DAY: Final = datetime(2024, 3, 9, 11, 12, 45, tzinfo=UTC)
_MINUTE: Final = _DAY.replace(second=0)
_EITHER: Final = {"format": ["%Y-%m-%d %H:%M", "%-d.%-m.%Y %H:%M", "dotnet_date"]}
_PARTS: Final = {"YEAR": "%Y", "MONTH": "%m", "DAY": "%d", "TIME": "%H:%M"}
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
    Example("2024-03-09 11:12", _MINUTE, options=_EITHER),
    Example("9.3.2024 11:12", _MINUTE, "2024-03-09 11:12", _EITHER),
    Example("/Date(1709982720000)/", _MINUTE, "2024-03-09 11:12", _EITHER),
    Example(["/Date(1709942400000)/", "PT11H12M"], _MINUTE, options={"format": ["dotnet_date", "duration"]}),
    Example(["2024", "03", "09", "11:12"], _MINUTE, options={"parts": _PARTS}),
    Example(["2024-03-09", "11:12"], _MINUTE, options={"format": ["%Y-%m-%d", "%H:%M"], "missing": [None, "00:00"]}),
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
    Refusal("09/03/2024", "expected a date as %Y-%m-%d %H:%M or a date as %-d.%-m.%Y %H:%M or", options=_EITHER),
    Refusal(["/Date(1709982765000)/", "PT1H"], "says a time of day", options={"format": ["dotnet_date", "duration"]}),
    Refusal(["2024-03-09", "PT25H"], "is no time of a day", options={"format": ["%Y-%m-%d", "duration"]}),
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
            "parts": "the members of an object that make up the date, each with its pattern",
            "missing": "what an absent part of a date means, for each of several fields",
        },
    ),
)
