"""An overview: what a mapping's last runs did, and what they have left for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.transfer.causes import NAMED, without_index
from etl.transfer.conflicts import Conflict
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.run_history import RunRecord

SHOWN: Final = 200
"""So many conflicts, and runs, an overview has one by one; the others it counts."""


@dataclass(slots=True)
class LetterCause:
    """Dead letters that lie for the same first reason.

    path: where in a record, elements of lists are one. message: of the first. first: its letter, without its content.
    ids, named: of the first few. content: what is kept of the first, None where nothing is.
    """

    direction: Direction
    path: str
    code: str
    message: str
    first: DeadLetter
    count: int = 0
    ids: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    last: datetime | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """What is known of a mapping.

    run: the one that is asked for, None where there was none. runs: the latest first. conflicts: the open ones, the
    first met first; open_conflicts: how many there are. letters: by cause, the commonest first. waiting: how many
    records wait to go out, at most `most_waiting`.
    """

    mapping: Mapping
    now: datetime
    run: RunRecord | None
    runs: Sequence[RunRecord]
    conflicts: Sequence[Conflict]
    open_conflicts: int
    letters: Sequence[LetterCause]
    waiting: int
    most_waiting: int

    @property
    def dead_letters(self) -> int:
        """How many rejected records lie there."""
        return sum(cause.count for cause in self.letters)


def by_cause(letters: Iterable[DeadLetter]) -> list[LetterCause]:
    """Return dead letters by their first reason, the commonest first."""
    causes: dict[tuple[Direction, str, str], LetterCause] = {}
    for letter in letters:
        reason = letter.violations[0]
        path = without_index(reason.path)
        key = (letter.direction, path, reason.code)
        cause = causes.setdefault(key, LetterCause(letter.direction, path, reason.code, reason.message, letter))
        cause.count += 1
        cause.last = letter.last if cause.last is None else max(cause.last, letter.last)
        if len(cause.named) < NAMED:
            cause.ids.append(letter.id)
            cause.named.append(letter.origin)
    return sorted(causes.values(), key=lambda cause: -cause.count)
