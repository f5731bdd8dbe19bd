"""Codecs of numbers after docs/language.md: `decimal` and `quantity`."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tests.generated.words.codec import INT64, TEXT, Codec, NotUnderstoodError, Values, text_of, understands

DECIMALS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"point": ",", "places": 2},
    {"point": ",", "group": ".", "places": 2},
)
QUANTITIES: Final[tuple[dict[str, Any], ...]] = ({"by": 60}, {"per": 100}, {"by": 60, "places": 2})


def number_of(value: Any) -> Fraction:
    """Return a number by its digits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotUnderstoodError
    return Fraction(value) if value == int(value) else Fraction(Decimal(repr(value)))


def held(number: Fraction) -> Any:
    """Return a number as JSON has it, where that has all of its digits."""
    if number.denominator == 1 and INT64[0] <= number <= INT64[1]:
        return int(number)
    made = float(number)
    if number_of(made) != number:
        raise NotUnderstoodError
    return made


def decimal(options: dict[str, Any]) -> Codec:
    """`decimal`: a number in text."""
    point, group, places = options.get("point", "."), options.get("group", ""), options.get("places")

    def decode(values: Values) -> Any:
        text = text_of(values[0])
        whole, _, fraction = text.removeprefix("-").partition(point)
        grouped = re.fullmatch(rf"[0-9]{{1,3}}({re.escape(group)}[0-9]{{3}})*", whole) if group else True
        digits = whole.replace(group, "") if group else whole
        fits = fraction and places is None if point in text and places is None else len(fraction) == (places or 0)
        if not grouped or not fits or not re.fullmatch(r"0|[1-9][0-9]*", digits) or re.search("[^0-9]", fraction):
            raise NotUnderstoodError
        number = Fraction(int(digits + fraction), 10 ** len(fraction))
        if text.startswith("-") and number == 0:
            raise NotUnderstoodError
        return held(-number if text.startswith("-") else number)

    def encode(value: Any) -> Values:
        number = number_of(value)
        for length in range(400) if places is None else [places]:
            whole = abs(number) * 10**length
            if whole.denominator == 1:
                digits = str(int(whole)).zfill(length + 1)
                before, after = digits[: len(digits) - length], digits[len(digits) - length :]
                before = re.sub(r"(?<=[0-9])(?=([0-9]{3})+$)", group, before) if group else before
                return ("-" * (number < 0) + before + (point + after if after else ""),)
        raise NotUnderstoodError

    tried = ("0", "7", "-3", f"1{point}50", f"12{point}5", f"1234{point}50", f"1{group}234{point}50")
    odd = ("hello", "", "007", f"-0{point}00", "1e3", "+1", "1_000")
    understood = tuple((text,) for text in tried if understands(decode, (text,)))
    unread = tuple(text for text in (*tried, *odd) if not understands(decode, (text,)))
    return Codec(
        "decimal", decode, encode, TEXT, {"type": "number"}, understood, unread, dates=(0.001, 0.5, 12.25), numbers=True
    )


def quantity(options: dict[str, Any]) -> Codec:
    """`quantity`: a number of another unit."""
    factor = Fraction(options["by"]) if "by" in options else 1 / Fraction(options.get("per", 1))
    places = options.get("places")

    def decode(values: Values) -> Any:
        return held(number_of(values[0]) * factor)

    def encode(value: Any) -> Values:
        number = number_of(value) / factor
        written = held(number if places is None else round(number, places))
        decode((written,))
        return (written,)

    number = {"type": "number"}
    samples = ((1.5,), (0,), (-2,), (12.25,))
    return Codec("quantity", decode, encode, number, dict(number), samples, (), dates=(1, 0.001, 90), numbers=True)
