"""An import: outside records are compared with inside ones, then little is written, then the agreements are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from etl.errors import EndpointError
from etl.record import Key, Record, Violation
from etl.transfer.agreement import Agreement
from etl.transfer.batches import in_parts
from etl.transfer.conflict_log import ConflictLog
from etl.transfer.decision import Detail, Failed, details_of
from etl.transfer.deliveries import delivered
from etl.transfer.echo import Marks
from etl.transfer.endpoint import KeyedWriter, Retry
from etl.transfer.intents import Creation, IntentStore, Updating, intend, recovered
from etl.transfer.ledger import Ledger
from etl.transfer.model import Candidate, Change, Compare, Outcome, Result, result_of
from etl.transfer.replaced import ReplacedStore, images
from etl.transfer.unit import Unit

Review: TypeAlias = Callable[[Compare[Detail]], Compare[Detail]]
"""Returns a comparison that sees, and may overrule, every decision of another one."""

_ROUNDS: Final = 5
"""How often a record that somebody edits between compare and write is compared again."""

_AGREEING: Final = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED})

_LEAVING_OPEN: Final = frozenset({Outcome.CONFLICT, Outcome.SUPERSEDED})
"""What settles no conflict of its key."""


class _PassingError(Exception):
    """Records that a passing failure kept from being written; they alone are tried again."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What is kept before anything is written: intents, for a crash; and what is replaced, for an undo."""

    intents: IntentStore
    replaced: ReplacedStore


