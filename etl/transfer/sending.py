"""Sending: what is sent is not always what is expected to be read next. It is made of that in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from etl.record import Record, Violation


class Occasion(Enum):
    """On what occasion a record is sent: the outside is not known to have it, has it, or it counts as deleted."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(slots=True)
class Sending:
    """How a record is sent.

    occasion: None where nobody asks. record: as it is sent. news: which rules of the mapping say something that the
    outside is not known to have, by their places there; None where it is not known, so that all count. A `from` among
    them makes nothing due by itself. is_partial: what it does not say is to stay as the outside has it. violations: why
    it cannot be sent.
    """

    occasion: Occasion | None
    record: Record
    news: frozenset[int] | None = None
    is_partial: bool = False
    violations: Sequence[Violation] = ()
