"""The texts that a value may have in it, as far as a schema tells, and what the form of all texts loses of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from etl.mapping.checks.context import Context
from etl.mapping.codecs import TEXT, Codec, CodecError, Fields, Said
from etl.mapping.rules.copy import Copy
from etl.mapping.schemas.alternatives import Alternative, Silence
from etl.mapping.schemas.bounds import Bounds
from etl.mapping.schemas.shapes import Shape, UnknownFieldError
from etl.mapping.terms import Side

_UNLISTED: Final = "\0"
"""A name that no schema lists."""
_ELEMENTS: Final = 32
"""So many elements of a list may be described one by one."""


def may_lose(context: Context, rule: Copy, side: Side) -> bool:
    """Return whether a text of a side, in a field of a rule, may come back as another one in the form of all texts."""
    form, codec = context.mapping.text_form, rule.codec
    if form is None:
        return False
    makes_text = codec is None or "string" in {codec.makes, codec.items}
    for field in rule.fields(side):
        try:
            found = context.schemas[side].alternatives(field.path)
        except UnknownFieldError:
            return True
        if not found or any(one is None or _loses(form, one, side, makes_text) for one in _texts(found)):
            return True
    return False


def _loses(form: Codec, one: Alternative, side: Side, makes_text: bool) -> bool:
    """Return whether the form loses something of a text that may be as an alternative says.

    makes_text: of what only people write, nothing is lost where text is not what becomes of it.
    """
    texts = None if one.enum is None else [value for value in one.enum if isinstance(value, str)]
    bounds = Bounds(Shape(TEXT, alternatives=(one,)))
    said = Said(TEXT, letters=bounds.letters, listed=lambda: texts, most=bounds.most)
    there, here = (said, Said()) if side is Side.OUTSIDE else (Said(), said)
    try:
        losses = form.fitted(Fields((there,), here)).losses
    except CodecError:
        return True  # of a length that only the schema of a whole field says
    return any(loss.side is side and (makes_text or not loss.free) for loss in losses)


def _texts(found: Sequence[Alternative], known: set[object] | None = None) -> Iterator[Alternative | None]:
    """Yield the ways in which a text in a value may be; None where that may be anything. known: what was looked at."""
    known = set() if known is None else known
    for one in found:
        if one.identity in known:
            continue
        known.add(one.identity)
        if "string" in one.types or one.enum is not None:
            yield one
        others = () if False in one.said("additionalProperties") else (_UNLISTED,)
        steps = [*one.properties, *others] if "object" in one.types else []
        for step in (*steps, *(range(_ELEMENTS) if "array" in one.types else ())):
            below = one.child(step) if one.enum is None else []
            if isinstance(below, list):
                yield from _texts(below, known)
            elif below is not Silence.FORBIDDEN:
                yield None
