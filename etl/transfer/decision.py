"""What was decided of one outside record, what doing it takes, and what of it was not done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from etl.record import Absent, Key, Record, Violation
from etl.transfer.agreement import Agreement, Oscillation
from etl.transfer.conflicts import Dispute
from etl.transfer.model import Change, Note, Outcome

Over: TypeAlias = Callable[[Record, Record], tuple[Record, list[Violation]]]
"""Returns what an outside record makes of an inside one as it is, and why it cannot be that."""


Patch: TypeAlias = dict[str, Any | Absent]
"""New values of an inside record by top-level field, ABSENT for one to remove."""

Added: TypeAlias = Callable[[Record, Record], list[Violation]]
"""Returns how the second of two inside records breaks their schema, and the first does not."""


@dataclass(slots=True)
class Decision:
    """What to do inside; not frozen, see `etl.transfer.model`.

    patch: what is written. disputes: where both sides had changed a rule's
    values, decided or not. oscillations: see Agreement. deletes: the record would count as deleted, and
    does not yet. refused: why it cannot be written. looked_at: top-level fields inside that were looked at for this.
    over: what the outside record makes of the inside one as it is, None where that is what it means. changed: the
    rules whose values are written over others, by what a person calls them. marks: what is set beside the patch so that
    the record goes out; None where that is not known.
    """

    outcome: Outcome
    patch: Patch
    note: Note | None = None
    disputes: tuple[Dispute, ...] = ()
    oscillations: dict[str, Oscillation] = field(default_factory=dict)
    deletes: bool = False
    refused: tuple[Violation, ...] = ()
    looked_at: tuple[str, ...] = ()
    over: Record | None = None
    changed: tuple[str, ...] = ()
    marks: Record | None = field(default_factory=dict)

    @property
    def basis(self) -> set[str]:
        """The top-level fields inside that must still be as they were compared when this is done."""
        disputed = (str(path[0]) for dispute in self.disputes for path in dispute.inside)
        return {*self.patch, *disputed, *self.looked_at}


@dataclass(slots=True)
class Detail:
    """What an import needs: the decision, the inside record it was made for, and what to remember once it is done.

    remembered: what is remembered now. agreed: what that comes to, in the light of the inside record. identity: of a
    record that is made. unkeyed: what has taken the place of its key, of a record that gets one.
    It is not frozen, see `etl.transfer.model`.
    """

    decision: Decision
    current: Record | None
    agreement: Agreement
    remembered: Agreement | None
    agreed: Agreement | None
    identity: Any = None
    unkeyed: Key = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """What a write did not do.

    refused: and why. moved: somebody was faster, so it is to be compared again. passing: why it may go well soon.
    """

    refused: dict[Key, Violation] = field(default_factory=dict)
    moved: set[Key] = field(default_factory=set)
    passing: dict[Key, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.refused or self.moved or self.passing)

    def __contains__(self, key: Key) -> bool:
        return key in self.refused or key in self.moved or key in self.passing


def details_of(changes: Iterable[Change[Detail]]) -> dict[Key, Detail]:
    """Return the details of changes, by key; some have none."""
    return {change.candidate.key: change.detail for change in changes if change.detail is not None}
