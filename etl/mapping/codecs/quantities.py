"""`quantity`: a number of another unit outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    Said,
    spelt,
    text_of,
)
from etl.mapping.codecs.numbers import Number, exact, held, plain
from etl.mapping.codecs.registry import make_codec
from etl.mapping.terms import Side
from etl.record import shown

_FIX: Final = "write quantity: {by: 60} for hours outside and minutes inside, or {per: 60} for the other way round"
_FIX_UNITS: Final = "write each unit with how many of the unit inside it is, as in quantity: {h: 60, min: 1}"
_MOST_PLACES: Final = 15


def _quantity(by: Any = None, per: Any = None, places: Any = None, between: Any = None, **units: Any) -> Codec:
    if units:
        if by is not None or per is not None:
            raise CodecError("quantity has either units or by or per", _FIX_UNITS)
        return _of_units({name: _factor(name, value, _FIX_UNITS) for name, value in units.items()}, places, between)
    if between is not None:
        raise CodecError("between is what stands between a number and its unit", "remove it, or name the units")
    if (by is None) is (per is None):
        raise CodecError(f"quantity says either by or per, not {'both' if by is not None else 'neither'}", _FIX)
    _check_places(places)
    factor = _factor("by", by, _FIX) if per is None else 1 / _factor("per", per, _FIX)

    def decode(value: Any) -> int | float:
        return held(exact(value) * factor)

    def encode(value: Any) -> int | float:
        number = exact(value) / factor
        written = held(number if places is None else round(number, places))
        decode(written)  # what is rounded may be another number, and is one that can be read again
        return written

    return Codec(
        decode,
        encode,
        makes="number",
        reads=NUMBER,
        writes=NUMBER,
        losses=tuple(Loss(side, _rounded(places)) for side in Side if places is not None),
        hard=lambda: (1, 0.001) if places is None else (),
        plain=plain,
    )


def _check_places(places: Any) -> None:
    if places is not None and (
        isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= _MOST_PLACES
    ):
        raise CodecError(f"places is a whole number from 0 to {_MOST_PLACES}, not {shown(places)}")


def _rounded(places: int) -> str:
    return f"what is finer than {places} decimal{'' if places == 1 else 's'}" if places else "its fraction"


def _factor(name: str, value: Any, fix: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise CodecError(f"{name} is a number above 0, not {shown(value)}", fix)
    return exact(value)


def _of_units(units: dict[str, Fraction], places: Any, between: Any) -> Codec:
    """Return the codec of a number with one of several units, in two fields or in one text."""
    _check_places(places)
    if between is not None and not isinstance(between, str):
        raise CodecError(f"between is text, not {shown(between)}", 'write between: "" where nothing stands there')
    if wrong := next((unit for unit in units if not unit or unit != unit.strip()), None):
        raise CodecError(f"{shown(wrong)} is no unit", "write it without blanks around it")

    def fitted(fields: Fields) -> Codec:
        if len(fields.outside) > 1:
            return _Units(units, places, is_number=not _is_text(fields.outside[0])).codec()
        return _Units(units, places, " " if between is None else between, is_number=False).text_codec()

    made = _Units(units, places).codec() if between is None else fitted(Fields())
    return replace(made, fit=fitted)


def _is_text(said: Said) -> bool:
    return "string" in said.types and not said.is_number


class _Units:
    """Numbers with units. is_number: the number is no text. between: what stands between the two in one text."""

    def __init__(
        self, units: dict[str, Fraction], places: int | None, between: str = "", *, is_number: bool = True
    ) -> None:
        self._units = units
        self._places = places
        self._between = between
        self._is_number = is_number
        self._digits = make_codec("decimal", {})

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
        return self._codec(self._read_text, lambda value: self._between.join(self.write(value)))

    def read(self, values: Sequence[Any]) -> Number:
        """Return the number inside of a number and a unit."""
        number, unit = values
        if not isinstance(unit, str) or unit not in self._units:
            raise CodecError(f"expected the unit {spelt([*map(shown, self._units)])}, found {shown(unit)}")
        return held(exact(number if self._is_number else self._digits.decode(number)) * self._units[unit])

    def write(self, value: Any) -> list[Any]:
        """Return a number and the first unit in which it is exact; or in the last one, rounded where it may be."""
        number, unit = exact(value), ""
        for unit, factor in self._units.items():
            try:
                made = held(number / factor)
            except CodecError:
                continue
            if self._places is None or round(exact(made), self._places) == exact(made):
                return [self._form(made), unit]
        last = number / self._units[unit]
        return [self._form(held(last if self._places is None else round(last, self._places))), unit]

    def _form(self, number: Number) -> Any:
        return number if self._is_number else self._digits.encode(number)

    def _read_text(self, value: Any) -> Number:
        text = text_of(value)
        for unit in sorted(self._units, key=len, reverse=True):
            number = text.removesuffix(self._between + unit)
            if number != text and number[-1:].isdigit():
                return self.read([number, unit])
        wanted = spelt([shown(f"1.5{self._between}{unit}") for unit in self._units])
        raise CodecError(f"expected a number with its unit, as {wanted}, found {shown(value)}")

    def _codec(self, decode: Callable[[Any], Any], encode: Callable[[Any], Any]) -> Codec:
        losses = [Loss(side, _rounded(self._places)) for side in Side if self._places is not None]
        losses += [Loss(Side.OUTSIDE, "which unit it had")] if len(self._units) > 1 else []
        losses += [] if self._is_number else [Loss(Side.OUTSIDE, "zeros at the end of its fraction")]
        return Codec(
            decode,
            encode,
            makes="number",
            losses=tuple(losses),
            hard=lambda: (1, 0.001) if self._places is None else (),
            plain=plain,
        )


_HOURS: Final = {"by": 60}
_ROUNDED: Final = {"by": 60, "places": 2}
_UNITS: Final = {"h": 60, "min": 1}
_TEXT: Final = {"h": 60, "min": 1, "between": ""}
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
            Refusal("90", "expected a number", Side.OUTSIDE, _HOURS),
            Refusal(1, "would be rounded", Side.OUTSIDE, {"h": 60, "d": 1440}),
            Refusal(1, "would be rounded", Side.OUTSIDE, _HOURS),
        ),
        options={
            "by": "how many of the unit inside make one outside",
            "per": "how many of the unit outside make one inside",
            "places": "to how many decimals a written number is rounded, half to even",
            "between": "what stands between a number and its unit in one text; default a blank",
        },
        names="a unit outside, with how many of the unit inside it is",
        usual={"by": 100},
    ),
)
