"""One JSON object as bytes: read strictly, written as it is."""

from __future__ import annotations

import json
from typing import Any, Final

import orjson

from etl.endpoints.files.limits import MAX_DEPTH, FileLimits
from etl.record import MIN_INT64, Record, Violation, shown
from etl.transfer.model import Item

BOM: Final = b"\xef\xbb\xbf"
PRETTY: Final = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE

_OUTLINE: Final = bytes.maketrans(b"123456789[", b"000000000{")
"""Makes all digits one and all brackets one: then both checks of a record are fast."""

_LONG_NUMBER: Final = b"0" * 19
_MAX_UINT64: Final = 2**64 - 1
_DIGITS_READ: Final = 40


def read_item(origin: str, content: bytes, limits: FileLimits, part_of: str = "") -> Item:
    """Make an item of the bytes of one record; one without a record, with the reason, where they hold none."""
    try:
        return Item(origin, parse_json(content, limits.max_depth), (), None, content, part_of)
    except ValueError as error:
        return Item(origin, None, (Violation("", "json", str(error)),), None, content, part_of)


def parse_json(raw: bytes, max_depth: int = MAX_DEPTH) -> Record:
    """Parse one JSON object, strictly UTF-8, with or without a byte-order mark.

    Raises:
        ValueError: saying what is wrong and where.

    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if raw.startswith(BOM) and not raw.startswith(BOM * 2):
            return parse_json(raw.removeprefix(BOM), max_depth)
        raise ValueError(_explain(raw, error)) from None
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, found {shown(value)}")
    outline = raw.translate(_OUTLINE)
    if outline.count(b"{") > max_depth and _depth(value) > max_depth:
        raise ValueError(f"nested deeper than {max_depth} levels")
    if _LONG_NUMBER in outline:
        _refuse_rounded(raw)
    return value


def encode_json(record: Record, option: int = 0) -> bytes:
    """Return a record as JSON. option: orjson's, such as `PRETTY`.

    Raises:
        ValueError: when it is not JSON.

    """
    try:
        return orjson.dumps(record, option=option)
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None


def _refuse_rounded(raw: bytes) -> None:
    """Refuse a whole number beyond 64 bits, of which only the first digits would be kept.

    Raises:
        ValueError: naming it.

    """

    def whole(text: str) -> int:
        if not MIN_INT64 <= int(text[:_DIGITS_READ]) <= _MAX_UINT64 or len(text) > _DIGITS_READ:
            raise ValueError(f"the number {shown(text)[1:-1]} has more than 64 bits; write it as text")
        return 0

    json.loads(raw, parse_int=whole)


def _explain(raw: bytes, error: json.JSONDecodeError) -> str:
    if not raw.strip():
        return "the file is empty; expected a JSON object"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return f"not UTF-8: byte 0x{raw[wrong.start]:02x} at position {wrong.start}; save the file as UTF-8"
    return f"not JSON: line {error.lineno}, column {error.colno}: {error.msg.partition(':')[0]}"


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
    return depth
