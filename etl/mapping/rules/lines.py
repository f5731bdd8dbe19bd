"""The lines of a decision table: patterns, which of them match, and what they are called."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from etl.mapping.equality import distinct
from etl.mapping.rules.conditions import (
    UNWRITABLE,
    Pattern,
    acceptor,
    chosen,
    is_plain,
    key_of,
    plain,
    written_first,
)
from etl.mapping.terms import Direction, Field, Lossy, Position, Side, Use
from etl.record import ABSENT, Scalar

Values: TypeAlias = dict[Field, Any]
"""The values of a table's fields, ABSENT for one that has none."""

NO_VALUES: Final[Values] = {}
"""What fields were last, of which nothing is known. Nobody writes into it."""


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
    """One line: a pattern over each side's fields.

    only: the one direction in which it decides, None for both. lossy: why what this line loses is acceptable.
    """

    outside: Pattern
    inside: Pattern
    where: Position = Position(1, 1)
    role: Role = Role.WRITTEN
    only: Direction | None = None
    lossy: Lossy | None = None

    def of(self, side: Side) -> Pattern:
        """Return the pattern of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside

    def asked(self, direction: Direction) -> Pattern:
        """Return what decides in a direction: nothing is ever read where is only written."""
        pattern = self.of(direction.source)
        return tuple(one for one in pattern if one[0].use is not Use.WRITE or direction is Direction.OUTBOUND)

    def takes_away(self, side: Side, field: Field) -> bool:
        """Return whether it writes that a field has no value."""
        return dict(self.of(side)).get(field, ())[:1] == (None,)

    def decides(self, direction: Direction) -> bool:
        """Return whether it has a say in a direction."""
        return self.only is None or self.only is direction


class Matcher(Protocol):
    """Finds the lines of a table that decide in one direction."""

    def __call__(self, values: Values, last: Values | None = NO_VALUES, /) -> Iterator[Line]:
        """Yield every line that decides, in order.

        values: of the sources. last: what the targets were last, None where nothing is asked of that.
        """
        ...


def pattern_fields(patterns: Iterable[Pattern]) -> tuple[Field, ...]:
    """Return every field that some pattern names, once, in order."""
    return tuple(dict.fromkeys(field for pattern in patterns for field, _ in pattern))


def looking_back(line: Line, side: Side) -> Pattern:
    """Return what a line writes to fields of a side that depends on the last value; what is only read is not asked."""
    pattern = ((field, accepted) for field, accepted in line.of(side) if field.use is not Use.READ)
    return tuple((field, accepted) for field, accepted in pattern if not written_first(accepted))


def matcher(lines: Sequence[Line], direction: Direction) -> Matcher:
    """Return what finds the lines that decide in a direction.

    A line decides where its pattern holds, and where all that it writes can be written over what the targets were last.
    """
    deciding = [line for line in lines if line.decides(direction)]
    return _look_up(deciding, direction) if are_plain(lines, direction) else _ask(deciding, direction)


def _look_up(lines: Sequence[Line], direction: Direction) -> Matcher:
    compiled = [
        (line, [(field, {distinct(value) for value in plain(accepted)}) for field, accepted in pattern])
        for line in lines
        for pattern in (line.asked(direction),)
    ]

    def match(values: Values, _last: Values | None = NO_VALUES, /) -> Iterator[Line]:
        keys = {field: key_of(value) for field, value in values.items()}
        for line, pattern in compiled:
            if all(keys[field] in accepted for field, accepted in pattern):
                yield line

    return match


def _ask(lines: Sequence[Line], direction: Direction) -> Matcher:
    compiled = [
        (
            line,
            [(field, acceptor(accepted)) for field, accepted in line.asked(direction)],
            looking_back(line, direction.target),
        )
        for line in lines
    ]

    def match(values: Values, last: Values | None = NO_VALUES, /) -> Iterator[Line]:
        for line, pattern, back in compiled:
            for field, accepts in pattern:
                if not accepts(values[field]):
                    break
            else:
                if (
                    last is None
                    or not back
                    or all(chosen(accepted, last.get(field, ABSENT)) is not UNWRITABLE for field, accepted in back)
                ):
                    yield line

    return match


def known_values(lines: Sequence[Line], side: Side) -> Iterator[Scalar]:
    """Yield the values that lines name on one side, in order."""
    return (value for line in lines for _, accepted in line.of(side) for value in plain(accepted))


def are_plain(lines: Sequence[Line], direction: Direction) -> bool:
    """Return whether no line asks a condition of the source, or writes what depends on the last value."""
    return all(
        all(is_plain(accepted) for _, accepted in line.asked(direction)) and not looking_back(line, direction.target)
        for line in lines
        if line.decides(direction)
    )
