"""One JSON object as bytes: read strictly, written as it is."""

from __future__ import annotations

import math
from typing import Any, Final

import orjson

from etl.endpoints.files.limits import MAX_DEPTH, FileLimits, too_many_values
from etl.endpoints.files.text import PLAIN, Text
from etl.mapping.paths import Path, format_path
from etl.record import Record, Violation, shown
from etl.strict_json import glimpse, has_more_values, loads
from etl.transfer.model import Item

TOO_MANY: Final = "values"
"""The code of a violation: a record was not even parsed, for its number of values."""

PRETTY: Final = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def read_item(origin: str, content: bytes, limits: FileLimits, part_of: str = "", text: Text = PLAIN) -> Item:
    """Make an item of the bytes of one record; one without a record, with the reason, where they hold none."""
    if has_more_values(content, limits.max_values):
        why = Violation("", TOO_MANY, too_many_values(limits.max_values))
        return Item(origin, None, (why,), None, content, part_of)
    raw = content
    try:
        raw = content if text.is_utf8 else text.as_utf8(content)
        return Item(origin, parse_json(raw, limits.max_depth), (), None, content, part_of)
    except ValueError as error:
        why = Violation("", "json", text.misfit(content) or str(error))
        return Item(origin, None, (why,), None, content, part_of, glimpse=glimpse(raw))


def holding_many(content: bytes) -> tuple[Violation, ...]:
    """Return what to write where what should be one record is a list, in which many may lie; () where it is none."""
    fix = "a list may hold many: write records: $ under files, or name the path to them"
    return (Violation("", "records", fix),) if content.lstrip().startswith(b"[") else ()


def is_too_many(item: Item) -> bool:
    """Return whether an item was not parsed, for its number of values."""
    return any(violation.code == TOO_MANY for violation in item.violations)


def parse_json(raw: bytes, max_depth: int = MAX_DEPTH) -> Record:
    """Parse one JSON object, strictly UTF-8, with or without a byte-order mark.

    Raises:
        ValueError: saying what is wrong and where.

    """
    value = loads(raw, max_depth)
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, found {shown(value)}")
    return value


def encode_json(record: Any, option: int = 0) -> bytes:
    """Return a record, or what it lies in, as JSON. option: orjson's, such as `PRETTY`.

    Raises:
        ValueError: when it is not JSON.

    """
    try:
        encoded = orjson.dumps(record, option=option)
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None
    if b"null" in encoded:  # which may be what became of a number that JSON has not
        refuse_infinite(record)
    return encoded


def refuse_infinite(record: Any) -> None:
    """Refuse NaN and the infinities, for which JSON has no form.

    Raises:
        ValueError: naming the path of the first.

    """
    waiting: list[Any] = [record]
    for value in waiting:
        if isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError(_infinite((), record))
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _infinite(path: Path, value: Any) -> str:
    """Return what to say of the first number without a form in JSON, "" where there is none."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{format_path(path)} is {value}, for which JSON has no form"
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return next(filter(None, (_infinite((*path, step), child) for step, child in inner)), "")
