"""Comparing outside records with the inside records of their keys, and with what was agreed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from collections.abc import Mapping as Table
from dataclasses import replace
from typing import TypeAlias

from etl.mapping.terms import Sort
from etl.record import Key, Record, Violation
from etl.transfer.agreement import Agreement
from etl.transfer.births import Births, Born, Unclear
from etl.transfer.conflicts import NOTHING_CHOSEN, Chosen
from etl.transfer.decision import Decision, Detail
from etl.transfer.deliveries import (
    Rank,
    Standing,
    comes_before,
    decided_in,
    delivered,
    file_of,
    fingerprint,
    is_late,
    is_no_news,
    standing,
    was_read,
)
from etl.transfer.endpoint import LookUp
from etl.transfer.gone import agreed_gone, decide_gone
from etl.transfer.intents import settle_intent
from etl.transfer.ledger import Remembered
from etl.transfer.merge import Merger
from etl.transfer.misfits import rejection
from etl.transfer.model import Candidate, Change, Note, Outcome

ChosenBefore: TypeAlias = Table[Key, Table[str, Chosen]]
"""What a person has decided of conflicts that are open, by the keys of records and the names of units."""

ChosenAmong: TypeAlias = Callable[[Collection[Key]], ChosenBefore]


class Comparer:
    """Decides what outside records mean for inside ones.

    births: None where every record has its key. chosen: what a person has decided of conflicts that are open.
    """

    def __init__(
        self,
        records: LookUp,
        ledger: Remembered,
        merger: Merger,
        births: Births | None = None,
        chosen: ChosenAmong = lambda _: {},
    ) -> None:
        self._records = records
        self._ledger = ledger
        self._merger = merger
        self._births = births
        self._chosen = chosen

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Detail]]:
        """Decide for every candidate. One that says what it said last time costs one look at the keys."""
        known = {candidate.key for candidate in candidates if candidate.is_known and not candidate.repeats}
        there = self._records.find(known, keys_only=True).records if known else {}
        others = iter(self._compared([candidate for candidate in candidates if candidate.key not in there]))
        return [Change(c, Outcome.UNCHANGED) if c.key in there else next(others) for c in candidates]

    def _compared(self, candidates: Sequence[Candidate]) -> list[Change[Detail]]:
        if not candidates:
            return []
        agreed = self._ledger.load([candidate.key for candidate in candidates])
        prints = {candidate.key: fingerprint(candidate.source) for candidate in candidates}
        known = {
            c.key
            for c in candidates
            if _needs_no_look(c, agreed.get(c.key)) or is_known(c, prints[c.key], agreed.get(c.key), self._merger)
        }
        present = self._records.find(known, keys_only=True)
        current = self._records.find([c.key for c in candidates if c.key not in known])
        there = {**present.blocked, **current.blocked, **present.records, **current.records}
        born = {} if self._births is None else self._births.of(candidates, there, agreed)
        chosen = self._chosen([c.key for c in candidates if c.key not in known])
        changes: list[Change[Detail]] = []
        for candidate in candidates:
            key = candidate.key
            if is_held(candidate, prints[key], agreed.get(key), self._merger.rank):
                changes.append(Change(candidate, Outcome.UNCHANGED, hold=True))
            elif self._is_superseded(candidate, prints[key], agreed.get(key)):
                record = present.records.get(key, current.records.get(key))
                changes.append(self._superseded(candidate, prints[key], agreed[key], record))
            elif candidate.sort is Sort.ASIDE:
                record = present.records.get(key, current.records.get(key))
                changes.append(self._left_alone(candidate, prints[key], agreed.get(key), record))
            elif blocked := present.blocked.get(key) or current.blocked.get(key):
                changes.append(Change(candidate, Outcome.REJECTED, reasons=(blocked,)))
            elif key in present.records:
                changes.append(Change(candidate, Outcome.UNCHANGED))
            elif isinstance(found := born.get(key), Unclear):
                changes.append(_unclear(candidate, found, agreed.get(key)))
            elif found is not None:
                changes.append(self._keyed(candidate, prints[key], found, agreed.get(key), chosen))
            else:
                record = current.records.get(key)
                changes.append(self._decide(candidate, prints[key], record, agreed.get(key), None, chosen))
        return changes

    def _keyed(
        self, candidate: Candidate, print_: bytes, born: Born, remembered: Agreement | None, chosen: ChosenBefore
    ) -> Change[Detail]:
        """Decide of a record that gets its key: it is written with whatever else is."""
        change = self._decide(candidate, print_, born.record, remembered, born.agreed, chosen)
        detail = change.detail
        if detail is None or self._births is None or change.outcome not in (Outcome.UPDATED, Outcome.UNCHANGED):
            return change
        patch = self._births.patch(born.record, candidate.key, detail.decision.patch)
        note = change.note or Note.KEYED
        decision = replace(detail.decision, outcome=Outcome.UPDATED, patch=patch, note=note)
        detail = replace(detail, decision=decision, unkeyed=born.unkeyed)
        return replace(change, outcome=Outcome.UPDATED, detail=detail, note=note)

    def _decide(
        self,
        candidate: Candidate,
        print_: bytes,
        current: Record | None,
        remembered: Agreement | None,
        before: Agreement | None,
        chosen: ChosenBefore,
    ) -> Change[Detail]:
        """Decide. before: what was agreed, where nothing is remembered of this key."""
        known = before if remembered is None else remembered
        agreed = None if known is None else settle_intent(known, self._merger.units, current)
        stands = Standing.NEWS if agreed is None else standing(candidate, print_, agreed)
        said = candidate, print_, stands, current, agreed, chosen.get(candidate.key, NOTHING_CHOSEN)
        decision = self._decision(*said)
        if current is not None and (found := self._merger.misfits(current, decision.patch)):
            decision = rejection(self._merger, decision, found, candidate, current, agreed)
        if agreed is None and current is None and candidate.sort is Sort.GONE:
            return Change(candidate, Outcome.SKIPPED)
        agreement = self._agreement(candidate, print_, decision, current, agreed)
        agreement.is_gone = agreed is not None and agreed.is_gone and stands is not Standing.NEWS
        if agreed is not None and decision.note is Note.REMOVED:
            agreement = replace(agreed, deliveries=agreement.deliveries)
        elif agreed is not None and current is not None and is_no_news(candidate, stands):
            agreement = replace(agreed, deliveries=agreement.deliveries, shared=agreement.shared)
        detail = Detail(decision, current, agreement, remembered, agreed)
        reasons = tuple(Violation(d.rule, "conflict", d.why) for d in decision.disputes if d.winner is None)
        return Change(candidate, decision.outcome, detail, decision.note, (*reasons, *decision.refused))

    def _decision(
        self,
        candidate: Candidate,
        print_: bytes,
        stands: Standing,
        current: Record | None,
        agreed: Agreement | None,
        chosen: Table[str, Chosen],
    ) -> Decision:
        if candidate.sort is Sort.GONE:
            return decide_gone(self._merger, candidate.source, stands, current, agreed, chosen)
        is_back = agreed is not None and agreed.sort is Sort.GONE and stands is Standing.NEWS
        is_removed = current is None and agreed is not None and was_read(print_, agreed) and not is_back
        if is_removed and not self._merger.recreate:
            return Decision(Outcome.UNCHANGED, {}, Note.REMOVED)
        decision = self._merger.decide(candidate.source, candidate.target, stands, current, agreed, chosen)
        return replace(decision, note=Note.BACK) if is_back and decision.note is Note.FIRST_CONTACT else decision

    def _agreement(
        self,
        candidate: Candidate,
        print_: bytes,
        decision: Decision,
        current: Record | None,
        agreed: Agreement | None,
    ) -> Agreement:
        """Return what is to be remembered once a decision is done."""
        is_gone = candidate.sort is Sort.GONE
        if is_gone:
            made = agreed_gone(self._merger, decision, current, agreed)
        else:
            made = self._merger.agreement_after(candidate.target, decision, agreed)
        before, file = {} if agreed is None else agreed.deliveries, file_of(candidate.item)
        made.fingerprint, made.file = print_, file if agreed is None else decided_in(file, print_, agreed)
        made.deliveries = delivered(before, [*self._passed_over(candidate), *candidate.superseded, (file, print_)])
        made.shared, made.sort = _is_shared(candidate, agreed), candidate.sort
        if is_gone:
            return made
        made.oscillations = decision.oscillations
        made.lacks = self._merger.lacking(candidate.source, candidate.target)
        made = self._merger.keeper.heard(candidate.source, candidate.target, agreed, made)
        if agreed is not None and decision.outcome is Outcome.UNCHANGED and self._is_older_outside(made, agreed):
            made.is_unsure = True
        return made

    def _passed_over(self, candidate: Candidate) -> list[tuple[str, bytes]]:
        """Return what was rejected in files that come before a candidate's: accepted later, it is no news."""
        return [
            (file, print_)
            for file, print_ in candidate.rejected
            if comes_before(file, file_of(candidate.item), self._merger.rank)
        ]

    def _left_alone(
        self, candidate: Candidate, print_: bytes, remembered: Agreement | None, there: Record | None
    ) -> Change[Detail]:
        """Skip a record that is not imported. Of one that is known it is remembered, since edits of it wait then."""
        if remembered is None and there is None:
            return Change(candidate, Outcome.SKIPPED)
        agreed = None if remembered is None else settle_intent(remembered, self._merger.units, there)
        agreement = set_aside(candidate, print_, agreed)
        if agreed is not None and standing(candidate, print_, agreed) is Standing.KNOWN:
            agreement = replace(agreed, deliveries=agreement.deliveries, shared=agreement.shared)
        detail = Detail(Decision(Outcome.SKIPPED, {}), there, agreement, remembered, agreed)
        return Change(candidate, Outcome.SKIPPED, detail, Note.ASIDE if there is not None else None)

    def _is_superseded(self, candidate: Candidate, print_: bytes, agreed: Agreement | None) -> bool:
        """Return whether a dead letter that is replayed comes before what was decided on since."""
        if candidate.item.letter is None or agreed is None:
            return False
        return is_late(candidate, agreed, self._merger.rank) and standing(candidate, print_, agreed) is Standing.NEWS

    def _superseded(
        self, candidate: Candidate, print_: bytes, agreed: Agreement, there: Record | None
    ) -> Change[Detail]:
        """Leave what a later record has taken the place of. It is remembered, so it is no news in its file either."""
        read = delivered(agreed.deliveries, [*candidate.superseded, (file_of(candidate.item), print_)])
        detail = Detail(Decision(Outcome.SUPERSEDED, {}), there, replace(agreed, deliveries=read), agreed, agreed)
        return Change(candidate, Outcome.SUPERSEDED, detail)

    def _is_older_outside(self, made: Agreement, agreed: Agreement) -> bool:
        """Return whether what was sent says only what the outside said before, which nothing remembers any more."""
        is_plain = self._merger.echo and agreed.seen is not None and not agreed.record_sent
        return is_plain and not self._merger.same_values(made.seen or {}, agreed.seen or {})


