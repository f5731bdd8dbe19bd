"""Values as the documentation speaks of them: absent or there, strictly of a type, at a path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final, TypeAlias

from tests.generated.selectors import Selector, selector

Step: TypeAlias = str | int | Selector
Path: TypeAlias = tuple[Step, ...]
Record: TypeAlias = dict[str, Any]


class Missing:
    """The type of MISSING: no value at all."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP = re.compile(r'\.?([A-Za-z_][A-Za-z0-9_]*)|\.?"((?:[^"\\]|\\.)*)"|\[(\d+)\]|\[([^\[\]]*=[^\[\]]*)\]')


def path_text(path: Iterable[Step]) -> str:
    """Return a path as a mapping writes it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif isinstance(step, Selector):
            text += step.text
        else:
            name = step if _PLAIN.fullmatch(step) else f'"{step}"'
            text += f".{name}" if text else name
    return text


ITSELF: Final = "@"
"""The path of an element that is one plain value; rules for elements have it as an object with that name."""


@cache
def parse_path(text: str) -> Path:
    """Return the steps of a path."""
    if text == ITSELF:
        return (ITSELF,)
    steps: list[Step] = []
    for found in _STEP.finditer(text):
        plain, quoted, index, wanted = found.groups()
        name = plain if plain is not None else quoted
        steps.append(int(index) if index is not None else name if wanted is None else selector(wanted))
    return tuple(steps)


def get(record: Any, path: Path) -> Any:
    """Return what lies at a path, MISSING if nothing does, or if two elements fit where one is selected."""
    value = record
    for step in path:
        if isinstance(step, str):
            if not isinstance(value, dict) or step not in value:
                return MISSING
            value = value[step]
            continue
        if not isinstance(value, list):
            return MISSING
        places = step.found(value) if isinstance(step, Selector) else range(len(value))[step : step + 1]
        if len(places) != 1:
            return MISSING
        value = value[places[0]]
    return value


def put(record: Record, path: Path, value: Any) -> None:
    """Lay a value at a path, and make the objects and lists that lead to it."""
    if len(path) == 1:
        record[path[0]] = value  # type: ignore[index] # a record has names
        return
    place: Any = record
    for step, following in zip(path, (*path[1:], None), strict=True):
        last = following is None
        below: Any = value if last else {} if isinstance(following, str) else []
        if isinstance(step, Selector):
            place = _select(place, step, below if last else {})
            continue
        if isinstance(step, int):
            while len(place) <= step:
                place.append(below if len(place) == step else None)
        there = get(place, (step,))
        if last or not isinstance(there, list if isinstance(following, Selector) else dict | list):
            place[step] = below
        place = place[step]


def _select(items: list[Any], step: Selector, value: Any) -> Any:
    """Lay a value into the element that fits, or into one that is made at the end; return that element."""
    found = step.found(items)
    if not found:
        items.append({})
    index = found[0] if found else len(items) - 1
    if not isinstance(value, dict):
        items[index] = value
    elif value or not found:
        items[index] = step.element(value)
    return items[index]


def take_away(record: Record, path: Path) -> None:
    """Take away what lies at a path, and what it leaves: an element with nothing but what selects it, empty objects."""
    if get(record, path) is MISSING:
        return
    drop(record, path)
    for length in range(len(path) - 1, 0, -1):
        above, step = get(record, path[:length]), path[length - 1]
        if not (above in ({}, []) or (isinstance(step, Selector) and same(above, step.element()))):
            return
        if isinstance(step, int) and step != len(get(record, path[: length - 1])) - 1:
            return
        drop(record, path[:length])


def selected_list(path: Path) -> Path | None:
    """Return the list of which a path selects an element; None where it selects none."""
    return next((path[:length] for length, step in enumerate(path) if isinstance(step, Selector)), None)


def with_selecting(path: Path) -> list[Path]:
    """Return a path, and those of what its selectors look at."""
    asked = [(length, step) for length, step in enumerate(path) if isinstance(step, Selector)]
    return [path, *((*path[: length + 1], *names) for length, step in asked for names, _ in step.wanted)]


def any_element(path: Path) -> Path:
    """Return a path with `*` for every element."""
    return tuple(step if isinstance(step, str) else "*" for step in path)


def overlap(one: Path, other: Path) -> bool:
    """Return whether one path leads to the other, or through it; a selected element may be any that may fit."""
    shared = min(len(one), len(other))
    return all(map(_meet, one[:shared], other[:shared]))


def _meet(one: Step, other: Step) -> bool:
    if isinstance(one, Selector):
        return one.may_meet(other) if isinstance(other, Selector) else not isinstance(other, str) or other == "*"
    return _meet(other, one) if isinstance(other, Selector) else one == other


def drop(record: Record, path: Path) -> None:
    """Take away what lies at a path."""
    above = get(record, path[:-1])
    last = path[-1]
    if isinstance(last, Selector):
        if isinstance(above, list):
            above[:] = [item for item in above if not last.holds(item)]
        return
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
