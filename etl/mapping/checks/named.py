"""What lines of tables name: each value may be there, and is read as what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from etl.mapping.checks.context import Context
from etl.mapping.codecs import CodecError
from etl.mapping.equality import same
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.conditions import Accepted, Condition, Parts, laid_part, named_values, part_key
from etl.mapping.rules.lines import Line
from etl.mapping.samples.formed import lies_absent, lying
from etl.mapping.schemas.shapes import Shape
from etl.mapping.terms import Field, Position, Side, TextForm, Use
from etl.record import ABSENT, Scalar, shown


def check_named(context: Context, line: Line, flags: Side | None) -> None:
    """E161: every value that a line names is in its schema, means something, and is what its form makes."""
    for side in Side:
        if side is flags:
            _check_flags(context, line, side)
            continue
        for field, accepted in line.of(side):
            named = replace(field, when_absent=ABSENT)  # of a value in a form, that is another one in the same letters
            shape, name = context.shape(side, named), context.name(side, field)
            is_text = context.is_text(side) and field.converted is None
            for value in (one for one in named_values(accepted) if one is not None):
                if lies_absent(field, value):
                    message = f"{shown(value)} means absent in {name}, so that no record has it there"
                    context.find(line.where, "E161", message, "write null for an absent value")
                elif not context.takes(side, named, value):
                    check_exists(context, line.where, name, shape, value)
                elif not isinstance(value, str) and is_text:
                    message = f"{shown(value)} is no text, and every value of {name} is in a CSV file"
                    context.find(line.where, "E161", message, f'write "{shown(value)}", and let the schema have it')
                else:
                    check_form(context, line.where, side, field, value, value)
            _check_parts(context, line, side, field, accepted)


def _check_flags(context: Context, line: Line, side: Side) -> None:
    """E161: a flag is written in its form; what that is for one that is true does not mean absent, as good as false."""
    for field, accepted in line.of(side):
        if why := _unwritten_flag(field):
            message = f"{context.name(side, field)} is never written: {why}"
            context.find(line.where, "E161", message, "choose a codec whose text has the form of its system")
            continue
        written, is_true = lying(field, True), any(value is True for value in named_values(accepted))
        if field.converted is not None and is_true and means_absent(field, written):
            message = f"{shown(written)} means absent in {context.name(side, field)}, so that it never says true"
            context.find(line.where, "E161", message, "take it from nulls: or from when_absent:")


def _unwritten_flag(field: Field) -> str:
    """Return why a flag is not written in the form that its system has for the text of its codec; "" where it is."""
    if field.converted is None or field.converted.before is None:
        return ""
    try:
        for flag in (True, False):
            field.converted.lay(flag)
    except CodecError as error:
        return str(error)
    return ""


def _check_parts(context: Context, line: Line, side: Side, field: Field, accepted: Accepted) -> None:
    """E161: what a list is to have in it is in its schema, and it, or a word, is what the form of the field makes."""
    asked = [one for one in accepted if isinstance(one, Condition) and one.parts is not None]
    is_list = "array" in context.shape(side, field).types
    for kind, part, laid, of_parts in (
        (one.parts, part, laid_part(part, one.form), one.form) for one in asked for part in (*one.has, *one.lacks)
    ):
        if kind is Parts.WORDS:
            check_form(context, line.where, side, field, part, laid, of_parts=of_parts)
        elif is_list:
            check_exists(context, line.where, f"{context.name(side, field)}[]", context.element(side, field), laid)
            check_form(context, line.where, side, field, part, [laid], of_parts=of_parts)


def check_form(
    context: Context,
    where: Position,
    side: Side,
    field: Field,
    named: Scalar,
    value: Any,
    *,
    of_parts: TextForm | None = None,
) -> None:
    """E161: a value is read as what it is, by the form that it has in its field.

    named: what the mapping has of it. of_parts: the form of what is in it, where that has one.
    """
    if not field.has_form or field.form is None or field.use is Use.WRITE:
        return
    try:
        made = field.form.read(field.form.lay(value))
    except CodecError:
        return  # said already
    if not same(_meant(made, of_parts), _meant(value, of_parts)):
        read = made[0] if isinstance(value, list) and isinstance(made, list) and len(made) == 1 else made
        message = (
            f"{shown(named)} is never read in {context.name(side, field)}, where its form makes {shown(read)} of it"
        )
        context.find(where, "E161", message, "name what the form makes")


def _meant(value: Any, of_parts: TextForm | None) -> Any:
    """Return what a value with one member, or word, is: that, by its form."""
    if of_parts is None:
        return value
    return [part_key(item, of_parts) for item in (value if isinstance(value, list) else [value])]


def check_exists(context: Context, where: Position, name: str, shape: Shape, value: Scalar) -> None:
    """E161: one value of one field is in its schema."""
    if not shape.accepts(value) or (shape.date_time and isinstance(value, str)):
        allowed = "one of " + ", ".join(map(shown, shape.enum)) if shape.enum else " or ".join(sorted(shape.types))
        context.find(
            where, "E161", f"{shown(value)} is no value of {name}", f"write {allowed}, or add it to the schema"
        )
