"""`duration`: a length of time that is ISO 8601 text outside."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Loss, Refusal, spelt, text_of
from etl.mapping.codecs.numbers import digits, exact, held, plain
from etl.mapping.terms import Side
from etl.record import shown

_UNITS: Final = {"W": 604_800, "D": 86_400, "H": 3_600, "M": 60, "S": 1}
_INSIDE: Final = {"s": Fraction(1), "min": Fraction(60), "h": Fraction(3_600), "ms": Fraction(1, 1_000)}
_NUMBER: Final = r"([0-9]{1,400}(?:[.,][0-9]{1,400})?)"
_ISO: Final = re.compile(rf"(-?)P(?:{_NUMBER}W)?(?:{_NUMBER}D)?(T(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?\Z")
_CALENDAR: Final = re.compile(r"-?P[0-9.,]*[0-9][YM]|-?P[0-9.,]+Y[0-9.,]+M")


def _duration(unit: Any = "s") -> Codec:
    if not isinstance(unit, str) or unit not in _INSIDE:
        raise CodecError(f"unit is {spelt([*_INSIDE])}, not {shown(unit)}", "write the unit of the number inside")
    length = _INSIDE[unit]
    return Codec(
        lambda value: held(_seconds(value) / length),
        lambda value: _text(exact(value) * length),
        makes="number",
        schema_format="duration",
        losses=(Loss(Side.OUTSIDE, "the units in which it was said"),),
        alike=lambda value: (value.replace("PT", "P0DT"),) if isinstance(value, str) else (),
        plain=plain,
    )


def _seconds(value: Any) -> Fraction:
    text = text_of(value)
    match = _ISO.match(text)
    found = None if match is None else [match[2], match[3], match[5], match[6], match[7]]
    if match is None or found is None or not any(found) or match[4] == "T":
        if _CALENDAR.match(text):
            raise CodecError(f"a month or a year has no certain length, found {shown(text)}")
        raise CodecError(f"expected a duration as PT1H30M, found {shown(text)}")
    said = [part for part in found if part]
    if any(not part.isdigit() for part in said[:-1]):
        raise CodecError(f"only the last number of a duration has a fraction, found {shown(text)}")
    numbers = [Fraction((part or "0").replace(",", ".")) for part in found]
    seconds = sum((number * unit for number, unit in zip(numbers, _UNITS.values(), strict=True)), Fraction())
    return -seconds if match[1] else seconds


def _text(seconds: Fraction) -> str:
    left, sign = abs(seconds), "-" * (seconds < 0)
    written = ""
    for letter in "HM":
        count, left = divmod(left, _UNITS[letter])
        written += f"{count}{letter}" if count else ""
    whole, fraction = digits(left) or ("", "")
    if left or not written:
        written += f"{whole}.{fraction}S" if fraction else f"{whole}S"
    return f"{sign}PT{written}"


KINDS: Final = (
    CodecKind(
        name="duration",
        make=_duration,
        outside="ISO 8601 text as `PT1H30M`",
        inside="number, of seconds or another unit",
        words="a length of time: ISO 8601 text in {outside}, a number in {inside}",
        examples=(
            Example("PT1H30M", 5400),
            Example("PT0S", 0),
            Example("PT12.5S", 12.5),
            Example("-PT5M", -300),
            Example("P1DT1H", 90_000, "PT25H"),
            Example("P2W", 1_209_600, "PT336H"),
            Example("PT90M", 5400, "PT1H30M"),
            Example("PT0,5H", 1800, "PT30M"),
            Example("PT1H30M", 90, options={"unit": "min"}),
            Example("PT1H30M", 1.5, options={"unit": "h"}),
            Example("PT1.5S", 1500, options={"unit": "ms"}),
        ),
        refused=(
            Refusal("P1M", "has no certain length"),
            Refusal("P1Y2D", "has no certain length"),
            Refusal("P", "expected a duration as PT1H30M"),
            Refusal("PT", "expected a duration as PT1H30M"),
            Refusal("P1DT", "expected a duration as PT1H30M"),
            Refusal("1:30", "expected a duration as PT1H30M"),
            Refusal("pt1h", "expected a duration as PT1H30M"),
            Refusal("PT1.5H30M", "only the last number"),
            Refusal(5400, "expected text"),
            Refusal("PT50S", "would be rounded", options={"unit": "min"}),
            Refusal("PT1H", "expected a number", Side.OUTSIDE),
            Refusal(True, "expected a number", Side.OUTSIDE),
        ),
        options={"unit": "the unit of the number inside: `s`, `min`, `h` or `ms`"},
    ),
)
