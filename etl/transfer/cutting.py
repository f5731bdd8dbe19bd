"""Cutting: of a long value, a plan has the beginning, so that what it takes depends on no record's size."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from etl.record import json_form, shown

LONGEST: Final = 4096
"""A value is long from so many characters on, and as many for each of its values."""

_BEGINNING: Final = 1000


@dataclass(frozen=True, slots=True)
class Cut:
    """What a plan has of a long value. text: its beginning, as JSON where it is no text. shown: what people see."""

    text: str
    shown: str


def cut(value: Any) -> Any:
    """Return a value, or what a plan has of it where it is long."""
    if not _is_long(value):
        return value
    begun = json_form(_begun(value, [_BEGINNING]))
    text = begun if isinstance(begun, str) else json.dumps(begun, ensure_ascii=False)
    return Cut(text[:_BEGINNING] + "…", shown(begun))


def _is_long(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return len(value) > LONGEST
    room, waiting = LONGEST, [value]
    while waiting:
        one = waiting.pop()
        room -= 1
        if isinstance(one, str | bytes):
            room -= len(one)
        elif isinstance(one, dict | list):
            if len(one) > room:
                return True
            waiting += one.values() if isinstance(one, dict) else one
            room -= sum(map(len, one)) if isinstance(one, dict) else 0
        if room < 0:
            return True
    return False


def _begun(value: Any, room: list[int]) -> Any:
    """Return as much of a value as there is room for, and a little more."""
    room[0] -= 1
    if isinstance(value, str | bytes):
        begun = value[: max(room[0], 0) + 1]
        room[0] -= len(begun)
        return begun
    if isinstance(value, dict):
        made: dict[Any, Any] = {}
        for name, item in value.items():
            if room[0] < 0:
                break
            room[0] -= len(name)
            made[name] = _begun(item, room)
        return made
    if isinstance(value, list):
        items: list[Any] = []
        for item in value:
            if room[0] < 0:
                break
            items.append(_begun(item, room))
        return items
    return value