def _unclear(candidate: Candidate, found: Unclear, remembered: Agreement | None) -> Change[Detail]:
    """Have a record wait for a person of which nobody knows what it is inside."""
    waits = Decision(Outcome.CONFLICT, {}, disputes=(found.dispute,))
    detail = Detail(waits, None, Agreement(), remembered, remembered)
    return Change(candidate, Outcome.CONFLICT, detail, reasons=(found.why,))


def _needs_no_look(candidate: Candidate, remembered: Agreement | None) -> bool:
    """Return whether it is enough to know that there is an inside record, whatever it has."""
    return candidate.sort is Sort.ASIDE and (remembered is None or remembered.intent is None)


def set_aside(candidate: Candidate, print_: bytes, remembered: Agreement | None) -> Agreement:
    """Return what is remembered of a record that is not imported: of its values, what was agreed before."""
    agreed, file = remembered or Agreement(), file_of(candidate.item)
    return replace(
        agreed,
        fingerprint=print_,
        file=decided_in(file, print_, agreed),
        deliveries=delivered(agreed.deliveries, [*candidate.superseded, (file, print_)]),
        shared=_is_shared(candidate, agreed),
        sort=candidate.sort,
    )


def is_known(candidate: Candidate, print_: bytes, agreed: Agreement | None, merger: Merger) -> bool:
    """Return whether a record was read before, still means the same, and leaves nothing to remember."""
    return (
        agreed is not None and leaves_nothing(candidate, agreed) and not brings_news(candidate, print_, agreed, merger)
    )


