"""`boolean_text`: a truth value that is text outside."""

from __future__ import annotations

from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Refusal
from etl.mapping.terms import Side
from etl.record import shown


def _decode(value: Any) -> bool:
    if value not in ("true", "false"):
        raise CodecError(f'expected "true" or "false", found {shown(value)}')
    return bool(value == "true")


def _encode(value: Any) -> str:
    if not isinstance(value, bool):
        raise CodecError(f"expected true or false, found {shown(value)}")
    return "true" if value else "false"


KINDS: Final = (
    CodecKind(
        name="boolean_text",
        make=lambda: Codec(_decode, _encode, makes="boolean", one_to_one=True),
        outside='`"true"` or `"false"`',
        inside="`true` or `false`",
        words='true or false: text, "true" or "false", in {outside}, a truth value in {inside}',
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
