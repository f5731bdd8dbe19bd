"""Values as the documentation speaks of them: absent or there, strictly of a type, at a path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
Record: TypeAlias = dict[str, Any]


class Missing:
    """The type of MISSING: no value at all."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = re.compile(r'\.?([A-Za-z_][A-Za-z0-9_]*)|\.?"((?:[^"\\]|\\.)*)"|\[(\d+)\]')


def path_text(path: Iterable[str | int]) -> str:
    """Return a path as a mapping writes it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if _PLAIN.fullmatch(step) else f'"{step}"'
            text += f".{name}" if text else name
    return text


ITSELF: Final = "@"
"""The path of an element that is one plain value; rules for elements have it as an object with that name."""


def parse_path(text: str) -> Path:
    """Return the steps of a path."""
    if text == ITSELF:
        return (ITSELF,)
    steps: list[str | int] = []
    for found in _STEP.finditer(text):
        plain, quoted, index = found.groups()
        steps.append(int(index) if index is not None else plain if plain is not None else quoted)
    return tuple(steps)


def get(record: Any, path: Path) -> Any:
    """Return what lies at a path, MISSING if nothing does."""
    value = record
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return MISSING
        elif not isinstance(value, dict) or step not in value:
            return MISSING
        value = value[step]
    return value


def put(record: Record, path: Path, value: Any) -> None:
    """Lay a value at a path, and make the objects and lists that lead to it."""
    if len(path) == 1:
        record[path[0]] = value  # type: ignore[index] # a record has names
        return
    place: Any = record
    for step, following in zip(path, (*path[1:], None), strict=True):
        last = following is None
        below: Any = value if last else [] if isinstance(following, int) else {}
        if isinstance(step, int):
            while len(place) <= step:
                place.append(below if len(place) == step else None)
            if last or not isinstance(place[step], dict | list):
                place[step] = below
        elif last or not isinstance(place.get(step), dict | list):
            place[step] = below
        place = place[step]


def drop(record: Record, path: Path) -> None:
    """Take away what lies at a path."""
    above = get(record, path[:-1])
    if isinstance(above, dict):
        above.pop(path[-1], None)
    elif isinstance(above, list) and isinstance(path[-1], int) and path[-1] < len(above):
        del above[path[-1]]


def copy(value: Any) -> Any:
    """Return a copy that shares no object and no list."""
    if isinstance(value, dict):
        return {key: copy(item) for key, item in value.items()}
    return [copy(item) for item in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal, and of the same type throughout: true is not 1, and 1 is not 1.0."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def among(value: Any, values: Iterable[Any]) -> bool:
    """Return whether a value is strictly one of several."""
    kind = type(value)
    return any(type(other) is kind and same(value, other) for other in values)
