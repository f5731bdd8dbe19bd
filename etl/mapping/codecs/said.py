"""What a schema says of a field, as far as a codec asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

_INTEGER: Final = frozenset({"integer"})
_NUMBER: Final = frozenset({"integer", "number"})


def _unsaid() -> None:
    """Return that a schema says nothing."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a schema says of a field, as far as a codec asks. types: of JSON, () where nothing is known.

    longest: how many characters its text may have, None where nothing is said. always: it always has a value. listed:
    all its values but null. step: the number of which all its numbers are multiples. letters: all characters that its
    text may have. most: how many characters that has at most, by its pattern as well. Each of the four is looked up
    when it is asked for, and None where it cannot be told.
    nulls: values that mean absent there; a mapping says so, and no codec converts them.
    """

    types: frozenset[str] = frozenset()
    longest: int | None = None
    always: bool = False
    listed: Callable[[], Sequence[Any] | None] = field(default=_unsaid, compare=False)
    step: Callable[[], Fraction | None] = field(default=_unsaid, compare=False)
    letters: Callable[[], frozenset[str] | None] = field(default=_unsaid, compare=False)
    nulls: Sequence[Any] = ()
    most: Callable[[], int | None] = field(default=_unsaid, compare=False)

    @property
    def is_number(self) -> bool:
        """Whether it is a number and no text."""
        return bool(self.types & _NUMBER) and "string" not in self.types

    def has_only(self, fits: Callable[[str], bool]) -> bool:
        """Return whether it is certain of each character of its text that it fits."""
        letters = self.letters()
        return letters is not None and all(map(fits, letters))

    def is_multiple_of(self, grain: Fraction) -> bool:
        """Return whether it is certain of each of its numbers that it is a multiple of another one."""
        step = Fraction(1) if self.types == _INTEGER else self.step()
        return step is not None and (step / grain).denominator == 1
