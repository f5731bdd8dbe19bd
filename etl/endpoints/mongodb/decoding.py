"""What is read from MongoDB, as it lies there: an object is an object, whatever its names are.

pymongo makes a reference of its own kind of an object that has `$ref` and `$id`, and forgets the order of its names.
MongoDB compares by that order, so such a document would never be the version that was read.

A document that cannot be decoded, such as one whose text is not UTF-8, costs itself alone: it is read field by field.
So does one of very many values, which are never made.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import bson
from bson.codec_options import CodecOptions
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument

from etl.record import Record, Violation, printable

MAX_VALUES: Final = 250_000
"""A document of more values is not taken apart. They would take a hundred bytes each."""

_REFERENCE: Final = b"$ref\0"
_WHOLE: Final = 512 * 1024
"""A reply of less is decoded in one go: whatever it holds, it is little."""

_LARGE: Final = 64 * 1024
_SMALLEST: Final = 3
"""The fewest bytes of a value: its type, an empty name and the end of that."""

_UNREADABLE: Final = (BSONError, UnicodeError, OverflowError, ValueError, struct.error)
_NESTED: Final = b"\x03\x04"
_INT32: Final = struct.Struct("<i")
_FIXED: Final = {
    **dict.fromkeys(b"\x06\x0a\xff\x7f", 0),
    **dict.fromkeys(b"\x08", 1),
    **dict.fromkeys(b"\x10", 4),
    **dict.fromkeys(b"\x01\x09\x11\x12", 8),
    **dict.fromkeys(b"\x07", 12),
    **dict.fromkeys(b"\x13", 16),
}
"""The bytes of a value that has no length of its own, by its type."""

_BESIDE_LENGTH: Final = {
    **dict.fromkeys(b"\x03\x04\x0f", 0),
    **dict.fromkeys(b"\x02\x0d\x0e", 4),
    **dict.fromkeys(b"\x05", 5),
    **dict.fromkeys(b"\x0c", 16),
}
"""The bytes of a value beside those that its length counts, by its type."""


class Damaged(dict[str, Any]):
    """What can be read of a document that cannot be read whole. violations: what is wrong with which field."""

    def __init__(self, fields: dict[str, Any], violations: tuple[Violation, ...]) -> None:
        super().__init__(fields)
        self.violations = violations


class Large(dict[str, Any]):
    """A document that takes long enough to be sent that it is measured first."""


class AsObjects(RawBSONDocument):
    """Not a class of documents, but how pymongo lets others decode a reply: what is made is a plain `dict`."""

    def __new__(cls, data: bytes, codec_options: CodecOptions[Any] | None = None) -> Any:
        """Return the document in `data`."""
        return _decoded(bytes(data), (codec_options or CodecOptions()).with_options(document_class=dict))


def each_document(replies: Iterable[Any], options: CodecOptions[Any]) -> Iterator[tuple[Record, int, int]]:
    """Yield the documents of raw replies, with the bytes of each, and with its values at most.

    A document that cannot be read is `Damaged`, and spoils no other one.
    """
    plain = options.with_options(document_class=dict)
    for reply in replies:
        if len(reply) < _WHOLE and _REFERENCE not in reply:
            try:
                documents = bson.decode_all(reply, plain)
            except _UNREADABLE:
                pass
            else:
                count = max(len(documents), 1)
                length, values = len(reply) // count, reply.count(0) // count
                yield from ((document, length, values) for document in documents)
                continue
        at = 0
        while at < len(reply):
            end = at + _INT32.unpack_from(reply, at)[0]
            data = reply[at:end]
            yield _document(data, plain), len(data), data.count(0)
            at = end


def read_all(replies: Iterable[Any], options: CodecOptions[Any]) -> list[Record]:
    """Return all documents of raw replies; see `each_document`."""
    return [document for document, _, _ in each_document(replies, options)]


def _document(data: bytes, options: CodecOptions[Any]) -> Record:
    if len(data) > MAX_VALUES * _SMALLEST and _values(data) > MAX_VALUES:
        return _by_field(data, options, _refuse_nested)
    try:
        document: Record = _decoded(data, options)
    except _UNREADABLE:
        return _by_field(data, options, _decoded)
    return Large(document) if len(data) > _LARGE else document


def _decoded(data: bytes, options: CodecOptions[Any]) -> Any:
    if _REFERENCE not in data:
        return bson.decode(data, options)
    return _inflated(RawBSONDocument(data, options.with_options(document_class=RawBSONDocument)))


def _inflated(value: Any) -> Any:
    if isinstance(value, RawBSONDocument):
        return {name: _inflated(item) for name, item in value.items()}
    return [_inflated(item) for item in value] if isinstance(value, list) else value


def _refuse_nested(data: bytes, options: CodecOptions[Any]) -> Any:
    if data[4] in _NESTED:
        raise ValueError(f"the document has more than {MAX_VALUES} values")
    return _decoded(data, options)


def _by_field(data: bytes, options: CodecOptions[Any], decode: Callable[[bytes, CodecOptions[Any]], Any]) -> Damaged:
    """Decode each field by itself."""
    fields: dict[str, Any] = {}
    violations: list[Violation] = []
    for start, end in _elements(data, 0):
        alone = _INT32.pack(end - start + 5) + data[start:end] + b"\0"
        try:
            fields.update(decode(alone, options))
        except _UNREADABLE as error:
            name = data[start + 1 : data.index(b"\0", start + 1)].decode("utf-8", "backslashreplace")
            why = f"not UTF-8: {error}" if "codec can't decode" in str(error) else f"cannot be read: {error}"
            violations.append(Violation(printable(name), "bson", f"{why}; correct it in TracOS"))
    return Damaged(fields, tuple(violations))


def _elements(data: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Yield where each element of the document that begins at `at` begins and ends: its type, name and value."""
    start, stop = at + 4, at + _INT32.unpack_from(data, at)[0] - 1
    while start < stop:
        end = _end(data, start)
        yield start, end
        start = end


def _end(data: bytes, start: int) -> int:
    kind, value = data[start], data.index(b"\0", start + 1) + 1
    if (size := _FIXED.get(kind)) is not None:
        return value + size
    if (beside := _BESIDE_LENGTH.get(kind)) is not None:
        return value + int(_INT32.unpack_from(data, value)[0]) + beside
    # a regular expression: two texts
    return int(data.index(b"\0", data.index(b"\0", value) + 1) + 1)


def _values(data: bytes) -> int:
    """Return how many values a document has, at any depth; no more is counted than is too many."""
    count, waiting = 0, [0]
    while waiting and count <= MAX_VALUES:
        at = waiting.pop()
        for start, _ in _elements(data, at):
            count += 1
            if data[start] in _NESTED:
                waiting.append(data.index(b"\0", start + 1) + 1)
            if count > MAX_VALUES:
                break
    return count
