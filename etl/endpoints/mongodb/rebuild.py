"""Making anew what is remembered, of what both sides say today."""

from __future__ import annotations

from collections.abc import Sequence

from etl.endpoints.mongodb.compare import Comparer, fingerprint
from etl.endpoints.mongodb.store import Store
from etl.record import Record
from etl.transfer.agreement import Agreement
from etl.transfer.model import Candidate, Change, Outcome, Result


class RebuildingSink:
    """Writes no document: it remembers what an outside record means, and what its document says. count: of both."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._comparer = Comparer(store)
        self.count = 0

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Find the documents."""
        documents = self._comparer.find([candidate.key for candidate in candidates]).documents
        return [Change(c, Outcome.UNCHANGED, documents.get(c.key)) for c in candidates]

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Remember."""
        both = [change for change in changes if change.detail is not None]
        news = {change.candidate.key: self._agreement(change.candidate, change.detail) for change in both}
        self._store.state.save(news, self._store.state.load(news))
        self.count += len(news)
        return [Result(change.candidate.item, change.outcome) for change in changes]

    def _agreement(self, candidate: Candidate, document: Record) -> Agreement:
        merger = self._store.merger
        seen, told = merger.values(candidate.target), merger.values(merger.normalise(document))
        sent = None if merger.same_values(seen, told) else told
        return Agreement(fingerprint(candidate.source), seen, sent, candidate.repeats)
