"""An export, as the inside sees it: what is noted, and remembered, of what the outside is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Generic

from etl.mapping.equality import same
from etl.mapping.paths import Path, get
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Occasion
from etl.record import ABSENT, Key, Record
from etl.transfer.agreement import Agreement, Noted, alike, note, noted, values_of
from etl.transfer.announcing import Announcement
from etl.transfer.batches import in_parts
from etl.transfer.deliveries import values_mark
from etl.transfer.echo import Marks
from etl.transfer.endpoint import KeyedReader, Writer
from etl.transfer.gathering import Concluding, gathering_of
from etl.transfer.intents import Telling
from etl.transfer.known import NOTHING, Known
from etl.transfer.ledger import Ledger
from etl.transfer.left import left_behind, still_there
from etl.transfer.loop import Route
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Change, D, Outcome, Result, result_of
from etl.transfer.unit import Unit

_NEVER: Final = object()
_WRITTEN: Final = frozenset({Outcome.CREATED, Outcome.UPDATED})
_LEFT: Final = frozenset({Outcome.REJECTED, Outcome.SKIPPED})


class Export(Generic[D]):
    """Writes what waits, and acknowledges what the outside has been told.

    inward: what outside records mean inside. lasting: outside paths whose values do not depend on when a run was.
    marks: None where it does not matter what rules have sent of which imports say nothing. announcement: notes what
    is about to be sent.
    """

    def __init__(
        self,
        reader: KeyedReader,
        writer: Writer[D],
        ledger: Ledger,
        announcement: Announcement,
        merger: Merger,
        inward: Translator,
        *,
        lasting: Sequence[Path],
        marks: Marks | None,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._known = Known(reader, merger, ledger)
        self._ledger = ledger
        self._announcement = announcement
        self._merger = merger
        self._inward = inward
        self._lasting = tuple(lasting)
        self._marks = marks
        is_plain = any(unit.is_two_way for unit in merger.units) and not merger.keeper.reads_alike
        self._marks_all = marks is not None or not is_plain
        self._told: dict[Key, tuple[Candidate, Agreement]] = {}
        self._before: dict[Key, Agreement] = {}

    def apply(self, changes: Sequence[Change[D]]) -> list[Result]:
        """Note what the outside is about to be told, then tell it."""
        candidates = [change.candidate for change in changes]
        before = self._ledger.load([candidate.key for candidate in candidates])
        told = {c.key: self._after(c, self._known.of(c, before)) for c in candidates}
        gathering = gathering_of(self._writer)
        if gathering is None or not gathering.is_open:
            self._told, self._before = {}, {}
        self._told.update(told)
        self._before.update(before)
        written = [c.candidate.key for c in changes if c.outcome in _WRITTEN]
        if written:
            noted = self._announcement.keep if gathering is None else self._announcement.gather
            noted([self._intent(*told[key]) for key in written])
        left = [change for change in changes if change.outcome in _LEFT]
        rest = [change for change in changes if change.outcome not in _LEFT] if left else changes
        return [*map(self._with_changes, self._writer.apply(rest)), *map(result_of, left)]

    def _with_changes(self, result: Result) -> Result:
        """Return what became of a record, with what the inside had changed of it."""
        if result.outcome is Outcome.UPDATED and result.candidate is not None:
            agreed = self._known.of(result.candidate, self._before)
            result.changed = self._known.changed(result.candidate, agreed)
        return result

    def _intent(self, candidate: Candidate, agreed: Agreement) -> Telling:
        before = self._before.get(candidate.key, NOTHING)
        told = {path: value for path, value in agreed.told.items() if not same(value, before.told.get(path, _NEVER))}
        sent = {name: mark for name, mark in agreed.sent.items() if mark != before.sent.get(name)}
        return Telling(candidate.key, told, agreed.record_sent, sent)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Remember what the outside was told, then mark it as read; return what moved on since, or is refused.

        What was held back, because the outside has it, was not sent.
        """
        if not candidates:
            return ()
        others = [candidate for candidate in candidates if candidate.key not in self._told]
        sent = [self._told.pop(candidate.key) for candidate in candidates if candidate.key in self._told]
        left = self._mark(sent, self._before)
        return [*left, *in_parts(self._mark_held, others)]

    def _mark_held(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        before = self._ledger.load([candidate.key for candidate in candidates])
        known = [(c, self._known.of(c, before)) for c in candidates]
        gone = self._known.is_as_deleted
        held = [
            self._agree_held(c, agreed) if agreed.is_had and not gone(c, agreed) else (c, agreed) for c, agreed in known
        ]
        return self._mark(held, before)

    def _mark(self, told: Sequence[tuple[Candidate, Agreement]], before: dict[Key, Agreement]) -> Sequence[Candidate]:
        news = {c.key: made for c, made in told if made is not before.get(c.key, NOTHING)}
        self._ledger.save(news, before)
        left = self._reader.acknowledge([candidate for candidate, _ in told])
        after, units = {candidate.key: made for candidate, made in told}, self._merger.units
        there = {c.key: still_there(c, before.get(c.key, NOTHING), after[c.key], units) for c in left if c.stale}
        if there:
            self._ledger.save(there, after)
        return left

    def _after(self, candidate: Candidate, agreed: Agreement) -> tuple[Candidate, Agreement]:
        """Return a candidate with what its mark takes away, and what is agreed once the outside was told of it."""
        sending = candidate.sending
        if sending is None or sending.carried is None:
            return self._tell_all(candidate, self._sent(candidate, agreed), agreed)
        if sending.occasion is Occasion.DELETE:
            return candidate, self._farewell(candidate, agreed)
        candidate, after = self._tell_all(candidate, self._sent(candidate, agreed), agreed)
        held_back = {unit.mark for unit in self._merger.units if unit.mark and not sending.carries(unit.place)}
        kept = {mark: lying for mark, lying in after.kept.items() if mark not in held_back}
        kept |= {mark: lying for mark, lying in agreed.kept.items() if mark in held_back}
        return candidate, after if kept == dict(after.kept) else replace(after, kept=kept)

    def _farewell(self, candidate: Candidate, agreed: Agreement) -> Agreement:
        """Return what is agreed once the outside was told that a record is deleted."""
        inside = dict(agreed.inside)
        for unit in self._merger.units:
            ours = values_of(candidate.source, unit)
            note(inside, unit, None if alike(ours, agreed.known(unit)) else ours)
        mark = values_mark([*self._lasting_values(candidate), Occasion.DELETE.value])
        gone = replace(agreed, inside=inside, is_gone=True, record_sent=mark, telling={})
        return replace(gone, is_unsure=False, is_normalised=False)

    def _lasting_values(self, candidate: Candidate) -> list[object]:
        return [get(candidate.target, path) for path in self._lasting]

    def _tell_all(self, candidate: Candidate, agreed: Agreement, before: Agreement) -> tuple[Candidate, Agreement]:
        """Return a candidate with what its mark takes away, and what is agreed once the outside has been sent it.

        before: what was agreed until then, and may have been told.
        """
        if self._is_plain(candidate, agreed):
            return candidate, self._merger.keeper.sent(candidate.target, None, agreed)
        meant, over = self._meant(candidate)
        candidate, agreed = self._agree(candidate, agreed, (meant, over), before)
        return candidate, self._merger.keeper.sent(candidate.target, over, agreed)

    def _agree_held(self, candidate: Candidate, agreed: Agreement) -> tuple[Candidate, Agreement]:
        """Return the same where the outside has it already, and is not sent it."""
        if self._is_plain(candidate, agreed):
            return candidate, agreed
        return self._agree(candidate, agreed, self._meant(candidate), agreed, is_held=True)

    def _meant(self, candidate: Candidate) -> tuple[Record, Record]:
        """Return what an expected record means, whatever the document is, and what it makes of it as it is."""
        meant, _, _ = self._inward.meaning(candidate.target)
        return meant, self._inward(candidate.target, candidate.source)[0] if self._inward.looks_back else meant

    def _agree(
        self,
        candidate: Candidate,
        agreed: Agreement,
        meant: tuple[Record, Record],
        before: Agreement,
        *,
        is_held: bool = False,
    ) -> tuple[Candidate, Agreement]:
        """Agree on what goes out, and on what the outside has in this sense already. is_held: nothing goes out."""
        sending = candidate.sending
        told, inside, had = dict(agreed.told), dict(agreed.inside), dict(agreed.had)
        stale: list[Path] = []
        for unit in self._merger.units:
            goes = not is_held and (sending is None or sending.carries(unit.place))
            if unit.is_two_way and (goes or (agreed.is_had and alike(values_of(meant[0], unit), agreed.known(unit)))):
                if agreed.seen is None:
                    note(had, unit, _until_then(unit, values_of(meant[0], unit), before))
                stale += self._tell(unit, meant, candidate, agreed, (told, inside))
        agreed = replace(agreed, told=told, inside=inside, had=had, is_normalised=False)
        return (replace(candidate, stale=tuple(stale)) if stale else candidate), agreed

    def _is_plain(self, candidate: Candidate, agreed: Agreement) -> bool:
        """Return whether the inside has just what the outside has said, and was told nothing since."""
        plain = agreed.seen is not None and not agreed.told and not agreed.inside
        return plain and self._merger.same_values(agreed.seen or {}, candidate.source)

    def _sent(self, candidate: Candidate, agreed: Agreement) -> Agreement:
        """Return what is agreed, with what is remembered of the record as a whole."""
        sent = agreed.sent if self._marks is None else self._marks.after(candidate, agreed.sent)
        # what only says what the outside has said is not worth a write of its own
        is_marked = self._marks_all or agreed.record_sent or not self._is_plain(candidate, agreed)
        mark = values_mark(self._lasting_values(candidate)) if is_marked else b""
        is_settled = not (agreed.telling or agreed.is_unsure or agreed.is_gone)
        if (sent, mark) == (agreed.sent, agreed.record_sent) and is_settled:
            return agreed
        return replace(agreed, sent=sent, record_sent=mark, telling={}, is_unsure=False, is_gone=False)

    def _tell(
        self,
        unit: Unit,
        meant: tuple[Record, Record],
        candidate: Candidate,
        agreed: Agreement,
        into: tuple[Noted, Noted],
    ) -> tuple[Path, ...]:
        """Note what the outside was told of one rule; return what a table has left inside of an earlier state.

        meant: what that means, whatever the document is, and over the document as it is.
        """
        told, inside = into
        values, over = (values_of(one, unit) for one in meant)
        stale = left_behind(self._merger, unit, over, candidate, agreed)
        there = zip(unit.paths, values_of(candidate.source, unit), strict=True)
        ours = [ABSENT if path in stale else value for path, value in there]
        is_said = agreed.seen is not None and alike(values, agreed.said(unit))
        note(told, unit, None if is_said else values)
        note(inside, unit, None if alike(ours, values) else ours)
        return stale


def _until_then(unit: Unit, values: Sequence[Any], before: Agreement) -> Sequence[Any] | None:
    """Return what the outside has of a rule until it takes up values that it is told; None where that is just these.

    before: what was agreed until then, and may have been told.
    """
    first = before.first(unit)
    return None if first is None or (noted(before.had, unit) is None and alike(first, values)) else first


def together(route: Route[D], writer: Writer[D]) -> Route[D]:
    """Return an outbound route on which a writer gathers what goes out together, and concludes when all is durable."""
    finish = writer.conclude if isinstance(writer, Concluding) else route.finish
    return replace(route, gathering=gathering_of(writer), finish=finish)
