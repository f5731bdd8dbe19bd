"""Taking back what a run has replaced: where neither side has moved on since, and as an edit of the inside.

What both sides agreed on stays: the outside did say what it said. So a delivery that was read is no news, and what is
taken back goes out, as any edit does. `again` puts it otherwise: as if the outside had said what was there before, so
that its record is news when it is read next.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable

from etl.mapping.equality import same
from etl.record import ABSENT, Key, Record, Violation
from etl.transfer.agreement import Agreement, alike, values_of
from etl.transfer.decision import Decision, Detail
from etl.transfer.deliveries import mark_of
from etl.transfer.endpoint import KeyedWriter
from etl.transfer.gone import deletion, looked_at
from etl.transfer.intents import agree_as_written, settle_intent
from etl.transfer.ledger import Remembered
from etl.transfer.lying import Lying
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, Item, Outcome
from etl.transfer.replaced import Replaced
from etl.transfer.shelf import Shelf
from etl.transfer.unit import Unit

EDITED: Final = "edited since"
SAID: Final = "the outside has said something else since"
WAITS: Final = "waits for a person: see `etl conflicts list`"
GONE: Final = "is not there any more"
ANOTHER: Final = "another record has its key now"
UNKNOWN: Final = "the run died over it: run once more, then undo"
UNMARKED: Final = "was made by the run, and the mapping has no `deleted_when` inside that says how to mark it"


Reopen: TypeAlias = Callable[[Sequence[Record]], Sequence[Record | None]]
"""Returns of inside records, as they will be, what else to set in each so that it waits to go out: {} where it does,
None where nothing is known that would."""


@runtime_checkable
class Rereading(Lying, Protocol):
    """A reader of files that knows where those are put that it clears away."""

    def whereabouts(self, file: str) -> str:
        """Return, in words, where a file that is not there any more was put; "" where it was not put anywhere."""
        ...


@dataclass(frozen=True, slots=True)
class Undo:
    """Decides what of a run's before-images is taken back.

    origin_of: what a person calls a record. waiting: returns those keys whose conflict waits for a person. again: the
    outside record shall be read again. reopen: see there.
    """

    images: Shelf[Replaced]
    records: KeyedWriter
    ledger: Remembered
    merger: Merger
    origin_of: Callable[[Key], str]
    waiting: Callable[[Sequence[Key]], set[Key]]
    reopen: Reopen
    again: bool = False

    def candidates(self) -> list[Candidate]:
        """Return what is to be compared."""
        return [Candidate(Item(self.origin_of(key), {}), key, {}, {}, last=True) for key in self.images]

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Detail]]:
        """Decide for every candidate: updated is what is taken back, a conflict what is left, with the reason."""
        keys = [candidate.key for candidate in candidates]
        images = self.images.some(keys)
        found, agreed = self.records.find(keys), self.ledger.load(keys)
        waiting = self.waiting(keys)
        changes = []
        for candidate in candidates:
            key = candidate.key
            if (blocked := found.blocked.get(key)) is not None:
                changes.append(_left(candidate, blocked.message))
            elif key in waiting:
                changes.append(_left(candidate, WAITS))
            else:
                changes.append(self._decide(candidate, images[key], found.records.get(key), agreed.get(key)))
        if not self.again:
            self._reopen([c.detail for c in changes if c.outcome is Outcome.UPDATED and c.detail is not None])
        return changes

    def _reopen(self, details: Sequence[Detail]) -> None:
        """Let what is taken back wait to go out, as an edit does."""
        after = [{**(detail.current or {}), **detail.decision.patch} for detail in details]
        for detail, marks in zip(details, self.reopen(after), strict=True):
            detail.decision.marks = marks

    def gone(self, changes: Iterable[Change[Detail]], lying: Collection[str]) -> Iterator[str]:
        """Yield the file of each record that shall be read again and is in none that lies there; "" for an unknown."""
        marks = {mark_of(file) for file in lying}
        for change in changes:
            agreed = change.detail.agreed if change.detail is not None else None
            if change.outcome is Outcome.UPDATED and agreed is not None:
                print_ = self.images[change.candidate.key].fingerprint
                if not any(said == print_ and mark in marks for mark, said in agreed.deliveries.items()):
                    yield agreed.file if agreed.fingerprint == print_ else ""

    def _decide(
        self, candidate: Candidate, image: Replaced, current: Record | None, remembered: Agreement | None
    ) -> Change[Detail]:
        if current is None:
            return _left(candidate, GONE)
        if not same(self.records.identity_of(current), image.identity):
            return _left(candidate, ANOTHER)
        if image.is_as_before(current) or (image.before is None and self.merger.is_deleted(current)):
            return Change(candidate, Outcome.UNCHANGED)
        if remembered is None:
            return _left(candidate, UNKNOWN)
        agreed = settle_intent(remembered, self.merger.units, current)
        patch, why = self._patch(image, current, agreed)
        if why:
            return _left(candidate, *why)
        if misfits := self.merger.misfits(current, patch):
            return Change(candidate, Outcome.REJECTED, reasons=tuple(misfits))
        after = {**current, **patch}
        decision = Decision(Outcome.UPDATED, patch, looked_at=(*image.names, *looked_at(self.merger)))
        agreement = self._again(image, after, agreed) if self.again else agreed
        return Change(candidate, Outcome.UPDATED, Detail(decision, current, agreement, remembered, agreed))

    def _patch(self, image: Replaced, current: Record, agreed: Agreement) -> tuple[dict[str, Any], list[str]]:
        """Return what to write, or why not."""
        if image.before is None:
            edited = [u.name for u in self.merger.units if not alike(values_of(current, u), agreed.said(u))]
            if agreed.fingerprint != image.fingerprint:
                return {}, [SAID]
            patch = deletion(self.merger, current)
            return patch, [f"{EDITED}: {', '.join(edited)}"] if edited else [] if patch else [UNMARKED]
        if edited := image.differing(current):
            return {}, [f"{EDITED}: {', '.join(edited)}"]
        if agreed.fingerprint != image.fingerprint and any(
            not alike(agreed.said(unit), values_of(image.after, unit)) for unit in self._changed(image)
        ):
            return {}, [SAID]
        before = image.before
        return {name: copy.deepcopy(before.get(name, ABSENT)) for name in image.names}, []

    def _changed(self, image: Replaced) -> list[Unit]:
        """Return the rules of which the run has written something else than there was."""
        before = image.before or {}
        return [u for u in self.merger.units if not alike(values_of(before, u), values_of(image.after, u))]

    def _again(self, image: Replaced, after: Record, agreed: Agreement) -> Agreement:
        """Return what is agreed where the outside record shall be read again."""
        if image.before is None:
            return Agreement()
        deliveries = {mark: print_ for mark, print_ in agreed.deliveries.items() if print_ != image.fingerprint}
        made = replace(agreed, fingerprint=b"", file="", deliveries=deliveries, intent=None)
        made.seen, made.told, made.inside = copy.deepcopy(agreed.seen), dict(agreed.told), dict(agreed.inside)
        made.had = dict(agreed.had)
        for unit in self._changed(image):
            agree_as_written(made, unit, values_of(after, unit))
        return made


def _left(candidate: Candidate, why: str) -> Change[Detail]:
    return Change(candidate, Outcome.CONFLICT, reasons=(Violation("", "undo", why),))
