"""A decision table: lines of two patterns, read top-down in either direction. `flags`, `values`, `cases` write one.

A line decides where the fields that its pattern names have a value that it accepts, and where what it writes can be
written over what is there; what it does not name may be anything. Of the lines that match, the first decides: what
translates, explains, and counts coverage asks one function, `Table.matching`. What is written of each field is the
first of what is accepted that can be: a value always can, a condition where the last value meets it. A field that other
lines name, and this one does not, is written absent, or false where the table's fields are flags; one whose members or
words the table names stays.

Look-ups are strict on type: `True` is not `1`, `"false"` is not `false`, and no match is never a guess.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from etl.mapping.codecs import Codec
from etl.mapping.equality import distinct
from etl.mapping.paths import Path
from etl.mapping.rules.access import Step, reader
from etl.mapping.rules.conditions import Condition, Parts, laid_part, sample_values
from etl.mapping.rules.following import Follower
from etl.mapping.rules.line_values import LineValues
from etl.mapping.rules.lines import NO_VALUES, Line, Role, Spelling, Values, looking_back, matcher, pattern_fields
from etl.mapping.rules.rule import BaseRule, Expected, Loss, Naming, Types
from etl.mapping.rules.table_steps import compiled_table
from etl.mapping.terms import Direction, Field, Side, Use
from etl.record import ABSENT, NOTHING_KNOWN, Record, is_whatever

_MAX_FLAGS: Final = 12
"""So many flags are tried in all their combinations."""

_PARTS: Final = {Parts.MEMBERS: ("array", "the members of a list"), Parts.WORDS: ("string", "the words of a text")}


@dataclass(frozen=True, slots=True)
class Table(BaseRule):
    """Several fields of one side that correspond to several of the other.

    lines: as written, then where absent passes, then those of `otherwise`. flags: the side whose fields are truth
    values, of which an absent one is false. read_only: the outside fields that are only read, with values that they may
    have beside those that lines name. shared: the fields of each side that other rules write: what they have written
    is asked, and an absent value takes it away. joint: those of which tables before it write other members or words.
    rank: how late it comes among those that ask what others have written; 0 where it asks nothing. codec: what makes
    other values of those outside, by the forms of its fields.
    """

    lines: tuple[Line, ...] = dataclasses.field()  # not the property of the base as its default
    spelling: Spelling
    flags: Side | None = None
    read_only: tuple[tuple[Field, tuple[Any, ...]], ...] = ()
    shared: frozenset[tuple[Side, Path]] = frozenset()
    joint: frozenset[tuple[Side, Path]] = frozenset()
    rank: int = 0
    codec: Codec | None = None
    _targets: dict[Direction, tuple[Field, ...]] = dataclasses.field(
        init=False, compare=False, repr=False, default_factory=dict
    )
    _asked: dict[Direction, tuple[Field, ...]] = dataclasses.field(
        init=False, compare=False, repr=False, default_factory=dict
    )

    @property
    def word(self) -> str:
        """The language's word, as the author wrote it."""
        return self.spelling.value

    @property
    def only(self) -> Direction | None:
        """It goes both ways, unless its outside fields are only read, or only written."""
        return self.way

    def fields(self, side: Side) -> tuple[Field, ...]:
        """Return every field that some line names on one side."""
        return pattern_fields(line.of(side) for line in self.lines)

    def sources(self, direction: Direction) -> tuple[Field, ...]:
        """Return the fields that decide in one direction."""
        lines = self.lines if self.goes(direction) else ()
        return pattern_fields(line.asked(direction) for line in lines if line.decides(direction))

    def targets(self, direction: Direction) -> tuple[Field, ...]:
        """Return the fields that are written in one direction, which much asks of every record."""
        if direction not in self._targets:
            lines = self.lines if self.goes(direction) else ()
            written = (line.of(direction.target) for line in lines if line.decides(direction))
            self._targets[direction] = pattern_fields(written)
        return self._targets[direction]

    def written(self, side: Side) -> tuple[Field, ...]:
        """Return the fields of one side that some line writes, and no other rule; of some their own members alone."""
        return tuple(f for f in self.targets(Direction.towards(side)) if (side, f.path) not in self.shared)

    def beside(self, side: Side) -> tuple[Field, ...]:
        """Return the fields of one side that other rules write as well."""
        others = self.shared | self.joint
        return tuple(f for f in self.targets(Direction.towards(side)) if (side, f.path) in others)

    def has_flags(self, side: Side) -> bool:
        """Return whether the fields of a side are flags."""
        return self.flags is side

    def is_joint(self, side: Side, field: Field) -> bool:
        """Return whether it writes some members or words of a field, and tables before it others."""
        return (side, field.path) in self.joint

    @property
    def runs_after(self) -> int:
        """How late it comes among the rules that ask what others have written."""
        return self.rank + self.behind_all

    def reads(self, side: Side) -> tuple[Path, ...]:
        """Return the paths of one side that decide."""
        return tuple(field.path for field in self.sources(Direction.towards(side.other)))

    def value(self, side: Side) -> Field | None:
        """Return the one field of a side, None where there are several."""
        match self.fields(side):
            case (field,):
                return field
            case _:
                return None

    def kept(self, side: Side) -> tuple[Field, ...]:
        """Return the fields of one side of which only some members or words are its own."""
        return tuple(dict.fromkeys(field for field, _ in self._parts(side)))

    def asks(self, direction: Direction) -> tuple[Field, ...]:
        """Return the fields of the target whose last values it looks at to write them."""
        if direction not in self._asked:
            side = direction.target
            lines = [line for line in self.lines if line.decides(direction)]
            looked_at = {field for line in lines for field, _ in looking_back(line, side)} | {*self.kept(side)}
            self._asked[direction] = tuple(f for f in self.written(side) if f in looked_at or f.use is Use.READ)
        return self._asked[direction]

    def looks_back(self, direction: Direction) -> tuple[Path, ...]:
        """Return the paths of the fields whose last values it looks at."""
        asked = (field.path for field in self.asks(direction))
        return tuple(dict.fromkeys((*BaseRule.looks_back(self, direction), *asked)))

    def last(self, direction: Direction, record: Record) -> Values | None:
        """Return the values of those fields in what the target was last; None where nothing is asked of that."""
        asked = dict.fromkeys((*self.asks(direction), *self.beside(direction.target)))
        return None if is_whatever(record) else {field: reader(field)(record) for field in asked}

    def matching(self, direction: Direction, record: Record, last: Record = NOTHING_KNOWN) -> Iterator[Line]:
        """Yield every line that matches a record, in order; the first one decides."""
        values = {field: reader(field)(record) for field in self.sources(direction)}
        return matcher(self.lines, direction)(values, self.last(direction, last))

    def line_values(self, side: Side) -> LineValues:
        """Return what finds the values that lines write to one side; to be made once where many are asked for."""
        fields = self.targets(Direction.towards(side))
        follows = side is Side.OUTSIDE and self.read_only
        return LineValues(
            self.lines,
            side,
            fields,
            shared=[field for field in fields if (side, field.path) in self.shared],
            kept=self.kept(side),
            unnamed=False if self.flags is side else ABSENT,
            follower=Follower(self.lines, self.read_only) if follows else None,
        )

    def writes(self, line: Line, side: Side, last: Values | None = NO_VALUES) -> Values:
        """Return what one line writes to every field of one side; see `LineValues`."""
        return self.line_values(side)(line, last)

    def compiled(self, direction: Direction) -> Step | None:
        """Return what writes the fields of the first line that matches."""
        return compiled_table(self, direction) if self.goes(direction) else None

    def follows(self, direction: Direction) -> Iterator[tuple[Field, tuple[Field, ...]]]:
        """Yield the target of a table between two fields, where absent leads to absent."""
        sources, targets = self.sources(direction), self.targets(direction)
        if len(sources) == len(targets) == 1:
            line = next(matcher(self.lines, direction)({sources[0]: ABSENT}), None)
            if line is not None and targets[0] in self.leaves(line, direction.target):
                yield targets[0], sources

    def leaves(self, line: Line, side: Side) -> tuple[Field, ...]:
        """Return the fields of a side that a line leaves absent; of what others write as well, what it takes away."""
        absent, beside = (f for f, value in self.writes(line, side).items() if value is ABSENT), self.beside(side)
        return tuple(field for field in absent if field not in beside or line.takes_away(side, field))

    def unwritten(self, side: Side) -> frozenset[Path]:
        """Return the fields of a side to which no line writes a value."""
        lines = [line for line in self.lines if line.decides(Direction.towards(side))]
        left = [{field.path for field in self.leaves(line, side)} for line in lines]
        return frozenset(set.intersection(*left)) if left else frozenset()

    def expects(self) -> Iterator[Expected]:
        """Yield that flags are truth values, that what has members is a list, and what has words is text."""
        if self.flags is not None:
            for field in self.fields(self.flags):
                yield Expected(self.flags, field, "boolean", "a flag is true or false")
        for side in Side:
            for field, parts in self._parts(side):
                kind, what = _PARTS[parts]
                yield Expected(side, field, kind, f"{parts.value} asks for {what}")

    def named_parts(self, side: Side, field: Field) -> tuple[Parts, tuple[Any, ...]] | None:
        """Return the members, or words, of a field that lines name, as they stand there; None where none does."""
        accepted = [one for line in self.lines for f, values in line.of(side) if f == field for one in values]
        asked = [one for one in accepted if isinstance(one, Condition) and one.parts is not None]
        named = {distinct(part): laid_part(part, one.form) for one in asked for part in (*one.has, *one.lacks)}
        return (asked[0].parts, tuple(named.values())) if asked and asked[0].parts is not None else None

    def _parts(self, side: Side) -> Iterator[tuple[Field, Parts]]:
        patterns = (line.of(side) for line in self.lines)
        named = ((field, one) for pattern in patterns for field, accepted in pattern for one in accepted)
        asked = ((f, one.parts) for f, one in named if isinstance(one, Condition) and one.parts is not None)
        yield from dict.fromkeys(asked)

    def losses(self, name: Naming, types: Types) -> list[Loss]:
        """Return what becomes of combinations of flags."""
        del types
        if self.flags is None or self.only is not None or not (lost := self._combinations(self.flags)):
            return []
        return [("W166", f"{lost} of {name(self.flags.other, self.fields(self.flags.other)[0])}", self.flags)]

    def lost_forms(self, name: Naming, *, stays: bool = True) -> list[Loss]:
        """Return what outside values do not come back with by their form; nothing where each that decides has one."""
        outside = self.fields(Side.OUTSIDE)
        is_one = bool(outside) and all(map(self._has_one_form, outside))
        return [] if is_one else BaseRule.lost_forms(self, name, stays=stays)

    def has_members(self, field: Field) -> bool:
        """Return whether an outside field is a list of which it adds and takes away members, and leaves the others."""
        return (field, Parts.MEMBERS) in self._parts(Side.OUTSIDE)

    def _has_one_form(self, field: Field) -> bool:
        """Return whether lines accept only such truth values of an outside field as stand there in one way."""
        codec, form = self.codec, field.form
        if codec is None or codec.makes != "boolean" or codec.steps or form is None or form.before is not None:
            return False
        deciding = (one for one in self.lines if one.decides(Direction.INBOUND) and one.role is not Role.ABSENT_PASSES)
        accepted = [one for line in deciding for one in dict(line.asked(Direction.INBOUND)).get(field, (False, True))]
        there = [one for one in accepted if one is not None]
        return all(isinstance(one, bool) and len(codec.alike(codec.encode(one))) <= 1 for one in there)

    def _combinations(self, side: Side) -> str:
        """Return what becomes of the combinations of flags, "" if each comes back as it was."""
        flags, back = self.fields(side), Direction.towards(side)
        if len(flags) > _MAX_FLAGS:
            return ""
        decide, invert = (matcher(self.lines, way) for way in (Direction.towards(side.other), back))
        there, here = self.line_values(side.other), self.line_values(side)
        normalised = changed = total = 0
        for raised in itertools.product((False, True), repeat=len(flags)):
            total += 1
            state = dict(zip(flags, raised, strict=True))
            line = next(decide(state), None)
            if line is None:
                continue
            value = there(line)
            inverse = next(invert(value), None)
            if inverse is None:
                continue
            returned = here(inverse, state)
            normalised += list(returned.values()) != list(raised)
            again = next(decide(returned), None)
            changed += again is None or there(again) != value
        none = "none changes" if not changed else f"{changed} change"
        return f"{normalised} of {total} flag combinations normalise, {none} the value" if normalised or changed else ""

    def samples(self, side: Side) -> list[dict[Path, tuple[Any, ...]]]:
        """Return, for each line, values that it accepts, and absent for what it does not name.

        A field of which a line only says what its value is not, or that it may be anything, is left out.
        """
        fields = self.fields(side)
        if self.flags is side:  # what is said in a form is no truth value that comes by chance
            return [{field.path: (False, True, None) for field in fields}] if fields[0].converted else []
        return [
            {field.path: values for field in fields if (values := sample_values(accepted.get(field, (None,))))}
            for line in self.lines
            if line.of(side)
            for accepted in (dict(line.of(side)),)
        ]

    def is_absent(self, direction: Direction, record: Record) -> bool:
        """Return whether nothing is there, and stays nothing."""
        first = next(self.matching(direction, record), None)
        return first is not None and first.role is Role.ABSENT_PASSES

    def did(self, direction: Direction, record: Record) -> str:
        """Return the word for a line."""
        del direction, record
        return LINE_WORDS[self.spelling]


LINE_WORDS: Final = {Spelling.FLAGS: "flag", Spelling.VALUES: "pair", Spelling.CASES: "case"}
"""What a line is called, by how its table is written."""
