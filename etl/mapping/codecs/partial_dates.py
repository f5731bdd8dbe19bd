"""Dates of which the day, or the month, may be unknown: text inside, with the precision that it has outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from etl.mapping.codecs.accepted import accepted
from etl.mapping.codecs.codec import Codec, CodecError, Loss, text_of
from etl.mapping.codecs.date_parts import TextPart, text_part
from etl.mapping.codecs.directives import YEARS_OF_TWO_DIGITS
from etl.mapping.terms import Side
from etl.record import shown

USUAL: Final = ("%Y-%m-%d", "%Y-%m", "%Y")
_PRECISIONS: Final = {
    frozenset({"year"}): "a year",
    frozenset({"year", "month"}): "a month",
    frozenset({"year", "month", "day"}): "a day",
}
_INSIDE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?\Z")
_TRIED: Final = ("2024", "2024-02", "2024-02-29", "2001-02-03", "1999-12-11", "2012-10", "2011-12-10", "1970")


def partial_dates(formats: Any) -> Codec:
    """Return the codec of dates with the precision of one of several formats each.

    Raises:
        CodecError: when one is no format of a date.

    """
    said = [formats] if isinstance(formats, str) else formats
    if not isinstance(said, list | tuple) or not said or not all(isinstance(text, str) for text in said):
        raise CodecError(f"format is text such as {shown(USUAL[1])}, or a list of it, not {shown(formats)}")
    parts = [text_part(text) for text in said]
    codecs = [_of_precision(part) for part in parts]

    def encode(value: Any) -> str:
        precision = _precision(_read(value))
        fitting = [codec for codec, part in zip(codecs, parts, strict=True) if part.fields == precision]
        if not fitting:
            raise CodecError(f"{shown(value)} is {_PRECISIONS[precision]}, and none of the formats writes that")
        written: str = fitting[0].encode(value)
        return written

    is_one_each = len({part.fields for part in parts}) == len(parts)
    made = accepted(codecs, _TRIED)
    losses = tuple(loss for codec in codecs for loss in codec.losses)
    several = () if is_one_each else (Loss(Side.OUTSIDE, "which of several forms it had"),)
    return replace(
        made, encode=encode, losses=tuple(dict.fromkeys((*several, *losses))), one_to_one=not (losses or several)
    )


def _of_precision(part: TextPart) -> Codec:
    if part.fields not in _PRECISIONS:
        message = f"{shown(part.pattern)} is no date with a year, and a month or a day or not"
        raise CodecError(message, f"write formats such as {', '.join(USUAL)}")

    def decode(value: Any) -> str:
        try:
            found = part.read(text_of(value))
            if found is not None:
                date(found["year"], found.get("month", 1), found.get("day", 1))
        except CodecError:
            raise
        except ValueError as error:
            raise CodecError(f"{shown(value)} is no possible date as {part.pattern}: {error}") from None
        if found is None:
            raise CodecError(f"expected a date as {part.pattern}, found {shown(value)}")
        numbers = [f"{found['year']:04}", *(f"{found[name]:02}" for name in ("month", "day") if name in found)]
        return "-".join(numbers)

    def encode(value: Any) -> str:
        numbers = _read(value)
        if _precision(numbers) != part.fields:
            raise CodecError(f"{shown(value)} is not written as {part.pattern}")
        year, month, day = (*numbers, 1, 1)[:3]
        written: str = part.write(datetime(year, month, day))  # noqa: DTZ001 - a day, wherever it is
        if decode(written) != value:
            first, last = YEARS_OF_TWO_DIGITS[0], YEARS_OF_TWO_DIGITS[-1]
            raise CodecError(f"{shown(value)} cannot be written as {part.pattern}: %y is {first} to {last}")
        return written

    return Codec(
        decode,
        encode,
        makes="string",
        losses=tuple(part.losses),
        alike=lambda value: [*part.alike(value)],
        hard=lambda: ("2024-13", "24", "1950-06"),
        one_to_one=not [*part.losses],
    )


def _read(value: Any) -> tuple[int, ...]:
    """Return the numbers of a date inside: its year, and its month and its day where they are known.

    Raises:
        CodecError: when it is no date.

    """
    match = _INSIDE.match(text_of(value))
    numbers = tuple(int(text) for text in match.groups() if text) if match else ()
    try:
        date(*(*numbers, 1, 1)[:3])
    except (TypeError, ValueError):
        raise CodecError(f"expected a date as 2024-03-09, 2024-03 or 2024, found {shown(value)}") from None
    return numbers


def _precision(numbers: Sequence[int]) -> frozenset[str]:
    return frozenset(("year", "month", "day")[: len(numbers)])
