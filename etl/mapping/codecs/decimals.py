"""`decimal` and `integer_text`: a number that is text outside, with its digits as they stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Loss, Refusal, text_of
from etl.mapping.codecs.decimal_parts import decimal_parts
from etl.mapping.codecs.numbers import plain, read_digits, written_digits
from etl.mapping.terms import Side
from etl.record import MAX_INT64, MIN_INT64, shown

_MOST_PLACES: Final = 20
_MOST_DIGITS: Final = 400
"""A double has no more before the point, and after it few that matter."""

_SURELY_INT64: Final = 18
_WHOLE: Final = "a whole number of 64 bits as text, without leading zeros"


@dataclass(frozen=True, slots=True)
class _Notation:
    """How numbers are written. group: what stands between thousands, "" for nothing. places: None for any number."""

    point: str
    group: str
    places: int | None

    def text(self, value: Any) -> str:
        """Return the text of a number that has one."""
        negative, whole, fraction = written_digits(value)
        if self.places is not None:
            if len(fraction) > self.places:
                raise CodecError(f"{shown(value)} has more than {self.places} decimals, and nothing is rounded")
            fraction = fraction.ljust(self.places, "0")
        if self.group:
            first = len(whole) % 3 or 3
            whole = self.group.join([whole[:first], *(whole[at : at + 3] for at in range(first, len(whole), 3))])
        return "-" * negative + whole + (self.point + fraction if fraction else "")

    def pattern(self) -> re.Pattern[str]:
        """Return what the text of a number matches: its sign, what stands before the point, and what after it."""
        most = f"{{0,{_MOST_DIGITS}}}"
        whole = f"[1-9][0-9]{{0,2}}(?:{re.escape(self.group)}[0-9]{{3}}){most}" if self.group else f"[1-9][0-9]{most}"
        count = f"{{1,{_MOST_DIGITS}}}" if self.places is None else f"{{{self.places}}}"
        fraction = "()" if self.places == 0 else f"{re.escape(self.point)}([0-9]{count})"
        return re.compile(f"(-?)(0|{whole}){fraction if self.places is not None else f'(?:{fraction})?'}\\Z")

    def example(self) -> str:
        """Return what messages show."""
        return f"a number as {shown(self.text(1234.56 if self.places is None or self.places > 1 else 1234))}"


def _decimal(point: Any = ".", group: Any = "", places: Any = None, parts: Any = None, signs: Any = None) -> Codec:
    notation = _checked(point, group, places)
    if parts is not None:
        if (point, group) != (".", ""):
            raise CodecError("point and group are for a number in one text", "remove them beside parts")
        return decimal_parts(parts, places, signs)
    if signs is not None:
        raise CodecError("signs are for a number in parts", "remove them, or write parts:")
    pattern, example = notation.pattern(), notation.example()
    if places == 0 and not group:
        return _whole(pattern)

    def decode(value: Any) -> int | float:
        match = pattern.match(text_of(value))
        if match is None:
            raise CodecError(f"expected {example}, found {shown(value)}")
        whole, fraction = match[2].replace(group, "") if group else match[2], match[3] or ""
        if (places == 0 and not _is_int64(match[1] + whole)) or (match[1] and not (whole + fraction).strip("0")):
            raise CodecError(f"expected {example}, found {shown(value)}")
        return read_digits(whole, fraction, negative=bool(match[1]))

    def encode(value: Any) -> str:
        if places == 0 and (isinstance(value, bool) or not isinstance(value, int)):
            raise CodecError(f"expected a whole number, found {shown(value)}")
        return notation.text(value)

    zeros = Loss(
        Side.OUTSIDE, "zeros at the end of its fraction", unless=lambda said: said.has_only(lambda one: one != point)
    )
    return Codec(
        decode,
        encode,
        makes="integer" if places == 0 else "number",
        losses=(zeros,) if places is None else (),
        hard=lambda: () if places in {None, 0} else (10.0 ** -(places + 1),),
        alike=lambda value: _with_zeros(value, point) if places is None else (),
        plain=plain,
        one_to_one=places is not None,
    )


def _with_zeros(value: Any, point: str) -> tuple[str, ...]:
    if not isinstance(value, str):
        return ()
    return (f"{value}0" if point in value else f"{value}{point}0",)


def _whole(pattern: re.Pattern[str]) -> Codec:
    """Return the codec of whole numbers without anything between their digits."""

    def decode(value: Any) -> int:
        if not pattern.match(text_of(value)) or value == "-0" or not _is_int64(value):
            raise CodecError(f"expected {_WHOLE}, found {shown(value)}")
        return int(value)

    def encode(value: Any) -> str:
        if isinstance(value, bool) or not isinstance(value, int):
            raise CodecError(f"expected a whole number, found {shown(value)}")
        return str(value)

    return Codec(decode, encode, makes="integer", one_to_one=True)


def _is_int64(text: str) -> bool:
    return len(text) <= _SURELY_INT64 or (len(text) < _MOST_DIGITS and MIN_INT64 <= int(text) <= MAX_INT64)


def _checked(point: Any, group: Any, places: Any) -> _Notation:
    """Return a notation.

    Raises:
        CodecError: when its options mean nothing.

    """
    for name, value in (("point", point), ("group", group)):
        if (
            not isinstance(value, str)
            or len(value) > 1
            or value.isdigit()
            or value == "-"
            or (name, value) == ("point", "")
        ):
            raise CodecError(f"{name} is one character that is no digit and no minus, not {shown(value)}")
    if point == group:
        raise CodecError(f"point and group are both {shown(point)}", "give the two different characters")
    if places is not None and (
        isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= _MOST_PLACES
    ):
        raise CodecError(f"places is a whole number from 0 to {_MOST_PLACES}, not {shown(places)}")
    return _Notation(point, group, places)


_PARTS: Final = {"parts": ["digits", "scale"]}
_SIGNED: Final = {"parts": {"UNITS": "digits", "SIGN": "sign"}, "places": 2, "signs": [["", "+"], "-"]}
_MONEY: Final = {"point": ",", "group": ".", "places": 2}
_DECIMAL: Final = CodecKind(
    name="decimal",
    make=_decimal,
    outside="text as `1234.5`, or in parts",
    inside="number",
    words="a number: text, or its parts, in {outside}, a number in {inside}",
    examples=(
        Example("1234.5", 1234.5),
        Example("12.50", 12.5, "12.5"),
        Example("7.0", 7, "7"),
        Example("-0.0625", -0.0625),
        Example("1.234,50", 1234.5, options=_MONEY),
        Example("-1.234.567,00", -1234567, options=_MONEY),
        Example("0,00", 0, options=_MONEY),
        Example(["-12345", "1"], -1234.5, options=_PARTS),
        Example(["1250", "2"], 12.5, ["125", "1"], _PARTS),
        Example(["5", "3"], 0.005, options=_PARTS),
        Example(["1250", "-"], -12.5, options=_SIGNED),
        Example(["0", "+"], 0, ["0", ""], _SIGNED),
        Example("1,234,567", 1234567, options={"group": ",", "places": 0}),
    ),
    refused=(
        Refusal("1,5", 'expected a number as "1234.56"'),
        Refusal("007", 'expected a number as "1234.56"'),
        Refusal("-0", "expected a number"),
        Refusal("1e3", "expected a number"),
        Refusal("+1", "expected a number"),
        Refusal("\u0661", "expected a number"),
        Refusal("9" * 5000, "expected a number"),
        Refusal("0.1234567890123456789", "would be rounded"),
        Refusal("12345678901234567890123", "would be rounded"),
        Refusal(7, "expected text"),
        Refusal("1234,50", 'expected a number as "1.234,56"', options=_MONEY),
        Refusal("1.234,5", 'expected a number as "1.234,56"', options=_MONEY),
        Refusal("12.34,50", 'expected a number as "1.234,56"', options=_MONEY),
        Refusal(["007", "1"], "expected the digits of a whole number as its digits", options=_PARTS),
        Refusal(["7", "-1"], "expected a scale from 0 to 400", options=_PARTS),
        Refusal(["-7", "-"], "expected digits without a sign", options=_SIGNED),
        Refusal(["0", "-"], "zero has no sign", options=_SIGNED),
        Refusal(0.125, "has more than 2 decimals", Side.OUTSIDE, _SIGNED),
        Refusal(0.125, "has more than 2 decimals", Side.OUTSIDE, _MONEY),
        Refusal("7", "expected a number", Side.OUTSIDE),
        Refusal(True, "expected a number", Side.OUTSIDE),
        Refusal(float("nan"), "expected a number", Side.OUTSIDE),
    ),
    options={
        "point": "what stands before the decimals",
        "group": "what stands between thousands",
        "places": "how many decimals there are, no more and no fewer",
        "parts": "the parts of a number in several fields: `digits`, `scale`, `sign`; or an object's members with them",
        "signs": "what the part `sign` has above 0 and below, each a value or a list of which the first is written",
    },
)
_INTEGER_TEXT: Final = CodecKind(
    name="integer_text",
    make=lambda: _decimal(places=0),
    outside='text as `"17"`, without leading zeros',
    inside="whole number of 64 bits",
    words="a whole number: text in {outside}, a number in {inside}",
    examples=(
        Example("150", 150),
        Example("0", 0),
        Example("-7", -7),
        Example(str(MAX_INT64), MAX_INT64),
        Example(str(MIN_INT64), MIN_INT64),
    ),
    refused=(
        Refusal("007", "without leading zeros"),
        Refusal("-0", "without leading zeros"),
        Refusal("", "a whole number"),
        Refusal("1.0", "a whole number"),
        Refusal("\u0661", "a whole number"),
        Refusal("9" * 5000, "of 64 bits"),
        Refusal(str(MAX_INT64 + 1), "of 64 bits"),
        Refusal(7, "expected text"),
        Refusal(True, "expected a whole number", Side.OUTSIDE),
        Refusal(7.0, "expected a whole number", Side.OUTSIDE),
        Refusal("7", "expected a whole number", Side.OUTSIDE),
    ),
)
KINDS: Final = (_DECIMAL, _INTEGER_TEXT)