def leaves_nothing(candidate: Candidate, agreed: Agreement) -> bool:
    """Return whether a record leaves nothing to remember, if it brings no news."""
    if agreed.seen is None or agreed.intent is not None or candidate.superseded:
        return False
    return agreed.shared == _is_shared(candidate, agreed)


def brings_news(candidate: Candidate, print_: bytes, agreed: Agreement, merger: Merger) -> bool:
    """Return whether a record was not read before, or means something else under a mapping that was edited."""
    match standing(candidate, print_, agreed):
        case Standing.LAST:
            return candidate.sort is Sort.RECORD and not merger.same_values(candidate.target, agreed.seen or {})
        case Standing.KNOWN:
            return False
        case Standing.NEWS:
            return True


def is_held(candidate: Candidate, print_: bytes, agreed: Agreement | None, rank: Rank) -> bool:
    """Return whether a later record of the same key may follow in this run, which would be the one that counts."""
    if candidate.last or agreed is None:
        return False
    return agreed.shared or (is_late(candidate, agreed, rank) and standing(candidate, print_, agreed) is Standing.NEWS)


def _is_shared(candidate: Candidate, agreed: Agreement | None) -> bool:
    """Return whether other outside records have its key, as far as is known now."""
    return candidate.repeats or (candidate.item.replayed and agreed is not None and agreed.shared)
