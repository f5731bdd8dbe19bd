"""Composition: several codecs that follow one another, from the outside inwards, are one codec.

What it makes, reads, writes and loses follows of its parts. Before a codec that joins several values, each value is
decoded by itself; after one that makes a list, each element is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain
from typing import Any, Final

from etl.mapping.codecs.codec import DATE, NUMBER, Codec, CodecError, Fields, Loss, spelt
from etl.mapping.codecs.said import Said
from etl.mapping.terms import Side
from etl.record import shown

_ARRAY: Final = "array"
_FIX: Final = "name the codecs from the outside inwards, each one for what the one before it makes"


def composed(steps: Sequence[Codec]) -> Codec:
    """Return one codec that decodes by several in their order, and encodes backwards.

    Raises:
        CodecError: when one of them does not read what the one before it makes.

    """
    made = reduce(_then, steps)
    if len(steps) == 1:
        return made
    every = tuple(chain.from_iterable(step.steps or (step,) for step in steps))
    fit = (lambda fields: _fitted(every, fields)) if any(step.fit for step in every) else None
    return replace(made, name=_named(steps), words="", options={}, steps=every, fit=fit)


def _fitted(steps: Sequence[Codec], fields: Fields) -> Codec:
    """Return several codecs in their order, each for what it stands between."""
    fitted: list[Codec] = []
    outside = fields.outside
    for step in steps:
        is_last = len(fitted) == len(steps) - 1
        is_whole = is_last and not any(other.makes == _ARRAY for other in fitted)  # and no element
        made = step.fitted(Fields(outside, fields.inside if is_whole else Said()))
        fitted.append(made)
        of_it = Said(frozenset({made.items or made.makes}))
        outside = (of_it,) if made.parts > 1 or made.makes == _ARRAY else (of_it,) * len(outside)
    return composed(fitted)


def _named(steps: Sequence[Codec]) -> str:
    names = [step.name for step in steps]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _then(first: Codec, second: Codec) -> Codec:
    """Return the codec that decodes by one and then by another."""
    _check(first, second)
    decode, encode = _functions(first, second)
    if first.lost(Side.INSIDE):
        keeps = all(loss.side is Side.OUTSIDE for loss in (*_kept(first, second), *second.losses))
        encode = read_again(encode, decode, keeps=keeps)
    is_list = first.makes == _ARRAY
    return Codec(
        decode,
        encode,
        makes=_ARRAY if is_list else second.makes,
        items=second.makes if is_list else second.items,
        reads=first.reads,
        writes=first.writes,
        parts=max(first.parts, second.parts),
        forms=first.forms,
        missing=first.missing or second.missing,
        members=first.members or second.members,
        losses=tuple(dict.fromkeys(_losses(first, second))),
        hard=lambda: [*_inside(second.hard(), is_list), *_tried(_each(second.decode, is_list), first.hard())],
        alike=lambda value: [*first.alike(value), *_alike_between(first, second, value)],
        plain=_each(second.plain, is_list),
        blank=first.blank or (second.blank and first.makes == "string"),
        one_to_one=first.one_to_one and second.one_to_one,
    )


def _alike_between(first: Codec, second: Codec, value: Any) -> list[Any]:
    """Return what the first writes of what the second reads as it reads what the first makes of a value."""
    found: list[Any] = []
    for middle in _tried(first.decode, [value]):
        if first.makes == _ARRAY:
            others = [
                [*middle[:place], other, *middle[place + 1 :]]
                for place, item in enumerate(middle)
                for other in second.alike(item)
            ]
        else:
            others = [*second.alike(middle)]
        found += _tried(first.encode, others)
    return found


def _check(first: Codec, second: Codec) -> None:
    """Refuse a codec that does not read what comes, or writes what the one before it does not take."""
    makes = first.items if first.makes == _ARRAY else first.makes
    what = f"codec {first.name} makes {f'a list of {makes}' if first.makes == _ARRAY else makes}"
    if makes == DATE or not second.reads_any(frozenset({makes})):
        reads = spelt(sorted(second.reads))
        raise CodecError(f"{what}, and codec {second.name}, which follows it, reads {reads}", _FIX)
    if not second.writes <= (NUMBER if makes in NUMBER else {makes}):
        raise CodecError(
            f"{what}, and codec {second.name}, which follows it, writes {spelt(sorted(second.writes))}", _FIX
        )
    if second.parts > 1 and (first.parts > 1 or first.makes == _ARRAY):
        raise CodecError(f"{what}, and codec {second.name}, which follows it, joins {second.parts} fields", _FIX)
    if first.makes == _ARRAY == second.makes:
        raise CodecError(f"{what}, and codec {second.name}, which follows it, makes lists of that", _FIX)


def _functions(first: Codec, second: Codec) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    to_middle, inwards, outwards, to_outside = first.decode, second.decode, second.encode, first.encode
    if second.parts > 1:
        return (
            lambda values: inwards([to_middle(value) for value in values]),
            lambda value: [to_outside(part) for part in outwards(value)],
        )
    if first.makes == _ARRAY:
        return (
            lambda value: [inwards(item) for item in to_middle(value)],
            lambda value: to_outside([outwards(item) for item in _list_of(value)]),
        )
    return lambda value: inwards(to_middle(value)), lambda value: to_outside(outwards(value))


def _list_of(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise CodecError(f"expected a list, found {shown(value)}")
    return value


def _losses(first: Codec, second: Codec) -> list[Loss]:
    """Return what the two lose: of what stands between them, nothing that the type there never has.

    What the fields at their ends never have is known of them alone, and not of what stands between them.
    """
    middle = frozenset({first.items or first.makes})
    lost = [loss for loss in second.losses if loss.types is None or not loss.types.isdisjoint(middle)]
    lost = [loss for loss in lost if loss.side is Side.INSIDE or not loss.unless(Said(middle))]
    is_list = first.makes == _ARRAY
    return [
        *(loss if loss.side is Side.OUTSIDE else _between(loss) for loss in _kept(first, second)),
        *(replace(loss, types=None) if loss.side is Side.INSIDE and not is_list else _between(loss) for loss in lost),
    ]


def _between(loss: Loss) -> Loss:
    """Return a loss of what no schema speaks of."""
    return replace(loss, types=loss.types if loss.side is Side.INSIDE else None, unless=lambda _: False)


def _kept(first: Codec, second: Codec) -> list[Loss]:
    """Return what the first loses: of what only people write, nothing where the second makes no text of it."""
    is_free = "string" in {second.makes, second.items}
    return [loss for loss in first.losses if is_free or not loss.free]


def read_again(
    encode: Callable[[Any], Any], decode: Callable[[Any], Any], *, keeps: bool = False
) -> Callable[[Any], Any]:
    """Return an encoding that refuses what would not be read, or, where the two keep all, not as it was.

    What the first one changes, such as small letters, the second one may have to find.
    """

    def checked(value: Any) -> Any:
        written = encode(value)
        try:
            back = decode(written)
        except CodecError as error:
            raise CodecError(f"{shown(written)} is written, and would not be read: {error}") from None
        if keeps and back != value:
            raise CodecError(f"{shown(written)} is written, and would come back as {shown(back)}")
        return written

    return checked


def _inside(values: Sequence[Any], is_list: bool) -> list[Any]:
    return [[value] for value in values] if is_list else [*values]


def _each(convert: Callable[[Any], Any], is_list: bool) -> Callable[[Any], Any]:
    return (
        (lambda value: [convert(item) for item in value] if isinstance(value, list) else value) if is_list else convert
    )


def _tried(convert: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    made = []
    for value in values:
        try:
            made.append(convert(value))
        except CodecError:
            continue
    return made
