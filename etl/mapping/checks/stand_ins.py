"""What stands outside for an absent value can be made of what other rules write, and is told from a value."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.codecs import Codec, CodecError
from etl.mapping.rules.conditions import plain
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line
from etl.mapping.samples.formed import lying
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.shapes import TYPES
from etl.mapping.terms import Direction, Field, Side, When
from etl.record import ABSENT, shown

_MOST: Final = 200
"""So many texts are tried."""
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
    if wrong or rule.only is not None:
        return
    if isinstance(rule, Copy) and _may_be_said(context, rule, field):
        name = context.name(Side.INSIDE, rule.inside)
        message = f"{name} that says {shown(field.stand_in_text)} itself comes back as no value"
        context.lose(rule, field.where, "W180", message, LOSSY)
    for line in rule.lines:
        said = next((value for value in _named(line, field) if _is_stand_in(context, field, value)), ABSENT)
        if said is not ABSENT:
            text, name = shown(field.stand_in_text), context.name(Side.OUTSIDE, field)
            message = f"{shown(said)} of {name} is no value where it is what {text} says"
            context.lose(rule, line.where, "W180", message, f"write another text in when_absent, or {LOSSY}", line)


def _may_be_said(context: Context, rule: Copy, field: Field) -> bool:
    """Return whether an inside value may be sent as the text that stands for none."""
    shape, codec = context.shape(Side.INSIDE, rule.inside), rule.codec
    makes_text = codec is None or "string" in {codec.makes, codec.items}
    if shape.listed is None and makes_text:
        return True
    values = shape.listed if shape.listed is not None else [*_spelt(context, field, codec)]
    encoded = (_encoded(field, codec, value) for value in values if context.takes(Side.INSIDE, rule.inside, value))
    return any(_is_stand_in(context, field, value) for value in encoded)


def _spelt(context: Context, field: Field, codec: Codec | None) -> Iterator[Any]:
    """Yield what comes inside of the texts that stand for no value where the fields in them are at their edges."""
    edges = [[part] if isinstance(part, str) else _edges(context, part) for part in field.stand_in]
    for pieces in itertools.islice(itertools.product(*edges), _MOST):
        text = pieces[0] if len(pieces) == 1 else "".join(map(_as_text, pieces))
        with suppress(CodecError):
            laid = field.form.lay(text) if field.by_codec and field.form is not None else text
            yield laid if codec is None else codec.decode(laid)


def _edges(context: Context, part: Field) -> list[Any]:
    shape = context.shape(Side.OUTSIDE, part)
    return list(edges_of(shape.alternatives) if shape.listed is None else shape.listed)


def _encoded(field: Field, codec: Codec | None, value: Any) -> Any:
    """Return an inside value as it lies outside before any form of its system; ABSENT for one that is not written."""
    try:
        laid = value if codec is None else codec.encode(value)
        return field.form.read(laid) if field.by_codec and field.form is not None else laid
    except CodecError:
        return ABSENT


def _named(line: Line, field: Field) -> Iterator[Any]:
    """Yield the values that a line names for a field, as they lie there before any form of their system."""
    for one, accepted in line.of(Side.OUTSIDE):
        if one.path == field.path:
            yield from (_laid(one, value) for value in plain(accepted) if value is not None)


def _laid(field: Field, value: Any) -> Any:
    if field.converted is None:
        return value
    laid = lying(field, value)
    return laid if field.converted.before is None else field.converted.before.read(laid)


def _is_stand_in(context: Context, field: Field, value: Any) -> bool:
    """Return whether a value may be what stands for none, whatever fields in that have their types."""
    parts = field.stand_in
    if len(parts) == 1 and isinstance(parts[0], Field):
        return context.shape(Side.OUTSIDE, parts[0]).accepts(value)
    if not isinstance(value, str):
        return False
    said = re.fullmatch("".join(re.escape(one) if isinstance(one, str) else "(.+)" for one in parts), value, re.DOTALL)
    named = field.stand_in_fields
    if said is None or len(named) > 1:
        return said is not None
    return any(context.shape(Side.OUTSIDE, named[0]).accepts(one) for one in _readings(said[1]))


def _readings(text: str) -> Iterator[Any]:
    """Yield the values that are written as a text: the text itself, and what it is as JSON."""
    yield text
    with suppress(ValueError):
        value = json.loads(text)
        if isinstance(value, bool | int | float) and json.dumps(value) == text:
            yield value


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


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
