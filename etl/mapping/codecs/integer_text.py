"""`integer_text`: a whole number that is text outside."""

from __future__ import annotations

import re
from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Refusal, text_of
from etl.mapping.terms import Side
from etl.record import MAX_INT64, MIN_INT64, shown

_INTEGER: Final = re.compile(r"(0|-?[1-9][0-9]{0,18})\Z")


def _decode(value: Any) -> int:
    if not _INTEGER.match(text_of(value)) or not MIN_INT64 <= (number := int(value)) <= MAX_INT64:
        raise CodecError(f"expected a whole number of 64 bits as text, without leading zeros, found {shown(value)}")
    return number


def _encode(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise CodecError(f"expected a whole number, found {shown(value)}")
    return str(value)


KINDS: Final = (
    CodecKind(
        name="integer_text",
        make=lambda: Codec(_decode, _encode, makes="integer", one_to_one=True),
        outside='text as `"17"`, without leading zeros',
        inside="whole number of 64 bits",
        words="a whole number: text in {outside}, a number in {inside}",
        examples=(
            Example("150", 150),
            Example("0", 0),
            Example("-7", -7),
            Example(str(MAX_INT64), MAX_INT64),
            Example(str(MIN_INT64), MIN_INT64),
        ),
        refused=(
            Refusal("007", "without leading zeros"),
            Refusal("-0", "without leading zeros"),
            Refusal("", "a whole number"),
            Refusal("1.0", "a whole number"),
            Refusal("\u0661", "a whole number"),
            Refusal("9" * 5000, "of 64 bits"),
            Refusal(str(MAX_INT64 + 1), "of 64 bits"),
            Refusal(7, "expected text"),
            Refusal(True, "expected a whole number", Side.OUTSIDE),
            Refusal(7.0, "expected a whole number", Side.OUTSIDE),
            Refusal("7", "expected a whole number", Side.OUTSIDE),
        ),
    ),
)
