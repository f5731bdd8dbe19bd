"""Three-way compare: what an outside record means for an inside one, given what both sides last agreed on.

| outside since then | inside since then | what happens |
|---|---|---|
| same | whatever | nothing: an old record that lies in a folder never undoes an edit |
| changed | same | the outside's values are written |
| changed | changed the values of other rules | merged: every side's own change stays |
| changed | changed the values of the same rule differently | what the mapping's conflict policy says |
| never seen | exists | the outside wins, and says so |
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from etl.mapping.equality import distinct
from etl.mapping.paths import Getter, Path, assign, get, getter
from etl.mapping.rules.access import reader
from etl.mapping.terms import Pattern, Side
from etl.record import ABSENT, Absent, Record
from etl.transfer.agreement import Agreement, Projection, Turn, projection, same, same_at
from etl.transfer.conflicts import FIRST_CONTACT, FLIPPING, FLIPS, Dispute, Judge, Unit, Verdict, values_at
from etl.transfer.model import Note, Outcome


@dataclass(slots=True)
class Decision:
    """What to do inside; not frozen, see `etl.transfer.model`.

    patch: new values by top-level field, ABSENT for one to remove. disputes: where both sides had changed a rule's
    values, decided or not. turns: see Agreement. kept: values that the inside won have to go out. deletes: the record
    would count as deleted, and does not yet.
    """

    outcome: Outcome
    patch: dict[str, Any | Absent]
    note: Note | None = None
    disputes: tuple[Dispute, ...] = ()
    turns: dict[str, Turn] = field(default_factory=dict)
    kept: bool = False
    deletes: bool = False

    @property
    def basis(self) -> set[str]:
        """The top-level fields inside that must still be as they were compared when this is done."""
        return {*self.patch, *(str(path[0]) for dispute in self.disputes for path in dispute.inside)}


@dataclass(frozen=True)
class Merger:
    """Decides for one mapping.

    units: what every import writes. once: what only a creation writes. key: the key's paths. normalise: what an inside
    record would be if it went out and came back. deleted: what a deleted record matches; () where none does.
    """

    units: tuple[Unit, ...]
    once: tuple[Path, ...]
    key: tuple[Path, ...]
    judge: Judge
    normalise: Callable[[Record], Record]
    deleted: Pattern = ()
    recreate: bool = False

    @cached_property
    def owned(self) -> tuple[Path, ...]:
        """The inside paths that every import writes."""
        return self.key + tuple(path for unit in self.units for path in unit.paths)

    @cached_property
    def _readers(self) -> tuple[Getter, ...]:
        return tuple(getter(path) for path in self.owned)

    @cached_property
    def _owned(self) -> Projection:
        return projection(self.owned)

    @cached_property
    def _created(self) -> Projection:
        return projection(self.owned + self.once)

    def decide(
        self, source: Record, desired: Record, fingerprint: bytes, current: Record | None, agreed: Agreement | None
    ) -> Decision:
        """Compare an outside record, and the inside values that it means, with the inside record and the agreement."""
        same_outside = agreed is not None and agreed.fingerprint == fingerprint
        if current is None:
            if same_outside and not self.recreate:
                return Decision(Outcome.UNCHANGED, {}, Note.REMOVED)
            return Decision(Outcome.CREATED, self._created(desired))
        if agreed is None:
            return self._first_contact(desired, current)
        changed = self._corrected(desired, current, agreed) if same_outside else self._changed_outside(desired, agreed)
        changed = [unit for unit in changed if not same_at(desired, current, unit.paths)]
        disputes = [] if same_outside else self._disputes(changed, source, desired, current, agreed)
        turns = self._turns(changed, desired, current, agreed)
        waiting = {dispute.rule for dispute in disputes if dispute.winner is None}
        flipping = [unit for unit in changed if unit.name not in waiting and turns[unit.name][1] >= FLIPS]
        disputes += [_dispute(unit, agreed.base, desired, current, (None, FLIPPING)) for unit in flipping]
        if any(dispute.winner is None for dispute in disputes):
            return Decision(Outcome.CONFLICT, {}, disputes=tuple(disputes))
        kept = {dispute.rule for dispute in disputes if dispute.winner is Side.INSIDE}
        patch = self._patch(desired, current, [unit for unit in changed if unit.name not in kept])
        outcome = Outcome.UPDATED if patch or kept else Outcome.UNCHANGED
        deletes = self._deletes(current, patch)
        return Decision(outcome, patch, None, tuple(disputes), turns, kept=bool(kept), deletes=deletes)

    def _first_contact(self, desired: Record, current: Record) -> Decision:
        changed = [unit for unit in self.units if not same_at(desired, current, unit.paths)]
        patch = self._patch(desired, current, changed)
        if not patch:
            return Decision(Outcome.UNCHANGED, {})
        lost = [unit for unit in changed if any(get(current, path) not in (None, ABSENT) for path in unit.paths)]
        disputes = [_dispute(unit, {}, desired, current, (Side.OUTSIDE, FIRST_CONTACT)) for unit in lost]
        deletes = self._deletes(current, patch)
        return Decision(Outcome.UPDATED, patch, Note.FIRST_CONTACT, tuple(disputes), deletes=deletes)

    def _disputes(
        self, changed: Sequence[Unit], source: Record, desired: Record, current: Record, agreed: Agreement
    ) -> list[Dispute]:
        """Return the disputes about what the outside changed: the inside has changed it too since the agreement."""
        suspects = [unit for unit in changed if not same_at(current, agreed.base, unit.paths)]
        if not suspects:
            return []
        settled = self.normalise(current)
        return [
            _dispute(unit, agreed.base, desired, current, self.judge.decide(unit, source, current))
            for unit in suspects
            if not same_at(settled, agreed.base, unit.paths)
        ]

    def _turns(self, changed: Sequence[Unit], desired: Record, current: Record, agreed: Agreement) -> dict[str, Turn]:
        """Return how often in a row each changed unit has been changed from and to just these values."""
        turns = dict(agreed.turns)
        for unit in changed:
            mark = _mark(unit, current, desired)
            before, count = turns.get(unit.name, (b"", 0))
            again = mark == before and not self.judge.is_taken(unit)
            turns[unit.name] = (mark, count + 1 if again else 1)
        return turns

    def is_known(self, desired: Record, fingerprint: bytes, agreed: Agreement | None) -> bool:
        """Return whether an outside record is the one last read, and still means the same."""
        if agreed is None or agreed.seen is None or agreed.begun is not None or agreed.fingerprint != fingerprint:
            return False
        return self.same_values(desired, agreed.seen)

    def same_values(self, one: Record, other: Record) -> bool:
        """Return whether two inside records have the same owned values."""
        for read in self._readers:  # noqa: SIM110 - a generator costs a third more, for every record
            if not same(read(one), read(other)):
                return False
        return True

    def values(self, record: Record) -> Record:
        """Return the values that every import writes, as a record of its own."""
        return self._owned(record)

    def still_sent(self, desired: Record, agreed: Agreement | None) -> Record | None:
        """Return what was last sent, without what the outside has replaced since: to say that again is news."""
        if agreed is None or agreed.sent is None:
            return None
        sent = copy.deepcopy(agreed.sent)
        for unit in self._changed_outside(desired, agreed):
            for path in unit.paths:
                assign(sent, path, get(desired, path))
        return sent

    def kept_inside(self, desired: Record, current: Record, agreed: Agreement) -> list[Unit]:
        """Return what the inside has changed since the agreement, and the outside has not."""
        changed = self._changed_outside(desired, agreed)
        return [u for u in self.units if u not in changed and not same_at(current, agreed.base, u.paths)]

    def _changed_outside(self, desired: Record, agreed: Agreement) -> list[Unit]:
        """Return the units whose values are neither what the outside last said nor what it was last told."""
        bases = [base for base in (agreed.seen, agreed.sent) if base is not None]
        return [unit for unit in self.units if not any(same_at(desired, base, unit.paths) for base in bases)]

    def _corrected(self, desired: Record, current: Record, agreed: Agreement) -> list[Unit]:
        """Return the units where the same outside record means something else under an edited mapping.

        A value that was edited inside since is left alone.
        """
        seen = agreed.seen or {}
        return [
            unit for unit in self.units if not same_at(desired, seen, unit.paths) and same_at(current, seen, unit.paths)
        ]

    def _patch(self, desired: Record, current: Record, changed: Iterable[Unit]) -> dict[str, Any | Absent]:
        paths = [path for unit in changed for path in unit.paths]
        differing = [path for path in paths if not same(get(desired, path), get(current, path))]
        names = {str(path[0]) for path in differing}
        merged = {name: copy.deepcopy(current[name]) for name in names if name in current}
        for path in differing:
            assign(merged, path, get(desired, path))
        return {name: merged.get(name, ABSENT) for name in sorted(names)}

    def _deletes(self, current: Record, patch: dict[str, Any | Absent]) -> bool:
        return bool(patch) and self._is_deleted({**current, **patch}) and not self._is_deleted(current)

    def _is_deleted(self, record: Record) -> bool:
        values = [(reader(field)(record), accepted) for field, accepted in self.deleted]
        return bool(values) and all(
            distinct(None if value is ABSENT else value) in set(map(distinct, accepted)) for value, accepted in values
        )


def _dispute(unit: Unit, base: Record, outside: Record, inside: Record, verdict: Verdict) -> Dispute:
    paths = unit.paths
    sides = values_at(base, paths), values_at(outside, paths), values_at(inside, paths)
    return Dispute(unit.name, *sides, *verdict)


def _mark(unit: Unit, before: Record, after: Record) -> bytes:
    """Return 8 bytes that tell one change of a unit's values from another."""
    text = repr([(get(before, path), get(after, path)) for path in unit.paths])
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).digest()