class Import:
    """Imports into records that are found by their keys.

    compare: decides, as a `Comparer` does; units: what every import writes. marks: where it is remembered what was
    sent, what tells that.
    """

    def __init__(
        self,
        records: KeyedWriter,
        ledger: Ledger,
        notes: Notes,
        conflicts: ConflictLog,
        compare: Compare[Detail],
        retry: Retry,
        *,
        units: Sequence[Unit],
        marks: Marks | None = None,
    ) -> None:
        self._records = records
        self._ledger = ledger
        self._notes = notes
        self._conflicts = conflicts
        self._compare = compare
        self._units = units
        self._retry = retry
        self._marks = marks

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Detail]]:
        """Decide for every candidate. One that says what it said last time costs one look at the keys."""
        return self._compare(candidates)

    def apply(self, changes: Sequence[Change[Detail]]) -> list[Result]:
        """Write the changes, then remember the agreements; only what failed in passing is tried again."""
        results: dict[Key, Result] = {}
        pending = list(changes)

        def write() -> None:
            nonlocal pending
            pending, why = self._write_what_stays(pending, results)
            if pending:
                raise _PassingError(why)

        try:
            self._retry(write, on=lambda error: isinstance(error, _PassingError))
        except _PassingError as error:
            name = self._records.name
            raise EndpointError(f"{name} could not write {len(pending)} records: {error}; run again") from None
        return [_final(results[change.candidate.key], change) for change in changes]

    def _write_what_stays(
        self, pending: list[Change[Detail]], results: dict[Key, Result]
    ) -> tuple[list[Change[Detail]], str]:
        """Write; compare again what somebody edited meanwhile. Return what failed in passing, and why."""
        passing: list[Change[Detail]] = []
        why = ""
        for _ in range(_ROUNDS):
            failed = self._write(pending, results)
            why = next(iter(failed.passing.values()), why)
            passing += self._compare_again(pending, failed.passing)
            pending = self._compare_again(pending, failed.moved)
            if not pending:
                return passing, why
        details = details_of(pending)
        self._remember([], pending, _remembered(details))
        results |= {change.candidate.key: result_of(_refused(change, self._restless)) for change in pending}
        return passing, why

    @property
    def _restless(self) -> Violation:
        why = "edited again and again while it was being written; the next run tries again"
        return Violation("", self._records.name.lower(), why)

    def _compare_again(self, changes: Sequence[Change[Detail]], keys: Collection[Key]) -> list[Change[Detail]]:
        """Compare what was not written, and take back what was decided; what finds its own values was written."""
        before = [change for change in changes if change.candidate.key in keys]
        if not before:
            return []
        again = in_parts(self.compare, [replace(change.candidate, last=True) for change in before])
        found: dict[Key, Record] = {key: detail.current or {} for key, detail in details_of(again).items()}
        undone = [b for b, a in zip(before, again, strict=True) if a.outcome is not Outcome.UNCHANGED]
        self._conflicts.forget([change for change in undone if change.candidate.key in found], found)
        return again

    def _write(self, changes: Sequence[Change[Detail]], results: dict[Key, Result]) -> Failed:
        """Write once; add a result for each change that is settled, and return what was not written.

        What a conflict costs is kept before it is overwritten.
        """
        failed = Failed({c.candidate.key: c.reasons[0] for c in changes if c.outcome is Outcome.REJECTED})
        failed.refused.update(self._conflicts.keep(changes))
        failed.refused.update(unfit_changes(changes, self._records, self._ledger))
        fit = [change for change in changes if change.candidate.key not in failed.refused]
        creations = [change for change in fit if change.outcome is Outcome.CREATED]
        updates = [change for change in fit if change.outcome is Outcome.UPDATED]
        note_sent(creations, self._records, self._marks)
        stamps = self._records.stamps()
        made = self._identified(creations)
        intended = self._intend(made, [*creations, *updates], stamps)
        self._notes.replaced.keep(images(creations, updates, self._records.keyed, self._records.identity_of))
        self._records.write(creations, updates, stamps, failed)
        self._redo([creation for creation in made if creation.key in failed.moved])
        self._keep_intents(failed, updates, intended)
        refused = [c for c in changes if c.candidate.key in failed.refused] if failed else []
        self._conflicts.forget(refused)
        written = [c for c in changes if c.candidate.key not in failed] if failed else changes
        results.update({c.candidate.key: result_of(_refused(c, failed.refused[c.candidate.key])) for c in refused})
        results.update({c.candidate.key: result_of(c) for c in refused if c.outcome is Outcome.REJECTED})
        results.update({c.candidate.key: _done(c) for c in written})
        self._remember(written, refused, intended[1])
        self._ledger.forget([detail.unkeyed for detail in details_of(written).values() if detail.unkeyed])
        self._conflicts.close([change for change in written if change.outcome not in _LEAVING_OPEN])
        return failed

    def _identified(self, creations: Sequence[Change[Detail]]) -> list[Creation]:
        """Return what is to be made of which nothing is remembered."""
        made = []
        for key, detail in details_of(creations).items():
            detail.identity = self._records.identity()
            if detail.remembered is None:
                made.append(Creation(key, detail.identity, detail.agreement))
        return made

    def _redo(self, creations: Sequence[Creation]) -> None:
        """Remember what was made although its answer was lost."""
        if creations:
            self._ledger.save(recovered(creations, self._records, self._ledger), {})

    def _intend(
        self, made: Sequence[Creation], changes: Sequence[Change[Detail]], stamps: Record
    ) -> tuple[dict[Key, Agreement], dict[Key, Agreement]]:
        """Say what is to be made and written, so that a run that dies meanwhile is understood.

        Return what is agreed of what is written, with its intent; and of that what is remembered at once: where an
        earlier run had died, and the record has shown what of its intent was written.
        """
        known = {key: d for key, d in details_of(changes).items() if d.agreed is not None and d.decision.patch}
        dated = self._records.dated(stamps)
        intents = {key: intend(self._units, detail, dated) for key, detail in known.items()}
        agreed = {key: replace(d.agreed, intent=intents[key]) for key, d in known.items() if d.agreed is not None}
        settled = {key: agreed[key] for key, detail in known.items() if detail.agreed is not detail.remembered}
        for key in self._ledger.unfit(settled):
            del settled[key]  # too much to remember at once: a crash may make a conflict of it
        self._ledger.save(settled, _remembered(known))
        noted = [Updating(key, intent) for key, intent in intents.items() if intent.values and key not in settled]
        if made or noted:
            self._notes.intents.keep([*made, *noted])
        return agreed, settled

    def _keep_intents(
        self,
        failed: Failed,
        changes: Sequence[Change[Detail]],
        intended: tuple[Table[Key, Agreement], dict[Key, Agreement]],
    ) -> None:
        """Remember the intents of what is compared again: the next round's note takes the place of this one's."""
        agreed, stored = intended
        again = {key: agreed[key] for key in (*failed.moved, *failed.passing) if key in agreed and key not in stored}
        if again:
            for key in self._ledger.unfit(again):
                del again[key]
            self._ledger.save(again, _remembered(details_of(changes)))
            stored |= again

    def _remember(
        self, written: Sequence[Change[Detail]], refused: Sequence[Change[Detail]], stored: dict[Key, Agreement]
    ) -> None:
        """Remember what was agreed. Where nothing was decided or done, that is what had been agreed before.

        stored: what is remembered with an intent. What is to be compared again keeps that: the record shows then what
        of it was written.
        """
        details = details_of(written)
        news: dict[Key, Agreement | None] = {key: detail.agreement for key, detail in details.items()}
        left = [change for change in written if change.outcome is Outcome.CONFLICT]
        news |= {change.candidate.key: _undecided(change) for change in left}
        news |= {key: detail.agreed for key, detail in details_of(refused).items() if key in stored}
        before = _remembered(details) | stored
        self._ledger.save({key: agreed for key, agreed in news.items() if agreed is not None}, before)


