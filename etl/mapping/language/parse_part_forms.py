"""`as` of a table whose lines name members of a list, or words of a text: it is the form of each of these.

So it says which ones the table names, and all others stay as they stand there, whatever the form would make of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from etl.mapping.codecs import Codec, CodecError, Fields, composed
from etl.mapping.equality import distinct
from etl.mapping.language.parse_conditions import leaving
from etl.mapping.language.parse_fields import FieldParser
from etl.mapping.language.parse_text_form import table_form
from etl.mapping.paths import format_path
from etl.mapping.rules.conditions import Condition, Parts, named_values, part_key
from etl.mapping.rules.lines import Line
from etl.mapping.rules.table import Table
from etl.mapping.terms import Field, Side, TextForm
from etl.record import Scalar, shown

_ARRAY: Final = "array"
_KINDS: Final = {Parts.MEMBERS: "member", Parts.WORDS: "word"}


@dataclass(frozen=True, slots=True)
class PartForms:
    """Gives the members and words that lines of a table name their form. codec: what `as` of the table says."""

    fields: FieldParser
    codec: Codec

    def applied(self, table: Table) -> Table:
        """Return a table of which those fields are read whole, and what lines name in them has the form."""
        named = {one: parts[0] for one in table.fields(Side.OUTSIDE) if (parts := table.named_parts(Side.OUTSIDE, one))}
        for field, kind in named.items():
            table = self._applied(table, field, kind)
        return table

    def _applied(self, table: Table, field: Field, kind: Parts) -> Table:
        steps = self.codec.steps or (self.codec,)
        split = next((index for index, step in enumerate(steps) if step.makes == _ARRAY), None)
        if split:
            first, last = steps[0].name, steps[split].name
            message = f"as takes the text apart by {last}, and {first} before it would change all that stands in it"
            self.fields.document.find_at(field.where, "E114", message, f"name {last} first, then what each member is")
            return table
        each = steps if split is None else steps[1:]
        codec = self._fitted(composed(each), field) if each else None
        form = None if codec is None else table_form(codec, None, ())
        whole = self._whole(field, None if split is None else steps[0])
        if codec is not None and form is not None and any([*self._check(table, field, kind, codec.name, form)]):
            return table
        return replace(table, lines=tuple(self._formed(line, whole, form) for line in table.lines))

    def _formed(self, line: Line, field: Field, form: TextForm | None) -> Line:
        """Return a line with a field in the place of one at its path, of which the parts that it names have a form."""
        schema = self.fields.schemas.get(Side.OUTSIDE)
        pattern = (
            (field, leaving(tuple(_formed_one(one, form) for one in accepted), field, schema))
            if other.path == field.path
            else (other, accepted)
            for other, accepted in line.outside
        )
        return replace(line, outside=tuple(pattern))

    def _fitted(self, codec: Codec, field: Field) -> Codec:
        with suppress(CodecError):  # said already
            return codec.fitted(Fields((self.fields.said(Side.OUTSIDE, field.path),)))
        return codec

    def _whole(self, field: Field, split: Codec | None) -> Field:
        """Return a field whose text is taken apart, or is as its system has it."""
        if field.form is None:
            formed = self.fields.formed(Side.OUTSIDE, field)
        else:  # what is written for an absent value has its form already
            plain = replace(field, nulls=field.form.nulls, form=None, blank=False)
            formed = replace(self.fields.formed(Side.OUTSIDE, plain), when_absent=field.when_absent)
        if split is None:
            return formed
        return replace(formed, nulls=(), form=table_form(split, formed.form, formed.nulls))

    def _check(self, table: Table, field: Field, kind: Parts, name: str, form: TextForm) -> Iterator[bool]:
        """E161: every part that a line names stands there as one, and no line names all of the value."""
        path, word = format_path(field.path), _KINDS[kind]
        for line in table.lines:
            for one in dict(line.of(Side.OUTSIDE)).get(field, ()):
                named = (*one.has, *one.lacks) if isinstance(one, Condition) else ()
                for part in (part for part in named if not _stands_as_one(part, kind, form)):
                    message = f"{shown(part)} is no {word} of {path} that codec {name} reads and writes"
                    yield self._wrong(line, message, f"name a {word} as the codec makes it")
                for value in (value for value in named_values((one,)) if value is not None):
                    message = f"{shown(value)} is all of {path}, and as is of each {word} that lines name in it"
                    yield self._wrong(line, message, "ask for it in a table of its own")

    def _wrong(self, line: Line, message: str, fix: str) -> bool:
        self.fields.document.find_at(line.where, "E161", message, fix)
        return True


def _formed_one(one: Scalar | Condition, form: TextForm | None) -> Scalar | Condition:
    return replace(one, form=form) if isinstance(one, Condition) and one.parts is not None else one


def _stands_as_one(part: Scalar, kind: Parts, form: TextForm) -> bool:
    """Return whether a part is written as one, and read again as itself."""
    try:
        laid = form.lay(part)
    except CodecError:
        return False
    is_one = kind is Parts.MEMBERS or (isinstance(laid, str) and laid.split() == [laid])
    return is_one and part_key(laid, form) == distinct(part)
