"""A dead letter: a rejected record, kept whole with its reasons, so that it can be looked at and replayed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from etl.mapping.terms import Direction
from etl.record import Key, Violation

_INDEX: Final = re.compile(r"\[\d+\]")

REST: Final = "rest"
"""The code of a violation that stands for everything from its place to the end of the file."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One rejected record.

    id: hexadecimal, the same whenever the same content of the same origin is rejected. key: () where the record has
    none. stage: where it was rejected, a value of `Stage`. content: the bytes as they were read, or a document as
    extended JSON; None where they could not be read or are too large to keep. document: the `_id` of an inside record.
    attempts: how many runs rejected it.
    """

    id: str
    direction: Direction
    origin: str
    key: Key
    stage: str
    violations: tuple[Violation, ...]
    content: bytes | None
    hash: str
    first: datetime
    last: datetime
    attempts: int
    document: Any = None


def reason_of(violation: Violation) -> str:
    """Return the short name of a reason: `isDone:type`, or the code alone where it is about the whole record."""
    path = _INDEX.sub("[]", violation.path)
    return f"{path}:{violation.code}" if path else violation.code
