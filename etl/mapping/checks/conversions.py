"""What feeds a field fits it: types, codecs, and the values of enums."""

from __future__ import annotations

from typing import Final

from etl.mapping.checks.context import Context
from etl.mapping.checks.fields import check_path
from etl.mapping.codecs import Codec
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.schemas.shapes import TYPES
from etl.mapping.terms import Direction, Field, Side
from etl.record import shown

_NULL: Final = frozenset({"null"})
_FIX: Final = "name a codec for that type, or correct the schema"


def check_copy(context: Context, rule: Copy) -> None:
    """E150 to E153: what is copied has one type on both sides, or a codec that fits both."""
    if rule.codec is not None:
        _check_codec(context, rule, rule.codec)
        return
    inside = context.shape(Side.INSIDE, rule.inside)
    if inside.date_time:
        fix = "name its outside form, as in as: datetime"
        context.find(
            rule.inside.where, "E152", f"{context.name(Side.INSIDE, rule.inside)} is a date, and has no codec", fix
        )
        return
    (outside,) = rule.outside
    for direction, source, target in (
        (Direction.INBOUND, outside, rule.inside),
        (Direction.OUTBOUND, rule.inside, outside),
    ):
        _check_conversion(context, direction, source, target)


def check_computed(context: Context, rule: Computed) -> None:
    """E110, E150, E153: what an expression reads is there; one that is only a path is copied, and fits."""
    source_side = rule.side.other
    for path in rule.source.looks_at:
        check_path(context, source_side, path, rule.source.where)
    if rule.source.path is None or rule.codec is not None:
        return
    source = Field(rule.source.path, where=rule.source.where)
    if context.shape(source_side, source).known and context.shape(rule.side, rule.target).known:
        _check_conversion(context, rule.only, source, rule.target)


def _check_conversion(context: Context, direction: Direction, from_field: Field, to_field: Field) -> None:
    source = context.shape(direction.source, from_field).without(from_field.nulls)
    target = context.shape(direction.target, to_field)
    names = context.name(direction.source, from_field), context.name(direction.target, to_field)
    if unfit := unfit_types(source.types, target.types):
        message = f"{names[0]} may be {_or(unfit)}, which {names[1]} may not"
        context.find(to_field.where, "E150", message, "name a codec with as:, or make the schemas agree")
    else:
        for value in source.listed or ():
            if not target.accepts(value):
                message = f"{shown(value)} of {names[0]} is no value of {names[1]}"
                context.find(to_field.where, "E153", message, "say what corresponds with values:")


def _check_codec(context: Context, rule: Copy, codec: Codec) -> None:
    for field in rule.outside:
        shape, name = context.shape(Side.OUTSIDE, field), context.name(Side.OUTSIDE, field)
        message = ""
        if not codec.reads_any(shape.types) or unfit_types(codec.writes, shape.types):
            reads = "reads" if codec.reads == codec.writes else f"reads {_or(codec.reads)}"
            message = f"codec {codec.name} {reads} and writes {_or(codec.writes)}, which {name} is not"
        elif shape.types != TYPES and (unfit := unfit_types(shape.types, codec.reads)):
            message = f"{name} may be {_or(unfit)}, which codec {codec.name} does not read"
        if message:
            context.find(field.where, "E151", message, _FIX)
    _check_made(context, rule.inside, codec)


def _check_made(context: Context, field: Field, codec: Codec) -> None:
    shape, name = context.shape(Side.INSIDE, field), context.name(Side.INSIDE, field)
    made = frozenset({"string" if codec.makes_date else codec.makes})
    if codec.makes_date and shape.types != TYPES and not shape.date_time:
        message = f"codec {codec.name} makes a date, which {name} is not"
        context.find(field.where, "E151", message, 'write "format": "date-time" in the schema')
    elif unfit_types(made, shape.types):
        context.find(field.where, "E151", f"codec {codec.name} makes {codec.makes}, which {name} is not", _FIX)
    elif shape.types != TYPES and (unfit := unfit_types(shape.types, made)):
        context.find(field.where, "E151", f"{name} may be {_or(unfit)}, which codec {codec.name} does not write", _FIX)


def unfit_types(types: frozenset[str], allowed: frozenset[str]) -> frozenset[str]:
    """Return those of the types that are not allowed; null is absent, and a whole number is a number."""
    return types - _NULL - allowed - (frozenset({"integer"}) if "number" in allowed else frozenset())


def _or(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))
