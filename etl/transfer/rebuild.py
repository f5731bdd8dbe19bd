"""Making anew what is remembered, of what both sides say today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from etl.mapping.terms import Sort
from etl.record import Record
from etl.transfer.agreement import Agreement, Noted, alike, note, noted, values_of
from etl.transfer.compare import set_aside
from etl.transfer.decision import Decision
from etl.transfer.deliveries import delivered, file_of, fingerprint
from etl.transfer.endpoint import LookUp
from etl.transfer.gone import agreed_gone
from etl.transfer.ledger import Ledger
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of

_OUTCOMES: Final = {Sort.RECORD: Outcome.UNCHANGED, Sort.ASIDE: Outcome.SKIPPED, Sort.GONE: Outcome.UNCHANGED}


class Rebuild:
    """Writes no record: it remembers what an outside record means, and what the inside one says. count: of both."""

    def __init__(self, records: LookUp, ledger: Ledger, merger: Merger) -> None:
        self._records = records
        self._ledger = ledger
        self._merger = merger
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
        }
        self._ledger.save(news, before)
        self.count += len(news)
        return [result_of(change) for change in changes]

    def _gone(self, candidate: Candidate, record: Record) -> Agreement:
        made = agreed_gone(self._merger, Decision(Outcome.UNCHANGED, {}), record)
        print_, file = fingerprint(candidate.source), file_of(candidate.item)
        read = delivered({}, [*candidate.superseded, (file, print_)])
        return replace(made, fingerprint=print_, file=file, deliveries=read, shared=candidate.repeats, sort=Sort.GONE)

    def _agreement(self, candidate: Candidate, record: Record, before: Agreement | None) -> Agreement:
        """Return what both sides say. Of what the inside has besides, nobody knows whether the outside was told it."""
        told: Noted = {}
        telling: Noted = {}
        inside: Noted = {}
        back = self._merger.normalise(record, candidate.source)
        for unit in self._merger.units:
            said, meant, ours = (values_of(values, unit) for values in (candidate.target, back, record))
            was_told = None if before is None else noted(before.told, unit)
            is_other = unit.is_updated and not alike(said, meant)
            is_told = is_other and was_told is not None and alike(was_told, meant)
            if is_other:
                note(told if is_told else telling, unit, meant)
            note(inside, unit, None if alike(ours, meant if is_told else said) else ours)
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
