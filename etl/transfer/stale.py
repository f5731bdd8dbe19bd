"""What was sent, as the outside has it now: whether it is as it was sent, or was taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final, Generic, Protocol, runtime_checkable

from etl.mapping.equality import same
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.arranged import Arrange
from etl.mapping.rules.elsewhere import reached
from etl.mapping.rules.sent import SentForm
from etl.mapping.rules.translate import Translator
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Occasion
from etl.record import ABSENT, NOTHING_KNOWN, Key, Record, Violation
from etl.transfer.agreement import Agreement, noted
from etl.transfer.deliveries import values_mark
from etl.transfer.endpoint import Writer
from etl.transfer.kept import Keeper
from etl.transfer.model import Candidate, Change, D, Item, Note, Outcome
from etl.transfer.plan import displayed_apart
from etl.transfer.sending import Sending
from etl.transfer.unit import Unit

_LYING: Final = frozenset({Outcome.UPDATED, Outcome.UNCHANGED})


@runtime_checkable
class Breakable(Protocol):
    """A writer of what may be broken where it lies."""

    def is_broken(self, change: Change[Any]) -> bool:
        """Return whether something is there that a change would replace, and holds no record that can be read."""
        ...


@dataclass(frozen=True, slots=True)
class Sent(Generic[D]):
    """What was sent, as the outside has it now.

    outward: makes the expected record. again: makes what is sent of it, in this form, where nothing is new. elsewhere:
    yields it as it goes out in files in which none goes that the outside has. arrange: puts the elements of lists in
    one order. keeper: knows what the outside was last. units: what is agreed on. lasting: paths whose values do not
    depend on when a run was. alone: those of which the outside says nothing itself. is_taken: whether a record that is
    not there was taken away, and not never sent.
    """

    writer: Writer[D]
    outward: Translator
    again: Callable[[Candidate], Candidate]
    elsewhere: Callable[[Candidate], Iterable[Candidate]]
    form: SentForm | None
    arrange: Arrange
    keeper: Keeper
    units: Sequence[Unit]
    lasting: Sequence[Path]
    alone: Sequence[Path]
    is_taken: Callable[[Agreement], bool]

    def judged(self, key: Key, item: Item, document: Record, agreed: Agreement) -> tuple[Violation | None, Note | None]:
        """Return what is wrong with the record as it was sent, and whether it was taken."""
        expected, _, violations = self.outward(document, self.keeper.last(agreed, document))
        if violations:
            return None, None
        candidate = self.again(Candidate(item, key, document, expected))
        if candidate.sending is not None and candidate.sending.parts is not None:
            return self._judged_in_parts(candidate, candidate.sending, agreed)
        (change,) = self.writer.compare([candidate])
        if change.outcome is Outcome.CREATED:
            return None, Note.TAKEN if self.writer.replaces and self.is_taken(agreed) else None
        present = self.writer.present(change) if change.outcome is Outcome.UPDATED else None
        if present is None:
            return self._broken(change), None
        if self.form is not None and not self.form.is_as_expected:
            return self._differing_in(self.form, change, present, change.candidate.sent, agreed), None
        return self._stale(change, present, agreed), None

    def lying(self, candidate: Candidate, document: Record) -> Record | None:
        """Return the record that lies where a document is sent; None where none does, or in another form."""
        expected, _, violations = self.outward(document, NOTHING_KNOWN)
        is_plain = self.form is None or self.form.is_as_expected
        if violations or not (is_plain and self.writer.replaces):
            return None
        sent = self.again(Candidate(candidate.item, candidate.key, document, expected))
        if sent.sending is not None and sent.sending.parts is not None:
            return None
        (change,) = self.writer.compare([sent])
        return self.writer.present(change) if change.outcome in _LYING else None

    def _judged_in_parts(
        self, candidate: Candidate, sending: Sending, agreed: Agreement
    ) -> tuple[Violation | None, Note | None]:
        """Return what is wrong in a file that is there, of all that it says: it may say less than would be sent now."""
        parts = sending.parts or ()
        alone = [replace(candidate, sending=replace(sending, parts=(part,))) for part in parts]
        changes = [change for one in alone for change in self.writer.compare([one])]
        others = [change for one in self.elsewhere(candidate) for change in self.writer.compare([one])]
        stale = (self._stale_part(change, sending, agreed) for change in changes if change.outcome is Outcome.UPDATED)
        broken = (self._broken(change) for change in others)
        if (wrong := next(filter(None, chain(stale, broken)), None)) is not None:
            return wrong, None
        told = {unit.place for unit in self.units if noted(agreed.told, unit) is not None}
        lies = any(change.outcome in _LYING for change in others)
        missing = (part.rules for part, c in zip(parts, changes, strict=True) if c.outcome is Outcome.CREATED)
        is_taken = self.writer.replaces and not lies and any(told & rules for rules in missing)
        return None, Note.TAKEN if is_taken else None

    def _stale_part(self, change: Change[D], sending: Sending, agreed: Agreement) -> Violation | None:
        present, place = self.writer.present(change), self.writer.place_of(change)
        if present is None and sending.occasion is Occasion.DELETE:  # it is written once, and says the same for ever
            return self._broken(change) or Violation("", "stale", f"{place} is not as it was sent")
        if present is None:
            return self._broken(change)
        if self.form is None:
            paths = [path for path in self.lasting if reached(present, path)[1] is not ABSENT]
            return self._differing(change, present, paths)
        sent = self.form.again(change.candidate.target, change.candidate.source)  # of rules of other files, as well
        return self._differing_in(self.form, change, present, sent, agreed)

    def _differing_in(
        self, form: SentForm, change: Change[D], present: Record, sent: Record, agreed: Agreement
    ) -> Violation | None:
        """Return where a record that was sent in a form of its own says otherwise than it would now.

        Where the outside has said as much in another way since, what was sent before that is right where it stands as
        it is expected.
        """
        expected, place = change.candidate.target, self.writer.place_of(change)
        paths = self.lasting
        if agreed.record_sent != values_mark([get(expected, path) for path in paths]):
            paths = [path for path in paths if not self._says_as_much(form, present, expected, path)]
        path = form.differing(present, sent, paths, self.arrange)
        return None if path is None else _stale_value(place, path, get(present, path), get(sent, path))

    def _says_as_much(self, form: SentForm, present: Record, expected: Record, path: Path) -> bool:
        return form.place_of(path) == path and self.keeper.says_as_much(present, expected, path)

    def _broken(self, change: Change[D]) -> Violation | None:
        """Return that what was sent is there and cannot be read, where it is so: somebody may still take it so."""
        if change.outcome is not Outcome.UPDATED or not isinstance(self.writer, Breakable):
            return None
        place = self.writer.place_of(change)
        is_broken = self.writer.is_broken(change)
        return Violation("", "stale", f"{place} is broken, and holds no record that can be read") if is_broken else None

    def _differing(self, change: Change[D], present: Record, paths: Iterable[Path]) -> Violation | None:
        place, expected = self.writer.place_of(change), change.candidate.target
        stale = next((path for path in paths if not self._is_alike(present, expected, path)), None)
        if stale is None:
            return None
        return _stale_value(place, stale, get(present, stale), get(expected, stale))

    def _stale(self, change: Change[D], present: Record, agreed: Agreement) -> Violation | None:
        """Return what is wrong with a record that is there: of what was sent, the outside may say otherwise itself."""
        place = self.writer.place_of(change)
        mark = values_mark([get(present, path) for path in self.lasting])
        is_as_sent = bool(agreed.record_sent) and mark == agreed.record_sent
        looked_at = self.alone if is_as_sent or agreed.is_unsure else self.lasting
        if stale := self._differing(change, present, looked_at):
            return stale
        is_as_known = is_as_sent or not agreed.record_sent
        return None if is_as_known else Violation("", "stale", f"{place} is not as it was sent")

    def _is_alike(self, present: Record, expected: Record, path: Path) -> bool:
        """Return whether a value is as it would be sent, or says as much in another form, as the outside had it."""
        one, other = (self.arrange(path, reached(record, path)[1]) for record in (present, expected))
        return same(json_form(one), json_form(other)) or self.keeper.says_as_much(present, expected, path)


def _stale_value(place: str, path: Path, has: Any, should: Any) -> Violation:
    lies, wanted = displayed_apart(has, should)
    return Violation(format_path(path), "stale", f"{place} has {lies}, and it should be {wanted}")
