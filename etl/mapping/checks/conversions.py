"""What feeds a field fits it: types, dates, lists, and the values that the target's schema refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from etl.mapping.checks.context import LOSSY, Context, displayed
from etl.mapping.checks.fields import check_path
from etl.mapping.checks.meaning import tell_absent
from etl.mapping.checks.texts import check_codec
from etl.mapping.codecs.codec import spelt
from etl.mapping.equality import distinct
from etl.mapping.rules.access import seen
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.inclusion import Extent, Gap, refused, shorter
from etl.mapping.schemas.shapes import TYPES, Shape, any_of
from etl.mapping.terms import Direction, Field, Side

AGREE: Final = "make the schemas agree"


def check_copy(context: Context, rule: Copy) -> None:
    """E150 to E154, W156, W180: what is copied is taken by the other side, or a codec makes it so."""
    for group in rule.groups:
        if rule.codec is not None:
            check_codec(context, rule, rule.codec, group, rule.inside, tuple(filter(rule.goes, Direction)))
        elif not is_date(context, rule.inside):
            _check_copied(context, rule, group[0])


def _check_copied(context: Context, rule: Copy, outside: Field) -> None:
    for direction in filter(rule.goes, Direction):
        source, target = (outside, rule.inside) if direction is Direction.INBOUND else (rule.inside, outside)
        if direction is Direction.INBOUND or outside is rule.outside[0]:
            others = rule.outside[1:] if direction is Direction.OUTBOUND else ()
            check_conversion(context, rule, direction, source, target, others)
        if (not rule.key or context.at[direction.source]) and rule.only is None:
            _check_meaning(context, rule, direction, source, target)


def check_computed(context: Context, rule: Computed) -> None:
    """E110, E150 to E154, W156: what an expression reads is there; one that is only a path is copied, and fits."""
    for path in rule.source.looks_at:
        check_path(context, rule.side.other, path, rule.source.where)
    if rule.source.path is None or not context.shape(rule.side, rule.target).known:
        return
    source = rule.source.field(rule.source.path)
    if not context.shape(rule.side.other, source).known:
        return
    outside, inside = (source, rule.target) if rule.side is Side.INSIDE else (rule.target, source)
    if rule.codec is not None:
        check_codec(context, rule, rule.codec, (outside,), inside, (rule.only,))
    elif not is_date(context, inside):
        check_conversion(context, rule, rule.only, source, rule.target)


def is_date(context: Context, inside: Field) -> bool:
    """E152: return whether a field is a date, which nothing converts."""
    if not context.shape(Side.INSIDE, inside).date_time:
        return False
    message = f"{context.name(Side.INSIDE, inside)} is a date, and has no codec"
    context.find(inside.where, "E152", message, "name its outside form, as in as: datetime")
    return True


def check_conversion(
    context: Context, rule: Rule, direction: Direction, source: Field, target: Field, others: Sequence[Field] = ()
) -> None:
    """E150, E153, E154, W156: whatever a source may have, the target's schema takes, there or in one of some others."""
    targets = (target, *others)
    taken = any_of([context.shape(direction.target, one) for one in targets])
    gaps = [gap for gap in refused(_values(context, direction, source), taken) if not _is_read(source, gap, taken)]
    names = context.name(direction.source, source), spelt([context.name(direction.target, one) for one in targets])
    if unfit := sorted({gap.kind for gap in gaps if gap.extent is Extent.TYPE}):
        message = f"{names[0]} may be {' or '.join(unfit)}, which {names[1]} may not"
        context.find(target.where, "E150", message, f"name a codec with as:, or {AGREE}")
        return
    if unfit := _unfit_elements(context, direction, source, targets):
        message = f"an element of {names[0]} may be {' or '.join(unfit)}, which one of {names[1]} may not"
        context.find(target.where, "E150", message, AGREE)
        return
    for gap in gaps:
        tell(context, rule, target, names, gap)


def _is_read(source: Field, gap: Gap, taken: Shape) -> bool:
    """Return whether a listed text is taken in the form in which rules have it."""
    is_text = gap.extent is Extent.LISTED and isinstance(gap.example, str)
    return is_text and source.has_form and taken.accepts(seen(source, gap.example))


