"""What an endpoint brings to the transfer: a reader, a writer, and what it can do beside that.

An outside is an `Endpoint`: its `Reader`, and its `Writer`, which compares by itself what the outside is to have with
what it has. The inside is a `KeyedReader` and a `KeyedWriter`: it finds records by their keys, so that the transfer can
merge into them what the outside says (`etl.transfer.importing`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, runtime_checkable

from etl.record import Key, Record, Violation
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.decision import Detail, Failed
from etl.transfer.deliveries import Rank
from etl.transfer.gathering import MarkerStore
from etl.transfer.model import Candidate, Change, D, Item, Result

T = TypeVar("T")


class Reader(Protocol):
    """Where records are read. Reading the same twice is always safe."""

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield what there is to transfer, in its documented order, at most `size` at a time.

        Raises:
            EndpointError: when the source as a whole cannot be read.

        """
        ...

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Remember that these are durable in the target; return those that moved on since, or are refused.

        Raises:
            EndpointError: when the source cannot be written.

        """
        ...

    def contents(self, item: Item) -> tuple[bytes | None, Any]:
        """Return what a dead letter keeps of an item: its bytes, and by what `again` finds it."""
        ...

    def again(self, letters: Iterable[DeadLetter]) -> Iterator[Item]:
        """Yield the records of dead letters once more: as they were kept, or as they are now."""
        ...


@runtime_checkable
class Resuming(Protocol):
    """A reader that has a position: it goes on from where the last run has ended, and reads nothing twice unasked."""

    def advance(self) -> None:
        """Move the position to the end of what was read: all of it is durable, kept as a dead letter, or in conflict.

        Called by runs alone, after the last record; not by a plan, nor after a stop or an error.
        """
        ...


@runtime_checkable
class Measuring(Protocol):
    """A reader that can say how much there is. Asked only where somebody watches, first before anything is read."""

    def expected(self) -> float | None:
        """Return how many records there are, as far as it can be said by now; None where it cannot."""
        ...


@runtime_checkable
class Clearing(Protocol):
    """A reader that clears away what it has read, once all of it has arrived."""

    @property
    def clears(self) -> bool:
        """Whether it does."""
        ...

    def restore(self) -> None:
        """Put back what a run that died had begun to clear away. Called by runs alone, before anything is read."""
        ...

    def clear(self, left: Collection[str]) -> None:
        """Clear away the files that were read to their end, but those in `left`, and those that changed since.

        Called by runs alone, once all that was read is durable; not by a plan, nor after a stop or an error.
        """
        ...


class Writer(Protocol[D]):
    """Where records are written, by one who knows himself what is there."""

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[D]]:
        """Say what `apply` would do, in the same order, changing nothing. No two candidates have one key."""
        ...

    def apply(self, changes: Sequence[Change[D]]) -> list[Result]:
        """Do it; when this returns, all that is not rejected is durable.

        Raises:
            EndpointError: when the target as a whole fails. What it had written may stay: a rerun finds it.

        """
        ...

    def place_of(self, change: Change[D]) -> str:
        """Return what a person calls the place of a record that is written."""
        ...

    @property
    def replaces(self) -> bool:
        """Whether a record that is written again takes the place of the one before, so that `present` finds it."""
        ...

    def present(self, change: Change[D]) -> Record | None:
        """Return the record that a change would replace, None where there is none, or nothing that can be read."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms an endpoint of the outside is written to.

    fence: called when a group of records is ready, before any of it appears there: asks whether this is still the one
    who writes; what it raises stops the writing. owner: names those of whom one at a time writes. token: grows with
    each of them. started: when the run began, in UTC. fsync: wait for the disk. ready: called when a group is ready,
    right before any of it appears: notes what is told, and what must not be made twice. markers: see there.
    """

    fence: Callable[[], None]
    owner: str
    token: int
    started: datetime
    fsync: bool = False
    ready: Callable[[], None] = lambda: None
    markers: MarkerStore | None = None


class Endpoint(Protocol[D]):
    """An outside. Either half is made when it is first needed: an import has nothing to do with what writes."""

    def check(self) -> None:
        """Make sure that it can be worked with, before anything is read.

        Raises:
            SettingsError: when a setting cannot work.

        """
        ...

    def reader(self) -> Reader:
        """Return what reads it."""
        ...

    def writer(self, terms: Terms) -> Writer[D]:
        """Return what writes to it."""
        ...


@runtime_checkable
class Choosing(Protocol):
    """An outside that may be written to in one way or another, by the occasion and by what is new (`Sending`)."""

    @property
    def chooses(self) -> bool:
        """Whether it is."""
        ...


@runtime_checkable
class Ordered(Protocol):
    """An outside whose files are read in an order of their own, and not in that of their names."""

    @property
    def rank(self) -> Rank:
        """What a file is sorted by; None where that cannot be told of what is not there any more."""
        ...


@runtime_checkable
class Certain(Protocol):
    """A writer that can tell, after a run has died, that a record has not appeared."""

    def never_appeared(self, change: Change[Any]) -> bool:
        """Return whether it is known that a run that died over a record has sent nothing of it."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Records by key. blocked: keys with which nothing can be done, as one that stands in a list; and why."""

    records: dict[Key, Record]
    blocked: dict[Key, Violation]


