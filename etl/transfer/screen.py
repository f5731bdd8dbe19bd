"""The screen before an export: what is kept back from the outside, and what it has already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from etl.mapping.terms import Sort
from etl.record import Key, Violation
from etl.transfer.agreement import Agreement
from etl.transfer.known import NOTHING, Known
from etl.transfer.model import Candidate, Compare, Note, Outcome, Result

Waiting: TypeAlias = Callable[[Sequence[Key]], set[Key]]
"""Returns those of the keys whose conflict waits for a person."""

Told: TypeAlias = Callable[[Candidate, Agreement], bool]
"""Says of an expected record that the outside knows all of it, by what is agreed."""

_WAITS: Final = (Violation("", "conflict", "waits for a person: see `etl conflicts list`"),)


class Screen:
    """Keeps back what waits, for a person or until its outside record is imported again, and what the outside has.

    told: None where that is sent again. compare: of what the outside has, whatever still lies there and says otherwise
    is put right; None where what was sent stays as it is. selects: some outside records are not imported. assigns: the
    outside gives records that are born inside their keys.
    """

    def __init__(
        self,
        known: Known,
        waiting: Waiting,
        told: Told | None,
        *,
        compare: Compare[Any] | None,
        selects: bool,
        assigns: bool = False,
    ) -> None:
        self._known = known
        self._waiting = waiting
        self._told = told
        self._compare = compare
        self._selects = selects
        self._assigns = assigns

    def __call__(self, candidates: Sequence[Candidate]) -> Sequence[Result | None]:
        """Say, for each, what is decided without the outside; None for what goes on to it."""
        waiting = self._waiting([candidate.key for candidate in candidates])
        asks = self._told is not None or self._selects or self._assigns
        agreed = self._known(candidates) if asks else [NOTHING] * len(candidates)
        results = [self._screened(*one, waiting) for one in zip(candidates, agreed, strict=True)]
        rest = [(at, candidates[at], agreed[at]) for at, result in enumerate(results) if result is None]
        for at, candidate in self._held([(at, c) for at, c, known in rest if self._told and self._told(c, known)]):
            results[at] = Result(candidate.item, Outcome.UNCHANGED, (), candidate)
        return results

    def _held(self, told: Sequence[tuple[int, Candidate]]) -> Sequence[tuple[int, Candidate]]:
        """Return those of some records that the outside has of which nothing that still lies there says otherwise."""
        if self._compare is None or not told:
            return told
        changes = self._compare([candidate for _, candidate in told])
        pairs = zip(told, changes, strict=True)
        return [one for one, change in pairs if change.outcome is not Outcome.UPDATED]

    def _screened(self, candidate: Candidate, known: Agreement, waiting: set[Key]) -> Result | None:
        if candidate.key in waiting:
            return Result(candidate.item, Outcome.CONFLICT, _WAITS, candidate)
        if candidate.item.unkeyed and known.is_had:
            return Result(candidate.item, Outcome.SKIPPED, (), candidate, Note.WAITS_KEY)
        if self._selects and known.sort is Sort.ASIDE:
            return Result(candidate.item, Outcome.SKIPPED, (), candidate, Note.WAITS_ASIDE)
        if self._selects and self._known.is_as_deleted(candidate, known):
            return Result(candidate.item, Outcome.UNCHANGED, (), candidate)
        return None
