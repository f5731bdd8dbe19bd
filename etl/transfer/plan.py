"""What a plan says of one record: the values that would change, from what to what, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from etl.mapping.paths import Path, format_path, get
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Key, Record, shown
from etl.transfer.agreement import part, same
from etl.transfer.conflicts import Dispute
from etl.transfer.merge import Decision, Merger
from etl.transfer.model import Outcome, Report, Result


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that would change, or stays against the other side's wish.

    path: in the target record. old, new: ABSENT where there is none. why: in words. line: its rule's, in the mapping.
    """

    path: str
    old: Any
    new: Any
    why: str
    line: int


@dataclass(frozen=True, slots=True)
class PlannedRecord:
    """What would become of one record.

    digest: the same as long as neither side has moved on and the mapping says the same. repeats: others with its key
    are read before it.
    """

    direction: Direction
    key: Key
    origin: str
    outcome: Outcome
    note: str
    reasons: tuple[str, ...]
    values: tuple[ValueChange, ...]
    digest: str
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    mapping: a hash of the mapping and schemas that it was made with. recreate: whether records that were removed inside
    would be imported again. records: all that are not simply unchanged.
    """

    mapping: str
    recreate: bool
    reports: tuple[Report, ...]
    records: tuple[PlannedRecord, ...]


@dataclass(frozen=True, slots=True)
class Planner:
    """Describes the results of a dry transfer.

    lines: of the rules, by path of either side. lasting: outside paths whose values do not depend on when a run was.
    """

    merger: Merger
    names: Table[Side, str]
    lines: Table[tuple[Side, Path], int]
    lasting: Sequence[Path]

    def inbound(self, result: Result) -> PlannedRecord:
        """Describe what would become of an outside record."""
        detail = None if result.outcome is Outcome.REJECTED or result.change is None else result.change.detail
        if detail is None or result.candidate is None:
            return _described(Direction.INBOUND, result, (), ())
        current: Record = detail.current or {}
        changed = self._decided(detail.decision, current)
        if detail.agreed is not None and detail.current is not None:
            kept = self.merger.kept_inside(result.candidate.target, current, detail.agreed)
            changed += [self._stays(path, current) for unit in kept for path in unit.paths]
        basis = (detail.agreement.fingerprint, part(current, self.merger.owned), detail.decision.patch)
        return _described(Direction.INBOUND, result, changed, basis)

    def outbound(self, result: Result, present: Record | None) -> PlannedRecord:
        """Describe what would become of an inside record. present: what the outside was told last, None for nothing."""
        if result.outcome is Outcome.REJECTED or result.change is None or result.candidate is None:
            return _described(Direction.OUTBOUND, result, (), ())
        old, new = present or {}, result.candidate.target
        why = "new" if present is None else f"changed by {self.names[Side.INSIDE]}"
        paths = [path for side, path in self.lines if side is Side.OUTSIDE]
        changed = [self._change(Side.OUTSIDE, p, get(old, p), get(new, p), why) for p in paths if _differ(old, new, p)]
        basis = (part(new, self.lasting), None if present is None else part(present, self.lasting))
        return _described(Direction.OUTBOUND, result, changed, basis)

    def _decided(self, decision: Decision, current: Record) -> list[ValueChange]:
        after = {**current, **decision.patch}
        disputes = {dispute.rule: dispute for dispute in decision.disputes}
        why = f"changed by {self.names[Side.OUTSIDE]}" if current else "new"
        found: list[ValueChange] = []
        for unit in self.merger.units:
            if dispute := disputes.get(unit.name):
                found += [self._disputed(path, dispute) for path in unit.paths]
                continue
            changed = [path for path in unit.paths if _differ(current, after, path)]
            found += [self._change(Side.INSIDE, path, get(current, path), get(after, path), why) for path in changed]
        return found

    def _disputed(self, path: Path, dispute: Dispute) -> ValueChange:
        inside, outside = dispute.inside[path], dispute.outside[path]
        if dispute.winner is Side.INSIDE:
            why = f"both changed it: {dispute.why}; {self.names[Side.OUTSIDE]} said {displayed(outside)}"
            return self._change(Side.INSIDE, path, inside, inside, why)
        return self._change(Side.INSIDE, path, inside, outside, f"both changed it: {dispute.why}")

    def _stays(self, path: Path, current: Record) -> ValueChange:
        value = get(current, path)
        return self._change(Side.INSIDE, path, value, value, f"merged: changed by {self.names[Side.INSIDE]}")

    def _change(self, side: Side, path: Path, old: Any, new: Any, why: str) -> ValueChange:
        return ValueChange(format_path(path), old, new, why, self.lines.get((side, path), 0))


def displayed(value: Any) -> str:
    """Return a value for people, dates as date-time text."""
    return "nothing" if value is ABSENT else shown(json_form(value))


def _differ(old: Record, new: Record, path: Path) -> bool:
    return not same(get(old, path), get(new, path))


def _described(
    direction: Direction, result: Result, values: Sequence[ValueChange], basis: tuple[Any, ...]
) -> PlannedRecord:
    key = result.candidate.key if result.candidate else result.key
    note, reasons = result.note.value if result.note else "", tuple(map(str, result.violations))
    text = repr((direction.value, key, result.outcome.value, reasons, json_form([*basis])))
    digest = hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
    repeats = result.candidate is not None and result.candidate.repeats
    return PlannedRecord(
        direction, key, result.item.origin, result.outcome, note, reasons, tuple(values), digest, repeats
    )
