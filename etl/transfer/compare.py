"""Comparing outside records with the inside records of their keys, and with what was agreed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import orjson

from etl.record import Record, Violation
from etl.transfer.agreement import Agreement
from etl.transfer.decision import Detail
from etl.transfer.endpoint import LookUp
from etl.transfer.intents import settle_intent
from etl.transfer.ledger import Remembered
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, Outcome

_IN_THE_WAY: Final = Violation("", "key", "a document has this key as a list or as another type of number; correct it")


class Comparer:
    """Decides what outside records mean for inside ones."""

    def __init__(self, records: LookUp, ledger: Remembered, merger: Merger) -> None:
        self._records = records
        self._ledger = ledger
        self._merger = merger

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Detail]]:
        """Decide for every candidate. One that says what it said last time costs one look at the keys."""
        if not candidates:
            return []
        agreed = self._ledger.load([candidate.key for candidate in candidates])
        prints = {candidate.key: fingerprint(candidate.source) for candidate in candidates}
        known = {c.key for c in candidates if self._is_known(c, prints[c.key], agreed.get(c.key))}
        present = self._records.find(known, keys_only=True)
        current = self._records.find([c.key for c in candidates if c.key not in known])
        changes: list[Change[Detail]] = []
        for candidate in candidates:
            key = candidate.key
            if not candidate.last and (found := agreed.get(key)) and found.shared:
                changes.append(Change(candidate, Outcome.UNCHANGED, hold=True))
            elif key in present.blocked or key in current.blocked:
                changes.append(Change(candidate, Outcome.REJECTED, reasons=(_IN_THE_WAY,)))
            elif key in present.records:
                changes.append(Change(candidate, Outcome.UNCHANGED))
            else:
                changes.append(self._decide(candidate, prints[key], current.records.get(key), agreed.get(key)))
        return changes

    def _is_known(self, candidate: Candidate, print_: bytes, agreed: Agreement | None) -> bool:
        shared = agreed is not None and agreed.shared
        is_known = self._merger.is_known(candidate.target, print_, agreed)
        return is_known and shared == _is_shared(candidate, agreed)

    def _decide(
        self, candidate: Candidate, print_: bytes, current: Record | None, remembered: Agreement | None
    ) -> Change[Detail]:
        agreed = None if remembered is None else settle_intent(remembered, self._merger.units, current)
        decision = self._merger.decide(candidate.source, candidate.target, print_, current, agreed)
        is_new = decision.outcome is Outcome.CREATED  # what was sent of an earlier one with this key is no matter now
        sent = None if is_new else self._merger.still_sent(candidate.target, agreed)
        seen = self._merger.values(candidate.target)
        agreement = Agreement(print_, seen, sent, _is_shared(candidate, agreed), decision.oscillations)
        detail = Detail(decision, current, agreement, remembered, agreed)
        reasons = tuple(Violation(d.rule, "conflict", d.why) for d in decision.disputes if d.winner is None)
        return Change(candidate, decision.outcome, detail, decision.note, reasons)


def fingerprint(record: Record) -> bytes:
    """Return 16 bytes that tell one outside record from another, whatever the order of its names."""
    return hashlib.blake2b(orjson.dumps(record, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()


def _is_shared(candidate: Candidate, agreed: Agreement | None) -> bool:
    """Return whether other outside records have its key, as far as is known now."""
    return candidate.repeats or (candidate.item.replayed and agreed is not None and agreed.shared)
