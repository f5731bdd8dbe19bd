"""`date`: a day, which is an instant inside: its beginning in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Loss, Refusal, instant_of
from etl.mapping.codecs.iso import read_iso
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


KINDS: Final = (
    CodecKind(
        name="date",
        make=lambda: Codec(_decode, _encode, losses=(Loss(Side.INSIDE, "the time of day"),), schema_format="date"),
        outside="text as `2025-01-02`",
        inside="date, at 00:00 UTC",
        words="a day: text as 2025-01-02 in {outside}, a date at 00:00 UTC in {inside}",
        examples=(
            Example("2024-03-09", datetime(2024, 3, 9, tzinfo=UTC)),
            Example("2024-02-29", datetime(2024, 2, 29, tzinfo=UTC)),
            Example("0001-01-01", datetime(1, 1, 1, tzinfo=UTC)),
        ),
        refused=(
            Refusal("2024-03-09T00:00:00", "expected a date as YYYY-MM-DD"),
            Refusal("2024-3-9", "expected a date as YYYY-MM-DD"),
            Refusal("2023-02-29", "not a possible date"),
            Refusal("2024/03/09", "expected a date such as"),
            Refusal(20240309, "expected a date as YYYY-MM-DD"),
            Refusal("2024-03-09", "expected a date", Side.OUTSIDE),
            Refusal(True, "expected a date", Side.OUTSIDE),
        ),
    ),
)
