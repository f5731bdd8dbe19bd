"""What a codec makes that means absent where it goes: a value that comes back as none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

from etl.mapping.checks.context import LOSSY, Context, Loss
from etl.mapping.checks.pairs import Pair, tried
from etl.mapping.codecs import Codec
from etl.mapping.equality import distinct
from etl.mapping.rules.access import means_absent, seen
from etl.mapping.rules.copy import lacking_parts
from etl.mapping.rules.kinds import Rule
from etl.mapping.samples.formed import lies_absent, lying
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, shown

Fields: TypeAlias = tuple[Sequence[Field], Field]
"""What a codec stands between: outside fields, and the one inside."""

_BLANKS: Final = 12
"""Behind so many blanks, or fewer, a text has more."""


def is_inside(context: Context, fields: Fields, pair: Pair) -> bool:
    """Return whether an inside record may have the value of a pair."""
    field = fields[1]
    return not means_absent(field, pair.value) and context.takes(Side.INSIDE, field, pair.value)


def is_outside(context: Context, fields: Fields, pair: Pair) -> bool:
    """Return whether an outside record may have what is written for a pair."""
    return all(
        not lies_absent(field, value) and context.takes(Side.OUTSIDE, field, value)
        for field, value in zip(fields[0], pair.written, strict=True)
    )


def check_meaning(context: Context, rule: Rule, codec: Codec, fields: Fields, pairs: Sequence[Pair]) -> None:
    """W180: what a codec writes, or makes, does not mean absent where it goes."""
    outside, inside = fields
    if context.mapping.keeps(rule, Side.OUTSIDE):
        _check_made(context, rule, codec, inside)
    for pair in pairs:
        if rule.key and pair.value == "":
            continue  # it is rejected as no key
        written = zip(outside, pair.written, strict=True)
        nulls = [value for field, value in written if lies_absent(field, value)]
        if nulls and is_inside(context, fields, pair) and _is_torn(codec, outside, pair):
            _tell_torn(context, rule, fields, pair, nulls[0])
            return
        if nulls and is_inside(context, fields, pair):
            tell_absent(context, rule, Direction.OUTBOUND, (inside,), pair.value, nulls[0])
            return
        said = next(_saying(context, codec, fields, pair), ABSENT) if means_absent(inside, pair.value) else ABSENT
        if said is not ABSENT:
            tell_absent(context, rule, Direction.INBOUND, outside, said, pair.value)
            return


def _is_torn(codec: Codec, outside: Sequence[Field], pair: Pair) -> bool:
    """Return whether of what is written a part means absent that has to be there beside the others."""
    there = [not lies_absent(one, value) for one, value in zip(outside, pair.written, strict=True)]
    return len(outside) > 1 and bool(lacking_parts(codec, there))


def _tell_torn(context: Context, rule: Rule, fields: Fields, pair: Pair, null: Any) -> None:
    """W156: what is written of a value is rejected when it is read, since a part of it means absent."""
    name, system = context.name(Side.INSIDE, fields[1]), context.mapping.outside.name
    parts = " and ".join(shown(value) for value in pair.written)
    message = f"{shown(json_form(pair.value))} of {name} goes out as {parts}, which is rejected when it comes back"
    fix = f"let no part of a value mean absent, or {LOSSY}"
    context.lose(rule, fields[1].where, "W156", f"{message}: {shown(null)} means absent in {system}", fix)


def _check_made(context: Context, rule: Rule, codec: Codec, inside: Field) -> None:
    """W180: what comes back of an inside value does not mean absent; where what came is kept, nothing else shows it."""
    for value in _alike_to_none(context, inside):
        written = next(tried(codec.encode, value), ABSENT)
        made = ABSENT if written is ABSENT else next(tried(codec.decode, written), ABSENT)
        if made is not ABSENT and means_absent(inside, made):
            name, system = context.name(Side.INSIDE, inside), context.mapping.inside.name
            message = f"{shown(value)} of {name} comes back as no value: {shown(made)} means absent in {system}"
            context.lose(rule, inside.where, "W180", message, f"let both mean absent, or {LOSSY}")
            return


def _alike_to_none(context: Context, field: Field) -> Iterator[Any]:
    """Yield values that are none of those that mean absent, and that a codec may take for one of them."""
    for other in (one for null in field.nulls for one in _forms(null)):
        if not means_absent(field, other) and context.takes(Side.INSIDE, field, other):
            yield other


def _forms(value: Any) -> Iterator[Any]:
    """Yield forms of a value: a whole number in the other one, text in other letters, with blanks and with more.

    Of empty text there are none: nobody takes blanks for a value.
    """
    if isinstance(value, str) and value.strip():
        yield from (value.upper(), value.lower(), value.swapcase(), f"{value} ", f" {value}")
        yield from (f"{value.ljust(length)}x" for length in range(len(value), len(value) + _BLANKS))
    elif isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer():
        yield from (int(value), float(value))


def _saying(context: Context, codec: Codec, fields: Fields, pair: Pair) -> Iterator[Any]:
    """Yield what an outside record may have, of which a codec makes a value; of several fields, the first."""
    outside, value = fields[0], distinct(pair.value)
    is_written = is_outside(context, fields, pair)
    if len(outside) > 1:
        yield from pair.written[:1] if is_written else ()
        return
    others = (
        other
        for other in codec.alike(pair.written[0])
        if not lies_absent(outside[0], other) and context.takes(Side.OUTSIDE, outside[0], other)
    )
    for said in (*(pair.written if is_written else ()), *others):
        if any(distinct(made) == value for made in tried(codec.decode, said)):
            yield said


def check_settled(context: Context, rule: Rule, codec: Codec, outside: Field, inside: Field) -> None:
    """E181: what is written for a value is not read as none the next time, and written as something else."""
    texts = edges_of(context.shape(Side.OUTSIDE, outside).alternatives) if outside.nulls else []
    for null in outside.nulls:
        for other in (*codec.alike(_laid(outside, null)), *texts) if null != outside.when_absent else ():
            if lies_absent(outside, other) or not context.takes(Side.OUTSIDE, outside, other):
                continue
            made = next(tried(codec.decode, other), ABSENT)
            is_there = made is not ABSENT and not means_absent(inside, made)
            is_taken = is_there and context.takes(Side.INSIDE, inside, made)
            written = next(tried(codec.encode, made), ABSENT) if is_taken else ABSENT
            if distinct(seen(outside, lying(outside, written))) == distinct(null):
                name = context.name(Side.OUTSIDE, outside)
                message = f"{shown(other)} of {name} comes back as {shown(null)}, and that as no value"
                fix = f"say when_absent: {shown(null)}, or that the schema has no {shown(other)}"
                context.losing.append(Loss(rule, "E181"))
                context.find(outside.where, "E181", message, fix)
                return


def _laid(field: Field, null: Any) -> Any:
    """Return a value that means absent as the rule's codec has it: as it lies there where that reads the form too."""
    return null if field.form is None or field.has_form else next(tried(field.form.lay, null), null)


def tell_absent(
    context: Context, rule: Rule, direction: Direction, sources: Sequence[Field], value: Any, null: Any
) -> None:
    """W180: a value of a source becomes one that means absent in the target, and is not kept.

    W156: in a file of rows, a field that is required has to have a value when it is read.
    """
    if context.mapping.keeps(rule, direction.source):
        return
    names = " and ".join(context.name(direction.source, field) for field in sources)
    system = context.mapping.system(direction.target).name
    written = rule.written(direction.target) if context.is_text(direction.target) and null == "" else ()
    for field in written:
        if context.taken(direction.target, field).required:
            name = context.name(direction.target, field)
            message = f"{shown(json_form(value))} of {names} is an empty cell of {name}, which is required"
            context.lose(rule, sources[0].where, "W156", message, f"do not require it, or {LOSSY}")
            return
    message = f"{shown(json_form(value))} of {names} comes back as no value: {shown(null)} means absent in {system}"
    context.lose(rule, sources[0].where, "W180", message, f"let it mean absent on both sides, or {LOSSY}")
