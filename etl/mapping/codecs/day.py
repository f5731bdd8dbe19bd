"""`date`: a day, which is an instant inside: its beginning in UTC; or a date of which only a part may be known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Loss, Refusal, instant_of
from etl.mapping.codecs.dates import DateForms, checked_options
from etl.mapping.codecs.iso import read_iso
from etl.mapping.codecs.partial_dates import USUAL, partial_dates
from etl.mapping.codecs.zones import in_utc, local_times
from etl.mapping.terms import Side
from etl.record import shown

_LENGTH: Final = len("2025-01-02")
_UTC: Final = local_times("UTC")


def _decode(value: Any) -> datetime:
    if not (isinstance(value, str) and len(value) == _LENGTH):
        raise CodecError(f"expected a date as YYYY-MM-DD, found {shown(value)}")
    return read_iso(value, _UTC)


def _encode(value: Any) -> str:
    return in_utc(instant_of(value)).date().isoformat()


def _date(
    format: Any = None,  # noqa: A002 - the option's name
    parts: Any = None,
    missing: Any = None,
    partial: Any = False,
) -> Codec:
    checked_options("date", format, parts, missing)
    if not isinstance(partial, bool):
        raise CodecError(f"partial is true or false, not {shown(partial)}")
    if partial:
        if parts is not None:
            raise CodecError("a partial date is one text, and parts are several", "write format: with its forms")
        return partial_dates(USUAL if format is None else format)
    if parts is not None:
        return DateForms(_UTC, days=True).members(parts, missing)
    if format is not None:
        return DateForms(_UTC, days=True).codec(format, missing)
    return Codec(_decode, _encode, losses=(Loss(Side.INSIDE, "the time of day"),), schema_format="date")


_DAY: Final = datetime(2024, 3, 9, tzinfo=UTC)
_EITHER: Final = {"format": ["%d.%m.%Y", "%Y%m%d"]}
_PARTIAL: Final = {"partial": True, "format": ["%d.%m.%Y", "%m.%Y", "%Y"]}
KINDS: Final = (
    CodecKind(
        name="date",
        make=_date,
        outside="text as `2025-01-02`, or in a format",
        inside="date, at 00:00 UTC; with `partial` text",
        words="a day: text as 2025-01-02, or in a format, in {outside}, a date at 00:00 UTC in {inside}",
        examples=(
            Example("2024-03-09", _DAY),
            Example("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
            Example("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
            Example("09.03.2024", _DAY, options=_EITHER),
            Example("20240309", _DAY, "09.03.2024", _EITHER),
            Example(["9", "3", "2024"], _DAY, options={"parts": {"D": "%-d", "M": "%-m", "Y": "%Y"}}),
            Example("09.03.2024", "2024-03-09", options=_PARTIAL),
            Example("03.2024", "2024-03", options=_PARTIAL),
            Example("2024", "2024", options=_PARTIAL),
            Example("2024-03", "2024-03", options={"partial": True}),
        ),
        refused=(
            Refusal("2024-03-09T00:00:00", "expected a date as YYYY-MM-DD"),
            Refusal("2024-3-9", "expected a date as YYYY-MM-DD"),
            Refusal("2023-02-29", "not a possible date"),
            Refusal("2024/03/09", "expected a date such as"),
            Refusal(20240309, "expected a date as YYYY-MM-DD"),
            Refusal("13.2024", "no possible date", options=_PARTIAL),
            Refusal("2024-03", "expected a date as %d.%m.%Y or a date as %m.%Y or", options=_PARTIAL),
            Refusal("2024-03-09", "expected a date", Side.OUTSIDE),
            Refusal(True, "expected a date", Side.OUTSIDE),
            Refusal("2024-3", "expected a date as 2024-03-09", Side.OUTSIDE, _PARTIAL),
            Refusal("2024-03", "is a month, and none", Side.OUTSIDE, {"partial": True, "format": ["%d.%m.%Y", "%Y"]}),
        ),
        options={
            "format": "a pattern for reading and writing; it says a day and no time",
            "parts": "the members of an object that make up the date, each with its pattern",
            "missing": "what an absent part of a date means, for each of several fields",
            "partial": "`true` where the day, or the month, may be unknown: the date is text inside, as precise "
            "as outside",
        },
    ),
)
