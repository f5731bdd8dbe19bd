"""`quantity`: a number of another unit outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from etl.mapping.codecs.codec import (
    NUMBER,
    TEXT,
    Codec,
    CodecError,
    CodecKind,
    Example,
    Fields,
    Form,
    Loss,
    Refusal,
    spelt,
    text_of,
)
from etl.mapping.codecs.numbers import Number, exact, held, plain
from etl.mapping.codecs.registry import make_codec
from etl.mapping.codecs.rounding import Rounding
from etl.mapping.codecs.said import Said
from etl.mapping.terms import Side
from etl.record import shown

_FIX: Final = "write quantity: {by: 60} for hours outside and minutes inside, or {per: 60} for the other way round"
_FIX_UNITS: Final = "write each unit with how many of the unit inside it is, as in quantity: {h: 60, min: 1}"
_PLAIN: Final = {"point": ".", "group": ""}


def _quantity(
    *,
    by: Any = None,
    per: Any = None,
    places: Any = None,
    between: Any = None,
    whole: Any = False,
    point: Any = ".",
    group: Any = "",
    **units: Any,
) -> Codec:
    rounding = Rounding.checked(places, whole)
    if units:
        if by is not None or per is not None:
            raise CodecError("quantity has either units or by or per", _FIX_UNITS)
        factors = {name: _factor(name, value, _FIX_UNITS) for name, value in units.items()}
        return _of_units(factors, rounding, between, {"point": point, "group": group})
    if between is not None:
        raise CodecError("between is what stands between a number and its unit", "remove it, or name the units")
    if (point, group) != (".", ""):
        fix = f"write as: [{{decimal: {{point: {shown(point)}}}}}, {{quantity: …}}], or name the units"
        raise CodecError("point and group are for the text of a number beside its unit", fix)
    if (by is None) is (per is None):
        raise CodecError(f"quantity says either by or per, not {'both' if by is not None else 'neither'}", _FIX)
    return _of_one(_factor("by", by, _FIX) if per is None else 1 / _factor("per", per, _FIX), rounding)


def _of_one(factor: Fraction, rounding: Rounding) -> Codec:
    """Return the codec of a number of one unit. factor: how many inside one outside is."""
    places = rounding.places

    def decode(value: Any) -> int | float:
        return rounding.read(exact(value) * factor)

    def encode(value: Any) -> int | float:
        number = rounding.given(value) / factor
        written = held(number if places is None else round(number, places))
        decode(written)  # what is rounded may be another number, and is one that can be read again
        return written

    return Codec(
        decode,
        encode,
        makes=rounding.makes,
        reads=NUMBER,
        writes=NUMBER,
        losses=tuple(rounding.losses(factor)),
        hard=rounding.hard,
        alike=lambda value: _near(value, factor, places),
        plain=plain,
    )


def _near(value: Any, factor: Fraction, places: int | None) -> tuple[float, ...]:
    """Return numbers so near to one that they are rounded to it, outside or inside."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ()
    finer = (places or 0) + 1
    return round(value + 10.0**-finer, finer), value + float(Fraction(1, 4) / factor)


