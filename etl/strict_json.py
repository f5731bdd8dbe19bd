"""JSON as the engine reads it from whoever wrote it: every name once in its object, every number as it stands there.

JSON leaves open what a name means that an object has twice, and what becomes of a number that 64 bits cannot hold. Both
are refused, since either way something would be lost without a word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson

from etl.record import MIN_INT64, shown

BOM: Final = b"\xef\xbb\xbf"

_OUTLINE: Final = bytes.maketrans(b"123456789.-+[E\t\r\n", b"000000000000{e   ")
"""Makes all digits one, and what is alike in what follows: then whether to look closer is a matter of a few counts."""

_LONG_NUMBER: Final = b"0" * 16
_LARGE_EXPONENT: Final = b"e000"
_MAX_UINT64: Final = 2**64 - 1
_DIGITS_READ: Final = 40
_TOKEN: Final = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")([ \t\r\n]*:)?|-?[0-9][0-9.eE+-]*|[{}\[\]]')
_TEXT: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A text, or the rest where one has no end. It looks at no byte twice."""

_MEMBER: Final = re.compile(r'\s*("(?:[^"\\]++|\\.)*+")\s*:\s*', re.DOTALL)
_END: Final = re.compile(r"\s*[,}]")
_DEEPEST: Final = 4
"""So deep is looked into what is broken."""


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER: Final = json.JSONDecoder(parse_constant=_no_number)


