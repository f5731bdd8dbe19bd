"""Codecs: what each reads and writes after docs/language.md, and the schemas and values that suit it.

A new one is a function here or in a module beside, and a line of CODECS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from random import Random
from typing import Any, Final

from tests.generated.words import dates, lists, numbers, texts
from tests.generated.words.clocks import ZONES
from tests.generated.words.codec import INT64, TEXT, Codec, NotUnderstoodError, Values, text_of
from tests.generated.words.patterns import FORMS, ONE, SEVERAL

_WHOLE = re.compile(r"0|-?[1-9][0-9]*")


def codec_of(word: Any, kinds: Collection[str] = (), fields: int = 1) -> Codec:
    """Return the codec that an `as` names. kinds: the types that its field may have outside. fields: how many."""
    if isinstance(word, list):
        return texts.in_a_row([codec_of(step) for step in word])
    if word == "text" and set(kinds) - {"null"} == {"integer"}:
        return texts.of_number({})
    name, options = (word, {}) if isinstance(word, str) else next(iter(word.items()))
    if fields == 1 and isinstance(options, dict) and isinstance(options.get("format"), list):
        return dates.one_of(name, [_form(name, options, form) for form in options["format"]])
    if name == "split" and isinstance(options, str):
        options = {"separator": options}
    return CODECS[name](options or {})


def _form(name: str, options: dict[str, Any], form: str) -> Codec:
    """Return one of several forms of a date: a pattern, or a codec."""
    if form not in CODECS:
        return codec_of({name: {**options, "format": form}})
    zone = {key: item for key, item in options.items() if key != "format"}
    return codec_of({form: zone} if form == "datetime" else form)


def draw(rng: Random) -> Any:
    """Return what an `as` for one field may be."""
    if rng.random() < 0.06:
        return rng.choice(texts.ROWS)
    name = rng.choice([*CODECS, "datetime", "datetime", "text", "text"])
    if name in OPTIONS:
        return {name: dict(rng.choice(OPTIONS[name]))}
    if name != "datetime" or rng.random() < 0.4:
        return name
    options: dict[str, Any] = {"zone": rng.choice(ZONES)} if rng.random() < 0.6 else {}
    if rng.random() < 0.6 or not options:
        options["format"] = rng.choice([*ONE, *FORMS])
    return {"datetime": {**options, **_doubts(rng, options)}}


def draw_several(rng: Random) -> Any:
    """Return what an `as` for several fields may be."""
    options = {"zone": rng.choice(ZONES), "format": rng.choice(SEVERAL)}
    return {"datetime": {**options, **_doubts(rng, options)}}


def _doubts(rng: Random, options: dict[str, Any]) -> dict[str, str]:
    """Return what local times mean that are in doubt, where text has them."""
    if "z" in str(options.get("format", "")) or options.get("zone", "UTC") == "UTC":
        return {}
    gap = {"gap": rng.choice(["before", "after"])} if rng.random() < 0.3 else {}
    return gap | ({"fold": rng.choice(["first", "second"])} if rng.random() < 0.4 else {})


def _integer_text(_options: dict[str, Any]) -> Codec:
    def decode(values: Values) -> int:
        text = text_of(values[0])
        if not _WHOLE.fullmatch(text) or not INT64[0] <= int(text) <= INT64[1]:
            raise NotUnderstoodError
        return int(text)

    def encode(value: Any) -> Values:
        if type(value) is not int or not INT64[0] <= value <= INT64[1]:
            raise NotUnderstoodError
        return (str(value),)

    samples = (("17",), ("0",), ("-3",), ("1",), (str(2**53 + 1),), (str(INT64[1]),))
    odd = ("hello", "", "007", "1.0", "+1", " 1", "-0", str(2**63), "1_000")
    return Codec("integer_text", decode, encode, TEXT, {"type": "integer"}, samples, odd)


def _boolean_text(_options: dict[str, Any]) -> Codec:
    def decode(values: Values) -> bool:
        if text_of(values[0]) not in {"true", "false"}:
            raise NotUnderstoodError
        return bool(values[0] == "true")

    def encode(value: Any) -> Values:
        if not isinstance(value, bool):
            raise NotUnderstoodError
        return ("true" if value else "false",)

    samples = (("true",), ("false",))
    return Codec("boolean_text", decode, encode, TEXT, {"type": "boolean"}, samples, ("hello", "", "True", "1"))


CODECS: Final[dict[str, Callable[[dict[str, Any]], Codec]]] = {
    "datetime": dates.moment,
    "date": dates.day,
    "epoch_s": dates.epoch(1),
    "epoch_ms": dates.epoch(1000),
    "dotnet_date": dates.dotnet,
    "integer_text": _integer_text,
    "boolean_text": _boolean_text,
    "boolean": lists.boolean,
    "split": lists.split,
    "decimal": numbers.decimal,
    "quantity": numbers.quantity,
    "text": texts.text,
    "duration": texts.duration,
}
OPTIONS: Final[dict[str, list[dict[str, Any]]]] = {
    "boolean": [{"values": values} for values in lists.YES],
    "split": [{"separator": separator} for separator in (",", "; ")],
    "decimal": [*numbers.DECIMALS],
    "quantity": [*numbers.QUANTITIES],
    "text": [*texts.TEXTS],
    "duration": [*texts.UNITS],
    "date": [*dates.DAYS],
}
"""The options of codecs that have no others."""
