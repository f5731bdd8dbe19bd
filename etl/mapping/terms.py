"""The terms in which a mapping speaks: sides, directions, places in its file, fields, winners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeAlias

from etl.mapping.paths import Path, format_path
from etl.record import ABSENT, Absent, Scalar


class Side(Enum):
    """One of the two ends: the customer's system is outside, ours is inside."""

    OUTSIDE = "outside"
    INSIDE = "inside"

    @property
    def other(self) -> Side:
        """The opposite end."""
        return Side.INSIDE if self is Side.OUTSIDE else Side.OUTSIDE


class Direction(Enum):
    """Inbound is outside → inside, outbound is inside → outside."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"

    @property
    def source(self) -> Side:
        """The side that is read."""
        return Side.OUTSIDE if self is Direction.INBOUND else Side.INSIDE

    @property
    def target(self) -> Side:
        """The side that is written."""
        return self.source.other

    @property
    def ends(self) -> tuple[Side, Side]:
        """The side that is read, and the side that is written."""
        return self.source, self.target

    @staticmethod
    def towards(side: Side) -> Direction:
        """Return the direction that writes a side."""
        return Direction.INBOUND if side is Side.INSIDE else Direction.OUTBOUND


class Occasion(Enum):
    """Why a record is sent: the outside does not know it yet, or does, or is to lose it."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Use(Enum):
    """What may be done with a field outside, by `readOnly` and `writeOnly` of its schema."""

    BOTH = "read and written"
    READ = "read"
    WRITE = "written"

    @property
    def way(self) -> Direction | None:
        """The one direction in which a rule of such a field does anything; None for both."""
        return {Use.READ: Direction.INBOUND, Use.WRITE: Direction.OUTBOUND}.get(self)


class When(Enum):
    """When a rule is sent: always, only where it says something new, or only with the creation of a record."""

    ALWAYS = "always"
    CHANGED = "changed"
    CREATION = "creation"


class Keep(Enum):
    """What comes from the outside and goes back as it came: nothing, what rules map, or the whole record."""

    NOTHING = "nothing"
    MAPPED = "mapped"
    WHOLE = "whole"


class OnDrift(Enum):
    """What becomes of a delivery whose fields are not those of the last one."""

    STOP = "stop"
    WARN = "warn"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the mapping file; line and column are 1-based. file: another file, which the mapping extends."""

    line: int
    column: int
    file: str = ""

    @property
    def told(self) -> str:
        """Its line, with the file where that is another one than the mapping's, as nobody knows where it is read."""
        return f"line {self.line}" + (f" of {self.file}" if self.file else "")

    def beside(self, other: Position, file: object) -> str:
        """Return its line as a finding at another place says it, in a mapping that has this file."""
        return f"line {self.line}" + (f" of {self.file or file}" if self.file != other.file else "")

    def at(self, file: object) -> str:
        """Return file and line, of a mapping that has this file."""
        return f"{self.file or file}:{self.line}"


@dataclass(frozen=True, slots=True)
class TextForm:
    """The form in which a system has a text, as its `as` says; or a value, as the `as` of a table says.

    said: what that is. decode, encode: as a codec's. lost: what a text of the system comes back without; lost_inside:
    the same of one that it is made of. makes: the type of JSON that a whole value becomes, "" where each text in it is
    converted by itself; items: that of the elements, where it becomes a list. nulls: which whole values mean absent, as
    `before` has them, the form of their system.
    """

    said: str
    decode: Callable[[Any], Any] = field(compare=False, repr=False)
    encode: Callable[[Any], Any] = field(compare=False, repr=False)
    lost: str = field(default="", compare=False)
    lost_inside: str = field(default="", compare=False)
    makes: str = ""
    items: str = ""
    nulls: tuple[Scalar, ...] = ()
    before: TextForm | None = None

    def read(self, value: Any) -> Any:
        """Return a value as rules have it, from how it lies there."""
        return self.decode(value) if self.makes else _each_text(value, self.decode)

    def lay(self, value: Any) -> Any:
        """Return how a value lies there, from how rules have it."""
        return self.encode(value) if self.makes else _each_text(value, self.encode)


