"""Pairs: values at the edges of what the schemas of both sides say, each with what a codec writes for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from etl.mapping.checks.context import Context
from etl.mapping.codecs import DATE, Codec, CodecError
from etl.mapping.schemas.alternatives import Alternative
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.inclusion import said
from etl.mapping.schemas.shapes import TYPES, Schema, Shape
from etl.mapping.terms import Field, Side

_DATES: Final = (
    *(
        day + timedelta(milliseconds=milliseconds)
        for day in (
            datetime(2024, 2, 29, 23, 59, 58, tzinfo=UTC),
            datetime(2025, 1, 2, tzinfo=UTC),
            datetime(1999, 12, 31, 12, tzinfo=UTC),
            datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC),
            datetime(1970, 1, 1, tzinfo=UTC),
            datetime(2025, 6, 1, 3, 4, 5, tzinfo=UTC),
        )
        for milliseconds in (0, 120, 999)
    ),
    *(datetime(2025, 1, day, 3, 4, 5, tzinfo=UTC) for day in range(6, 13)),
)
"""Dates, and a week of them: some of a whole second, some of a fraction."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A value and what a codec writes for it. fields: outside, and inside."""

    value: Any
    written: Sequence[Any]


def pairs_of(context: Context, codec: Codec, outside: Sequence[Field], inside: Field) -> Iterator[Pair]:
    """Yield values at the edges of what both schemas say, with what a codec writes for each."""
    shapes = [context.shape(Side.OUTSIDE, field) for field in outside]
    inner = context.shape(Side.INSIDE, inside)
    values: list[Any] = [*inside.nulls]
    values += (*values_of(codec, said(inner)), *codec.hard())
    if len(shapes) == 1:
        texts = [*edges_of(said(shapes[0]), inner.alternatives), *outside[0].nulls]
        values += (made for text in texts for made in tried(codec.decode, text))
        texts = [text for value in _makeable(codec, inner) for text in tried(codec.encode, value)]
        values += (made for text in texts for made in tried(codec.decode, text))
    else:
        values += _of_nulls(codec, outside, values)
    for value in {repr(value): value for value in values}.values():
        for written in tried(codec.encode, value):
            yield Pair(value, written if len(shapes) > 1 else [written])


def _of_nulls(codec: Codec, outside: Sequence[Field], values: Sequence[Any]) -> list[Any]:
    """Return what a codec makes of several fields of which one has what means absent there, and the others do not."""
    written = [parts for value in values for parts in tried(codec.encode, value)]
    changed = [
        [*parts[:index], null, *parts[index + 1 :]]
        for index, field in enumerate(outside)
        for null in field.nulls
        for parts in written
    ]
    return [made for parts in changed for made in tried(codec.decode, parts)]


def _makeable(codec: Codec, inner: Shape) -> list[Any]:
    """Return what a codec may make, at the edges of what the inside says, and beyond them."""
    if codec.makes in (DATE, "array") or inner.types == TYPES:
        return []
    return edges_of(Schema({"type": codec.makes}).start, inner.alternatives)


def tried(convert: Any, value: Any) -> Iterator[Any]:
    """Yield a value converted, nothing where that is refused."""
    try:
        yield convert(value)
    except CodecError:
        return


def values_of(codec: Codec, alternatives: Sequence[Alternative]) -> Sequence[Any]:
    """Return values that an inside field may have, in the form that a codec makes."""
    if codec.makes_date:
        return _DATES
    if codec.items == DATE:
        return [[*_DATES[:1]], [*_DATES[:2]], []]
    return edges_of(alternatives)
