"""The paths, codecs and absent values that rules name; what is wrong becomes findings."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from typing import Any, Final

from etl.mapping.codecs import Codec, CodecError, Fields, Said
from etl.mapping.language.document import Document, Place
from etl.mapping.language.parse_around import around_path, each_path, lies_in_document
from etl.mapping.language.parse_codecs import CodecParser
from etl.mapping.language.parse_conditions import ConditionParser, leaving
from etl.mapping.language.parse_text_form import SystemForm, said_in_form, table_form
from etl.mapping.language.words import WINNERS
from etl.mapping.paths import Path, PathError, StepOf, format_path, parse_path, selected_list
from etl.mapping.places import with_selecting
from etl.mapping.rules.conditions import Accepted, Pattern
from etl.mapping.schemas.bounds import Bounds
from etl.mapping.schemas.shapes import TYPES, Schema, UnknownFieldError
from etl.mapping.templates import TEMPLATE, braced
from etl.mapping.terms import Above, Field, Lossy, Position, Side, Use, Winner
from etl.record import ABSENT, Absent, Scalar, shown

ELEMENT: Final = "@"
"""The path of the element itself, in the rules of a list of plain values."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a system says for all its fields. always: what means absent in every rule. form: that of its texts."""

    side: Side
    name: str
    nulls: tuple[Scalar, ...]
    when_absent: Scalar | Absent
    always: tuple[Scalar, ...] = ()
    form: SystemForm | None = None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the fix for an unknown word: the nearest known one, or all of them."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}"


