"""`split`: a list that is one text outside."""

from __future__ import annotations

from typing import Any, Final

from etl.mapping.codecs.codec import Codec, CodecError, CodecKind, Example, Refusal, text_of
from etl.mapping.terms import Side
from etl.record import shown


def _split(separator: Any = ",") -> Codec:
    if not isinstance(separator, str) or not separator:
        raise CodecError(f"split is the text that stands between elements, not {shown(separator)}", 'write split: ","')

    def decode(value: Any) -> list[str]:
        return text_of(value).split(separator) if value != "" else []

    def encode(value: Any) -> str:
        if not isinstance(value, list):
            raise CodecError(f"expected a list, found {shown(value)}")
        joined = separator.join(map(text_of, value))
        if decode(joined) != value:
            raise CodecError(f"the list is written as {shown(joined)}, and would come back as another one")
        return joined

    return Codec(
        decode,
        encode,
        makes="array",
        items="string",
        hard=lambda: ([""], [f"a{separator}b"]),
        one_to_one=True,
    )


_SEMICOLON: Final = {"separator": "; "}
KINDS: Final = (
    CodecKind(
        name="split",
        make=_split,
        outside="text as `a,b`",
        inside="list of texts",
        words="a list: one text in {outside}, a list in {inside}",
        examples=(
            Example("a,b", ["a", "b"]),
            Example("a", ["a"]),
            Example("", []),
            Example("a,", ["a", ""]),
            Example(", a", ["", " a"]),
            Example("a; b", ["a", "b"], options=_SEMICOLON),
        ),
        refused=(
            Refusal(7, "expected text"),
            Refusal("a,b", "expected a list", Side.OUTSIDE),
            Refusal(["a,b"], 'written as "a,b", and would come back as another one', Side.OUTSIDE),
            Refusal([""], 'written as "", and would come back as another one', Side.OUTSIDE),
            Refusal(["a", 7], "expected text", Side.OUTSIDE),
        ),
        options={"separator": "what stands between two elements"},
        bare="separator",
    ),
)
