"""Reports: what became of the records of one direction of a run, counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from etl.mapping.terms import Direction
from etl.transfer.causes import Causes
from etl.transfer.dead_letter import Novelty
from etl.transfer.delivered import Newest
from etl.transfer.deliveries import file_of
from etl.transfer.model import Doubt, Item, Note, Notice, Outcome, Result
from etl.transfer.new_fields import NewFields

WAITING: Final = (Outcome.REJECTED, Outcome.CONFLICT)
"""The outcomes of records that were not transferred, and wait for somebody."""

NAMED: Final = 10
"""How many records a note names; the others it counts."""


@dataclass(slots=True)
class Report:
    """The counts of one direction of a run; read is the sum of all outcomes.

    notes: how many records have each note. named: the first few of them, as a person calls them. notices: what the
    source had to say beside its records. causes: why records were rejected, or wait. fields: those that nobody knows,
    once all was looked at. files: how many were read from. changed: of how many updated records a rule's values had
    changed, by its first path inside. novelties: of what was rejected, or waits. deliveries: the newest one, once it is
    known. extracts: the last complete one that was read by then, once that is known. expected: says how many records
    there are, as far as that is known by now.
    """

    direction: Direction
    counts: Counter[Outcome] = field(default_factory=Counter)
    notes: Counter[Note] = field(default_factory=Counter)
    named: dict[Note, list[str]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    causes: dict[Outcome, Causes] = field(default_factory=lambda: defaultdict(Causes))
    fields: list[NewFields] = field(default_factory=list)
    files: int = 0
    changed: Counter[str] = field(default_factory=Counter)
    deliveries: list[Newest] = field(default_factory=list)
    extracts: list[Newest] = field(default_factory=list)
    novelties: Counter[tuple[Outcome, Novelty]] = field(default_factory=Counter)
    expected: Callable[[], float | None] = field(default=lambda: None, repr=False)
    _file: str = field(default="", repr=False)

    def add(self, results: Sequence[Result]) -> None:
        """Count results."""
        self.counts.update([result.outcome for result in results])
        for result in results:
            self._count_file(result.item)
            self.changed.update(result.changed)
            if result.violations:
                is_new = result.novelty is Novelty.NEW
                self.causes[result.outcome].add(result.item.origin, result.violations, is_new=is_new)
            if result.outcome in WAITING:
                self.novelties[result.outcome, result.novelty] += 1
            if result.note is None:
                continue
            self.notes[result.note] += 1
            if self.notes[result.note] <= NAMED:
                self.named.setdefault(result.note, []).append(result.item.origin)

    def _count_file(self, item: Item) -> None:
        """Count the files that records came in; those of one file follow one another."""
        if self.direction is Direction.INBOUND and (file := file_of(item)) != self._file:
            self.files += 1
            self._file = file

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

    def new(self, *outcomes: Outcome) -> int:
        """Return how many were rejected, or wait for a person, that are new."""
        return sum(self.novelties[outcome, Novelty.NEW] for outcome in outcomes or WAITING)

    def known(self, outcome: Outcome) -> int:
        """Return how many were rejected, or wait for a person, as they were before."""
        return self.counts[outcome] - self.new(outcome) if outcome in WAITING else 0

    def is_alarming(self, *, of_all: bool = False) -> bool:
        """Return whether anything new was rejected, or waits for a person. of_all: also what is known."""
        return not self.is_clean if of_all else self.new() > 0

    def as_line(self) -> str:
        """Return the counts in one line; what is zero is left out."""
        shown = ", ".join(self._count(outcome) for outcome in Outcome if self.counts[outcome])
        return f"{self.direction.value}: {self.read} read" + (f" = {shown}" if shown else "") + self._doubts()

    def _count(self, outcome: Outcome) -> str:
        """Return how many there are of an outcome, and how many of them are known."""
        found = {novelty: self.novelties[outcome, novelty] for novelty in (Novelty.KNOWN, Novelty.ACKNOWLEDGED)}
        whole = self.counts[outcome]
        known = ", ".join(
            novelty.value if count == whole else f"{count} {novelty.value}" for novelty, count in found.items() if count
        )
        return f"{self.counts[outcome]} {outcome.value}" + (f" ({known})" if known else "")

    def _doubts(self) -> str:
        """Return what the source had to say: of one thing its text, of several how many they are."""
        texts: dict[Doubt, list[str]] = {}
        for notice in self.notices:
            texts.setdefault(notice.doubt, []).append(notice.text)
        said = [found[0] if len(found) == 1 else f"{len(found)} {doubt.value}" for doubt, found in texts.items()]
        return "".join(f"; {text}" for text in said)

    def as_dict(self) -> dict[str, int]:
        """Return the counts by name, `read` first."""
        return {"read": self.read} | {outcome.value: self.counts[outcome] for outcome in Outcome}
