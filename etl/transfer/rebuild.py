"""Making anew what is remembered, of what both sides say today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, TypeAlias

from etl.mapping.terms import Sort
from etl.record import Record
from etl.transfer.agreement import Agreement, Noted, alike, note, noted, values_of
from etl.transfer.compare import set_aside
from etl.transfer.conflict_log import ConflictLog
from etl.transfer.decision import Decision
from etl.transfer.deliveries import delivered, file_of, fingerprint
from etl.transfer.endpoint import LookUp
from etl.transfer.gone import agreed_gone
from etl.transfer.ledger import Ledger
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of
from etl.transfer.unit import Unit

_OUTCOMES: Final = {Sort.RECORD: Outcome.UNCHANGED, Sort.ASIDE: Outcome.SKIPPED, Sort.GONE: Outcome.UNCHANGED}

Lying: TypeAlias = Callable[[Candidate, Record], Record | None]
"""Returns the record that lies outside of what was sent of an inside record, None where that is not known."""


def nothing_lies(candidate: Candidate, record: Record) -> None:
    """Know of nothing."""
    del candidate, record


def _are_alike(one: Record, other: Record, unit: Unit) -> bool:
    return alike(values_of(one, unit), values_of(other, unit))


class Rebuild:
    """Writes no record: it remembers what an outside record means, and what the inside one says. count: of both.

    A conflict about them waits no longer. lying: what lies outside of what was sent.
    """

    def __init__(
        self, records: LookUp, ledger: Ledger, conflicts: ConflictLog, merger: Merger, lying: Lying = nothing_lies
    ) -> None:
        self._records = records
        self._ledger = ledger
        self._conflicts = conflicts
        self._merger = merger
        self._lying = lying
        self.count = 0

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Record]]:
        """Find the inside records."""
        found = self._records.find([candidate.key for candidate in candidates])
        return [
            Change(candidate, Outcome.REJECTED, reasons=(found.blocked[candidate.key],))
            if candidate.key in found.blocked
            else Change(candidate, _OUTCOMES[candidate.sort], found.records.get(candidate.key))
            for candidate in candidates
        ]

    def apply(self, changes: Sequence[Change[Record]]) -> list[Result]:
        """Remember."""
        both = [(change.candidate, change.detail) for change in changes if change.detail is not None]
        before = self._ledger.load([candidate.key for candidate, _ in both])
        news = {
            c.key: set_aside(c, fingerprint(c.source), before.get(c.key))
            if c.sort is Sort.ASIDE
            else self._gone(c, record)
            if c.sort is Sort.GONE
            else self._agreement(c, record, before.get(c.key))
            for c, record in both
            if c.sort is not Sort.GONE or self._merger.is_deleted(record)  # else the next run decides
        }
        self._ledger.save(news, before)
        self._conflicts.close([change for change in changes if change.detail is not None])
        self.count += len(news)
        return [result_of(change) for change in changes]

    def _gone(self, candidate: Candidate, record: Record) -> Agreement:
        made = agreed_gone(self._merger, Decision(Outcome.UNCHANGED, {}), record)
        print_, file = fingerprint(candidate.source), file_of(candidate.item)
        read = delivered({}, [*candidate.superseded, (file, print_)])
        return replace(made, fingerprint=print_, file=file, deliveries=read, shared=candidate.repeats, sort=Sort.GONE)

    def _agreement(self, candidate: Candidate, record: Record, before: Agreement | None) -> Agreement:
        """Return what both sides say."""
        told, telling, inside = self._beside(candidate, record, before)
        print_, file = fingerprint(candidate.source), file_of(candidate.item)
        read = before.deliveries if before is not None and candidate.repeats else {}  # by this rebuilding itself
        made = Agreement(
            fingerprint=print_,
            file=file,
            deliveries=delivered(read, [*candidate.superseded, (file, print_)]),
            seen=self._merger.values(candidate.target),
            told=told,
            telling=telling,
            inside=inside,
            shared=candidate.repeats,
            lacks=self._merger.lacking(candidate.source, candidate.target),
        )
        return self._merger.keeper.heard(candidate.source, candidate.target, None, made)

    def _beside(self, candidate: Candidate, record: Record, before: Agreement | None) -> tuple[Noted, Noted, Noted]:
        """Return what the outside was told beside what it says; what it may have been; and what the inside has beside.

        It was told what lies there, and what is remembered so; of anything else nobody knows.
        """
        told: Noted = {}
        telling: Noted = {}
        inside: Noted = {}
        units, said = self._merger.units, candidate.target
        back = self._merger.normalise(record, candidate.source)
        others = [unit for unit in units if unit.is_updated and not _are_alike(said, back, unit)]
        lying = self._lying(candidate, record) if others else None
        sent = None if lying is None else self._merger.keeper.meant(lying)
        for unit in units:
            known, meant, ours = (values_of(values, unit) for values in (said, back, record))
            if unit in others:
                was_told = None if before is None else noted(before.told, unit)
                is_sent = sent is not None and _are_alike(sent, back, unit)
                is_told = is_sent or (was_told is not None and alike(was_told, meant))
                note(told if is_told else telling, unit, meant)
                known = meant if is_told else known
            note(inside, unit, None if alike(ours, known) else ours)
        return told, telling, inside