def _unfit_elements(context: Context, direction: Direction, source: Field, targets: Sequence[Field]) -> list[str]:
    """Return the types that elements of a list are said to have, and those of the other side have not."""
    elements = context.element(direction.source, source)
    if not elements.known or elements.types == TYPES:
        return []
    gaps = refused(elements, any_of([context.element(direction.target, one) for one in targets]))
    return sorted({gap.kind for gap in gaps if gap.extent is Extent.TYPE})


def _values(context: Context, direction: Direction, source: Field) -> Shape:
    shape = context.coming(direction.source, source)
    texts = (value for one in shape.alternatives for value in one.enum or () if isinstance(value, str) and source.blank)
    return shape.without((*source.nulls, *(text for text in texts if not text.strip())))


def tell(context: Context, rule: Rule, target: Field, names: tuple[str, str], gap: Gap) -> None:
    """E153, E154, W156: one gap between two fields, of these names."""
    because = f": {gap.because}" if gap.because else ""
    match gap.extent:
        case Extent.LISTED:
            message = f"{displayed(gap.example)} of {names[0]} is no value of {names[1]}"
            context.find(target.where, "E153", message, "say what corresponds with values:")
        case Extent.ALL:
            message = f"no value of {names[0]} is one of {names[1]}, as {displayed(gap.example)} is not{because}"
            context.find(target.where, "E154", message, AGREE)
        case Extent.UNKNOWN:
            message = f"whether {names[1]} takes every value of {names[0]} is undecided{because}"
            context.lose(rule, target.where, "W156", message, f"{AGREE}, or {LOSSY}")
        case _:
            message = f"{displayed(gap.example)} of {names[0]} is refused by {names[1]}{because}"
            context.lose(rule, target.where, "W156", message, f"{AGREE}, or {LOSSY}")


def _check_meaning(context: Context, rule: Copy, direction: Direction, source: Field, target: Field) -> None:
    """W180: what means absent on the side that it goes to is no value on the side that it comes from."""
    shape, absent = _values(context, direction, source), set(map(distinct, source.nulls))
    for null in target.nulls:
        if distinct(null) in absent or not shape.accepts(null) or (rule.key and null == ""):
            continue  # empty text is no key anywhere
        if context.takes(direction.target, target, null):
            tell_absent(context, rule, direction, (source,), null, null)


def check_each(context: Context, rule: Each) -> None:
    """E150, E154, W156: a list is a list of objects, and no shorter or longer than the other side has it."""
    for direction in filter(rule.goes, Direction):
        source, target = rule.field(direction.source), rule.field(direction.target)
        shape = _values(context, direction, source)
        kind, what = ("object", "an object") if rule.is_group else ("array", "a list")
        if kind in shape.types and shape.alternatives and (unfit := sorted(shape.types - {kind})):
            message = f"{context.name(direction.source, source)} may be {' or '.join(unfit)}; each maps {what}"
            context.find(source.where, "E150", message, "correct the path or the schema")
            continue
        if not rule.is_group:
            _check_elements(context, rule, direction, source)
        names = context.name(direction.source, source), context.name(direction.target, target)
        for gap in shorter(shape, context.shape(direction.target, target)) if _writes(rule, direction) else ():
            if isinstance(gap.example, list) and gap.example:
                message = f"{len(gap.example)} elements of {names[0]} are too many for {names[1]}: {gap.because}"
                context.lose(rule, target.where, "W156", message, f"{AGREE}, or {LOSSY}")
            else:
                tell(context, rule, target, names, gap)


def _writes(rule: Each, direction: Direction) -> bool:
    """Return whether rules write anything in elements: a list of which nothing is made has none."""
    return any(one.written(direction.target) for one in rule.rules if one.goes(direction))


def _check_elements(context: Context, rule: Each, direction: Direction, source: Field) -> None:
    elements = Field((*source.path, 0), where=source.where)
    shape, name = context.shape(direction.source, elements), context.name(direction.source, source)
    unfit = sorted(shape.types - {"object", "null"})
    if not unfit or not shape.known or not rule.elements(direction).needs_object:
        return
    if shape.types == TYPES:
        message = f"{name} may have elements that are no objects, since its schema does not say what they are"
        context.lose(rule, source.where, "W156", message, f"describe them in the schema, or {LOSSY}")
    else:
        message = f"{name} may have elements that are {' or '.join(unfit)}; each maps objects"
        context.find(source.where, "E150", message, "correct the path or the schema")
