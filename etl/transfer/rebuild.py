"""Making anew what is remembered, of what both sides say today."""

from __future__ import annotations

from collections.abc import Sequence

from etl.record import Record
from etl.transfer.agreement import Agreement
from etl.transfer.compare import fingerprint
from etl.transfer.endpoint import LookUp
from etl.transfer.ledger import Ledger
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of


class Rebuild:
    """Writes no record: it remembers what an outside record means, and what the inside one says. count: of both."""

    def __init__(self, records: LookUp, ledger: Ledger, merger: Merger) -> None:
        self._records = records
        self._ledger = ledger
        self._merger = merger
        self.count = 0

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Record]]:
        """Find the inside records."""
        found = self._records.find([candidate.key for candidate in candidates]).records
        return [Change(candidate, Outcome.UNCHANGED, found.get(candidate.key)) for candidate in candidates]

    def apply(self, changes: Sequence[Change[Record]]) -> list[Result]:
        """Remember."""
        both = [(change.candidate, change.detail) for change in changes if change.detail is not None]
        news = {candidate.key: self._agreement(candidate, record) for candidate, record in both}
        self._ledger.save(news, self._ledger.load(news))
        self.count += len(news)
        return [result_of(change) for change in changes]

    def _agreement(self, candidate: Candidate, record: Record) -> Agreement:
        merger = self._merger
        seen, back = merger.values(candidate.target), merger.values(merger.normalise(record))
        sent = None if merger.same_values(seen, back) else back
        return Agreement(fingerprint(candidate.source), seen, sent, candidate.repeats)
