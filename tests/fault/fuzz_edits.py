"""Edits of a JSON value, as a recipe of bytes, so that a fuzzer changes what a tree says and not how it is spelt."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

Slot: TypeAlias = tuple[Any, Any]
"""A list or an object, and the index or the name of one of its values."""

VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 7, 2**31, 2**63, -(2**63) - 1, 10**40, 1.5, -0.0, 1e308, "", " ", "a", "7", "a.b",
    "a[0]", '"a b"', "[0]", "a.", "$now", "$absent", "$x", "_id", "é\n", "\x1b[31m", "\ud800", "x" * 300, "%Y-%m-%d",
    "{a}-{b}.json", "UTC", "datetime", "once", "both", "omit", "#", "#/properties", "#/$defs/a", "a.json", "..",
    "string", "integer", "null", "object", "array", "date-time", "^a+$", "(", "length(a)", "join('', a)", "a || b",
    [], {}, [None], ["a", "b"], [[]], {"a": 1}, {"": None}, {"$ref": "#"}, {"anyOf": [{"$ref": "#"}]},
    {"type": "string"}, {"anyOf": [{"$ref": "#"}, {"$ref": "#/properties/a"}]}, {"anyOf": [True, False]},
)  # fmt: skip
"""What is put in: values of every kind, at the ends of their ranges, and words that mean something somewhere."""

NAMES: Final = (
    "a", "", "client", "tracos", "rules", "each", "from", "as", "key", "write", "values", "flags", "cases", "otherwise",
    "nulls", "when_absent", "lossy", "ignore", "name", "schema", "examples", "rejects", "direction", "files", "mongodb",
    "on_import", "on_export", "export_when", "collection", "datetime", "format", "zone", "type", "properties", "items",
    "required", "enum", "const", "anyOf", "oneOf", "$ref", "$defs", "additionalProperties", "patternProperties",
    "pattern", "minimum", "maxLength", "$schema", "$id", "not", "if", "then", "else", "minItems", "\x1b",
    "\ud800", "client\n",
)  # fmt: skip

_EDIT_BYTES: Final = 4
_MOST_SLOTS: Final = 3000


def edited(base: Any, recipe: bytes) -> Any:
    """Return a copy of `base` with the edits of a recipe: two bytes say where, one says what, one says with what."""
    holder = [copy.deepcopy(base)]
    for start in range(0, len(recipe) - _EDIT_BYTES + 1, _EDIT_BYTES):
        slots = list(_slots(holder))
        if len(slots) > _MOST_SLOTS:
            break
        where, what, which = recipe[start] * 256 + recipe[start + 1], recipe[start + 2], recipe[start + 3]
        _edit(slots, slots[where % len(slots)], what, which)
    return holder[0]


def _slots(node: Any) -> Iterator[Slot]:
    """Yield every place below a node, parents first."""
    waiting = [node]
    while waiting:
        at = waiting.pop()
        for step in list(at) if isinstance(at, dict) else range(len(at)):
            yield at, step
            if isinstance(at[step], dict | list):
                waiting.append(at[step])


def _edit(slots: list[Slot], slot: Slot, what: int, which: int) -> None:
    at, step = slot
    other, place = slots[which % len(slots)]
    match what % 7:
        case 0 if at is not slots[0][0]:
            del at[step]
        case 1:
            at[step] = [at[step]]
        case 2:
            at[step] = {NAMES[which % len(NAMES)]: at[step]}
        case 3 if isinstance(at, dict):
            at[NAMES[which % len(NAMES)]] = at.pop(step)
        case 4:
            at[step] = copy.deepcopy(other[place])
        case 5 if isinstance(at[step], dict):
            at[step][NAMES[which % len(NAMES)]] = copy.deepcopy(VALUES[what // 7 % len(VALUES)])
        case 5 if isinstance(at[step], list):
            at[step].append(copy.deepcopy(VALUES[which % len(VALUES)]))
        case _:
            at[step] = copy.deepcopy(VALUES[which % len(VALUES)])
