"""What stands outside for an absent value can be made of what other rules write, and is told from a value."""

from __future__ import annotations

from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.shapes import TYPES
from etl.mapping.terms import Direction, Field, Side, When
from etl.record import shown

_COMPOSED = frozenset({"object", "array"})


def check_stand_ins(context: Context) -> None:
    """E126, W180: every {path} of a `when_absent`, in lists and groups too."""
    for rule in context.rules:
        for field in rule.fields(Side.OUTSIDE):
            if field.stand_in:
                _check(context, rule, field)
    for inner in context.elements():
        check_stand_ins(inner)


def _check(context: Context, rule: Rule, field: Field) -> None:
    if isinstance(rule, Each):
        message = f"{shown(field.stand_in_text)} stands for one value, and this rule maps several"
        context.find(field.where, "E126", message, "write a value without {path}")
        return
    wrong = [why for part in field.stand_in_fields if (why := _why_not(context, rule, part))]
    for why in wrong:
        fix = "name a field that a rule of its own always writes, such as the key"
        context.find(field.where, "E126", f"{shown(field.stand_in_text)} cannot be written for it: {why}", fix)
    if not wrong and isinstance(rule, Copy) and rule.only is None and _may_be_said(context, rule):
        name = context.name(Side.INSIDE, rule.inside)
        message = f"{name} that says {shown(field.stand_in_text)} itself comes back as no value"
        context.lose(rule, field.where, "W180", message, LOSSY)


def _may_be_said(context: Context, rule: Copy) -> bool:
    """Return whether an inside value may be sent as the text that stands for none."""
    makes_text = rule.codec is None or "string" in {rule.codec.makes, rule.codec.items}
    return makes_text and context.shape(Side.INSIDE, rule.inside).listed is None


def _why_not(context: Context, rule: Rule, part: Field) -> str:
    """Return why a field cannot be part of what stands for an absent value, "" where it can."""
    name = context.name(Side.OUTSIDE, part)
    owner = next((one for one in context.rules if one is not rule and part.path in one.paths(Side.OUTSIDE)), None)
    if owner is None or not owner.goes(Direction.OUTBOUND):
        return f"no other rule writes {name}"
    if any(one.stand_in for one in owner.fields(Side.OUTSIDE) if one.path == part.path):
        return f"{name} has such a text itself"
    types = context.shape(Side.OUTSIDE, part).types
    if types != TYPES and types & _COMPOSED:
        return f"{name} is no single value"
    if not owner.key and (rule.sent is When.CHANGED or len(context.mapping.files.entries) > 1):
        return f"{name} is no key, and it may change where this is not sent again"
    return ""