def _factor(name: str, value: Any, fix: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise CodecError(f"{name} is a number above 0, not {shown(value)}", fix)
    return exact(value)


def _of_units(units: dict[str, Fraction], rounding: Rounding, between: Any, notation: dict[str, Any]) -> Codec:
    """Return the codec of a number with one of several units, in two fields or in one text."""
    if between is not None and not isinstance(between, str):
        raise CodecError(f"between is text, not {shown(between)}", 'write between: "" where nothing stands there')
    if wrong := next((unit for unit in units if not unit or unit != unit.strip()), None):
        raise CodecError(f"{shown(wrong)} is no unit", "write it without blanks around it")
    digits = make_codec("decimal", notation)
    is_text = notation != _PLAIN

    def fitted(fields: Fields) -> Codec:
        if len(fields.outside) > 1:
            is_number = not is_text and not _is_text(fields.outside[0])
            return _Units(units, rounding, digits, is_number=is_number).codec()
        return _Units(units, rounding, digits, " " if between is None else between).text_codec()

    first = _Units(units, rounding, digits, is_number=not is_text)
    return replace(first.codec() if between is None else fitted(Fields()), fit=fitted)


def _is_text(said: Said) -> bool:
    return "string" in said.types and not said.is_number


class _Units:
    """Numbers with units. digits: reads and writes a number that is text. between: what stands between it and its unit.

    is_number: the number is no text.
    """

    def __init__(
        self,
        units: dict[str, Fraction],
        rounding: Rounding,
        digits: Codec,
        between: str = "",
        *,
        is_number: bool = False,
    ) -> None:
        self._units = units
        self._rounding = rounding
        self._digits = digits
        self._between = between
        self._is_number = is_number

    def codec(self) -> Codec:
        """Return the codec of a number and its unit in two fields."""
        number = Form(NUMBER, NUMBER) if self._is_number else Form()
        return replace(
            self._codec(self.read, self.write),
            parts=2,
            forms=(number, Form()),
            reads=number.reads | TEXT,
            writes=number.writes | TEXT,
        )

    def text_codec(self) -> Codec:
        """Return the codec of a number and its unit in one text."""
        made = self._codec(self._read_text, lambda value: self._between.join(self.write(value)))
        return replace(made, alike=lambda value: [*self._alike(value)])

    def _alike(self, value: Any) -> Iterator[str]:
        """Yield other texts that say what a text says: in each unit, with zeros at the end of its number too."""
        for unit, factor in self._units.items():
            try:
                number = self._digits.encode(held(exact(self._read_text(value)) / factor))
            except CodecError:
                continue
            yield from (f"{one}{self._between}{unit}" for one in (number, *self._digits.alike(number)))

    def read(self, values: Sequence[Any]) -> Number:
        """Return the number inside of a number and a unit."""
        number, unit = values
        if not isinstance(unit, str) or unit not in self._units:
            raise CodecError(f"expected the unit {spelt([*map(shown, self._units)])}, found {shown(unit)}")
        read = exact(number if self._is_number else self._digits.decode(number))
        return self._rounding.read(read * self._units[unit])

    def write(self, value: Any) -> list[Any]:
        """Return a number and the first unit in which it is exact; or in the last one, rounded where it may be."""
        number, unit, places = self._rounding.given(value), "", self._rounding.places
        for unit, factor in self._units.items():
            try:
                made = held(number / factor)
            except CodecError:
                continue
            if places is None or round(exact(made), places) == exact(made):
                return [self._form(made), unit]
        last = number / self._units[unit]
        return [self._form(held(last if places is None else round(last, places))), unit]

    def _form(self, number: Number) -> Any:
        return number if self._is_number else self._digits.encode(number)

    def _read_text(self, value: Any) -> Number:
        text = text_of(value)
        for unit in sorted(self._units, key=len, reverse=True):
            number = text.removesuffix(self._between + unit)
            if number != text and number[-1:].isdigit():
                return self.read([number, unit])
        wanted = spelt([shown(f"{self._digits.encode(1.5)}{self._between}{unit}") for unit in self._units])
        raise CodecError(f"expected a number with its unit, as {wanted}, found {shown(value)}")

    def _codec(self, decode: Callable[[Any], Any], encode: Callable[[Any], Any]) -> Codec:
        losses = list(self._rounding.losses([*self._units.values()][-1]))
        losses += [Loss(Side.OUTSIDE, "which unit it had")] if len(self._units) > 1 else []
        losses += [] if self._is_number else [Loss(Side.OUTSIDE, "zeros at the end of its fraction")]
        return Codec(
            decode,
            encode,
            makes=self._rounding.makes,
            losses=tuple(losses),
            hard=self._rounding.hard,
            plain=plain,
        )


_HOURS: Final = {"by": 60}
_ROUNDED: Final = {"by": 60, "places": 2}
_UNITS: Final = {"h": 60, "min": 1}
_TEXT: Final = {"h": 60, "min": 1, "between": ""}
_WHOLE: Final = {"by": 60, "places": 2, "whole": True}
_COMMA: Final = {"H": 60, "MIN": 1, "point": ",", "group": ".", "between": " "}
KINDS: Final = (
    CodecKind(
        name="quantity",
        make=_quantity,
        outside="number of one unit, or with its unit",
        inside="number of another",
        words="a quantity: a number of one unit, or with its unit, in {outside}, of another in {inside}",
        examples=(
            Example(1.5, 90, options=_HOURS),
            Example(12.34, 1234, options={"by": 100}),
            Example(1234, 12.34, options={"by": 0.01}),
            Example(1234, 12.34, options={"per": 100}),
            Example(5400, 1.5, options={"per": 3600}),
            Example(0.1, 0.3, options={"by": 3}),
            Example(1.234, 74.04, 1.23, _ROUNDED),
            Example(0.125, 0.125, 0.12, {"by": 1, "places": 2}),
            Example([1.5, "h"], 90, options=_UNITS),
            Example([90, "min"], 90, [1.5, "h"], _UNITS),
            Example([100, "min"], 100, options=_UNITS),
            Example([1.001, "h"], 60.06, [60.06, "min"], {**_UNITS, "places": 2}),
            Example("1.5h", 90, options=_TEXT),
            Example("90min", 90, "1.5h", _TEXT),
            Example(0.33, 20, options=_WHOLE),
            Example(0.336, 20, 0.33, _WHOLE),
            Example("1.5min", 2, "2min", {"min": 1, "between": "", "whole": True}),
            Example("1,5 H", 90, options=_COMMA),
            Example("1.250,5 H", 75030, options=_COMMA),
        ),
        refused=(
            Refusal("1.5", "expected a number", options=_HOURS),
            Refusal(True, "expected a number", options=_HOURS),
            Refusal(float("inf"), "expected a number", options=_HOURS),
            Refusal(123456789.123456, "would be rounded", options={"by": 1.000001}),
            Refusal(100, "would be rounded", options={"per": 3600}),
            Refusal([1, "d"], 'expected the unit "h" or "min", found "d"', options=_UNITS),
            Refusal(["1", "h"], "expected a number", options=_UNITS),
            Refusal("1.5 h", 'expected a number with its unit, as "1.5h" or "1.5min", found "1.5 h"', options=_TEXT),
            Refusal("h", "expected a number with its unit", options=_TEXT),
            Refusal("1.5 H", 'expected a number as "1.234,56"', options=_COMMA),
            Refusal("1,5H", 'expected a number with its unit, as "1,5 H" or "1,5 MIN", found "1,5H"', options=_COMMA),
            Refusal("90", "expected a number", Side.OUTSIDE, _HOURS),
            Refusal(1.5, "expected a whole number", Side.OUTSIDE, _WHOLE),
            Refusal(1, "would be rounded", Side.OUTSIDE, {"h": 60, "d": 1440}),
            Refusal(1, "would be rounded", Side.OUTSIDE, _HOURS),
        ),
        options={
            "by": "how many of the unit inside make one outside",
            "per": "how many of the unit outside make one inside",
            "places": "to how many decimals a written number is rounded, half to even",
            "whole": "true: the number inside is whole, and what is read is rounded to that, half to even",
            "between": "what stands between a number and its unit in one text; default a blank",
            "point": "what stands before the decimals of a number that is text beside its unit; default a point",
            "group": "what stands between the thousands of such a number; default nothing",
        },
        names="a unit outside, with how many of the unit inside it is",
        usual={"by": 100},
    ),
)