class FieldParser:
    """Parses what stands in a rule against two systems, adding findings to the document.

    schemas: those that their paths start from, by side. use: what may be done with an outside path. above: the outside
    path at which those of the rules start, by which an element of a list stands at index 0. converts: what makes other
    values of those of a table outside, None where nothing does.
    """

    def __init__(
        self,
        document: Document,
        outside: Defaults,
        inside: Defaults,
        schemas: Table[Side, Schema],
        use: Callable[[Path], Use],
        codecs: CodecParser,
    ) -> None:
        self.document = document
        self.schemas = {**schemas}
        self.above: Path = ()
        self.converts: Codec | None = None
        self._use = use
        self.codecs = codecs
        self.conditions = ConditionParser(document)
        self.systems = {Side.OUTSIDE: outside, Side.INSIDE: inside}
        self.sides = {outside.name: Side.OUTSIDE, inside.name: Side.INSIDE}

    def pattern(self, side: Side, pattern: Any, place: Place, entry: dict[str, Any]) -> Pattern:
        """Parse a pattern: fields with the values that each accepts."""
        if not isinstance(pattern, dict):
            self.document.find(
                place, "E011", f"expected fields with values, found {shown(pattern)}", "write {path: value}"
            )
            return ()
        cells = [((*place, text), text, cell) for text, cell in pattern.items()]
        fields = ((self.named(side, text, at, entry), cell, at) for at, text, cell in cells)
        return tuple((field, self.accepted(side, field, cell, at)) for field, cell, at in fields if field is not None)

    def accepted(self, side: Side, field: Field, cell: Any, place: Place) -> Accepted:
        """Parse what a pattern accepts of a field."""
        return leaving(self.conditions.accepted(cell, place), field, self.schemas.get(side))

    def named(self, side: Side, text: Any, at: Place, entry: dict[str, Any]) -> Field | None:
        """Parse the path of what a pattern asks; where records are chosen it may start at the document, `$.path`."""
        inner = around_path(self.document, text, at)
        listed, of_each = each_path(self.document, text if inner is None else inner, at)
        field = self.field(side, listed, at, entry, key=True)
        if field is not None and inner is not None and lies_in_document(self.document):
            field = replace(field, form=None, blank=False, use=Use.BOTH, is_around=True)
        return field and replace(field, of_each=of_each)

    def one_field(self, side: Side, entry: dict[str, Any], place: Place) -> Field | None:
        """Parse the path that an entry names for a side; None, with a finding, where it is none."""
        name = self.systems[side].name
        return self.field(side, entry[name], (*place, name), entry)

    def field(self, side: Side, text: Any, at: Place, entry: dict[str, Any], *, key: bool = False) -> Field | None:
        """Parse a path of one side, standing at a place; None, with a finding, where it is none."""
        if not isinstance(text, str):
            self.document.find(at, "E011", f"expected a path, found {shown(text)}", "write one path", key=key)
            return None
        try:
            path = () if text == ELEMENT and "each" in at else parse_path(text)
        except PathError as error:
            fix = 'a path is name.name[0] or name[id=\'x\'].name; quote other names as "\\"spi:wonum\\""'
            self.document.find(at, "E112", f"{error}, from character {error.column + 1} on", fix, key=key)
            return None
        _, *said = with_selecting(path)
        if any(path[: len(one)] == one for one in said):
            fix = "name another field of the element, or the element"
            self.document.find(at, "E112", f"{text} is what the selector says it is", fix, key=key)
            return None
        if side is Side.INSIDE and not all(_is_mongodb_name(step) for one in with_selecting(path) for step in one):
            fix = "choose a name that MongoDB can address: no $ at the start, no dot, not _id"
            self.document.find(at, "E111", f"{text} cannot be written to MongoDB", fix, key=key)
            return None
        return self._with_absence(side, path, entry, self.document.position(at, key=key))

    def _with_absence(self, side: Side, path: Path, entry: dict[str, Any], where: Position) -> Field:
        nulls, when_absent = self.nulls(side, entry), self._when_absent(side, entry)
        if side is Side.INSIDE:
            return Field(path, nulls, when_absent, where)
        laid = when_absent if (form := self.systems[side].form) is None else form.laid(when_absent)
        above = None if laid is ABSENT else self._above(path, laid)
        here, parts = when_absent if above is None else ABSENT, self._parts(self._stand_in(entry), where)
        field = Field(path, nulls, here, where, use=self.use(path), above=above, stand_in=parts)
        return self.formed(side, field) if self.converts is None else self._converted(field, self.converts)

    def _stand_in(self, entry: dict[str, Any]) -> str:
        """Return the text with {path} in it that a rule writes outside for an absent value, "" where it has none."""
        said = _of(entry, "when_absent", self.systems[Side.OUTSIDE].name, ABSENT)
        return said if isinstance(said, str) and any(braced(said)) else ""

    def _parts(self, text: str, where: Position) -> tuple[str | Field, ...]:
        """Return what a text is made of: what stands there, and the outside fields that stand in braces."""
        parts: list[str | Field] = []
        for index, piece in enumerate(TEMPLATE.split(text)):
            if index % 2 == 0:
                parts += [piece] if piece else []
                continue
            try:
                path = parse_path(piece)
            except PathError as error:
                fix = "write {path} of a field of the outside"
                self.document.find_at(where, "E112", f"{error}, in when_absent {shown(text)}", fix)
                continue
            nulls = self.listed_nulls(Side.OUTSIDE, {})
            parts.append(self.formed(Side.OUTSIDE, Field(path, nulls, where=where)))
        return tuple(parts)

    def _converted(self, field: Field, codec: Codec) -> Field:
        """Return an outside field of a table whose lines have its value as a codec makes it."""
        formed = self.formed(Side.OUTSIDE, field)
        said = said_in_form(self.said(Side.OUTSIDE, field.path, field.nulls), formed)
        try:
            form = table_form(codec.fitted(Fields((said,))), formed.form, formed.nulls)
        except CodecError as error:
            path = format_path(field.path)
            self.document.find_at(field.where, "E114", f"as does not go with {path}: {error}", error.fix)
            return field
        return replace(formed, nulls=(), form=form, blank=codec.blank or formed.blank)

    def formed(self, side: Side, field: Field) -> Field:
        """Return a field with the form that its system says that its text has."""
        form = self.systems[side].form
        if form is None:
            return field
        try:
            return form.formed(field, self.said(side, field.path))
        except CodecError as error:
            path = format_path(field.path)
            self.document.find_at(field.where, "E114", f"as of the system does not go with {path}: {error}", error.fix)
            return field

    def _above(self, path: Path, value: Scalar) -> Above | None:
        """Return where above an outside path a value is written that its schema does not take there; None for nowhere.

        A selected element goes with its last value, so there is nothing to write above it.
        """
        schema = self.schemas.get(Side.OUTSIDE)
        if schema is None or len(path) == 1 or selected_list(path) is not None or _takes(schema, path, value):
            return None
        places = (path[:length] for length in range(len(path) - 1, 0, -1))
        return next((Above(place, value) for place in places if _takes(schema, place, value)), None)

    def use(self, path: Path) -> Use:
        """Return what may be done with an outside path."""
        return self._use((*self.above, *path))

    def nulls(self, side: Side, entry: dict[str, Any]) -> tuple[Scalar, ...]:
        """Return which values of one side mean absent in a rule: the listed ones, and what is written for absent."""
        when_absent = self._when_absent(side, entry)
        written = () if when_absent is ABSENT or when_absent is None else (when_absent,)
        return (*self.listed_nulls(side, entry), *written)

    def listed_nulls(self, side: Side, entry: dict[str, Any]) -> tuple[Scalar, ...]:
        """Return which values of one side a rule, or its system, lists as absent."""
        system = self.systems[side]
        listed = tuple(_of(entry, "nulls", system.name, system.nulls))
        return (*listed, *(null for null in system.always if null not in listed))

    def _when_absent(self, side: Side, entry: dict[str, Any]) -> Scalar | Absent:
        system = self.systems[side]
        if side is Side.OUTSIDE and self._stand_in(entry):
            return ABSENT
        return when_absent_value(_of(entry, "when_absent", system.name, system.when_absent))

    def named_side(self, entry: dict[str, Any]) -> Side:
        """Return the first side whose system an entry names."""
        return next(side for name, side in self.sides.items() if name in entry)

    def check_systems(self, by_system: Any, place: Place) -> None:
        """Add a finding for every name in an object that is no system's."""
        for name in by_system if isinstance(by_system, dict) else ():
            if name not in self.sides:
                fix = did_you_mean(name, self.sides)
                self.document.find((*place, name), "E010", f"unknown system {name}", fix, key=True)

    def codec(self, entry: dict[str, Any], place: Place) -> Codec | None:
        """Parse `as:`; None where there is none, or with a finding where it is wrong."""
        named = entry.get("as")
        return None if named is None else self.codecs.codec(named, (*place, "as"))

    def fitted(
        self, codec: Codec | None, entry: dict[str, Any], outside: Sequence[Path], inside: Path | None, place: Place
    ) -> Codec | None:
        """Return the codec of a rule for fields at these paths; None, with a finding, where it does not fit."""
        there, here = (self.nulls(side, entry) for side in Side)
        said = tuple(self.said(Side.OUTSIDE, path, there) for path in outside) or (Said(),)
        return self.codecs.fitted(codec, Fields(said, self.said(Side.INSIDE, inside, here)), (*place, "as"))

    def said_of(self, outside: Sequence[Path]) -> list[Said]:
        """Return what the outside schema says of some fields."""
        return [self.said(Side.OUTSIDE, path) for path in outside]

    def said(self, side: Side, path: Path | None, nulls: Sequence[Scalar] = ()) -> Said:
        """Return what a schema says of a field, as far as codecs ask. nulls: values that mean absent there."""
        schema = self.schemas.get(side)
        try:
            shape = None if schema is None or path is None else schema.shape(path)
        except UnknownFieldError:
            shape = None
        if shape is None or shape.types == TYPES:
            return Said(nulls=nulls)
        lengths = [one.at_most("maxLength", math.inf) for one in shape.alternatives if "string" in one.types]
        longest = max(lengths, default=math.inf)
        bounds = Bounds(shape if self.systems[side].form else shape.without(nulls))
        few, always = None if longest == math.inf else int(longest), shape.always
        return Said(shape.types, few, always, bounds.listed, bounds.step, bounds.letters, nulls, bounds.most)

    def winner(self, entry: dict[str, Any], place: Place) -> Winner | None:
        """Parse `wins:`; None where there is none, or with a finding where it names nobody."""
        word = entry.get("wins")
        known = {name: Winner(side.value) for name, side in self.sides.items()} | {w: Winner(w) for w in WINNERS}
        if word is not None and word not in known:
            message = f"{shown(word)} is no system, and neither {' nor '.join(WINNERS)}"
            self.document.find((*place, "wins"), "E190", message, did_you_mean(word, known))
        return known.get(word) if isinstance(word, str) else None


def _takes(schema: Schema, path: Path, value: Scalar) -> bool:
    """Return whether a schema has a value at a path; of what it does not list, nothing is known, and so it has it."""
    try:
        return schema.shape(path).accepts(value)
    except UnknownFieldError:
        return True


def when_absent_value(value: Any) -> Scalar | Absent:
    """Return what a field writes when it is absent; ABSENT for `omit`."""
    made: Scalar | Absent = ABSENT if value is ABSENT or value == "omit" else value
    return made


def _of(entry: Table[str, Any], word: str, name: str, default: Any) -> Any:
    by_system = entry.get(word, {})
    return by_system.get(name, default)


def parse_lossy(said: str | dict[str, str] | None, codec: str = "") -> Lossy | None:
    """Parse `lossy:`; None where there is none. codec: the name in `codecs` that says it."""
    if said is None:
        return None
    return Lossy((("", said),) if isinstance(said, str) else tuple(said.items()), codec=codec)


def _is_mongodb_name(name: StepOf) -> bool:
    if not isinstance(name, str):
        return True
    return name not in {"", "_id"} and not name.startswith("$") and not {".", "\0"} & set(name)
