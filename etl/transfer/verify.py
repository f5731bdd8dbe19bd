"""Whether both sides agree: every outside record against its inside one, then every inside one that none was for.

What waits to be moved is no difference, and is counted apart; so is what the outside has taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias

from etl.mapping.terms import Side, Sort
from etl.record import Key, Record, Violation
from etl.transfer.agreement import Agreement, alike, in_this_form, values_of
from etl.transfer.births import Births, Born, Unclear
from etl.transfer.deliveries import Standing, fingerprint, standing
from etl.transfer.endpoint import KeyedReader, KeyedWriter
from etl.transfer.ledger import Remembered
from etl.transfer.loop import Read
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, D, Item, Note, Outcome, Result, unwritten
from etl.transfer.plan import displayed_apart
from etl.transfer.seen import key_mark
from etl.transfer.stale import Sent
from etl.transfer.unit import Unit

Refused: TypeAlias = Callable[[Collection[Key]], dict[Key, tuple[Violation, ...]]]
"""Returns why a run rejects the inside records of keys, or of what takes their place, on their way out; by these."""

Held: TypeAlias = tuple[Unit, Sequence[Any]]
"""A rule, with the values that the outside has of it."""


@dataclass(frozen=True, slots=True)
class Verification(Generic[D]):
    """Compares records, and says what differs: agreeing ones are unchanged, others in conflict. names: of both sides.

    waiting: which keys wait to be exported, or for a person. is_farewell: whether an inside record is deleted, and the
    outside is told so. refused: why a run rejects what waits inside. births: None where every record has its key. met:
    the hashes of the keys that outside records have, or of what takes their place; a number each, so that a million of
    them fit in memory. rejected: the same of those that were rejected.
    """

    records: KeyedWriter
    ledger: Remembered
    merger: Merger
    names: Table[Side, str]
    waiting: Callable[[Sequence[Key]], set[Key]]
    is_farewell: Callable[[Record], bool]
    sent: Sent[D]
    refused: Refused
    births: Births | None = None
    met: set[int] = field(default_factory=set)
    rejected: set[int] = field(default_factory=set)

    def compare_outside(self, candidates: Sequence[Candidate]) -> list[Change[None]]:
        """Compare outside records with inside ones; hold those of a key that several have: the last one counts."""
        keys = [candidate.key for candidate in candidates]
        agreed, found, waiting = self._agreements(keys), self.records.find(keys), self.waiting(keys)
        there = {*found.records, *found.blocked}
        born = {} if self.births is None else self.births.of(candidates, there, agreed)
        self.met.update(key_mark(one.unkeyed) for one in born.values() if isinstance(one, Born))
        changes = self._unless_unfit(
            [
                Change(c, Outcome.SKIPPED, note=Note.ASIDE if c.key in found.records else None)
                if c.sort is Sort.ASIDE
                else Change(c, Outcome.REJECTED, reasons=(found.blocked[c.key],))
                if c.key in found.blocked
                else self._unborn(c, born[c.key], waiting)
                if c.key in born
                else self._outside(c, found.records.get(c.key), agreed.get(c.key), waiting)
                for c in candidates
            ]
        )
        unkeyed = {key: one.unkeyed for key, one in born.items() if isinstance(one, Born)}
        return self._unless_refused(changes, {**{key: key for key in waiting & found.records.keys()}, **unkeyed})

    def compare_inside(self, candidates: Sequence[Candidate]) -> list[Change[None]]:
        """Compare inside records with what the outside was last told of them."""
        keys = [candidate.key for candidate in candidates]
        agreed, waiting = self._agreements(keys), self.waiting(keys)
        changes = [self._inside(candidate, agreed.get(candidate.key), waiting) for candidate in candidates]
        return self._unless_refused(changes, {c.key: c.key for c in candidates if c.key in waiting or c.item.unkeyed})

    def _agreements(self, keys: Sequence[Key]) -> dict[Key, Agreement]:
        found = self.ledger.load(keys)
        return {key: in_this_form(agreed, self.merger.units) for key, agreed in found.items()}

    def apply_outside(self, changes: Sequence[Change[None]]) -> list[Result]:
        """Write nothing, and note which keys were met. What is superseded says nothing of an inside record."""
        self.met.update(key_mark(c.candidate.key) for c in changes if c.outcome is not Outcome.SUPERSEDED)
        return unwritten(changes)

    def heard(self, results: Sequence[Result]) -> Sequence[Result]:
        """Note the keys of outside records that were rejected."""
        self.rejected.update(key_mark(one.known_key) for one in results if _is_refused(one))
        return results

    def untold(self, results: Sequence[Result]) -> Iterator[Result]:
        """Yield what became of inside records, but for those that agree and whose outside record was rejected."""
        for one in results:
            agrees = one.outcome is Outcome.UNCHANGED and one.note is None
            if not (agrees and key_mark(one.known_key) in self.rejected):
                yield one

    def remaining(self, reader: KeyedReader) -> Read:
        """Return what reads the inside records that no outside one was for."""

        def read(size: int) -> Iterator[list[Item]]:
            for batch in reader.batches(size):
                yield [item for item in batch if key_mark(reader.key_of(item) or item.unkeyed) not in self.met]

        return read

    def _outside(
        self, candidate: Candidate, record: Record | None, agreed: Agreement | None, waiting: set[Key]
    ) -> Change[None]:
        if not candidate.last and agreed is not None and agreed.shared:
            return Change(candidate, Outcome.UNCHANGED, hold=True)
        if candidate.sort is Sort.GONE:
            return self._gone(candidate, record, agreed, waiting)
        known = agreed or Agreement()
        stands = standing(candidate, fingerprint(candidate.source), known)
        if known.sort is Sort.GONE and stands is Standing.KNOWN:
            return Change(candidate, Outcome.SUPERSEDED)  # by its end, also where no file says that any more
        if record is None:
            why = f"{self.names[Side.OUTSIDE]} has it, {self.names[Side.INSIDE]} has not"
            return _judged(candidate, (Violation("", "only outside", why),))
        if candidate.key in waiting:
            return _judged(candidate, (), Note.WAITS)
        said = candidate.target
        if known.is_gone and stands is not Standing.NEWS:
            return self._ended(candidate, record, known)
        if stands is Standing.KNOWN:
            said = known.seen or {}  # what a superseded delivery says is no matter
        outside = [(unit, self._has(unit, values_of(said, unit), known)) for unit in self.merger.units]
        differing = self._differing(outside, record, known)
        reasons = tuple(self._differs(unit, values, record) for unit, values in differing)
        return self._with_sent(candidate, reasons or tuple(self._undeleted(record)), record, known)

    def _unborn(self, candidate: Candidate, found: Born | Unclear, waiting: set[Key]) -> Change[None]:
        """Judge what brings a key that no inside record has yet: as long as a person has to decide, both wait."""
        if candidate.key in waiting:
            return _judged(candidate, (), Note.WAITS)
        if isinstance(found, Unclear):
            return _judged(candidate, (found.why,))
        outside, inside = self.names[Side.OUTSIDE], self.names[Side.INSIDE]
        why = f"{outside} has given it its key, {inside} has not taken that yet"
        return _judged(candidate, (Violation("", "only outside", why),))

    def _gone(
        self, candidate: Candidate, record: Record | None, agreed: Agreement | None, waiting: set[Key]
    ) -> Change[None]:
        """Compare the end of an outside record with its inside one."""
        if record is not None and candidate.key in waiting:
            return _judged(candidate, (), Note.WAITS)
        is_read = agreed is not None and standing(candidate, fingerprint(candidate.source), agreed) is not Standing.NEWS
        if record is None or is_read or self.merger.is_deleted(record):
            return Change(candidate, Outcome.UNCHANGED)
        outside, inside = self.names[Side.OUTSIDE], self.names[Side.INSIDE]
        return _judged(candidate, (Violation("", "differs", f"{outside} has deleted it, {inside} has not"),))

    def _inside(self, candidate: Candidate, agreed: Agreement | None, waiting: set[Key]) -> Change[None]:
        known = agreed or Agreement()
        if candidate.key not in waiting and self.is_farewell(candidate.source) and not known.may_be_had:
            return self._ended(candidate, candidate.source, known)
        if candidate.item.unkeyed:
            return Change(candidate, Outcome.SKIPPED, note=Note.WAITS if agreed is None else Note.WAITS_KEY)
        if agreed is not None and agreed.sort is Sort.ASIDE:
            return Change(candidate, Outcome.SKIPPED, note=Note.WAITS_ASIDE)
        if agreed is not None and agreed.sort is Sort.GONE and candidate.key not in waiting:
            return Change(candidate, Outcome.UNCHANGED)
        if candidate.key in waiting:
            return _judged(candidate, (), Note.WAITS)
        nothing, agreed = agreed is None, agreed or Agreement()
        if agreed.is_gone:
            return _judged(candidate, ())
        never_told = agreed.is_empty and not agreed.record_sent
        if never_told and (nothing or any(unit.is_two_way for unit in self.merger.units)):
            why = f"{self.names[Side.INSIDE]} has it, {self.names[Side.OUTSIDE]} was never told"
            return _judged(candidate, (Violation("", "only inside", why),))
        asked = [unit for unit in self.merger.units if unit.is_two_way or agreed.seen is not None]
        differing = self._differing([(unit, agreed.known(unit)) for unit in asked], candidate.source, agreed)
        reasons = tuple(self._differs(unit, outside, candidate.source) for unit, outside in differing)
        return self._with_sent(candidate, reasons or tuple(self._undeleted(candidate.source)), candidate.source, agreed)

    def _undeleted(self, record: Record) -> Iterator[Violation]:
        """Yield that an inside record is deleted, where the outside has it: it was not told, or has it again since."""
        if self.is_farewell(record):
            outside, inside = self.names[Side.OUTSIDE], self.names[Side.INSIDE]
            yield Violation("", "differs", f"{inside} has deleted it, {outside} has not")

    def _unless_refused(self, changes: list[Change[None]], due: Table[Key, Key]) -> list[Change[None]]:
        """Say of what a run rejects on its way out that it is rejected: it neither waits nor agrees.

        due: what may be on its way, by the keys of these changes.
        """
        refused = self.refused(due.values()) if due else {}
        why = {key: refused[one] for key, one in due.items() if one in refused}
        return [
            Change(c.candidate, Outcome.REJECTED, reasons=why[c.candidate.key])
            if c.candidate.key in why and not c.hold and c.outcome is not Outcome.SUPERSEDED
            else c
            for c in changes
        ]

    def _unless_unfit(self, changes: list[Change[None]]) -> list[Change[None]]:
        """Say of a difference that every import would reject that it is rejected."""
        differing = {c.candidate.key: c.candidate.target for c in changes if c.outcome is Outcome.CONFLICT}
        unfit = self.records.unfit(differing) if differing else {}
        return [
            Change(c.candidate, Outcome.REJECTED, reasons=(unfit[c.candidate.key],))
            if c.outcome is Outcome.CONFLICT and c.candidate.key in unfit
            else c
            for c in changes
        ]

    def _with_sent(
        self, candidate: Candidate, reasons: tuple[Violation, ...], record: Record, agreed: Agreement
    ) -> Change[None]:
        if reasons:
            return _judged(candidate, reasons)
        stale, taken = self.sent.judged(candidate.key, candidate.item, record, agreed)
        return _judged(candidate, () if stale is None else (stale,), taken)

    def _ended(self, candidate: Candidate, record: Record, agreed: Agreement) -> Change[None]:
        """Judge an inside record that is deleted, which the outside was told, or never had."""
        return self._with_sent(candidate, (), record, agreed) if agreed.is_gone else _judged(candidate, ())

    def _has(self, unit: Unit, said: Sequence[Any], agreed: Agreement) -> Sequence[Any]:
        """Return what the outside has of a rule: what it says, or what it was told since it said that."""
        is_told = unit.is_two_way and agreed.is_old(unit, said)
        return agreed.known(unit) if is_told else said

    def _differing(self, outside: Sequence[Held], record: Record, agreed: Agreement) -> list[Held]:
        """Return the rules of which the outside has neither the inside values nor what they come to outside."""
        differing = [(u, has) for u, has in outside if not (alike(has, values_of(record, u)) or agreed.is_over(u, has))]
        last = self.merger.keeper.last(agreed, record)
        back = self.merger.normalise(record, last) if any(unit.is_two_way for unit, _ in differing) else {}
        return [(u, values) for u, values in differing if not (u.is_two_way and alike(values, values_of(back, u)))]

    def _differs(self, unit: Unit, said: Sequence[Any], record: Record) -> Violation:
        outside, inside = self.names[Side.OUTSIDE], self.names[Side.INSIDE]
        ours = values_of(record, unit)
        pairs = [displayed_apart(one, other) for one, other in zip(said, ours, strict=True)]
        theirs, others = (", ".join(texts) for texts in zip(*pairs, strict=True))
        return Violation(unit.name, "differs", f"{outside} has {theirs}, {inside} {others}")


def _is_refused(result: Result) -> bool:
    return result.outcome is Outcome.REJECTED and bool(result.known_key)


def _judged(candidate: Candidate, reasons: tuple[Violation, ...], note: Note | None = None) -> Change[None]:
    return Change(candidate, Outcome.CONFLICT if reasons else Outcome.UNCHANGED, note=note, reasons=reasons)