class LookUp(Protocol):
    """Finds records by their keys."""

    def find(self, keys: Collection[Key], *, keys_only: bool = False) -> Found:
        """Return the records of these keys, with all that a decision looks at, or with their keys only."""
        ...


class KeyedReader(Reader, Protocol):
    """Reads records that have a key of their own. names: the top-level fields whose values it reads."""

    @property
    def names(self) -> Collection[str]: ...  # noqa: D102 - as the class says

    def key_of(self, item: Item) -> Key | None:
        """Return the key of what was read; None where what stands there identifies nothing."""
        ...

    def identity_of(self, item: Item) -> str:
        """Return what the inside calls a record by itself, whatever its key is; "" where that is no text or number."""
        ...

    def item_of(self, record: Record) -> Item:
        """Return a record as it would be read."""
        ...

    def due(self, planned: Sequence[Record], known: Collection[str]) -> set[int] | None:
        """Return which of these records, as they would be, it would read, by their places; None if that is not known.

        known: the top-level fields that they have been planned with; what else there is, is as it is now.
        """
        ...


class KeyedWriter(LookUp, Protocol):
    """Writes what was decided to records that it finds by their keys. name: what people call it."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as the class says

    def keyed(self, record: Record, key: Key) -> Record:
        """Return a record that has its key, where it had none."""
        ...

    @property
    def planned_names(self) -> Collection[str]:
        """The top-level fields of which `after` says what they would be."""
        ...

    def identity(self) -> Any:
        """Return an identity for a record that is to be made, unlike any other."""
        ...

    def identity_of(self, record: Record) -> Any:
        """Return the identity of a record that was found."""
        ...

    def stamps(self) -> Record:
        """Return what is written into every record now, beside its values; ABSENT for what is removed."""
        ...

    def dated(self, stamps: Record) -> Record:
        """Return those of the stamps that say when a record was written."""
        ...

    def write(
        self,
        creations: Sequence[Change[Detail]],
        updates: Sequence[Change[Detail]],
        stamps: Record,
        failed: Failed,
    ) -> None:
        """Create records, and update those that are still as they were compared; add what was not written to `failed`.

        Raises:
            EndpointError: when it fails as a whole.

        """
        ...

    def unfit(self, values: Table[Key, Table[str, Any]]) -> dict[Key, Violation]:
        """Return a violation for each record that it cannot hold; ABSENT for a value that is not there."""
        ...

    def after(self, detail: Detail) -> Record:
        """Return a record as it would be after a change; of its other fields, those that were read for comparing."""
        ...


class Retry(Protocol):
    """Calls again after errors that pass by themselves, as long as patience lasts."""

    def __call__(self, call: Callable[[], T], *, on: Callable[[BaseException], bool]) -> T:
        """Return what `call` returns; raise its last error. on: which errors are tried again."""
        ...
