"""Expressions over a field, at random, with what they read and make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.generated.builder import scalar
from tests.generated.schemas import DATE, Schema
from tests.generated.words.codecs import CODECS, codec_of

TEXT: Final[Schema] = {"type": "string"}
WHOLE: Final[Schema] = {"type": "integer"}
TRUTH: Final[Schema] = {"type": "boolean"}
_LITERALS: Final = {"string": "'none'", "integer": "`0`", "boolean": "`false`"}
_DATED: Final = (
    *(name for name in CODECS if "date-time" in str(codec_of(name).inside)),
    *("datetime", "dotnet_date", "epoch_s", "split", "text", "duration"),
)
"""Codecs for what a date is made of, or made to; some of them are none."""


@dataclass(frozen=True)
class Form:
    """An expression over a field, what it reads and makes. needs: it fails on null. always: it makes no null."""

    text: str
    reads: Schema
    makes: Schema
    words: dict[str, Any] = field(default_factory=dict)
    needs: bool = False
    always: bool = False


def drawn(rng: Random, target: str, read: str) -> Form:
    """Return an expression for a field of a side, that reads one field of the other."""
    chance = rng.random()
    if target == "outside" and chance < 0.3:
        return _of_date(rng, read)
    if target == "inside" and chance < 0.15:
        name = rng.choice(_DATED)
        codec = codec_of(name)
        return Form(read, dict(codec.outside), dict(codec.inside), {"as": name})
    return _of_value(rng, read)


def _of_value(rng: Random, read: str) -> Form:
    kind = rng.choice(["string", "string", "integer", "boolean"])
    schema, typed = scalar(rng, kind), {"type": kind}
    other = scalar(rng) if rng.random() < 0.15 else schema
    needs = rng.random() < 0.75
    made: list[Callable[[], Form]] = [
        lambda: Form(read, schema, other),
        lambda: Form(f"{read} || {_LITERALS[kind]}", typed, typed, always=True),
        lambda: Form(f"{read} || `null`", typed, typed),
        lambda: Form(f"not_null({read}, {_LITERALS[kind]})", typed, typed, always=True),
        lambda: Form(f"join(' ', [{read}, 'x'])", TEXT, TEXT, needs=needs, always=True),
        lambda: Form(f"length({read})", TEXT, WHOLE, needs=needs, always=True),
        lambda: Form(f"to_string({read})", WHOLE, TEXT, always=True),
        lambda: Form(f"{read} == {_LITERALS[kind]}", schema, TRUTH, always=True),
        lambda: Form(f"{read} > `1`", WHOLE, TRUTH, needs=needs, always=True),
        lambda: Form(f"{read} && 'x'", typed, {"type": sorted({"string", kind})}),
        lambda: Form(f"!({read})", schema, TRUTH, always=True),
        lambda: Form(f"starts_with({read}, 'a')", TEXT, TRUTH, needs=needs, always=True),
        lambda: Form(f"[{read}, 'x']", TEXT, {"type": "array"}, always=True),
    ]
    return rng.choice(made)()


def _of_date(rng: Random, read: str) -> Form:
    """Return an expression over a date of the inside."""
    name = rng.choice(_DATED)
    outside = dict(codec_of(name).outside)
    date, needs = dict(DATE), rng.random() < 0.75
    first = "'2025-01-02T03:04:05Z'"
    return rng.choice(
        [
            Form(read, date, outside, {"as": name}),
            Form(read, date, outside, {"as": name}),
            Form(f"not_null({read}, {read})", date, outside, {"as": name}),
            Form(f"max([{read}, {read}])", date, outside, {"as": name}, needs=needs, always=True),
            Form(f"{read} > {first}", date, TRUTH, needs=needs, always=True),
            Form(f"{read} == {first}", date, TRUTH, always=True),
            Form(f"to_string({read})", date, TEXT, always=True),
            Form(f"join(' ', [{read}, 'x'])", date, TEXT, needs=needs, always=True),
        ]
    )
