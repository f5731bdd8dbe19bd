"""A dead letter: a rejected record, kept whole with its reasons, so that it can be looked at and replayed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from etl.mapping.terms import Direction
from etl.record import Key, Record, Violation

_INDEX: Final = re.compile(r"\[\d+\]")

REST: Final = "rest"
"""The code of a violation that stands for everything from its place to the end of the file."""


class Novelty(Enum):
    """What a rejection, or a conflict, is to the runs before. Only what is NEW raises an alarm.

    KNOWN: the same version of the record was rejected before for the same reasons, and a run that came to its end has
    said so. ACKNOWLEDGED: that, and a person has taken note of it.
    """

    NEW = "new"
    KNOWN = "known"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """That a person has taken note of a dead letter. by, note: "" where nothing was said."""

    at: datetime
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """When a rejected record was read at its source: at, when that run rejected its first; which one of it this was."""

    at: datetime
    number: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One rejected record.

    id: hexadecimal, the same whenever the same content of the same origin is rejected. key: () where the record has
    none. stage: where it was rejected, a value of `Stage`. content: the bytes as they were read, or a document as
    extended JSON; None where they could not be read or are too large to keep. document: the `_id` of an inside record.
    attempts: how many runs rejected it. novelty: what it was when it was rejected last, or is since.
    file: that it came in, its origin where nobody knows. reading: see `read_last`; None where it was not noted. around:
    what the document said in which it lay, as far as it was asked.
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
    novelty: Novelty = Novelty.NEW
    acknowledged: Acknowledgement | None = None
    file: str = ""
    reading: Reading | None = None
    around: Record | None = None

    @property
    def read_last(self) -> Reading:
        """The last reading of it at its source, no replay."""
        return self.reading or Reading(self.first)

    @property
    def reasons(self) -> list[str]:
        """Why it was rejected, each reason as `reason_of` names it, and once."""
        return list(dict.fromkeys(map(reason_of, self.violations)))

    def has(self, reason: str) -> bool:
        """Return whether it was rejected for a reason, named as `reason_of` does, or by its path or its code alone."""
        return any(reason in (named, *named.rsplit(":", 1)) for named in self.reasons)


def without_index(path: str) -> str:
    """Return a path in which every element of a list is the same."""
    return _INDEX.sub("[]", path)


def reason_of(violation: Violation) -> str:
    """Return the short name of a reason: `isDone:type`, or the code alone where it is about the whole record."""
    path = without_index(violation.path)
    return f"{path}:{violation.code}" if path else violation.code
