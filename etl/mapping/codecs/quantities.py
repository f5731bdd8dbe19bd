"""`quantity`: a number of another unit outside."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from etl.mapping.codecs.codec import NUMBER, Codec, CodecError, CodecKind, Example, Loss, Refusal
from etl.mapping.codecs.numbers import exact, held, plain
from etl.mapping.terms import Side
from etl.record import shown

_FIX: Final = "write quantity: {by: 60} for hours outside and minutes inside, or {per: 60} for the other way round"
_MOST_PLACES: Final = 15


def _quantity(by: Any = None, per: Any = None, places: Any = None) -> Codec:
    if (by is None) is (per is None):
        raise CodecError(f"quantity says either by or per, not {'both' if by is not None else 'neither'}", _FIX)
    if places is not None and (
        isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= _MOST_PLACES
    ):
        raise CodecError(f"places is a whole number from 0 to {_MOST_PLACES}, not {shown(places)}")
    factor = _factor("by", by) if per is None else 1 / _factor("per", per)

    def decode(value: Any) -> int | float:
        return held(exact(value) * factor)

    def encode(value: Any) -> int | float:
        number = exact(value) / factor
        written = held(number if places is None else round(number, places))
        decode(written)  # what is rounded may be another number, and is one that can be read again
        return written

    rounded = f"what is finer than {places} decimal{'' if places == 1 else 's'}" if places else "its fraction"
    return Codec(
        decode,
        encode,
        makes="number",
        reads=NUMBER,
        writes=NUMBER,
        losses=tuple(Loss(side, rounded) for side in Side if places is not None),
        hard=lambda: (1, 0.001) if places is None else (),
        plain=plain,
    )


def _factor(name: str, value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise CodecError(f"{name} is a number above 0, not {shown(value)}", _FIX)
    return exact(value)


_HOURS: Final = {"by": 60}
_ROUNDED: Final = {"by": 60, "places": 2}
KINDS: Final = (
    CodecKind(
        name="quantity",
        make=_quantity,
        outside="number of one unit",
        inside="number of another",
        words="a quantity: a number of one unit in {outside}, of another in {inside}",
        examples=(
            Example(1.5, 90, options=_HOURS),
            Example(12.34, 1234, options={"by": 100}),
            Example(1234, 12.34, options={"by": 0.01}),
            Example(1234, 12.34, options={"per": 100}),
            Example(5400, 1.5, options={"per": 3600}),
            Example(0.1, 0.3, options={"by": 3}),
            Example(1.234, 74.04, 1.23, _ROUNDED),
            Example(0.125, 0.125, 0.12, {"by": 1, "places": 2}),
        ),
        refused=(
            Refusal("1.5", "expected a number", options=_HOURS),
            Refusal(True, "expected a number", options=_HOURS),
            Refusal(float("inf"), "expected a number", options=_HOURS),
            Refusal(123456789.123456, "would be rounded", options={"by": 1.000001}),
            Refusal(100, "would be rounded", options={"per": 3600}),
            Refusal("90", "expected a number", Side.OUTSIDE, _HOURS),
            Refusal(1, "would be rounded", Side.OUTSIDE, _HOURS),
        ),
        options={
            "by": "how many of the unit inside make one outside",
            "per": "how many of the unit outside make one inside",
            "places": "to how many decimals a written number is rounded, half to even",
        },
        usual={"by": 100},
    ),
)
