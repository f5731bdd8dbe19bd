"""What every kind of rule says of itself. Checks, translation, traces, pages and memory ask it here."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from etl.mapping.codecs import Codec
from etl.mapping.paths import Path, selected_list
from etl.mapping.rules.access import Step
from etl.mapping.rules.moves import Move
from etl.mapping.terms import Direction, Field, Lossy, Position, Side, Use, When, Winner
from etl.record import NOTHING_KNOWN, Record

if TYPE_CHECKING:
    from etl.mapping.rules.kinds import Rule
    from etl.mapping.rules.lines import Line

Naming: TypeAlias = Callable[[Side, Field], str]
"""What a finding or a page calls a field."""

Types: TypeAlias = Callable[[Field], frozenset[str]]
"""The types of JSON that an outside field may have."""

Loss: TypeAlias = tuple[str, str, Side | None]
"""A code of a finding, what is lost, in words, and whose value comes back as another; None where that is nobody's."""


_LAST: Final = 1_000
"""Behind all that look at what others have written: what stands for an absent value is made of that."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A type that a field must be able to have. kind: JSON's word. why: in words."""

    side: Side
    field: Field
    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class BaseRule(ABC):
    """One entry of `rules`.

    where: its place in the file. lossy: why what it loses is acceptable, if somebody said so. wins: whose value stays
    in a conflict, None for the one whom the mapping names for all rules. once: written inside only when the record is
    created. key: part of what identifies the record. way: the one direction in which its outside fields let it go,
    since they are only read, or only written; None for both. sent: when it is sent.
    """

    where: Position
    lossy: Lossy | None = field(default=None, kw_only=True)
    wins: Winner | None = field(default=None, kw_only=True)
    once: bool = field(default=False, kw_only=True)
    key: bool = field(default=False, kw_only=True)
    way: Direction | None = field(default=None, kw_only=True)
    sent: When = field(default=When.ALWAYS, kw_only=True)

    @property
    @abstractmethod
    def word(self) -> str:
        """The language's word for this kind, as the author wrote it."""

    @property
    @abstractmethod
    def only(self) -> Direction | None:
        """The one direction in which it does anything; None for a rule that goes both ways."""

    def goes(self, direction: Direction) -> bool:
        """Return whether it does anything in a direction."""
        return self.only in (None, direction)

    @property
    def codec(self) -> Codec | None:
        """What converts its values, if a codec does."""
        return None

    @abstractmethod
    def fields(self, side: Side) -> tuple[Field, ...]:
        """Return every field of one side that it names as a field, in order, each once."""

    @abstractmethod
    def written(self, side: Side) -> tuple[Field, ...]:
        """Return the fields of one side that it writes, in order, each once."""

    @abstractmethod
    def reads(self, side: Side) -> tuple[Path, ...]:
        """Return the paths of one side that it looks at when it writes the other."""

    @abstractmethod
    def compiled(self, direction: Direction) -> Move | Step | None:
        """Return what it does to a record in one direction; None where it does nothing."""

    @abstractmethod
    def follows(self, direction: Direction) -> Iterator[tuple[Field, tuple[Field, ...]]]:
        """Yield each field that it writes and that is absent when other fields are, with those fields."""

    @abstractmethod
    def expects(self) -> Iterator[Expected]:
        """Yield the types that its fields must be able to have, whatever the other side has."""

    @abstractmethod
    def losses(self, name: Naming, types: Types) -> list[Loss]:
        """Return what a round trip or an import loses by it, acknowledged or not."""

    def lost_forms(self, name: Naming, *, stays: bool = True) -> list[Loss]:
        """Return what its outside texts do not come back with by the `as` of their system, beside its own codec.

        stays: what no rule writes there stays, as do the members of a list that it does not name.
        """
        written = [one for one in self.fields(Side.OUTSIDE) if not (stays and self.has_members(one))]
        fields = [one for one in written if one.has_form] if self.only is None else []
        lost = {one.form.lost: one for one in reversed(fields) if one.form is not None and one.form.lost}
        return [
            ("W165", f"{name(Side.OUTSIDE, one)} comes back without {what}", Side.OUTSIDE) for what, one in lost.items()
        ]

    def has_members(self, field: Field) -> bool:
        """Return whether a field is a list of which it adds and takes away members, and leaves the others."""
        del field
        return False

    @abstractmethod
    def samples(self, side: Side) -> list[dict[Path, tuple[Any, ...]]]:
        """Return groups of values that it understands on one side, by path; None is absent. [] where any will do."""

    @abstractmethod
    def is_absent(self, direction: Direction, record: Record) -> bool:
        """Return whether what it reads counts as absent, so that nothing is decided."""

    @abstractmethod
    def did(self, direction: Direction, record: Record) -> str:
        """Return what it does with a record that it accepts, in words."""

    def passes(self, direction: Direction) -> tuple[Field, ...]:
        """Return the fields of its source whose paths have to lead through objects and lists."""
        return self.fields(direction.source) if self.goes(direction) else ()

    def looks_at(self, direction: Direction) -> tuple[Path, ...]:
        """Return the paths of its source that decide what it writes, as exactly as can be told."""
        return self.reads(direction.source) if self.goes(direction) else ()

    def looks_back(self, direction: Direction) -> tuple[Path, ...]:
        """Return the paths of its target whose last values it looks at to write; they are remembered for it.

        Of a list of which one element is written, the others stay; so does what is only read, beside what is written,
        and what belongs to tables. Inside, an import leaves them alone by itself.
        """
        written = () if direction is Direction.INBOUND else self.paths(direction.target)
        fields = self.fields(direction.target) if written else ()
        read = [one.path for one in fields if one.use is Use.READ or one.others]
        return tuple(dict.fromkeys((*self.writes_into(direction), *read)))

    def writes_into(self, direction: Direction) -> tuple[Path, ...]:
        """Return the paths of lists in its target of which it writes one element."""
        written = () if direction is Direction.INBOUND else self.paths(direction.target)
        lists = (selected_list(path) for path in written)
        return tuple(dict.fromkeys(path for path in lists if path is not None))

    def evidence(self, direction: Direction, record: Record) -> tuple[Path, ...]:
        """Return the paths of a record that an explanation shows: what it reads."""
        del record
        return tuple(dict.fromkeys(self.reads(direction.source)))

    def paths(self, side: Side) -> tuple[Path, ...]:
        """Return the paths of one side that it writes."""
        return tuple(dict.fromkeys(field.path for field in self.written(side)))

    def acknowledges(self, *codes: str) -> bool:
        """Return whether somebody said why one of some losses may be."""
        return self.lossy is not None and self.lossy.covers(*codes)

    def may_lose(self, *codes: str) -> bool:
        """Return whether somebody said of it, or of a line of its table, why one of some losses may be."""
        said = (line.lossy for line in self.lines if line.lossy is not None)
        return self.acknowledges(*codes) or any(lossy.covers(*codes) for lossy in said)

    def has_flags(self, side: Side) -> bool:
        """Return whether its fields of a side are flags, of which one that is absent says false."""
        del side
        return False

    @property
    def is_constant(self) -> bool:
        """Whether it writes the same of every record."""
        return False

    @property
    def runs_after(self) -> int:
        """How late it comes: above 0 where it looks at what other rules have written."""
        return self.behind_all

    def stand_in_fields(self, side: Side) -> tuple[Field, ...]:
        """Return the fields of one side that others write, and that are in what it writes there for absent values."""
        parts = [part for field in self.fields(side) for part in field.stand_in_fields]
        return tuple(dict.fromkeys(parts)) if self.goes(Direction.towards(side)) else ()

    @property
    def behind_all(self) -> int:
        """What its lateness is more where something stands for an absent value that is made of what others write."""
        return _LAST if any(field.stand_in for field in self.fields(Side.OUTSIDE)) else 0

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines of its decision table, in order."""
        return ()

    def unwritten(self, side: Side) -> frozenset[Path]:
        """Return the fields of a side to which no line of its table writes a value."""
        del side
        return frozenset()

    def matching(self, direction: Direction, record: Record, last: Record = NOTHING_KNOWN) -> Iterator[Line]:
        """Yield every line of its table that matches a record, in order; the first one decides.

        last: what the target was last.
        """
        del direction, record, last
        return iter(())

    @property
    def inner(self) -> tuple[Rule, ...]:
        """The rules for every element, of a rule that maps a list."""
        return ()
