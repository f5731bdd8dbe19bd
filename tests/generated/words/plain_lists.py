"""`each` over lists of plain values, on one side or on both."""

from __future__ import annotations

from typing import Any

from tests.generated.builder import related, scalar
from tests.generated.case import NESTED, SIDES
from tests.generated.schemas import Schema
from tests.generated.values import ITSELF
from tests.generated.words.codecs import codec_of, draw
from tests.generated.words.draft import Draft


def make(draft: Draft) -> None:
    """A list of plain values that is a list of such, or of objects, on the other side."""
    rng = draft.rng
    rule, items = _element(draft)
    objects = rng.choice([None, *SIDES])
    for side in SIDES:
        name = ITSELF
        if side == objects:
            draft.counter[0] += 1
            name = f"{side[0]}{draft.counter[0]}"
            required = {"required": [name]} if draft.chance(0.6) else {}
            items[side] = {"type": "object", "properties": {name: items[side]}, **required}
        rule[draft.names[side]] = name
    bounds = rng.choice([{}, {}, {"maxItems": 2}, {"minItems": 1}])
    schemas: dict[str, Schema] = {side: {"type": "array", "items": items[side], **bounds} for side in SIDES}
    draft.rule({**draft.pair(schemas["outside"], schemas["inside"]), NESTED: [rule]})


def _element(draft: Draft) -> tuple[dict[str, Any], dict[str, Schema]]:
    """Return what is said of each element, and the schemas of its two values."""
    rng = draft.rng
    form = rng.random()
    if form < 0.4:
        schema = scalar(rng)
        return {}, {"outside": related(rng, schema), "inside": schema}
    if form < 0.7:
        word = draw(rng)
        codec = codec_of(word)
        lossy = {"lossy": "as the client has it"} if draft.chance(0.5) else {}
        return {"as": word, **lossy}, {"outside": dict(codec.outside), "inside": dict(codec.inside)}
    values: dict[str, list[Any]] = {
        "outside": ["A", "B", "C"],
        "inside": rng.choice([["alpha", "beta", "gamma"], [1, 2, 3]]),
    }
    lines: list[dict[str, Any]] = [
        {draft.names[side]: values[side][index] for side in SIDES} for index in range(rng.randint(1, 3))
    ]
    if draft.chance(0.3):
        side = rng.choice(SIDES)
        lines[0][draft.names[side]] = [values[side][0], "more"]
        values[side].append("more")
    listed: dict[str, Schema] = {
        side: {"enum": [item for line in lines for item in _several(line[draft.names[side]])]} for side in SIDES
    }
    if draft.chance(0.2):
        listed[rng.choice(SIDES)] = {"type": ["string", "integer"]}
    otherwise = {"otherwise": {draft.names["outside"]: "A"}} if draft.chance(0.2) else {}
    return {"values": lines, **otherwise}, listed


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
