"""Paths: where a value sits in a record, such as `orderNo`, `asset.location.id`, `"spi:wonum"`, `lines[0].qty`.

The syntax is the part of JMESPath that names exactly one value. A parsed path is a tuple of steps (text for a
member, a number for a list element); the functions here turn it into closures over records.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from etl.record import ABSENT, Absent, Record, printable_json

Path: TypeAlias = tuple[str | int, ...]
Getter: TypeAlias = Callable[[Record], Any]
Setter: TypeAlias = Callable[[Record, Any], None]

_STEP = re.compile(
    r"""(?P<name>[A-Za-z_][A-Za-z0-9_]*) | (?P<quoted>"(?:[^"\\]|\\.)*") | \[(?P<index>[0-9]{1,4})\]""", re.VERBOSE
)
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
    steps: list[str | int] = []
    at = 0
    while at < len(text) or not steps:
        match = _STEP.match(text, at)
        if match is None or (match["index"] and not steps):
            raise PathError(f"{text!r} is not a path", at)
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
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if _NAME.match(step) else _quoted(step))
    return text


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
            value = value[step] if isinstance(value, list) and step < len(value) else ABSENT
        if value is ABSENT:
            return ABSENT
    return value


def setter(path: Path) -> Setter:
    """Return a function that writes a value at `path`, making the objects and lists on the way."""
    name = only_name(path)
    if name is None:
        return lambda record, value: put(record, path, value)
    return lambda record, value: record.__setitem__(name, value)


def put(record: Record, path: Path, value: Any) -> None:
    """Write `value` at `path`; what stands in the way with another shape is replaced."""
    *parents, last = path
    node: Any = record
    for step, following in zip(parents, path[1:], strict=True):
        child = get(node, (step,))
        if not isinstance(child, list if isinstance(following, int) else dict):
            child = [] if isinstance(following, int) else {}
            _put_step(node, step, child)
        node = child
    _put_step(node, last, value)


def _put_step(node: Any, step: str | int, value: Any) -> None:
    if isinstance(step, int):
        node.extend([None] * (step + 1 - len(node)))
    node[step] = value


def remove(record: Record, path: Path) -> None:
    """Remove the value at `path`, if any. A list element becomes null, so that its neighbours keep their places."""
    parent = get(record, path[:-1]) if len(path) > 1 else record
    step = path[-1]
    if isinstance(step, str) and isinstance(parent, dict):
        parent.pop(step, None)
    elif isinstance(step, int) and isinstance(parent, list) and step < len(parent):
        parent[step] = None


def assign(record: Record, path: Path, value: Any | Absent) -> None:
    """Write `value` at `path`, or remove what is there when it is ABSENT."""
    if value is ABSENT:
        remove(record, path)
    else:
        put(record, path, value)


def drop_emptied(after: Record, before: Record, path: Path) -> None:
    """Remove the objects, and the last elements of lists, on the way of a path that are empty now and were not."""
    for length in range(len(path) - 1, 0, -1):
        above = path[:length]
        if get(after, above) not in ({}, []) or get(before, above) in ({}, []):
            return
        if isinstance(above[-1], int):
            items = get(after, above[:-1])
            if above[-1] != len(items) - 1:
                return
            del items[-1]
        else:
            remove(after, above)


def obstacle(record: Any, path: Path) -> tuple[Path, Any] | None:
    """Return what stands on the way of a path and leads no further, with its own path; None where nothing does.

    A name leads through an object, an index through a list, and both through nothing at all.
    """
    value = record
    for at, step in enumerate(path):
        if value is None or value is ABSENT:
            return None
        if not isinstance(value, dict if isinstance(step, str) else list):
            return path[:at], value
        value = get(value, (step,))
    return None


def overlap(one: Path, other: Path) -> bool:
    """Return whether one path leads to the other, or to what stands in it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
