"""A mapping as frozen, typed values: what a parsed YAML file becomes, and all that the interpreter ever sees."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any, TypeAlias

from etl.mapping.codecs import Codec
from etl.mapping.files import FilesEndpoint
from etl.mapping.mongodb import MongoEndpoint
from etl.mapping.terms import Direction, Field, Position, Side, Winner
from etl.record import ABSENT, Absent, Record, Scalar


@dataclass(frozen=True, slots=True)
class Copy:
    """One value that both systems have, with a codec where its form differs.

    outside: one field, or several that the codec joins and splits. key: part of what identifies the record.
    once: written inside only when the record is created.
    """

    where: Position
    outside: tuple[Field, ...]
    inside: Field
    codec: Codec | None = None
    key: bool = False
    once: bool = False
    lossy: str | None = None
    wins: Winner | None = None


@dataclass(frozen=True, slots=True)
class Derive:
    """A value of one side that is computed from the other side's record; it goes one way only.

    source: the expression as written. source_where: its place. reads: all names that it looks up.
    """

    where: Position
    side: Side
    target: Field
    source: str
    source_where: Position
    reads: tuple[str, ...]
    compute: Callable[[Record], Any]
    codec: Codec | None = None
    once: bool = False
    lossy: str | None = None
    wins: Winner | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """One value of `side` that the other side expresses as booleans, of which the first true one wins.

    flags: pairs of the other side's boolean and the value that it stands for. otherwise: the value when none is true.
    """

    where: Position
    side: Side
    value: Field
    flags: tuple[tuple[Field, Scalar], ...]
    otherwise: Scalar | Absent = ABSENT
    lossy: str | None = None
    wins: Winner | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One line of a value table: the values of each side that correspond; the first of each is the one written."""

    outside: tuple[Scalar, ...]
    inside: tuple[Scalar, ...]
    where: Position = Position(1, 1)

    def of(self, side: Side) -> tuple[Scalar, ...]:
        """The values of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside


@dataclass(frozen=True, slots=True)
class Values:
    """One value that both systems have, under other names. otherwise: what is written for one that no pair has."""

    where: Position
    outside: Field
    inside: Field
    pairs: tuple[Pair, ...]
    otherwise: Table[Side, Scalar] = field(default_factory=dict)
    once: bool = False
    lossy: str | None = None
    wins: Winner | None = None


Pattern: TypeAlias = tuple[tuple[Field, tuple[Scalar, ...]], ...]
"""Fields with the values that each accepts; all must match; the first value of each is the one written."""


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a case table: a pattern over each side's fields."""

    outside: Pattern
    inside: Pattern
    where: Position = Position(1, 1)

    def of(self, side: Side) -> Pattern:
        """The pattern of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside


@dataclass(frozen=True, slots=True)
class Cases:
    """Several fields of one side that correspond to several of the other; the first case that matches wins."""

    where: Position
    cases: tuple[Case, ...]
    otherwise: Table[Side, Pattern] = field(default_factory=dict)
    lossy: str | None = None
    wins: Winner | None = None


@dataclass(frozen=True, slots=True)
class Each:
    """A list on both sides; its rules apply to every element, in order."""

    where: Position
    outside: Field
    inside: Field
    rules: tuple[Rule, ...]
    lossy: str | None = None
    wins: Winner | None = None


Rule: TypeAlias = Copy | Derive | Flags | Values | Cases | Each
"""One entry of `rules`. where: its place in the file. lossy: why what it loses is acceptable, if somebody said so.

wins: whose value stays in a conflict, None for the one whom the mapping names for all rules.
"""


@dataclass(frozen=True, slots=True)
class Newest:
    """The date of each side's record by which the later change is known.

    codec: makes an inside date of the outside one. tolerance: dates that are no further apart say nothing.
    """

    outside: Field
    inside: Field
    codec: Codec
    tolerance: timedelta
    where: Position

    def of(self, side: Side) -> Field:
        """The date of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside


@dataclass(frozen=True, slots=True)
class Conflicts:
    """What happens where both sides changed the value of one rule, unless that rule says otherwise."""

    wins: Winner = Winner.REVIEW
    newest: Newest | None = None


@dataclass(frozen=True, slots=True)
class System:
    """One of the two ends.

    schema_file: its JSON Schema; `schema` holds what that file says. ignore: fields that no rule is meant to map.
    """

    side: Side
    name: str
    schema_file: FilePath
    schema: Table[str, Any]
    ignore: tuple[Field, ...] = ()
    where: Position = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Example:
    """A case that a mapping states of itself, in JSON form: dates are text on either side.

    directions: the ways in which it is translated. rejects: texts that the reasons for refusing its one record have;
    () for a record that is accepted.
    """

    where: Position
    name: str
    outside: Record | None
    inside: Record | None
    directions: tuple[Direction, ...] = (Direction.INBOUND,)
    rejects: tuple[str, ...] = ()

    def record(self, side: Side) -> Record | None:
        """The record of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file: two systems, rules, examples.

    echo: whether an imported record goes out again where the outside has it as the mapping writes it already.
    deleted_when: what an inside record that counts as deleted matches; () where none does.
    """

    file: FilePath
    name: str
    outside: System
    inside: System
    files: FilesEndpoint
    mongodb: MongoEndpoint
    rules: tuple[Rule, ...]
    examples: tuple[Example, ...] = ()
    conflicts: Conflicts = Conflicts()
    echo: bool = True
    deleted_when: Pattern = ()

    def system(self, side: Side) -> System:
        """The system at one end."""
        return self.outside if side is Side.OUTSIDE else self.inside
