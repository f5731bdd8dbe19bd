"""Several forms of one value: each of them is read, and the first one is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from etl.mapping.codecs.codec import Codec, CodecError, Loss
from etl.mapping.terms import Side
from etl.record import shown


def accepted(codecs: Sequence[Codec], tried: Sequence[Any]) -> Codec:
    """Return the codec that reads what any of several reads, and writes what the first one does.

    tried: inside values; what one of them is written as may not be read as another one.

    Raises:
        CodecError: when a value could be read in two ways.

    """
    first, *others = codecs
    if not others:
        return first
    for one, other in combinations(codecs, 2):
        _check_apart(one, other, tried)

    def decode(value: Any) -> Any:
        reasons = []
        for codec in codecs:
            try:
                return codec.decode(value)
            except CodecError as error:
                reasons.append(str(error))
        if all(reason.startswith("expected ") for reason in reasons):
            wanted = dict.fromkeys(reason.removeprefix("expected ").partition(", found")[0] for reason in reasons)
            raise CodecError(f"expected {' or '.join(wanted)}, found {shown(value)}")
        raise CodecError("; or: ".join(reason for reason in reasons if not reason.startswith("expected ")))

    which = Loss(Side.OUTSIDE, "which of several forms it had")
    losses = [loss for codec in others for loss in codec.losses if loss.side is Side.OUTSIDE]
    return replace(
        first,
        decode=decode,
        reads=frozenset[str]().union(*(codec.reads for codec in codecs)),
        losses=tuple(dict.fromkeys((*first.losses, which, *losses))),
        hard=lambda: [value for codec in codecs for value in codec.hard()],
        alike=lambda value: [*_alike(codecs, value)],
        one_to_one=False,
        blank=any(codec.blank for codec in codecs),
        schema_format="",
    )


def _alike(codecs: Sequence[Codec], value: Any) -> Sequence[Any]:
    """Return what the forms may read as they read a value: of each its own, and the value in each other form."""
    found: list[Any] = []
    for codec in codecs:
        try:
            made = codec.decode(value)
        except CodecError:
            continue
        found += codec.alike(value)
        found += [written for other in codecs if (written := _written(other, made)) is not None]
    return found


def _check_apart(one: Codec, other: Codec, tried: Sequence[Any]) -> None:
    for value in tried:
        written = _written(other, value)
        if written is None:
            continue
        try:
            first, second = one.decode(written), other.decode(written)
        except CodecError:
            continue
        if first != second:
            message = f"{shown(written)} is {shown(first)} in one of these forms and {shown(second)} in another"
            raise CodecError(message, "leave one of the two away, since nobody could tell them apart")


def _written(codec: Codec, value: Any) -> Any:
    try:
        return codec.encode(value)
    except CodecError:
        return None
