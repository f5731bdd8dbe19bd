"""The lines of a decision table: patterns, which of them match, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

from etl.mapping.equality import Distinct, distinct
from etl.mapping.terms import Direction, Field, Pattern, Position, Side
from etl.record import ABSENT, Scalar

Values: TypeAlias = dict[Field, Any]
"""The values of a table's fields, ABSENT for one that has none."""


class Spelling(Enum):
    """The word with which an author wrote a table."""

    FLAGS = "flags"
    VALUES = "values"
    CASES = "cases"


class Role(Enum):
    """Why a line is there: somebody wrote it, nothing stays nothing, or it decides when no other does."""

    WRITTEN = "written"
    ABSENT_PASSES = "absent passes"
    OTHERWISE = "otherwise"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a pattern over each side's fields. only: the one direction in which it decides, None for both."""

    outside: Pattern
    inside: Pattern
    where: Position = Position(1, 1)
    role: Role = Role.WRITTEN
    only: Direction | None = None

    def of(self, side: Side) -> Pattern:
        """Return the pattern of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside

    def decides(self, direction: Direction) -> bool:
        """Return whether it has a say in a direction."""
        return self.only is None or self.only is direction


def pattern_fields(patterns: Iterable[Pattern]) -> tuple[Field, ...]:
    """Return every field that some pattern names, once, in order."""
    return tuple(dict.fromkeys(field for pattern in patterns for field, _ in pattern))


def key_of(value: Any) -> Distinct:
    """Return what tells one value from another in a table: an absent one is null."""
    return distinct(None if value is ABSENT else value)


def matcher(lines: Sequence[Line], direction: Direction) -> Callable[[Values], Iterator[Line]]:
    """Return a function from the values of the sources to every line that matches them, in order."""
    compiled = [
        (line, [(field, {distinct(value) for value in accepted}) for field, accepted in line.of(direction.source)])
        for line in lines
        if line.decides(direction)
    ]

    def match(values: Values) -> Iterator[Line]:
        keys = {field: key_of(value) for field, value in values.items()}
        for line, pattern in compiled:
            if all(keys[field] in accepted for field, accepted in pattern):
                yield line

    return match


def known_values(lines: Sequence[Line], side: Side) -> Iterator[Scalar]:
    """Yield the values that lines name on one side, in order."""
    return (value for line in lines for _, values in line.of(side) for value in values)
