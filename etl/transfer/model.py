"""What moves through a transfer, and what became of it.

Nobody changes an item, a candidate, a change or a result once it is made. They are not frozen for their number alone:
several are made for every record, and a frozen one takes five times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from etl.mapping.paths import Path
from etl.mapping.terms import Direction, Sort
from etl.record import Key, Record, Violation, printable
from etl.transfer.dead_letter import DeadLetter, Novelty
from etl.transfer.sending import Sending

D = TypeVar("D")
"""What a writer needs to know of a change, to apply it."""


class Outcome(Enum):
    """What became of a record that was read; every record has exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    CONFLICT = "conflict"


class Note(Enum):
    """What a person may want to know of a record beside its outcome."""

    FIRST_CONTACT = "known on both sides, never synchronised: the outside record won"
    BACK = "deleted outside before, and there again: it was imported whole"
    REMOVED = "removed inside since it was imported, and not changed outside: it stays removed"
    MOVED_ON = "moved on since it was planned: it was left alone"
    SETTLED = "waited for a person: there is nothing left to decide"
    ASKED = "changes no value: it is read, since what goes out depends on it"
    WAITS = "waits to be transferred, or for a person"
    TAKEN = "sent, and taken away since by whoever it was for"
    ASIDE = "does not match import_when any more: it is left alone"
    WAITS_ASIDE = "what the outside has of it does not match import_when any more: it waits until that does"
    KEYED = "made inside, sent without a key, and has its key now"
    WAITS_KEY = "sent, and waits for its key: see `etl state waiting`"
    MAYBE_SENT = "sent or not, a run has died over it: it waits for its key, or for a person: see `etl state waiting`"
    EDITED = "edited inside while it was exported: it stays unsynced and goes out again"


class Stage(Enum):
    """Where a record was rejected."""

    READ = "read"
    SOURCE_SCHEMA = "source schema"
    TRANSLATE = "translate"
    TARGET_SCHEMA = "target schema"
    WRITE = "write"
    MARK = "mark"


@dataclass(slots=True)
class Item:
    """One thing that a source found.

    origin: what a person calls it ("17.json", "number 7"). record: None where it could not be read, for the reasons
    in `violations`. receipt: says to the source exactly which version was read. content: the bytes it was read from,
    None where it has no bytes of its own or they are out of reach. part_of: what it is one of many in, under the name
    that this has where it is rejected as a whole ("orders.jsonl"); "" where it stands alone. replayed: it was read
    before, and comes again from where it was kept, so that others with its key are out of sight. file: in which it
    came then, where that is known. letter: in which it was kept. uncounted: it stands for all records of a file, or
    for the rest of them, and nobody knows how many. columns: where a file says it once for all its records, the
    paths that may have a value; () where each says it. last: the target's record as it was last
    known, None where nothing is. unkeyed: what takes the place of its key while it has none, () where it has one.
    around: what the document says in which it lies, as far as it is asked; None where it is not known.
    glimpse: what can be read of a record that is broken, or may not be whole: it may say whose it is.
    """

    origin: str
    record: Record | None
    violations: tuple[Violation, ...] = ()
    receipt: Any = None
    content: bytes | None = None
    part_of: str = ""
    replayed: bool = False
    file: str = ""
    letter: DeadLetter | None = None
    uncounted: bool = False
    columns: Sequence[Path] = ()
    last: Record | None = None
    unkeyed: Key = ()
    around: Record | None = None
    glimpse: Record | None = None

    @property
    def legible(self) -> Record | None:
        """What can be read of it: the record, or a part of one; None for nothing."""
        return self.glimpse if self.record is None else self.record


@dataclass(slots=True)
class Candidate:
    """A record that was read, checked and translated whole; one that is not imported has no more than its key.

    sort: what it is to the mapping. target: outbound, the expected record, as it will next be read. sending: how that
    is sent, None for as it is. repeats: another record with this key was read before in this run. last: no other one
    follows in this run.
    refused: why its source will not remember that it is durable in the target. superseded: the last ones of this run in
    whose place it came, each by its file and its fingerprint. rejected: those with its key that were rejected in this
    run by now, likewise. is_known: it was found to have been read before, and to
    leave nothing to remember. stale: paths inside that a table used in an earlier state, to be removed when it is
    acknowledged.
    """

    item: Item
    key: Key
    source: Record
    target: Record
    repeats: bool = False
    last: bool = False
    refused: Violation | None = None
    superseded: tuple[tuple[str, bytes], ...] = ()
    rejected: tuple[tuple[str, bytes], ...] = ()
    is_known: bool = False
    stale: tuple[Path, ...] = ()
    sort: Sort = Sort.RECORD
    sending: Sending | None = None

    @property
    def is_missing(self) -> bool:
        """Whether nobody has read it: it stands for what the outside has no more, and so it has no record."""
        return self.sort is Sort.GONE and not self.item.record

    @property
    def sent(self) -> Record:
        """The record as it is sent."""
        return self.target if self.sending is None else self.sending.record