def _done(change: Change[Detail]) -> Result:
    """Return what became of a change that was made, with what it changed."""
    result = result_of(change)
    if change.detail is not None and change.outcome is Outcome.UPDATED:
        result.changed = change.detail.decision.changed
    return result


def _remembered(details: Table[Key, Detail]) -> dict[Key, Agreement]:
    return {key: detail.remembered for key, detail in details.items() if detail.remembered is not None}


def note_sent(creations: Sequence[Change[Detail]], records: KeyedWriter, marks: Marks | None) -> None:
    """Note what an export would write of records that are made here: with what made them, the outside has it."""
    if marks is not None:
        for creation in creations:
            if (detail := creation.detail) is not None:
                sent = marks.of_inside(records.after(detail), creation.candidate.source)
                detail.agreement = replace(detail.agreement, sent=sent)


def unfit_changes(changes: Sequence[Change[Detail]], records: KeyedWriter, ledger: Ledger) -> dict[Key, Violation]:
    """Return a violation for each change that cannot be held: with what it replaces, or as it is to be remembered.

    Not of a record that is made and of which nothing is remembered: it holds all that will be.
    """
    details = details_of(change for change in changes if change.outcome in _AGREEING)
    known = {key: detail for key, detail in details.items() if detail.remembered is not None or detail.current}
    writes = {key: {**detail.decision.patch, "": _replaced(detail)} for key, detail in known.items()}
    return ledger.unfit({key: detail.agreement for key, detail in known.items()}) | records.unfit(writes)


def _replaced(detail: Detail) -> Record:
    current = detail.current or {}
    return {name: current[name] for name in detail.decision.basis if name in current}


def _undecided(change: Change[Detail]) -> Agreement | None:
    """Return what is agreed where a record waits for a person: what was, and that it superseded others.

    Else one of those would be news once the person has decided, and overrule that.
    """
    agreed = None if change.detail is None else change.detail.agreed
    if agreed is None or not change.candidate.repeats:
        return agreed
    return replace(agreed, deliveries=delivered(agreed.deliveries, change.candidate.superseded), shared=True)


def _final(result: Result, first: Change[Detail]) -> Result:
    """Report what was done: a write that was repeated, because its answer was lost, finds its own work."""
    if result.outcome is Outcome.UNCHANGED and first.outcome is not Outcome.UNCHANGED:
        return replace(result, outcome=first.outcome, note=first.note)
    return result


def _refused(change: Change[Detail], why: Violation) -> Change[Detail]:
    return replace(change, outcome=Outcome.REJECTED, note=None, reasons=(why,))
