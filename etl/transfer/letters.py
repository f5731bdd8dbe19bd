"""Dead letters: rejected records, kept whole with their reasons, so that they can be looked at and replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from etl.mapping.terms import Direction
from etl.record import Key, Violation
from etl.transfer.model import Result


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


class DeadLetters(Protocol):
    """Where the rejected records of one direction are kept."""

    def update(self, results: Sequence[Result]) -> None:
        """Keep what was rejected; clear the letters of what was not.

        Raises:
            EndpointError: when they cannot be kept. Nothing of this batch is acknowledged then.

        """
        ...

    def finish(self) -> None:
        """Clear the letters of records that came again from elsewhere: called when the whole source has been read."""
        ...
