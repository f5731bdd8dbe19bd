"""What a codec reads, makes and writes is what its fields have: by type, and value by value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.checks.lengths import check_lengths
from etl.mapping.checks.meaning import Fields, check_meaning, check_settled, is_inside, is_outside
from etl.mapping.checks.pairs import Pair, pairs_of, values_of
from etl.mapping.codecs import DATE, Codec, CodecError, Form, spelt
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.first import First
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.schemas.inclusion import broken
from etl.mapping.schemas.shapes import TYPES, Shape
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Field, Side
from etl.record import shown

_NULL: Final = frozenset({"null"})
_NO_DATE: Final = 'write "format": "date-time" in the schema'
_CORRECT: Final = "name a codec for that type, or correct the schema"


def check_codec(
    context: Context,
    rule: Rule,
    codec: Codec,
    outside: Sequence[Field],
    inside: Field,
    directions: Iterable[Direction] = tuple(Direction),
) -> None:
    """E151, E154, W156, W180: a codec fits its fields; what it writes and makes is taken, and read as what it was."""
    fits = [
        _check_outside(context, codec, codec.form(index), field, set(directions)) for index, field in enumerate(outside)
    ]
    if not all([*fits, _check_inside(context, codec, inside, set(directions))]):
        return
    for direction in directions:
        for field in outside if direction is Direction.INBOUND else (inside,):
            _check_said(context, rule, codec, direction.source, field)
    if Direction.OUTBOUND in directions:
        _check_written(context, rule, codec, inside)
    pairs = list(pairs_of(context, codec, outside, inside))
    for direction in directions:
        _check_pairs(context, rule, direction, (outside, inside), pairs)
    check_lengths(context, rule, codec, outside, inside, directions)
    if Direction.INBOUND in directions and not context.is_wrong(rule):
        for index, field in enumerate(outside):
            _check_listed(context, rule, field, codec.decode if len(outside) == 1 else _reader(codec, index, pairs))
    if rule.only is None and (not rule.key or context.at[Side.INSIDE]):
        check_meaning(context, rule, codec, (outside, inside), pairs)
        if len(outside) == 1 and not context.mapping.keeps(rule, Side.OUTSIDE):
            check_settled(context, rule, codec, outside[0], inside)


def check_converted(context: Context, rule: Table) -> bool:
    """E151: its outside fields have what its codec reads and writes."""
    if (codec := rule.codec) is None:
        return True
    lying = [replace(one, form=None, nulls=one.converted.nulls) for one in rule.fields(Side.OUTSIDE) if one.converted]
    fits = [_check_outside(context, codec, codec.form(0), one, set(filter(rule.goes, Direction))) for one in lying]
    return all(fits)


def _unwritten(form: Form, types: frozenset[str]) -> frozenset[str]:
    """Return the types that a codec writes and a field does not have; which numbers are whole is a matter of values."""
    unfit = unfit_types(form.writes, types)
    return unfit - {"number"} if "integer" in types & form.writes else unfit


def _unmade(made: frozenset[str], types: frozenset[str]) -> frozenset[str]:
    """Return what a codec makes and a field does not have, as `_unwritten`."""
    return frozenset() if "number" in made and "integer" in types else unfit_types(made, types)


def _check_outside(context: Context, codec: Codec, form: Form, field: Field, directions: set[Direction]) -> bool:
    """E151: an outside field has the types that a codec reads, and one that it writes."""
    full, name, message = context.shape(Side.OUTSIDE, field), context.name(Side.OUTSIDE, field), ""
    shape = left if (left := full.without(field.nulls)).types else full
    if not form.reads_any(shape.types) or (Direction.OUTBOUND in directions and _unwritten(form, shape.types)):
        reads = "reads" if form.reads == form.writes else f"reads {_or(form.reads)}"
        message = f"codec {codec.name} {reads} and writes {_or(form.writes)}, which {name} is not"
    elif Direction.INBOUND in directions and shape.types != TYPES and (unfit := unfit_types(shape.types, form.reads)):
        message = f"{name} may be {_or(unfit)}, which codec {codec.name} does not read"
    if message:
        context.find(field.where, "E151", message, _CORRECT)
    return not message


def _check_inside(context: Context, codec: Codec, field: Field, directions: set[Direction]) -> bool:
    """E151: an inside field is what a codec makes, and nothing else that it would have to write."""
    shape, name = context.shape(Side.INSIDE, field).without(field.nulls), context.name(Side.INSIDE, field)
    message, fix = _unfit_inside(codec.makes, codec.name, shape, name, directions)
    if not message and codec.items:
        elements, name = context.element(Side.INSIDE, field), f"an element of {name}"
        message, fix = _unfit_inside(codec.items, codec.name, elements, name, directions)
    if message:
        context.find(field.where, "E151", message, fix)
    return not message


def _unfit_inside(makes: str, by: str, shape: Shape, name: str, directions: set[Direction]) -> tuple[str, str]:
    """Return in words why a field, or an element, is not what a codec makes and writes, "" if it is; and a fix."""
    made = frozenset({"string" if makes == DATE else makes})
    if makes == DATE and shape.types != TYPES and not shape.date_time:
        return f"codec {by} makes a date, which {name} is not", _NO_DATE
    if _unmade(made, shape.types):
        return f"codec {by} makes {makes}, which {name} is not", _CORRECT
    if Direction.OUTBOUND in directions and shape.types != TYPES and (unfit := unfit_types(shape.types, made)):
        return f"{name} may be {_or(unfit)}, which codec {by} does not write", _CORRECT
    return "", ""


def unfit_types(types: frozenset[str], allowed: frozenset[str]) -> frozenset[str]:
    """Return those of the types that are not allowed; null is absent, and a whole number is a number."""
    return types - _NULL - allowed - (frozenset({"integer"}) if "number" in allowed else frozenset())


def _check_said(context: Context, rule: Rule, codec: Codec, side: Side, field: Field) -> None:
    """W156: the schema says what a codec finds in a field."""
    shape = context.shape(side, field)
    if shape.known and shape.types == TYPES:
        message = f"{context.name(side, field)} may be anything, since its schema does not say what it is"
        fix = f"describe it in the schema, or {LOSSY}"
        context.lose(rule, field.where, "W156", f"{message}, and codec {codec.name} refuses the rest", fix)


def _check_written(context: Context, rule: Rule, codec: Codec, field: Field) -> None:
    """E154, W156: a codec writes every value that an inside field may have; several in a row write some at least."""
    shape = context.shape(Side.INSIDE, field)
    if shape.types == TYPES:
        return  # said already
    values = (one for one in (*codec.hard(), *values_of(codec, shape.alternatives)) if not means_absent(field, one))
    there = [one for one in values if context.takes(Side.INSIDE, field, one)]
    for value, error in _refused(codec.encode, there):
        message = f"{shown(json_form(value))} of {context.name(Side.INSIDE, field)} is not written: {error}"
        if _is_behind(rule, codec) and len([*_refused(codec.encode, there)]) == len(there):
            context.find(field.where, "E154", message, "choose a form that the other codecs leave as it is")
        else:
            context.lose(rule, field.where, "W156", message, f"let the codec write it, or {LOSSY}")
        return


def _is_behind(rule: Rule, codec: Codec) -> bool:
    """Return whether another codec, or the form of all texts, stands before one whose values are written alike."""
    has_form = any(one.form is not None for one in rule.fields(Side.OUTSIDE))
    return codec.makes in (DATE, "boolean") and (has_form or bool(codec.steps))


def check_formed(context: Context, rule: Rule) -> None:
    """W156: `as` of a table, or of the system, reads every value that the outside schema lists for a field."""
    fields = rule.passes(Direction.INBOUND)
    if isinstance(rule, Computed) and rule.source.path is None:
        fields = tuple(map(rule.source.field, rule.looks_at(Direction.INBOUND)))
    for field in fields if not context.is_wrong(rule) else ():
        if field.has_form and field.form is not None and context.shape(Side.OUTSIDE, field).known:
            _check_listed(context, rule, field, field.form.read)


def _check_listed(context: Context, rule: Rule, field: Field, read: Callable[[Any], Any]) -> None:
    """W156: every value that the outside schema lists one by one is read; of others, that is their content."""
    shape = context.coming(Side.OUTSIDE, replace(field, form=None))
    if not all(one.enum is not None or one.types <= {"boolean", "null"} for one in shape.alternatives):
        return
    values = (one for one in shape.listed or () if isinstance(one, str) or not context.is_text(Side.OUTSIDE))
    for value, error in _refused(read, (one for one in values if not means_absent(field, one))):
        message = f"a record with {context.name(Side.OUTSIDE, field)} {shown(value)} is rejected: {error}"
        context.lose(rule, field.where, "W156", message, f"let the codec read it, or {LOSSY}")
        return


def _reader(codec: Codec, index: int, pairs: Sequence[Pair]) -> Callable[[Any], Any]:
    """Return what reads a value of one of several fields: beside some values of the others, whichever these are."""

    def read(value: Any) -> None:
        tried = [[*pair.written[:index], value, *pair.written[index + 1 :]] for pair in pairs]
        refused = [error for _, error in _refused(codec.decode, tried)]
        if refused and len(refused) == len(tried):
            raise refused[0]

    return read


def _refused(convert: Callable[[Any], Any], values: Iterable[Any]) -> Iterator[tuple[Any, CodecError]]:
    """Yield the values that a codec does not convert, each with why."""
    for value in values:
        try:
            convert(value)
        except CodecError as error:
            yield value, error


def _or(types: frozenset[str]) -> str:
    return spelt(sorted(types))


def _check_pairs(context: Context, rule: Rule, direction: Direction, fields: Fields, pairs: Sequence[Pair]) -> None:
    """E154, W156: what one side has is taken by the other, once the codec has made it."""
    outside, inside = fields
    outbound = direction is Direction.OUTBOUND
    others = rule.outside if outbound and isinstance(rule, First) else ()
    going = [pair for pair in pairs if (is_inside if outbound else is_outside)(context, fields, pair)]
    for field, index in [(field, index) for index, field in enumerate(outside)] if outbound else [(inside, 0)]:
        made = [(pair, pair.written[index] if outbound else pair.value) for pair in going]
        places = (field, *others)
        wrong = [(p, value) for p, value in made if not any(context.takes(direction.target, f, value) for f in places)]
        if not wrong:
            continue
        pair, value = min(wrong, key=lambda one: len(str(one[1])))
        source = " and ".join(context.name(direction.source, f) for f in ((inside,) if outbound else outside))
        name = context.name(direction.target, field)
        shape = context.shape(direction.target, field)
        because = f": {why}" if (why := broken(shape.alternatives, value)) else ""
        if len(wrong) == len(going):
            message = f"{shown(value)}, made of {source}, is no value of {name}, and no other is{because}"
            context.find(field.where, "E154", message, "make the schemas agree")
        else:
            before = shown(json_form(pair.value) if outbound else pair.written[0])
            message = f"{before} of {source} becomes {shown(value)}, which {name} refuses{because}"
            context.lose(rule, field.where, "W156", message, f"make the schemas agree, or {LOSSY}")
