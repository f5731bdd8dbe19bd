"""What a plan says of one record: the values that would change, from what to what, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from etl.mapping.equality import same
from etl.mapping.paths import Path, format_path, get, selected_list
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Occasion, Side, Sort
from etl.record import ABSENT, Record, shown
from etl.transfer.agreement import part
from etl.transfer.conflicts import Dispute
from etl.transfer.cutting import Cut, cut
from etl.transfer.decision import Decision, Detail
from etl.transfer.merge import Merger
from etl.transfer.model import Change, D, Outcome, PlannedRecord, Result, ValueChange, result_of
from etl.transfer.report import Report
from etl.transfer.sending import Part, Sending
from etl.transfer.unit import Unit

REPORTED: Final = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.REJECTED, Outcome.CONFLICT})
"""The outcomes that a plan has; it has any other record only where there is a note."""

Describe: TypeAlias = Callable[[Change[D]], PlannedRecord]
"""Says what a plan has of a change."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    mapping: a hash of the mapping and schemas that it was made with. recreate: whether records that were removed inside
    would be imported again. records: all that are not simply unchanged. stops: why a run would stop before it does it,
    unless it is told to go on; "" where it would not. vanished: the same, as far as fields have vanished.
    """

    mapping: str
    recreate: bool
    reports: tuple[Report, ...]
    records: tuple[PlannedRecord, ...]
    stops: str = ""
    vanished: str = ""


@dataclass(frozen=True, slots=True)
class Planner:
    """Describes what would become of changes.

    lines: of the rules, by path of either side. lasting: outside paths whose values do not depend on when a run was.
    places: of the rules in the mapping, by the outside paths that are sent. sent_at: where these are sent. written: the
    same of those that are only written.
    """

    merger: Merger
    names: Table[Side, str]
    lines: Table[tuple[Side, Path], int]
    lasting: Sequence[Path]
    places: Table[Path, int]
    sent_at: Table[Path, Path]
    written: Table[Path, Path]

    def inbound(self, change: Change[Detail]) -> PlannedRecord:
        """Describe what would become of an outside record."""
        detail = None if change.outcome is Outcome.REJECTED else change.detail
        if detail is None or (change.outcome is Outcome.CONFLICT and detail.current is None):
            return _described(Direction.INBOUND, result_of(change))
        current: Record = detail.current or {}
        units = self.merger.units_of(change.candidate.target, detail.current, detail.agreed)
        values = self._decided(detail.decision, current, units)
        is_known = detail.agreed is not None and not detail.agreed.is_empty
        if change.candidate.sort is Sort.RECORD and detail.current is not None and detail.agreed and is_known:
            edited = self.merger.edited_inside(change.candidate.target, current, detail.agreed)
            values += [self._stays(path, current) for unit in edited for path in unit.paths]
        basis = (detail.agreement.fingerprint, part(current, self.merger.owned), detail.decision.patch)
        return _described(Direction.INBOUND, result_of(change), values, basis)

    def outbound(self, change: Change[D], present: Record | None) -> PlannedRecord:
        """Describe what would become of an inside record. present: what the outside was told last, None for nothing."""
        if change.outcome is Outcome.REJECTED:
            return _described(Direction.OUTBOUND, result_of(change))
        sending = change.candidate.sending
        if sending is not None and sending.parts is not None:
            return self._sent(change, sending, present or {})
        old, new = present or {}, change.candidate.sent
        if present is not None and sending is not None and sending.staying is not None:
            new = sending.staying.beside(present, new)
        is_due = sending is None or sending.is_due
        why = "new" if present is None else f"changed by {self.names[Side.INSIDE]}" if is_due else self._put_right
        paths = [path for side, path in self.lines if side is Side.OUTSIDE]
        cleared = [path for path in self.written.values() if get(old, path) is ABSENT and get(new, path) is None]
        changed = [path for path in paths if _differ(old, new, path) or path in cleared]
        values = [self._change(Side.OUTSIDE, path, get(old, path), get(new, path), why) for path in changed]
        basis = (part(change.candidate.target, self.lasting), None if present is None else part(present, self.lasting))
        return _described(Direction.OUTBOUND, result_of(change), values, basis)

    @property
    def _put_right(self) -> str:
        return f"changed by {self.names[Side.OUTSIDE]} since it was sent"

    def _sent(self, change: Change[D], sending: Sending, lying: Record) -> PlannedRecord:
        """Describe what is new of what would be sent, and in which files. lying: what lies in those."""
        target, ours, occasion = change.candidate.target, self.names[Side.INSIDE], sending.occasion or Occasion.UPDATE
        is_gone = occasion is Occasion.DELETE
        old, new = (target, {}) if is_gone else (change.candidate.item.last or lying, target)
        verb = {Occasion.CREATE: "new", Occasion.UPDATE: f"changed by {ours}", Occasion.DELETE: f"deleted by {ours}"}
        parts = [one for one in sending.parts or () if one.is_due]
        values = [value for one in sending.parts or () if not one.is_due for value in self._righted(one, lying)]
        for path, place in self.places.items():
            carrying = [one for one in parts if place in one.rules]
            if not carrying or not (sending.news is None or is_gone or place in sending.news):
                continue
            if occasion is Occasion.CREATE and all(get(o.record, self.sent_at[path]) is ABSENT for o in carrying):
                continue
            was, will = get(old, path), get(new, path)
            is_written = path in self.written and not is_gone
            if is_written:
                was, will = ABSENT, get(carrying[0].record, self.written[path])
            if not same(was, will) or (is_written and will is None):
                why = f"{verb[occasion]}, sent in {' and '.join(one.entry.file for one in carrying)}"
                values.append(self._change(Side.OUTSIDE, path, was, will, why))
        news = None if sending.news is None else sorted(sending.news)
        basis = (part(target, self.lasting), occasion.value, news, [one.entry.file for one in parts])
        return _described(Direction.OUTBOUND, result_of(change), values, basis)

    def _righted(self, part: Part, lying: Record) -> Iterator[ValueChange]:
        """Yield what is put right in a file in which nothing is new."""
        record = part.record if part.staying is None else part.staying.beside(lying, part.record)
        for path, place in self.places.items():
            at = self.sent_at[path]
            if place in part.rules and _differ(lying, record, at):
                why = f"{self._put_right}, in {part.entry.file}"
                yield self._change(Side.OUTSIDE, path, get(lying, at), get(record, at), why)

    def _decided(self, decision: Decision, current: Record, units: Sequence[Unit]) -> list[ValueChange]:
        after = {**current, **decision.patch}
        disputes = {dispute.rule: dispute for dispute in decision.disputes}
        why = f"changed by {self.names[Side.OUTSIDE]}" if current else "new"
        found: list[ValueChange] = []
        for unit in units:
            if dispute := disputes.get(unit.name):
                found += [self._disputed(path, dispute) for path in unit.paths]
                continue
            changed = [path for path in unit.paths if _differ(current, after, path)]
            found += [self._change(Side.INSIDE, path, get(current, path), get(after, path), why) for path in changed]
        return found

    def _disputed(self, path: Path, dispute: Dispute) -> ValueChange:
        inside, outside = dispute.inside[path], dispute.outside[path]
        if dispute.winner is Side.INSIDE:
            change = self._change(Side.INSIDE, path, inside, inside, f"both changed it: {dispute.why}")
            return replace(change, said=f"{self.names[Side.OUTSIDE]} said {displayed(outside)}")
        return self._change(Side.INSIDE, path, inside, outside, f"both changed it: {dispute.why}")

    def _stays(self, path: Path, current: Record) -> ValueChange:
        value = get(current, path)
        return self._change(Side.INSIDE, path, value, value, f"merged: changed by {self.names[Side.INSIDE]}")

    def _change(self, side: Side, path: Path, old: Any, new: Any, why: str) -> ValueChange:
        line = self.lines.get((side, path)) or self.lines.get((side, selected_list(path) or ()), 0)
        return ValueChange(format_path(path), cut(old), cut(new), why, line, stays=same(old, new))


def displayed(value: Any) -> str:
    """Return a value for people, dates as date-time text."""
    if isinstance(value, Cut):
        return value.shown
    return "nothing" if value is ABSENT else shown(json_form(value))


def displayed_apart(one: Any, other: Any) -> tuple[str, str]:
    """Return two values for people; the second is "another one" where they differ and their texts do not."""
    first, second = displayed(one), displayed(other)
    return first, second if first != second or same(one, other) else "another one"


def _differ(old: Record, new: Record, path: Path) -> bool:
    return not same(get(old, path), get(new, path))


def planned_records(direction: Direction, results: Iterable[Result]) -> list[PlannedRecord]:
    """Return what a plan has of results; some never came to be compared: rejected before, or waiting for a person."""
    return [r.planned or _described(direction, r) for r in results if r.note is not None or r.outcome in REPORTED]


def _described(
    direction: Direction, result: Result, values: Sequence[ValueChange] = (), basis: tuple[Any, ...] = ()
) -> PlannedRecord:
    key = result.known_key
    note, reasons = result.note.value if result.note else "", tuple(map(str, result.violations))
    text = repr((direction.value, key, result.outcome.value, reasons, json_form([*basis])))
    digest = hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
    found = (c.repeats, c.superseded, c.is_missing) if (c := result.candidate) else ()
    return PlannedRecord(
        direction, key, result.item.origin, result.outcome, note, reasons, tuple(values), digest, *found
    )
