"""What moves through a transfer, and what a source and a sink are.

Nobody changes an item, a candidate, a change or a result once it is made. They are not frozen for their number alone:
several are made for every record, and a frozen one takes five times as long to make.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Protocol, TypeAlias

from etl.mapping.terms import Direction
from etl.record import Key, Record, Violation

NAMED: Final = 10
"""How many records a note names; the others it counts."""


class Outcome(Enum):
    """What became of a record that was read; every record has exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"
    CONFLICT = "conflict"


class Note(Enum):
    """What a person may want to know of a record beside its outcome."""

    FIRST_CONTACT = "known on both sides, never synchronised: the outside record won"
    REMOVED = "removed inside since it was imported, and not changed outside: it stays removed"
    MOVED_ON = "moved on since it was planned: it was left alone"
    SETTLED = "waited for a person: there is nothing left to decide"
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
    that this has where it is rejected as a whole ("orders.jsonl"); "" where it stands alone. kept: it was read before,
    and comes again from where it was kept, so that others with its key are out of sight. uncounted: it stands for all
    records of a file, or for the rest of them, and nobody knows how many these are.
    """

    origin: str
    record: Record | None
    violations: tuple[Violation, ...] = ()
    receipt: Any = None
    content: bytes | None = None
    part_of: str = ""
    kept: bool = False
    uncounted: bool = False


@dataclass(slots=True)
class Candidate:
    """A record that was read, checked and translated whole.

    repeats: another record with this key was read before in this run. last: no other one follows in this run.
    refused: why its source will not remember that it is durable in the sink.
    """

    item: Item
    key: Key
    source: Record
    target: Record
    repeats: bool = False
    last: bool = False
    refused: Violation | None = None


@dataclass(slots=True)
class Change:
    """What a sink would do with a candidate. detail: the sink's own, what `apply` needs.

    reasons: of a conflict. deletes: it would mark the record as deleted. hold: not now; compare it again once no other
    record with its key can follow.
    """

    candidate: Candidate
    outcome: Outcome
    detail: Any = None
    note: Note | None = None
    reasons: tuple[Violation, ...] = ()
    deletes: bool = False
    hold: bool = False


@dataclass(slots=True)
class Result:
    """What became of one record.

    violations: why, if it was rejected or is in conflict. stage: where it was rejected. key: of a translated record.
    change: what a plan would do.
    """

    item: Item
    outcome: Outcome
    violations: tuple[Violation, ...] = ()
    candidate: Candidate | None = None
    note: Note | None = None
    stage: Stage | None = None
    key: Key = ()
    change: Change | None = None


Compare: TypeAlias = Callable[[Sequence[Candidate]], list[Change]]
"""Says what would be done with candidates, in their order."""


class Source(Protocol):
    """Where records are read. Reading the same twice is always safe."""

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield what there is to transfer, in its documented order, at most `size` at a time.

        Raises:
            EndpointError: when the source as a whole cannot be read.

        """
        ...

    def screen(self, candidates: Sequence[Candidate]) -> Sequence[Outcome | None]:
        """Say, for each, what the source decides by itself; None for what goes to the sink.

        CONFLICT: it waits for a person. UNCHANGED: the other end has it already, so it counts as durable there.
        """
        ...

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Remember that these are durable in the sink; return those that moved on since they were read, or are refused.

        Raises:
            EndpointError: when the source cannot be written.

        """
        ...


class Sink(Protocol):
    """Where records are written."""

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Say what `apply` would do, in the same order, changing nothing. No two candidates have one key."""
        ...

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Do it; when this returns, all that is not rejected is durable.

        Raises:
            EndpointError: when the sink as a whole fails. What it had written may stay: a rerun finds it.

        """
        ...


@dataclass(slots=True)
class Report:
    """The counts of one direction of a run: read = created + updated + unchanged + superseded + rejected + conflict.

    notes: how many records have each note. named: the first few of them, as a person calls them.
    """

    direction: Direction
    counts: Counter[Outcome] = field(default_factory=Counter)
    notes: Counter[Note] = field(default_factory=Counter)
    named: dict[Note, list[str]] = field(default_factory=dict)

    def add(self, results: Sequence[Result]) -> None:
        """Count results."""
        self.counts.update([result.outcome for result in results])
        for result in results:
            if result.note is None:
                continue
            self.notes[result.note] += 1
            if self.notes[result.note] <= NAMED:
                self.named.setdefault(result.note, []).append(result.item.origin)

    @property
    def read(self) -> int:
        """How many records were read."""
        return self.counts.total()

    @property
    def rejected(self) -> int:
        """How many were rejected."""
        return self.counts[Outcome.REJECTED]

    @property
    def is_clean(self) -> bool:
        """Whether nothing was rejected, and nothing waits for a person."""
        return not self.counts[Outcome.REJECTED] and not self.counts[Outcome.CONFLICT]

    def as_line(self) -> str:
        """Return the counts in one line; what is zero is left out."""
        shown = ", ".join(f"{self.counts[outcome]} {outcome.value}" for outcome in Outcome if self.counts[outcome])
        return f"{self.direction.value}: {self.read} read" + (f" = {shown}" if shown else "")

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name, `read` first."""
        return {"read": self.read} | {outcome.value: self.counts[outcome] for outcome in Outcome}
