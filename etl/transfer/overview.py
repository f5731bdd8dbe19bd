"""An overview: what a mapping's last runs did, and what they have left for a person."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.transfer.causes import NAMED
from etl.transfer.conflicts import Conflict
from etl.transfer.dead_letter import DeadLetter, without_index
from etl.transfer.run_history import RunRecord
from etl.transfer.status import Status

SHOWN: Final = 200
"""So many conflicts, and runs, an overview has one by one; the others it counts."""


@dataclass(slots=True)
class LetterCause:
    """Dead letters that lie for the same first reason.

    path: where in a record, elements of lists are one. message: of the first. first: its letter, without its content.
    named: the first few. content: what is kept of the first, None where nothing is.
    """

    direction: Direction
    path: str
    code: str
    message: str
    first: DeadLetter
    count: int = 0
    named: list[str] = field(default_factory=list)
    last: datetime | None = None
    content: bytes | None = None

    @property
    def id(self) -> str:
        """What names the cause."""
        return cause_of(self.first)


def cause_of(letter: DeadLetter) -> str:
    """Return what names the cause of a dead letter: its direction, and its first reason in any element of a list."""
    reason = letter.violations[0]
    named = "\0".join((letter.direction.value, without_index(reason.path), reason.code))
    return hashlib.blake2b(named.encode("utf-8", "backslashreplace"), digest_size=6).hexdigest()


@dataclass(frozen=True, slots=True)
class Overview:
    """What is known of a mapping.

    run: the one that is asked for, None where there was none. runs: the latest first. conflicts: the open ones, the
    first met first; open_conflicts: how many there are. letters: by cause, the commonest first. status: how the mapping
    stands now.
    """

    mapping: Mapping
    run: RunRecord | None
    runs: Sequence[RunRecord]
    conflicts: Sequence[Conflict]
    open_conflicts: int
    letters: Sequence[LetterCause]
    status: Status

    @property
    def now(self) -> datetime:
        """When that was."""
        return self.status.now

    @property
    def dead_letters(self) -> int:
        """How many rejected records lie there."""
        return sum(cause.count for cause in self.letters)


def by_cause(letters: Iterable[DeadLetter]) -> list[LetterCause]:
    """Return dead letters by their first reason, the commonest first."""
    causes: dict[str, LetterCause] = {}
    for letter in letters:
        reason, id_ = letter.violations[0], cause_of(letter)
        if id_ not in causes:
            path = without_index(reason.path)
            causes[id_] = LetterCause(letter.direction, path, reason.code, reason.message, letter)
        cause = causes[id_]
        cause.count += 1
        cause.last = letter.last if cause.last is None else max(cause.last, letter.last)
        if len(cause.named) < NAMED:
            cause.named.append(letter.origin)
    return sorted(causes.values(), key=lambda cause: -cause.count)