def _each_text(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Return a value of which every text is converted, in objects and lists too."""
    if isinstance(value, str):
        return convert(value)
    if isinstance(value, dict):
        return {name: _each_text(item, convert) for name, item in value.items()}
    return [_each_text(item, convert) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Above:
    """What is written above a path for an absent value: the schema takes it there, and not at the path itself."""

    path: Path
    value: Scalar


@dataclass(frozen=True, slots=True)
class Others:
    """The members of a list, or the words of a text, that belong to tables.

    named: as lines name them, each with the form in which it stands there, None where that is the same. whole: what
    makes a list of the text in which members stand, None where they stand in a list. is_emptied: where nothing else is
    in it, it is an empty list, or text, and not absent.
    """

    named: tuple[tuple[Scalar, TextForm | None], ...]
    whole: TextForm | None = None
    is_emptied: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One side of a rule: a path, which of its values mean absent, and what is written there for an absent value.

    blank: text of nothing but blanks means absent as well. use: whether it is read, written, or both. form: the one in
    which its text stands there, None where it is as rules have it. by_codec: the rule's own codec reads and writes that
    form, so that only what means absent is asked of what it comes to. above: what is written above it instead, once
    nothing below that has a value; None for nothing. others: of its list, or its text, what belongs to tables: that is
    passed over where it is read, and stays where it is written. stand_in: what is written for an absent value where
    that is text with other fields of its side in it, () for none. is_around: its path starts at the document in which
    the record lies. of_each: where in each element of its list the values stand that are asked, () for the list itself.
    """

    path: Path
    nulls: tuple[Scalar, ...] = ()
    when_absent: Scalar | Absent = ABSENT
    where: Position = field(default=Position(1, 1), compare=False)
    blank: bool = False
    use: Use = Use.BOTH
    form: TextForm | None = None
    by_codec: bool = False
    above: Above | None = None
    others: Others | None = None
    stand_in: tuple[str | Field, ...] = ()
    is_around: bool = False
    of_each: Path = ()

    def __hash__(self) -> int:
        """Return the hash of its path: few fields have the same one, and tables look fields up for every record."""
        return hash(self.path)

    @property
    def means_absent(self) -> tuple[Scalar, ...]:
        """Values that mean absent; of text of nothing but blanks, some examples."""
        return (*self.nulls, *(("", " ", "    ") if self.blank else ()))

    @property
    def has_form(self) -> bool:
        """Whether its text is read and written in another form than the one in which rules have it."""
        return self.form is not None and not self.by_codec

    @property
    def converted(self) -> TextForm | None:
        """The form in which its whole value stands there, where the `as` of a table says one."""
        return self.form if self.form is not None and self.form.makes else None

    @property
    def for_none(self) -> Scalar | Absent:
        """What is written for an absent value, there or above it; ABSENT for nothing."""
        return self.when_absent if self.above is None else self.above.value

    @property
    def stand_in_fields(self) -> tuple[Field, ...]:
        """The other fields whose values are in what stands for an absent one."""
        return tuple(part for part in self.stand_in if isinstance(part, Field))

    @property
    def stand_in_text(self) -> str:
        """What stands for an absent value, as the mapping says it."""
        return "".join(part if isinstance(part, str) else f"{{{format_path(part.path)}}}" for part in self.stand_in)

    def below(self, path: Path) -> Field:
        """Return it as it stands in a record, where its own path starts at another one."""
        above = None if self.above is None else replace(self.above, path=(*path, *self.above.path))
        stand_in = tuple(part if isinstance(part, str) else part.below(path) for part in self.stand_in)
        return replace(self, path=(*path, *self.path), above=above, stand_in=stand_in)


@dataclass(frozen=True, slots=True)
class Lossy:
    """Why a rule may lose what it loses.

    reasons: by the code of what is lost; by "" where it loses in one way only. common: those that are said once for all
    rules of a system, of which some lose nothing. codec: the name in `codecs` that says it for the rule, "" where the
    rule says it itself.
    """

    reasons: tuple[tuple[str, str], ...]
    common: tuple[tuple[str, str], ...] = ()
    codec: str = ""

    @property
    def text(self) -> str:
        """All reasons, for people."""
        return "; ".join(dict.fromkeys(reason for _, reason in (*self.reasons, *self.common)))

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that it names, () for one reason of whatever is lost."""
        return tuple(code for code, _ in self.reasons if code)

    def covers(self, *codes: str) -> bool:
        """Return whether it has a reason for one of some codes."""
        is_common = any(code in codes for code, _ in self.common)
        return is_common or (bool(self.reasons) and (not self.codes or any(code in self.codes for code in codes)))


Place: TypeAlias = tuple[str | None, ...]
"""A path of which None is every element of a list."""


class Sort(Enum):
    """What an outside record is to a mapping.

    One of its records, one that `import_when` leaves aside, or one that says that there is none any more.
    """

    RECORD = "record"
    ASIDE = "aside"
    GONE = "gone"


class Winner(Enum):
    """Whose value stays where both sides changed it; under REVIEW nobody's, until a person decides."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    NEWEST = "newest"
    REVIEW = "review"
