"""MongoDB as a sink: compare with what is there and with what was agreed, then write little."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from etl.endpoints.mongodb.bulk import Bulk, Failed, unfit_changes
from etl.endpoints.mongodb.compare import Comparer, Detail
from etl.endpoints.mongodb.conflicts import ConflictLog
from etl.endpoints.mongodb.encoding import unfit_documents
from etl.endpoints.mongodb.store import Store
from etl.errors import EndpointError
from etl.record import Key, Violation
from etl.transfer.agreement import Agreement
from etl.transfer.intents import intend
from etl.transfer.model import Candidate, Change, Compare, Note, Outcome, Result, Stage

_ROUNDS: Final = 5
"""How often a record that somebody edits between compare and write is compared again."""

_RESTLESS: Final = Violation(
    "", "mongodb", "edited again and again while it was being written; the next run tries again"
)


class _PassingError(Exception):
    """Records that a passing failure kept from being written; they alone are tried again."""


class MongoSink:
    """The documents of one collection, upserted on the mapping's key. around: sees every decision before it counts."""

    def __init__(self, store: Store, around: Callable[[Compare], Compare] = lambda compare: compare) -> None:
        self._store = store
        self._compare = around(Comparer(store).compare)
        self._bulk = Bulk(store)
        self._conflicts = ConflictLog(store)

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Decide for every candidate. One that says what it said last time costs one look at the key index."""
        return self._compare(candidates)

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write the changes, then remember the agreements; only what failed in passing is tried again."""
        results: dict[Key, Result] = {}
        pending = list(changes)

        def write() -> None:
            nonlocal pending
            pending, why = self._write_what_stays(pending, results)
            if pending:
                raise _PassingError(why)

        try:
            self._store.retry(write, on=lambda error: isinstance(error, _PassingError))
        except _PassingError as error:
            raise EndpointError(f"MongoDB could not write {len(pending)} records: {error}; run again") from None
        return [self._final(results[change.candidate.key], change) for change in changes]

    def _write_what_stays(self, pending: list[Change], results: dict[Key, Result]) -> tuple[list[Change], str]:
        """Write; compare again what somebody edited meanwhile. Return what failed in passing, and why."""
        passing: list[Change] = []
        why = ""
        for _ in range(_ROUNDS):
            failed = self._write(pending, results)
            why = next(iter(failed.passing.values()), why)
            passing += self._compare_again(pending, failed.passing)
            pending = self._compare_again(pending, failed.moved)
            if not pending:
                return passing, why
        details = {c.candidate.key: c.detail for c in pending if isinstance(c.detail, Detail)}
        self._remember([], pending, {key: d.remembered for key, d in details.items() if d.remembered is not None})
        for change in pending:
            results[change.candidate.key] = _refusal(change, _RESTLESS)
        return passing, why

    def _compare_again(self, changes: Sequence[Change], keys: Collection[Key]) -> list[Change]:
        """Compare what was not written, and take back what was decided; what finds its own values was written."""
        before = [change for change in changes if change.candidate.key in keys]
        if not before:
            return []
        again = self.compare([replace(change.candidate, last=True) for change in before])
        found = {a.candidate.key: a.detail.current or {} for a in again if isinstance(a.detail, Detail)}
        undone = [b for b, a in zip(before, again, strict=True) if a.outcome is not Outcome.UNCHANGED]
        self._conflicts.forget([change for change in undone if change.candidate.key in found], found)
        return again

    def _final(self, result: Result, first: Change) -> Result:
        """Report what was done: a write that was repeated, because its answer was lost, finds its own work."""
        if result.outcome is Outcome.UNCHANGED and first.outcome is not Outcome.UNCHANGED:
            return replace(result, outcome=first.outcome, note=first.note)
        return result

    def _write(self, changes: Sequence[Change], results: dict[Key, Result]) -> Failed:
        """Write once; add a result for each change that is settled, and return what was not written.

        What a conflict costs is kept before it is overwritten.
        """
        now = self._store.now()
        failed = Failed({c.candidate.key: c.detail for c in changes if c.outcome is Outcome.REJECTED})
        self._conflicts.keep(changes)
        failed.refused.update(unfit_changes(changes))
        fit = [change for change in changes if change.candidate.key not in failed.refused]
        creations = [change for change in fit if change.outcome is Outcome.CREATED]
        updates = [change for change in fit if change.outcome is Outcome.UPDATED]
        intents = self._intend([*creations, *updates])
        self._bulk.insert(creations, now, failed)
        self._bulk.update(updates, now, failed)
        refused = [c for c in changes if c.candidate.key in failed.refused] if failed else []
        self._conflicts.forget(refused)
        written = [c for c in changes if c.candidate.key not in failed] if failed else changes
        results.update({c.candidate.key: _refusal(c, failed.refused[c.candidate.key]) for c in refused})
        results.update({c.candidate.key: _result(c) for c in written})
        self._remember(written, refused, intents)
        self._conflicts.close([change for change in written if change.outcome is not Outcome.CONFLICT])
        return failed

    def _intend(self, changes: Sequence[Change]) -> dict[Key, Agreement]:
        """Say what is to be written where something is remembered, so that a run that dies meanwhile is understood."""
        units = self._store.merger.units
        known = [change for change in changes if change.detail.agreed is not None and change.detail.decision.patch]
        before = {change.candidate.key: change.detail.remembered for change in known}
        details = {change.candidate.key: change.detail for change in known}
        intents = {key: intend(d.agreed, units, d.current, d.decision.patch) for key, d in details.items()}
        for key in unfit_documents({key: {"": [a.seen, a.sent, a.intent]} for key, a in intents.items()}):
            del intents[key]  # too much to remember at once: a crash may make a conflict of it
        self._store.state.save(intents, before)
        return intents

    def _remember(self, written: Sequence[Change], refused: Sequence[Change], intents: dict[Key, Agreement]) -> None:
        """Remember what was agreed. Where nothing was decided or done, that is what had been agreed before.

        What is to be compared again keeps what was intents: the document shows then what of it was written.
        """
        known = [change for change in written if change.detail is not None]
        news = {c.candidate.key: c.detail.agreed if _is_left(c) else c.detail.agreement for c in known}
        news |= {c.candidate.key: c.detail.agreed for c in refused if c.candidate.key in intents}
        before = {c.candidate.key: c.detail.remembered for c in known if c.detail.remembered is not None}
        self._store.state.save({key: news[key] for key in news if news[key] is not None}, before | intents)


def _is_left(change: Change) -> bool:
    """Return whether a record stays as it is, without the sides having agreed on it."""
    return change.outcome is Outcome.CONFLICT or change.note is Note.REMOVED


def _result(change: Change) -> Result:
    return Result(change.candidate.item, change.outcome, change.reasons, change.candidate, change.note)


def _refusal(change: Change, why: Violation) -> Result:
    return Result(change.candidate.item, Outcome.REJECTED, (why,), change.candidate, stage=Stage.WRITE)
