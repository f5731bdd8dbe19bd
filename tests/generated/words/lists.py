"""Codecs of truth values and lists after docs/language.md: `boolean`, `split`."""

from __future__ import annotations

from typing import Any, Final

from tests.generated.schemas import Schema
from tests.generated.values import same
from tests.generated.words.codec import TEXT, Codec, NotUnderstoodError, Values, text_of

YES: Final = ([["S", "Yes"], ["N"]], [["1"], ["0", "-"]], [["X"], ["O"]])


def boolean(options: Any) -> Codec:
    """`boolean`: values that stand for true, and for false."""
    true, false = options if isinstance(options, list) else options.get("values", [["true"], ["false"]])

    def decode(values: Values) -> bool:
        for meaning, words in ((True, true), (False, false)):
            if any(same(word, values[0]) for word in words):
                return meaning
        raise NotUnderstoodError

    def encode(value: Any) -> Values:
        if not isinstance(value, bool):
            raise NotUnderstoodError
        return ((true if value else false)[0],)

    samples = tuple((word,) for word in (*true, *false))
    numbers = all(type(word) is int for word in (*true, *false))
    outside: Schema = {"type": "integer"} if numbers else TEXT
    return Codec("boolean", decode, encode, outside, {"type": "boolean"}, samples, ("hello", "", "true"))


def separator_of(word: Any) -> str:
    """Return what stands between elements where an `as` is, or begins with, `split`; "" where it is another codec."""
    name, options = (word, {}) if isinstance(word, str) else next(iter(word.items()))
    said = options if isinstance(options, str) else (options or {}).get("separator", ",") if name == "split" else ""
    return str(said) if name == "split" else ""


def split(options: dict[str, Any]) -> Codec:
    """`split`: a list in text."""
    separator = options.get("separator", ",")

    def decode(values: Values) -> list[str]:
        text = text_of(values[0])
        return text.split(separator) if text else []

    def encode(value: Any) -> Values:
        if not isinstance(value, list):
            raise NotUnderstoodError
        joined = separator.join(map(text_of, value))
        if decode((joined,)) != value:
            raise NotUnderstoodError
        return (joined,)

    inside = {"type": "array", "items": {"type": "string"}}
    samples = ((f"a{separator}b",), ("a",), (f"a{separator}",))
    return Codec("split", decode, encode, TEXT, inside, samples, (), dates=([""], [f"a{separator}b"]))
