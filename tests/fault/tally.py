"""What a part of the campaign did and found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fault.world import Verdict


@dataclass(slots=True)
class Tally:
    """The counts of one section.

    faults: how many were injected. records: how many records had to be moved under them, each counted as often.
    lost, doubled, torn: how many were not as they had to be in the end. problems: those, in words. facts: what was
    measured beside.
    """

    name: str
    faults: int = 0
    records: int = 0
    lost: int = 0
    doubled: int = 0
    torn: int = 0
    problems: list[str] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)

    def add(self, what: str, records: int, verdict: Verdict, faults: int = 1) -> None:
        """Count one experiment. what: the fault, for people."""
        self.faults += faults
        self.records += records
        self.lost += verdict.lost
        self.doubled += verdict.doubled
        self.torn += verdict.torn
        self.problems += [f"{self.name}, {what}: {problem}" for problem in verdict.problems]

    def include(self, other: Tally) -> None:
        """Add another tally's counts."""
        self.faults += other.faults
        self.records += other.records
        self.lost += other.lost
        self.doubled += other.doubled
        self.torn += other.torn
        self.problems += other.problems

    @property
    def flawless(self) -> bool:
        """Whether nothing was lost, doubled, torn, or otherwise wrong."""
        return not (self.lost or self.doubled or self.torn or self.problems)

    def as_dict(self) -> dict[str, Any]:
        counts = ("faults", "records", "lost", "doubled", "torn")
        facts = {"facts": self.facts} if self.facts else {}
        return {"name": self.name, **{name: getattr(self, name) for name in counts}, **facts}
