"""Rounding: what a number loses on its way, and what comes back all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from etl.mapping.codecs.codec import CodecError, Loss
from etl.mapping.codecs.numbers import Number, exact, held
from etl.mapping.terms import Side
from etl.record import shown

_MOST_PLACES: Final = 15


@dataclass(frozen=True, slots=True)
class Rounding:
    """What is rounded, half to even. places: to so many decimals, what is written. whole: to none, what is read."""

    places: int | None
    whole: bool

    @classmethod
    def checked(cls, places: Any, whole: Any) -> Rounding:
        """Return what options say."""
        if places is not None and (
            isinstance(places, bool) or not isinstance(places, int) or not 0 <= places <= _MOST_PLACES
        ):
            raise CodecError(f"places is a whole number from 0 to {_MOST_PLACES}, not {shown(places)}")
        if not isinstance(whole, bool):
            raise CodecError(
                f"whole is true or false, not {shown(whole)}", "write whole: true for whole numbers inside"
            )
        return cls(places, whole)

    @property
    def makes(self) -> str:
        """The type of the number inside."""
        return "integer" if self.whole else "number"

    def read(self, number: Fraction) -> Number:
        """Return the number inside."""
        return held(Fraction(round(number)) if self.whole else number)

    def given(self, value: Any) -> Fraction:
        """Return a number that is to be written, exactly."""
        number = exact(value)
        if self.whole and number.denominator != 1:
            raise CodecError(f"expected a whole number, found {shown(value)}")
        return number

    def losses(self, factor: Fraction) -> Iterator[Loss]:
        """Yield what does not come back. factor: how many inside one of the coarsest that is rounded is.

        A whole number comes back where what is rounded away outside is less than half of one inside. What is a multiple
        of the finest that is written, or read, is not rounded.
        """
        if self.places is not None:
            finest = Fraction(1, 10**self.places)
            yield Loss(Side.OUTSIDE, _rounded(self.places), unless=lambda said: said.is_multiple_of(finest))
            if self._cuts(factor):
                rounded = finest * factor
                yield Loss(Side.INSIDE, _rounded(self.places), unless=lambda said: said.is_multiple_of(rounded))
        if self.whole:
            one = 1 / factor
            what = "what is finer than a whole number inside"
            yield Loss(Side.OUTSIDE, what, unless=lambda said: said.is_multiple_of(one))

    def _cuts(self, factor: Fraction) -> bool:
        return not self.whole or factor > 10 ** (self.places or 0)

    def hard(self) -> tuple[Number, ...]:
        """Return inside values that may be refused."""
        if self.places is not None:
            return ()
        return (1,) if self.whole else (1, 0.001)


def _rounded(places: int) -> str:
    return f"what is finer than {places} decimal{'' if places == 1 else 's'}" if places else "its fraction"
