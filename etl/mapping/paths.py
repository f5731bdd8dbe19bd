"""Paths: where a value sits in a record, such as `orderNo`, `asset.location.id`, `"spi:wonum"`, `lines[0].qty`.

The syntax is the part of JMESPath that names exactly one value, with one thing more: `identifier[system='x'].value`
selects an element by what stands in it. A parsed path is a tuple of steps (text for a member, a number for an element
of a list, a selector for another); the functions here turn it into closures over records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from etl.mapping.selectors import Selector, parse_selector
from etl.record import ABSENT, Absent, Record, printable_json

StepOf: TypeAlias = str | int | Selector
Path: TypeAlias = tuple[StepOf, ...]
Spot: TypeAlias = tuple[str | int, ...]
"""A path that looks for nothing: the place where something was found."""

Getter: TypeAlias = Callable[[Record], Any]
Setter: TypeAlias = Callable[[Record, Any], None]

_STEP = re.compile(
    r"""(?P<name>[A-Za-z_][A-Za-z0-9_]*) | (?P<quoted>"(?:[^"\\]|\\.)*") | \[(?P<index>[0-9]{1,4})\]""", re.VERBOSE
)
_WHOLE = ""
"""Where an element that is one value, the path of which has no step, is written until it is whole."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class PathError(ValueError):
    """Text that is not a path. `column` is the 0-based place in the text where it stops being one."""

    def __init__(self, message: str, column: int) -> None:
        super().__init__(message)
        self.column = column


def parse_path(text: str) -> Path:
    """Parse a path.

    Raises:
        PathError: when the text is not a path.

    """
    steps: list[StepOf] = []
    at = 0
    while at < len(text) or not steps:
        match = _STEP.match(text, at)
        if match is None and steps and text[at] == "[" and (found := parse_selector(text, at)):
            steps.append(found[0])
            at = found[1]
        elif match is None or (match["index"] and not steps):
            raise PathError(f"{text!r} is not a path", at)
        else:
            steps.append(_step(match, text))
            at = match.end()
        if at < len(text) and text[at] != "[":
            if text[at] != "." or at + 1 == len(text) or text[at + 1] == "[":
                raise PathError(f"{text!r} is not a path", at)
            at += 1
    return tuple(steps)


def _step(match: re.Match[str], text: str) -> str | int:
    if match["index"]:
        return int(match["index"])
    if match["name"]:
        return match["name"]
    try:
        return str(json.loads(match["quoted"]))
    except ValueError:
        raise PathError(f"{text!r} has a quoted name that is not a JSON string", match.start()) from None


def format_path(path: Path) -> str:
    """Return the text of a path; `parse_path(format_path(p)) == p`."""
    text = ""
    for step in path:
        if isinstance(step, Selector):
            text += step.text
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if _NAME.match(step) else _quoted(step))
    return text


def shown_path(path: Path) -> str:
    """Return the text of a path for people, who call an element itself `@`."""
    return format_path(path) or "@"


def respelt(text: str) -> str:
    """Return a path's text as `format_path` writes it: once, it escaped letters."""
    return format_path(parse_path(text)) if "\\u" in text else text


def _quoted(name: str) -> str:
    return printable_json(json.dumps(name, ensure_ascii=False))


def only_name(path: Path) -> str | None:
    """Return the name of a top-level member where that is the whole path, else None."""
    match path:
        case (str(name),):
            return name
        case _:
            return None


def getter(path: Path) -> Getter:
    """Return a function that reads the value at `path`, or ABSENT where any step is missing."""
    name = only_name(path)
    if name is None:
        return lambda record: get(record, path)
    return lambda record: record.get(name, ABSENT)


def get(record: Any, path: Path) -> Any:
    """Return the value at `path`, or ABSENT where any step is missing."""
    value = record
    for step in path:
        if isinstance(step, str):
            value = value.get(step, ABSENT) if isinstance(value, dict) else ABSENT
        else:
            at = _place(value, step) if isinstance(value, list) else None
            value = ABSENT if at is None else value[at]
        if value is ABSENT:
            return ABSENT
    return value


