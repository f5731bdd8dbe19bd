"""`boolean` and `boolean_text`: a truth value that is one of a few texts or numbers outside."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Loss, Refusal, spelt
from etl.mapping.equality import distinct
from etl.mapping.terms import Side
from etl.record import shown

_FIX: Final = 'write two lists, the values for true and those for false: boolean: [["S", "Yes"], ["N"]]'
_TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number"}
_NUMBERS: Final = frozenset({"integer", "number"})


def _boolean(values: Any = (("true",), ("false",))) -> Codec:
    said = _checked(values)
    meanings = {distinct(value): meaning for meaning, some in zip((True, False), said, strict=True) for value in some}
    known = spelt([shown(value) for some in said for value in some])
    when_true, when_false = said[0][0], said[1][0]

    def decode(value: Any) -> bool:
        meaning = meanings.get(distinct(value))
        if meaning is None:
            raise CodecError(f"expected {known}, found {shown(value)}")
        return meaning

    def encode(value: Any) -> Any:
        if not isinstance(value, bool):
            raise CodecError(f"expected true or false, found {shown(value)}")
        return when_true if value else when_false

    several = any(len(some) > 1 for some in said)
    return Codec(
        decode,
        encode,
        makes="boolean",
        reads=frozenset(_TYPES[type(value)] for some in said for value in some),
        writes=frozenset({_TYPES[type(when_true)], _TYPES[type(when_false)]}),
        losses=(Loss(Side.OUTSIDE, "which of several values it was"),) if several else (),
        every=tuple(chain.from_iterable(said)),
        alike=lambda value: [other for some in said if distinct(value) in map(distinct, some) for other in some],
        one_to_one=not several,
    )


def _checked(values: Any) -> Sequence[Sequence[Any]]:
    """Return the values for true and those for false.

    Raises:
        CodecError: when they are not that, or one stands for both.

    """
    right = isinstance(values, list | tuple) and [type(some) in {list, tuple} and bool(some) for some in values]
    if right != [True, True]:
        raise CodecError(f"boolean is two lists of values, not {shown(values)}", _FIX)
    every = list(chain.from_iterable(values))
    for value in every:
        if type(value) not in _TYPES:
            fix = "write text, a number, true or false; what stands for no value goes into nulls: and when_absent:"
            raise CodecError(f"{shown(value)} stands for no truth value", fix)
        if [distinct(other) for other in every].count(distinct(value)) > 1:
            raise CodecError(f"{shown(value)} stands there twice", "let it stand for true or for false, once")
    kinds: Sequence[Sequence[Any]] = values
    return kinds


_YES: Final = {"values": [["S", "Yes"], ["N", ""]]}
_WORDS: Final = "true or false: {} in {{outside}}, a truth value in {{inside}}"
KINDS: Final = (
    CodecKind(
        name="boolean",
        make=_boolean,
        outside="text or numbers, such as `S` and `N`",
        inside="`true` or `false`",
        words=_WORDS.format("one of the values that stand for it"),
        examples=(
            Example("true", True),
            Example("S", True, options=_YES),
            Example("Yes", True, "S", options=_YES),
            Example("", False, "N", options=_YES),
            Example(1, True, options={"values": [[1], [0]]}),
            Example(-1, True, 1, options={"values": [[1, -1], [0]]}),
        ),
        refused=(
            Refusal(True, 'expected "true" or "false", found true'),
            Refusal("s", 'expected "S", "Yes", "N" or "", found "s"', options=_YES),
            Refusal(1.0, "expected 1 or 0", options={"values": [[1], [0]]}),
            Refusal(True, "expected 1 or 0", options={"values": [[1], [0]]}),
            Refusal("S", "expected true or false", Side.OUTSIDE, _YES),
            Refusal(1, "expected true or false", Side.OUTSIDE, {"values": [[1], [0]]}),
        ),
        options={"values": "the values for true, then those for false"},
        bare="values",
    ),
    CodecKind(
        name="boolean_text",
        make=_boolean,
        outside='`"true"` or `"false"`',
        inside="`true` or `false`",
        words=_WORDS.format('text, "true" or "false",'),
        examples=(Example("true", True), Example("false", False)),
        refused=(
            Refusal(True, 'expected "true" or "false", found true'),
            Refusal("TRUE", "expected"),
            Refusal("1", "expected"),
            Refusal([], "expected"),
            Refusal("true", "expected true or false", Side.OUTSIDE),
            Refusal(1, "expected true or false", Side.OUTSIDE),
        ),
    ),
)
