"""What a check looks at: a mapping's rules between two schemas, and where its findings go."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeAlias

from etl.errors import Finding
from etl.mapping.equality import distinct
from etl.mapping.imported import imported_parts, imported_schema, imported_values
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, assign, format_path
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line
from etl.mapping.samples.formed import elements_in_form, in_form, lying
from etl.mapping.schemas.shapes import TYPES, Schema, Shape, UnknownFieldError
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Field, Position, Side
from etl.record import ABSENT, Record, shown

Named: TypeAlias = tuple[Side, Field]

LOSSY: Final = "say lossy: and why that is right"
"""What helps where a rule loses something on purpose."""

_SHOWN: Final = 200
"""How much of an object or a list a message shows."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What a rule loses, acknowledged or not; without a message, something that keeps others from being proven.

    line: of its table, where one line loses it.
    """

    rule: Rule
    code: str
    message: str = ""
    line: Line | None = None

    @property
    def is_of_a_reason_of_its_line(self) -> bool:
        """Whether the line that loses it says why that may be."""
        return self.line is not None and self.line.lossy is not None and self.line.lossy.covers(self.code)


@dataclass(frozen=True, slots=True)
class Context:
    """Rules and the schemas that their paths start from; inside an `each`, those of the elements.

    targets: what is made is judged by these: they do not require what is only read, or only written. losing: what rules
    lose, whether it is said or their `lossy` has a reason for it. at: where in a record their paths start, by side; an
    element stands at index 0. imported: the outside schema as far as it speaks of records that are imported, None where
    that is all of it. stays: what no rule writes there stays, as in records and in elements that are told apart.
    """

    mapping: Mapping
    rules: tuple[Rule, ...]
    schemas: dict[Side, Schema]
    targets: dict[Side, Schema]
    findings: list[Finding] = field(default_factory=list)
    losing: list[Loss] = field(default_factory=list)
    at: dict[Side, Path] = field(default_factory=lambda: dict.fromkeys(Side, ()))
    imported: Schema | None = None
    stays: bool = True

    @classmethod
    def of(cls, mapping: Mapping) -> Context:
        """Return that of a whole mapping."""
        inside = Schema(mapping.inside.schema, has_dates=True)
        schemas = {Side.OUTSIDE: Schema(mapping.outside.schema), Side.INSIDE: inside}
        targets = {**schemas, Side.OUTSIDE: Schema(mapping.outside.expected)}
        imported = Schema(imported_schema(mapping)) if mapping.import_when else None
        return cls(mapping, mapping.rules, schemas, targets, imported=imported)

    def find(self, where: Position, code: str, message: str, fix: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(*self.place(where), code, message, fix))

    def lose(
        self, rule: Rule, where: Position, code: str, message: str, fix: str = LOSSY, line: Line | None = None
    ) -> None:
        """Add a finding about what a rule, or a line of its table, loses, unless it says why that may be."""
        loss = Loss(rule, code, message, line)
        self.losing.append(loss)
        if not loss.is_of_a_reason_of_its_line and not rule.acknowledges(code):
            is_said = rule.lossy is not None or (line is not None and line.lossy is not None)
            self.find(where, code, message, f"{fix}, as {code} in lossy:" if is_said else fix)

    def loses(self, rule: Rule, code: str = "") -> bool:
        """Return whether something was said, or would have been said, of what a rule loses."""
        return any(rule is loss.rule and code in ("", loss.code) for loss in self.losing)

    def is_wrong(self, rule: Rule) -> bool:
        """Return whether an error at a rule says already that it does not fit."""
        places = {rule.where, *(one.where for side in Side for one in (*rule.fields(side), *rule.written(side)))}
        places |= {line.where for line in rule.lines} | ({rule.source.where} if isinstance(rule, Computed) else set())
        known = {*map(self.place, places)}
        return any(one.is_error and (one.file, one.line, one.column) in known for one in self.findings)

    def line(self, where: Position, beside: Position) -> str:
        """Return a line as a finding at another place names it."""
        return where.beside(beside, self.mapping.file)

    def place(self, where: Position) -> tuple[str, int, int]:
        """Return the file, line and column of a place, as findings have them."""
        return self._file(where), where.line, where.column

    def _file(self, where: Position) -> str:
        return where.file or str(self.mapping.file)

    def takes(self, side: Side, field: Field, value: Any) -> bool:
        """Return whether a value may be written to a field: inside, a date is no text and no text is a date."""
        shape = self.shape(side, field)
        if isinstance(value, datetime):
            return side is Side.INSIDE and (shape.date_time or shape.types == TYPES)
        if isinstance(value, str) and side is Side.INSIDE and shape.date_time:
            return False
        return shape.accepts(json_form(value) if isinstance(value, list) else value)

    def shape(self, side: Side, field: Field) -> Shape:
        """Return the shape of a field; one that is not known where its path is not in the schema."""
        return _shape(self.schemas[side], field)

    def element(self, side: Side, field: Field) -> Shape:
        """Return the shape of the elements of a list; one that is not known where the schema has none."""
        if field.converted is not None:
            return elements_in_form(field.converted)
        return self.shape(side, Field((*field.path, 0), form=field.form, by_codec=field.by_codec))

    def taken(self, side: Side, field: Field) -> Shape:
        """Return the shape of what a field of a record that is made has to have."""
        return _shape(self.targets[side], field)

    def coming(self, side: Side, field: Field) -> Shape:
        """Return the shape of what a field of a record that is read may have: in a row of a file, text alone."""
        schema = self.schemas[side]
        if side is Side.OUTSIDE and self.imported is not None:
            schema = self.imported
        if self.is_text(side) and field.converted is not None:
            return self._chosen(_shape(schema, field, partial(self._in_row, schema, field)), side, field)
        shape = self._chosen(_shape(schema, field), side, field)
        return self._in_row(schema, field, shape) if self.is_text(side) else shape

    def _in_row(self, schema: Schema, field: Field, shape: Shape) -> Shape:
        """Return the shape of what a field of a row may have: text, and none that is empty."""
        if not shape.known:
            return shape
        left = shape.without(self.mapping.files.nulls)
        return replace(
            left,
            types=left.types & {"string"},
            required=schema.is_required_of_objects(field.path),
            below_null=False,  # what stands on the way in a row is an object, or absent
            aside=(),
            judge=lambda value: isinstance(value, str) and left.accepts(value),
        )

    def _chosen(self, shape: Shape, side: Side, field: Field) -> Shape:
        """Return the shape of a field without the values of records that `import_when` leaves aside."""
        if side is Side.INSIDE or self.at[side] or all(one.path != field.path for one, _ in self.mapping.import_when):
            return shape
        is_imported = imported_values(self.mapping, field)
        return replace(shape, judge=lambda value: shape.accepts(value) and is_imported(lying(field, value)))

    def asks_for_one_of(self, side: Side, field: Field, parts: Iterable[Any]) -> bool:
        """Return whether `import_when` asks that a field has one of some members, or words, and for no other one."""
        asked = imported_parts(self.mapping, field) if side is Side.OUTSIDE and not self.at[side] else frozenset()
        return bool(asked) and asked <= set(map(distinct, parts))

    def is_left_aside(self, side: Side, written: Table[Field, Any]) -> bool:
        """Return whether a record with these values is not imported when it comes back."""
        if side is Side.INSIDE or self.imported is None:
            return False
        for one, value in written.items():
            said, coming = self.shape(side, one), self.coming(side, one)
            if value is ABSENT and said.may_be_absent(one.nulls) and not coming.may_be_absent(one.nulls):
                return True
            if value is not ABSENT and said.accepts(value) and not coming.accepts(value):
                return True
        return False

    def is_text(self, side: Side) -> bool:
        """Return whether every value of a side is read as text, as in the rows of a file."""
        return side is Side.OUTSIDE and self.mapping.files.has_rows

    def writes_nothing(self, side: Side, field: Field) -> bool:
        """Return whether nothing is written for an absent value, at it or above it; an empty cell says nothing."""
        if field.above is not None:
            return False
        if field.stand_in:
            return not all(self.taken(side, part).always for part in field.stand_in_fields)
        return field.when_absent is ABSENT or (self.is_text(side) and field.when_absent in (None, ""))

    def _never(self, side: Side, field: Field) -> bool:
        """Return whether there is never a value in a field."""
        return self.coming(side, field).without(field.nulls).listed == ()

    def is_all(self, side: Side, field: Field, sources: Iterable[Field] = (), lacking: Iterable[Field] = ()) -> bool:
        """Return whether an element is left out without a field: no rule writes another one there.

        sources: fields that have no value then; what is made of these alone is not there either, and what an expression
        makes of them is known of records that are tried. lacking: fields that are not there either.
        """
        gone = {source.path: set(map(distinct, source.nulls)) for source in sources}
        written = {path for rule in self.rules for path in rule.paths(side)} - {one.path for one in lacking}
        for rule in self.rules:
            written -= rule.unwritten(side)
            if isinstance(rule, Computed) and rule.is_constant:
                if means_absent(rule.target, rule.source.compute({})):
                    written.discard(rule.target.path)
            elif gone and isinstance(rule, Computed) and rule.source.path is None:
                written.discard(rule.target.path)
            for target, feeding in rule.follows(Direction.towards(side)):
                if all(
                    (one.path in gone and gone[one.path] <= set(map(distinct, one.nulls)))
                    or self._never(side.other, one)
                    for one in feeding
                ):
                    written.discard(target.path)
        return bool(self.at[side]) and all(path[: len(field.path)] == field.path for path in written)

    def outside_types(self, field: Field) -> frozenset[str]:
        """Return the types of JSON that an outside field may have."""
        return self.shape(Side.OUTSIDE, field).types

    def name(self, side: Side, field: Field) -> str:
        """Return what a finding calls a field: `tracos.title`."""
        return f"{self.mapping.system(side).name}.{format_path(field.path or self.at[side])}"

    def full_name(self, side: Side, path: Path) -> str:
        """Return what a finding calls a path, from the beginning of a record."""
        return f"{self.mapping.system(side).name}.{format_path((*self.at[side], *path))}"

    def is_farewell(self, side: Side, values: Table[Field, Any]) -> bool:
        """Return whether a record with these values counts as deleted, and goes out as the files for that say."""
        record: Record = {}
        for field_, value in values.items() if side is Side.INSIDE else ():
            assign(record, field_.path, value)
        return bool(record) and self.mapping.is_farewell(record)

    def elements(self) -> Iterator[Context]:
        """Yield a context for the elements of every list that a rule maps."""
        for rule in self.rules:
            if not isinstance(rule, Each):
                continue
            schemas, targets = (
                {side: found for side in Side if (found := _part(one[side], rule.element(side))) is not None}
                for one in (self.schemas, self.targets)
            )
            if len(schemas) == len(targets) == len(Side):
                at = {side: (*self.at[side], *rule.element(side)) for side in Side}
                imported = None if self.imported is None else _part(self.imported, rule.element(Side.OUTSIDE))
                made = replace(self, rules=rule.inner, schemas=schemas, targets=targets, at=at, imported=imported)
                yield replace(made, stays=self.stays and (rule.is_group or bool(rule.keys(Side.INSIDE))))


def _shape(schema: Schema, field: Field, seen: Callable[[Shape], Shape] = lambda shape: shape) -> Shape:
    """Return the shape of a field. seen: makes of what the schema says what the system can have."""
    try:
        return in_form(seen(schema.shape(field.path)), field)
    except UnknownFieldError:
        return Shape(TYPES, known=False)


def _part(schema: Schema, path: Path) -> Schema | None:
    """Return what a schema says of what stands at a path, if only that it may be anything; None where nothing can."""
    try:
        return schema.part(path) or Schema({})
    except UnknownFieldError:
        return None


def named_fields(rule: Rule) -> list[Named]:
    """Return every field that a rule names, with its side."""
    return [(side, field) for side in Side for field in rule.fields(side)]


def displayed(value: Any) -> str:
    """Return a value for people, objects and lists too, cut where it is long."""
    if not isinstance(value, dict | list):
        return shown(value)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