def leaves(value: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what stands in a value and has nothing below it, an empty object or list too, each with its path."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(item, (*at, name))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*at, index))
    else:
        yield at, value


def _place(items: list[Any], step: int | Selector) -> int | None:
    """Return where the element of a list stands to which a step leads, None where it is not there."""
    if isinstance(step, Selector):
        return next(iter(step.places(items)), None)
    return step if step < len(items) else None


def setter(path: Path) -> Setter:
    """Return a function that writes a value at `path`, making the objects and lists on the way."""
    name = only_name(path) if path else _WHOLE
    if name is None:
        return lambda record, value: put(record, path, value)
    return lambda record, value: record.__setitem__(name, value)


def holder(element: Any) -> Record:
    """Return an element in what a single value is written into; an object is that itself."""
    return element if isinstance(element, dict) else {_WHOLE: element}


def written(made: Record, path: Path) -> Any:
    """Return what was written at a path of a record, or ABSENT; as `get`, but for an element that is one value."""
    return get(made, path or (_WHOLE,))


def put(record: Record, path: Path, value: Any) -> None:
    """Write `value` at `path`; what stands in the way with another shape is replaced."""
    *parents, last = path
    node: Any = record
    for step, following in zip(parents, path[1:], strict=True):
        kind: type[Any] = dict if isinstance(following, str) else list
        child = get(node, (step,))
        if not isinstance(child, kind):
            child = _put_step(node, step, kind())
        node = child
    _put_step(node, last, value)


def _put_step(node: Any, step: StepOf, value: Any) -> Any:
    """Write a value one step further, and return what stands there then: a selected element is what is selected."""
    if isinstance(step, Selector):
        at = _place(node, step)
        if isinstance(value, dict):
            value = step.element() | value
        if at is None:
            node.append(value)
        else:
            node[at] = value
        return value
    if isinstance(step, int):
        node.extend([None] * (step + 1 - len(node)))
    node[step] = value
    return value


def remove(record: Record, path: Path) -> None:
    """Remove the value at `path`, if any. A list element becomes null, so that its neighbours keep their places.

    One that is selected goes: its neighbours are selected as well, wherever they stand.
    """
    parent = get(record, path[:-1]) if len(path) > 1 else record
    step = path[-1]
    if isinstance(step, str):
        if isinstance(parent, dict):
            parent.pop(step, None)
        return
    if not isinstance(parent, list) or (at := _place(parent, step)) is None:
        return
    if isinstance(step, Selector):
        del parent[at]
    else:
        parent[at] = None


def assign(record: Record, path: Path, value: Any | Absent) -> None:
    """Write `value` at `path`, or remove what is there when it is ABSENT."""
    path = path or (_WHOLE,)
    if value is ABSENT:
        remove(record, path)
    else:
        put(record, path, value)


def lay_nulls(after: Record, before: Record, made: Record, paths: Iterable[Path]) -> None:
    """Lay the nulls of what was made into objects that are there only now: elsewhere null says no more than nothing.

    before: what the record was. paths: where nulls may be.
    """
    for path in paths:
        is_new = isinstance(get(after, path[:-1]), dict) and not isinstance(get(before, path[:-1]), dict)
        if is_new and get(made, path) is None and get(after, path) is ABSENT:
            assign(after, path, None)


def take_away(record: Record, path: Path, root: int = 0) -> None:
    """Remove the value at `path`, with the objects, and the elements of lists, of which nothing is left by that.

    root: so many steps of the path lead to what stays.
    """
    if get(record, path) is not ABSENT:
        remove(record, path)
        drop_emptied(record, {}, path, root)


def drop_emptied(after: Record, before: Record, path: Path, root: int = 0) -> None:
    """Remove the objects, and the last elements of lists, on the way of a path that are empty now and were not.

    root: so many steps of the path lead to what stays.
    """
    for length in range(len(path) - 1, root, -1):
        above = path[:length]
        if not is_empty(get(after, above), above[-1]) or is_empty(get(before, above), above[-1]):
            return
        if isinstance(above[-1], int):
            items = get(after, above[:-1])
            if above[-1] != len(items) - 1:
                return
            del items[-1]
        else:
            remove(after, above)


def is_empty(value: Any, step: StepOf) -> bool:
    """Return whether nothing is in an object or a list; in an element that a step selects, but what selects it."""
    return value in ({}, []) or (isinstance(step, Selector) and bool(value == step.element()))


def obstacle(
    record: Any, path: Path, is_absent: Callable[[Any], bool] = lambda value: value is None
) -> tuple[Path, Any] | None:
    """Return what stands on the way of a path and leads no further, with its own path; None where nothing does.

    A name leads through an object, an index through a list, a selector through a list in which no two elements are
    selected; and each of them through nothing at all: what is_absent says, and an object that is empty.
    """
    value = record
    for at, step in enumerate(path):
        if value is ABSENT or value == {} or is_absent(value):
            return None
        if not isinstance(value, dict if isinstance(step, str) else list):
            return path[:at], value
        if isinstance(step, Selector) and isinstance(value, list) and len(step.places(value)) > 1:
            return path[:at], value
        value = get(value, (step,))
    return None


def selected_list(path: Path) -> Path | None:
    """Return the path of the first list of which a path selects an element, None where it selects none."""
    return next((path[:at] for at, step in enumerate(path) if isinstance(step, Selector)), None)
