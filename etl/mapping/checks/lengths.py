"""Texts at the bounds of their length, of which a codec makes shorter or longer ones that the other side refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.checks.pairs import tried
from etl.mapping.codecs import Codec
from etl.mapping.equality import distinct
from etl.mapping.rules.kinds import Rule
from etl.mapping.samples.formed import lies_absent
from etl.mapping.schemas.inclusion import broken
from etl.mapping.schemas.shapes import Shape
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, shown

_WORDS: Final = ("minLength", "maxLength")
_LONGEST: Final = 10_000
"""Longer texts are not made."""


def check_lengths(
    context: Context, rule: Rule, codec: Codec, outside: Sequence[Field], inside: Field, directions: Iterable[Direction]
) -> None:
    """W156: a text that blanks, entities or capital letters make shorter or longer still fits."""
    if codec.makes != "string" or len(outside) > 1 or context.loses(rule, "W156"):
        return
    texts = list(_texts(context.shape(Side.OUTSIDE, outside[0]), context.shape(Side.INSIDE, inside)))
    for direction in directions:
        inward = direction is Direction.INBOUND
        source, target, convert = (outside[0], inside, codec.decode) if inward else (inside, outside[0], codec.encode)
        for text in texts:
            made = next(tried(convert, text), ABSENT)
            is_said = not lies_absent(source, text) and context.takes(direction.source, source, text)
            is_another = made is not ABSENT and distinct(made) != distinct(text)
            if is_said and is_another and not context.takes(direction.target, target, made):
                _tell(context, rule, direction, (source, target), (text, made))
                return


def _texts(*shapes: Shape) -> Iterator[str]:
    """Yield texts as long as shapes let them be, and as short: of what is longer elsewhere, and of blanks."""
    said = {int(n) for shape in shapes for one in shape.alternatives for word in _WORDS for n in one.said(word)}
    for length in sorted(n for n in said if 0 < n <= _LONGEST):
        yield from ("&" * length, "ß" * length, "a".ljust(length), "a".rjust(length), " " * length)


def _tell(
    context: Context, rule: Rule, direction: Direction, fields: tuple[Field, Field], values: tuple[str, Any]
) -> None:
    """Add a finding about a text of the first field of which a codec makes what the second one refuses."""
    (source, target), (text, made) = fields, values
    names = context.name(direction.source, source), context.name(direction.target, target)
    because = f": {why}" if (why := broken(context.shape(direction.target, target).alternatives, made)) else ""
    message = f"{shown(text)} of {names[0]} becomes {shown(made)}, which {names[1]} refuses{because}"
    context.lose(rule, target.where, "W156", message, f"make the schemas agree, or {LOSSY}")