def loads(raw: bytes, max_depth: int | None = None) -> Any:
    """Parse JSON: strictly UTF-8, with or without a byte-order mark.

    max_depth: how many levels of objects and lists there may be.

    Raises:
        ValueError: saying what is wrong and where.

    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if raw.startswith(BOM) and not raw.startswith(BOM * 2):
            return loads(raw.removeprefix(BOM), max_depth)
        raise ValueError(_explain(raw, error)) from None
    outline = raw.translate(_OUTLINE)
    containers = outline.count(b"{")
    if max_depth is not None and containers > max_depth and _depth(value) > max_depth:
        raise ValueError(f"nested deeper than {max_depth} levels")
    # before the colon of a member stands its name, or a blank; in text the same may stand
    if (len(value) if containers == 1 and type(value) is dict else _members(value)) < outline.count(
        b'":'
    ) + outline.count(b" :"):
        _refuse_repeated(raw)
    if _LONG_NUMBER in outline or _LARGE_EXPONENT in outline:
        _refuse_rounded(raw)
    return value


def has_more_values(raw: bytes, most: int) -> bool:
    """Return whether bytes, JSON or not, have more values than this, give or take a half; nothing is parsed.

    There are about as many as commas and openings outside of texts. What is short cannot have so many.
    """
    return len(raw) > most and _separators(raw) > most and _has_more_outside_texts(raw, most)


def _has_more_outside_texts(raw: bytes, most: int) -> bool:
    found = at = 0
    for text in _TEXT.finditer(raw):
        found += _separators(raw[at : text.start()])
        if found > most:
            return True
        at = text.end()
    return found + _separators(raw[at:]) > most


def _separators(raw: bytes) -> int:
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{")


def is_held(text: str) -> bool:
    """Return whether a double holds a decimal number: by its shortest text, by 17 digits, or by all of its digits."""
    number = float(text)
    try:
        written = Decimal(text)
    except InvalidOperation:  # an exponent beyond all
        return not text.lower().partition("e")[0].strip("-0.")
    return written in (Decimal(repr(number)), Decimal(f"{number:.16e}"), Decimal(number))


def ends_early(raw: bytes) -> bool:
    """Return whether bytes that are not JSON may be the beginning of some: they go wrong at their very end."""
    try:
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        return error.end == len(raw) and error.reason == "unexpected end of data"
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        is_near = len(text) - error.pos < len("false") and error.msg != "Extra data"
        return is_near or error.msg.startswith("Unterminated")
    except RecursionError:
        return False
    return False


def glimpse(raw: bytes) -> dict[str, Any] | None:
    """Return what is whole of an object, and of those in it, where its JSON is refused; None where nothing is."""
    text = raw.decode("utf-8", "replace").removeprefix("\ufeff").strip()
    with suppress(RecursionError):
        return _object_in(text, 0, _DEEPEST)[0] or None
    return None


def _object_in(text: str, place: int, deepest: int) -> tuple[dict[str, Any], int | None]:
    """Return what is whole of the object that begins at a place, and where it ends; None where it breaks off."""
    found: dict[str, Any] = {}
    if deepest == 0 or not text.startswith("{", place):
        return found, None
    place += 1
    while (member := _MEMBER.match(text, place)) is not None:
        values, end = _value_in(text, member.end(), deepest)
        after = None if end is None else _END.match(text, end)
        if after is not None or text.startswith("{", member.end()):  # what ends with the text may go on
            found.update((json.loads(member[1]), value) for value in values)
        if after is None or after[0].endswith("}"):
            return found, None if after is None else after.end()
        place = after.end()
    return found, None


def _value_in(text: str, place: int, deepest: int) -> tuple[list[Any], int | None]:
    """Return the value that begins at a place, or what is whole of it; [] for nothing. And where it ends, as above."""
    end = None
    with suppress(ValueError):
        end = _DECODER.raw_decode(text, place)[1]
        return [loads(text[place:end].encode())], end
    found, _ = _object_in(text, place, deepest - 1)
    return [found] if found else [], end


def _members(value: Any) -> int:
    """Return how many members all the objects in a value have."""
    members = 0
    waiting: list[Iterable[Any]] = [[value]]
    while waiting:
        for child in waiting.pop():
            if type(child) is dict:
                members += len(child)
                waiting.append(child.values())
            elif type(child) is list:
                waiting.append(child)
    return members


def _depth(value: Any) -> int:
    """Return how many levels of objects and lists there are."""
    depth, level = 0, [value] if isinstance(value, dict | list) else []
    while level:
        depth += 1
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
    return depth


def _refuse_repeated(raw: bytes) -> None:
    open_objects: list[set[str]] = []
    for match in _tokens(raw):
        token = match[0]
        if token in (b"{", b"["):
            open_objects.append(set())
        elif token in (b"}", b"]"):
            open_objects.pop()
        elif match[2]:
            name = json.loads(match[1])
            if name in open_objects[-1]:
                raise ValueError(f"{_place(raw, match.start())}: {shown(name)} is there twice; keep one of them")
            open_objects[-1].add(name)


def _refuse_rounded(raw: bytes) -> None:
    for match in _tokens(raw):
        token = match[0]
        if token[0] not in b"-0123456789":
            continue
        text = token.decode()
        if token.lstrip(b"-").isdigit():
            if not MIN_INT64 <= int(text[:_DIGITS_READ]) <= _MAX_UINT64 or len(text) > _DIGITS_READ:
                raise ValueError(f"the number {shown(text)[1:-1]} has more than 64 bits; write it as text")
        elif not is_held(text):
            raise ValueError(f"the number {shown(text)[1:-1]} would be rounded to {float(text)}; write it as text")


def _tokens(raw: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the texts, numbers and brackets of bytes that are JSON."""
    return _TOKEN.finditer(raw)


def _place(raw: bytes, at: int) -> str:
    before = raw[:at].decode()
    return f"line {before.count(chr(10)) + 1}, column {len(before) - before.rfind(chr(10))}"


def _explain(raw: bytes, error: json.JSONDecodeError) -> str:
    if not raw.strip():
        return "the file is empty; expected a JSON object"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return f"not UTF-8: byte 0x{raw[wrong.start]:02x} at position {wrong.start}; save the file as UTF-8"
    return f"not JSON: line {error.lineno}, column {error.colno}: {error.msg.partition(':')[0]}"
