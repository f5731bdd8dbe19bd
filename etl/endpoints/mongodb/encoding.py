"""What BSON can hold: a document that it cannot is refused alone, before it spoils its batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from typing import Any, Final

import bson
from bson.errors import BSONError

from etl.record import ABSENT, Key, Violation

ENCODING_ERRORS: Final = (BSONError, OverflowError, UnicodeEncodeError, RecursionError)
MAX_BYTES: Final = 15_000_000
"""A document has at most 16 MiB; some room is left for what a run adds."""

_PART_BYTES: Final = 8_000_000
_MAX_UPDATE: Final = 16 * 1024 * 1024 + 12 * 1024
"""What an update compares with and what it writes, together: MongoDB lets it have 16 KiB more than a document."""


def unfit_documents(documents: Table[Key, Table[str, Any]]) -> dict[Key, Violation]:
    """Return a violation for each document that BSON cannot hold."""
    try:
        if len(bson.encode({"all": [_present(document) for document in documents.values()]})) <= MAX_BYTES:
            return {}
    except ENCODING_ERRORS:
        pass
    return {key: violation for key, document in documents.items() if (violation := _unfit(document))}


def too_large(where: Table[str, Any], update: Table[str, Any]) -> Violation | None:
    """Return why an update cannot be sent: what it compares with and what it writes are more than one document."""
    size = len(bson.encode(where)) + len(bson.encode(update))
    why = f"too large for MongoDB to be compared and changed at once: {size} bytes of at most {_MAX_UPDATE}"
    return Violation("", "bson", why) if size > _MAX_UPDATE else None


def _unfit(document: Table[str, Any]) -> Violation | None:
    try:
        size = len(bson.encode(_present(document)))
    except ENCODING_ERRORS as error:
        return Violation("", "bson", f"MongoDB cannot hold it: {error}")
    return (
        Violation("", "bson", f"too large for MongoDB: {size} bytes of at most {MAX_BYTES}")
        if size > MAX_BYTES
        else None
    )


def _present(document: Table[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value is not ABSENT}


def encoded_parts(records: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    """Yield documents that MongoDB can hold and that have `records`; what BSON cannot hold is left out."""
    try:
        encoded = bson.encode({"records": records})
    except ENCODING_ERRORS:
        encoded = b""
    if encoded and len(encoded) <= _PART_BYTES:  # nearly always
        yield encoded
        return
    part: list[dict[str, Any]] = []
    size = 0
    for record in records:
        try:
            bytes_ = len(bson.encode(record))
        except ENCODING_ERRORS:
            continue
        if part and size + bytes_ > _PART_BYTES:
            yield bson.encode({"records": part})
            part, size = [], 0
        if bytes_ <= MAX_BYTES:
            part.append(record)
            size += bytes_
    if part:
        yield bson.encode({"records": part})
