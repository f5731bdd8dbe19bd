"""What operators of a filter take: what MongoDB would refuse only once a run is at work."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

Takes: TypeAlias = tuple[Callable[[Any], bool], str]
"""Whether an operator takes a value, and an example of what it takes."""

_TYPES: Final = frozenset(
    {"double", "string", "object", "array", "binData", "undefined", "objectId", "bool", "date", "null", "regex"}
    | {"dbPointer", "javascript", "symbol", "javascriptWithScope", "int", "timestamp", "long", "decimal"}
    | {"minKey", "maxKey", "number"}
)
_CODES: Final = frozenset({*range(1, 20), -1, 127})


def _is_whole(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


def _is_type(value: Any) -> bool:
    every = value if isinstance(value, list) else [value]
    return bool(every) and all(
        one in _TYPES if isinstance(one, str) else _is_whole(one) and one in _CODES for one in every
    )


def _is_modulus(value: Any) -> bool:
    match value:
        case [int() | float() as divisor, int() | float() as rest]:
            return not isinstance(divisor, bool) and not isinstance(rest, bool) and int(divisor) != 0
    return False


def _is_pattern(value: Any) -> bool:
    try:
        re.compile(value)
    except (TypeError, re.error):
        return False
    return True


def _is_size(value: Any) -> bool:
    return _is_whole(value) and value >= 0


def _are_bits(value: Any) -> bool:
    return all(map(_is_size, value if isinstance(value, list) else [value]))


_BIT_PLACES: Final[Takes] = (_are_bits, "[0, 3]")

TAKEN: Final[Mapping[str, Takes]] = MappingProxyType(
    {
        "$type": (_is_type, "date"),
        "$mod": (_is_modulus, "[4, 0]"),
        "$regex": (_is_pattern, "^WO-"),
        "$options": (lambda value: isinstance(value, str) and set(value) <= set("imsxu"), "i"),
        "$size": (_is_size, "2"),
        "$not": (lambda value: isinstance(value, dict) and bool(value), "{$eq: 1}"),
        "$elemMatch": (lambda value: isinstance(value, dict), "{$eq: 1}"),
        **dict.fromkeys(("$bitsAllClear", "$bitsAllSet", "$bitsAnyClear", "$bitsAnySet"), _BIT_PLACES),
    }
)
"""By operator, what it takes; of all others, anything."""