@dataclass(slots=True)
class Change(Generic[D]):
    """What would be done with a candidate. detail: what it takes to apply that; None where nothing is to be written.

    reasons: of a rejection, or of a conflict. hold: not now; compare it again once no other record with its key can
    follow.
    """

    candidate: Candidate
    outcome: Outcome
    detail: D | None = None
    note: Note | None = None
    reasons: tuple[Violation, ...] = ()
    hold: bool = False


Compare: TypeAlias = Callable[[Sequence[Candidate]], list[Change[D]]]
"""Says what would be done with candidates, in their order, changing nothing."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that would change, or stays against the other side's wish.

    path: in the target record. old, new: ABSENT where there is none, a `Cut` where there is much. why: in words. line:
    its rule's, in the mapping.
    stays: old and new are the same; where they are masked, only this tells. said: what the side that lost said, in
    words, "" where none did.
    """

    path: str
    old: Any
    new: Any
    why: str
    line: int
    stays: bool = False
    said: str = ""


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """What would become of one record.

    digest: the same as long as neither side has moved on and the mapping says the same. repeats: others with its key
    are read before it. superseded: the last ones of these, each by its file and its fingerprint. missing: see
    `Candidate.is_missing`; only who reads all that the outside has comes to it.
    """

    direction: Direction
    key: Key
    origin: str
    outcome: Outcome
    note: str
    reasons: tuple[str, ...]
    values: tuple[ValueChange, ...]
    digest: str
    repeats: bool = False
    superseded: tuple[tuple[str, bytes], ...] = ()
    missing: bool = False


@dataclass(slots=True)
class Result:
    """What became of one record.

    violations: why, if it was rejected or is in conflict. stage: where it was rejected. key: of a translated record.
    planned: what a plan says of it. deletes: it would count as deleted, and does not yet; known of what is not written.
    changed: of one that was updated, the rules whose values had changed, by their first path inside.
    novelty: of what was rejected, or waits for a person. target: what was rejected, as far as it could be translated.
    """

    item: Item
    outcome: Outcome
    violations: tuple[Violation, ...] = ()
    candidate: Candidate | None = None
    note: Note | None = None
    stage: Stage | None = None
    key: Key = ()
    planned: PlannedRecord | None = None
    deletes: bool = False
    changed: tuple[str, ...] = ()
    novelty: Novelty = Novelty.NEW
    target: Record | None = None

    @property
    def known_key(self) -> Key:
        """The key of the record, as far as it is known."""
        return self.key if self.candidate is None else self.candidate.key


def result_of(change: Change[D], planned: PlannedRecord | None = None) -> Result:
    """Return what became of a change that was made, or left unmade, as it says."""
    candidate, outcome = change.candidate, change.outcome
    stage = Stage.WRITE if outcome is Outcome.REJECTED else None
    return Result(candidate.item, outcome, change.reasons, candidate, change.note, stage, planned=planned)


def unwritten(changes: Sequence[Change[D]]) -> list[Result]:
    """Return what would become of changes: the step of a route on which nothing is written."""
    return [result_of(change) for change in changes]


class Doubt(Enum):
    """What a source may have to say beside its records; the value is said of several."""

    UNMATCHED = "have names that do not match"
    WAITING = "may not be whole yet, and wait for the next run"
    GONE = "were gone before they were read"
    INCOMPLETE = "are no complete extracts"
    LATE = "deliveries are late"
    STAYS = "have arrived, and could not be cleared away"
    UNJUDGED = "could not be judged"
    UNREAD = "wait for an import"
    REJECTED = "wait for what was rejected"
    UNANSWERED = "answers give no key"
    ANSWERED = "answers give a key"
    GARBLED = "seem to be in another encoding"
    VANISHED = "times, fields have vanished"
    EMPTIED = "times, values are taken away"
    NEW = "times, there are new fields"


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a source found and that is no record. text: one line, naming what it is about."""

    doubt: Doubt
    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", printable(self.text))


Pause: TypeAlias = Callable[[float], None]
"""Waits for so many seconds, or raises what ends the waiting."""

Notify: TypeAlias = Callable[[Notice], None]


def unheard(notice: Notice) -> None:
    """Let a notice pass."""
    del notice
