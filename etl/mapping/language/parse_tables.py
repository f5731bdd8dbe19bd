"""The three ways to write a decision table become one: lines of two patterns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, assert_never

from etl.mapping.language.document import Place
from etl.mapping.language.parse_fields import FieldParser, parse_lossy
from etl.mapping.language.parse_lines import LinesInFiles, is_file
from etl.mapping.language.parse_part_forms import PartForms
from etl.mapping.rules.access import seen
from etl.mapping.rules.conditions import Pattern
from etl.mapping.rules.lines import Line, Role, Spelling
from etl.mapping.rules.table import Table
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.shapes import TYPES, Shape, UnknownFieldError
from etl.mapping.terms import Direction, Field, Position, Side, Use
from etl.record import shown

_FEW: Final = 16
"""So many values that a field may have, beside those that lines name, are tried for one by which a line decides."""


@dataclass(frozen=True, slots=True)
class TableParser:
    """Parses the tables of rules, adding findings to the document."""

    fields: FieldParser

    def table(self, word: str, entry: dict[str, Any], place: Place) -> Table | None:
        """Parse the table of one rule; None, with a finding, where it is none."""
        table = self._table(Spelling(word), entry, place)
        if table is not None and self.fields.converts is not None:
            table = PartForms(self.fields, self.fields.converts).applied(table)
        return None if table is None else replace(table, read_only=tuple(self._read_only(table)))

    def _read_only(self, table: Table) -> Iterator[tuple[Field, tuple[Any, ...]]]:
        """Yield the outside fields that are only read, with values that they may have by their schema."""
        schema = self.fields.schemas.get(Side.OUTSIDE)
        for field in table.fields(Side.OUTSIDE):
            if field.use is Use.READ:
                with suppress(UnknownFieldError):
                    shape = schema.shape(field.path) if schema is not None else Shape(TYPES)
                    tried = edges_of(shape.alternatives) if shape.listed is None else shape.listed
                    values = (seen(field, value) for value in tried)
                    yield field, tuple(value for value in values if isinstance(value, str | int | float))[:_FEW]

    def _table(self, spelling: Spelling, entry: dict[str, Any], place: Place) -> Table | None:
        match spelling:
            case Spelling.FLAGS:
                return self._flags(entry, place)
            case Spelling.VALUES:
                return self._values(entry, place)
            case Spelling.CASES:
                return self._cases(entry, place)
            case _:
                assert_never(spelling)

    def _flags(self, entry: dict[str, Any], place: Place) -> Table | None:
        side = self.fields.named_side(entry)
        value = self.fields.one_field(side, entry, place)
        otherwise = self._otherwise_of_flags(side, value, entry, place) if value is not None else None
        if value is None or otherwise is None:
            return None
        lines = [*self._flag_lines(side, value, entry, place), *otherwise]
        return Table(self._at(place), tuple(lines), Spelling.FLAGS, side.other)

    def _flag_lines(self, side: Side, value: Field, entry: dict[str, Any], place: Place) -> Iterator[Line]:
        name, value_name = self.fields.systems[side.other].name, self.fields.systems[side].name
        seen: dict[Any, Position] = {}
        for index, line in enumerate(entry["flags"]):
            at = (*place, "flags", index)
            if not self._both_named(line, at):
                continue
            flag = self.fields.field(side.other, line[name], (*at, name), entry)
            if flag is None:
                continue
            if (first := seen.setdefault(flag.path, flag.where)) is not flag.where:
                there = first.beside(flag.where, self.fields.document.file)
                message = f"{line[name]} of {name} is written twice, first on {there}"
                self.fields.document.find_at(flag.where, "E120", message, "let one line write it")
                continue
            made = _line(side.other, ((flag, (True,)),), ((value, (line[value_name],)),), flag.where)
            yield replace(made, lossy=parse_lossy(line.get("lossy")))

    def _otherwise_of_flags(self, side: Side, value: Field, entry: dict[str, Any], place: Place) -> list[Line] | None:
        """Return the last line of flags, whole or by halves; None, with a finding, where one says no value."""
        if "otherwise" not in entry:
            return []
        at, said = (*place, "otherwise"), entry["otherwise"]
        if not isinstance(said, dict):
            where = self.fields.document.position(at, key=True)
            return [_line(side.other, (), ((value, (said,)),), where, Role.OTHERWISE)]
        lines = []
        for half, (written, where) in self._otherwise(entry, place).items():
            if half is side.other and written is not False:
                fix = f"write {self.fields.systems[half].name}: false, which makes all flags false"
                self.fields.document.find_at(where, "E011", f"expected false, found {shown(written)}", fix)
                return None
            if isinstance(written, dict | list):
                self.fields.document.find_at(
                    where, "E011", f"expected a value, found {shown(written)}", "write one value"
                )
                return None
            pattern: Pattern = ((value, (written,)),) if half is side else ()
            lines.append(self._otherwise_line(half, pattern, where, entry))
        return lines

    def _values(self, entry: dict[str, Any], place: Place) -> Table | None:
        outside, inside = (self.fields.one_field(side, entry, place) for side in self.fields.systems)
        if outside is None or inside is None:
            return None
        lines = list(self._value_lines({Side.OUTSIDE: outside, Side.INSIDE: inside}, entry["values"], place))
        lines += _absent_passes(outside, inside, self._at(place))
        for side, (value, where) in self._otherwise(entry, place).items():
            if isinstance(value, dict | list):
                message = f"expected a value, found {shown(value)}"
                self.fields.document.find((*place, "otherwise"), "E011", message, "write one value")
                continue
            field = outside if side is Side.OUTSIDE else inside
            lines.append(self._otherwise_line(side, ((field, (value,)),), where, entry))
        return Table(self._at(place), tuple(lines), Spelling.VALUES)

    def _value_lines(self, fields: dict[Side, Field], said: Any, place: Place) -> Iterator[Line]:
        """Yield the lines of `values`, in the mapping and in files."""
        whole: Place = (*place, "values")
        in_files = LinesInFiles(self.fields.document, {s: d.name for s, d in self.fields.systems.items()}, self._shape)
        for line, at in [(said, whole)] if is_file(said) else [(line, (*whole, n)) for n, line in enumerate(said)]:
            if is_file(line):
                yield from in_files.lines(line, at, fields)
            elif self._both_named(line, at):
                left, right = (
                    ((field, self.fields.accepted(side, field, line[name], (*at, name))),)
                    for (side, field), name in zip(fields.items(), self.fields.sides, strict=True)
                )
                yield Line(left, right, self._at(at), lossy=parse_lossy(line.get("lossy")))

    def _shape(self, side: Side, field: Field) -> Shape:
        """Return what a schema says of a field, or a codec makes of it; of one that it does not know, nothing."""
        if field.converted is not None:
            return Shape(frozenset({field.converted.makes}))
        with suppress(UnknownFieldError):
            if side in self.fields.schemas:
                return self.fields.schemas[side].shape(field.path)
        return Shape(TYPES, known=False)

    def _cases(self, entry: dict[str, Any], place: Place) -> Table:
        lines = []
        for index, line in enumerate(entry["cases"]):
            at = (*place, "cases", index)
            if self._both_named(line, at):
                one, other = (
                    self.fields.pattern(side, line[name], (*at, name), entry)
                    for name, side in self.fields.sides.items()
                )
                lines.append(Line(one, other, self._at(at), lossy=parse_lossy(line.get("lossy"))))
        for side, (value, where) in self._otherwise(entry, place).items():
            at = (*place, "otherwise", self.fields.systems[side].name)
            lines.append(self._otherwise_line(side, self.fields.pattern(side, value, at, entry), where, entry))
        return Table(self._at(place), tuple(lines), Spelling.CASES)

    def _at(self, place: Place) -> Position:
        return self.fields.document.position(place)

    def _both_named(self, line: dict[str, Any], place: Place) -> bool:
        named = {name: value for name, value in line.items() if name != "lossy"}
        self.fields.check_systems(named, place)
        if missing := [name for name in self.fields.sides if name not in named]:
            if set(named) <= set(self.fields.sides):
                self.fields.document.find(place, "E012", f"{missing[0]} is missing", f"add {missing[0]}:")
            return False
        return set(named) == set(self.fields.sides)

    def _otherwise(self, entry: dict[str, Any], place: Place) -> dict[Side, tuple[Any, Position]]:
        """Return what `otherwise` says, by the side that it writes, with its place."""
        value, at = entry.get("otherwise", {}), (*place, "otherwise")
        document, sides = self.fields.document, self.fields.sides
        if not isinstance(value, dict):
            fix = f"write otherwise: {{{list(sides)[1]}: …}}"
            document.find(at, "E011", "otherwise of a table is by system", fix)
            return {}
        self.fields.check_systems({name: item for name, item in value.items() if name != "lossy"}, at)
        return {
            sides[name]: (item, document.position((*at, name), key=True))
            for name, item in value.items()
            if name in sides
        }

    @staticmethod
    def _otherwise_line(side: Side, pattern: Pattern, where: Position, entry: dict[str, Any]) -> Line:
        """Return the last line of one direction: it reads anything, and writes this pattern to one side."""
        lossy = parse_lossy(entry["otherwise"].get("lossy"))
        one: Pattern = pattern if side is Side.OUTSIDE else ()
        other: Pattern = pattern if side is Side.INSIDE else ()
        return Line(one, other, where, Role.OTHERWISE, Direction.towards(side), lossy)


def _line(side: Side, here: Pattern, there: Pattern, where: Position, role: Role = Role.WRITTEN) -> Line:
    """Return a line of which one side has this pattern, and the other side that one."""
    return Line(here, there, where, role) if side is Side.OUTSIDE else Line(there, here, where, role)


def _absent_passes(outside: Field, inside: Field, where: Position) -> Iterator[Line]:
    """Yield the line by which no value stays no value, where no line before says otherwise."""
    yield Line(((outside, (None,)),), ((inside, (None,)),), where, Role.ABSENT_PASSES)
