"""Three-way compare: what an outside record means for an inside one, given what both sides last agreed on.

| outside since then | inside since then | what happens |
|---|---|---|
| same | whatever | nothing: an old record that lies in a folder never undoes an edit |
| changed | same | the outside's values are written |
| changed | changed the values of other rules | merged: every side's own change stays |
| changed | changed the values of the same rule differently | what the mapping's conflict policy says |
| never seen | exists | the outside wins, and says so |

Each side is compared with its own: the outside with what it last said and, of two-way rules, was last told; the inside
with what it had at the agreement.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from etl.mapping.equality import same
from etl.mapping.paths import Getter, Path, assign, drop_emptied, get, getter, lay_nulls
from etl.mapping.rules.access import matcher_of
from etl.mapping.rules.conditions import Pattern
from etl.mapping.terms import Side
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation
from etl.transfer.agreeing import agree, corrected, said_anew, split
from etl.transfer.agreement import (
    Agreement,
    Oscillation,
    Projection,
    alike,
    noted,
    other_values,
    projection,
    values_of,
)
from etl.transfer.conflicts import (
    FIRST_CONTACT,
    NOTHING_CHOSEN,
    OSCILLATIONS,
    Chosen,
    ConflictPolicy,
    Dispute,
    Verdict,
    dispute,
    disputed,
)
from etl.transfer.decision import Added, Decision, Over, Patch
from etl.transfer.deliveries import Rank, Standing, natural
from etl.transfer.drift import Lacking, nothing
from etl.transfer.kept import KEEPS_NOTHING, Keeper
from etl.transfer.model import Note, Outcome
from etl.transfer.unit import Unit, fields_of, obstacles_of, tops


def _nothing_added(before: Record, after: Record) -> list[Violation]:
    del before, after
    return []


def _as_it_is(found: list[Violation], record: Record) -> list[Violation]:
    del record
    return found


@dataclass(frozen=True)
class Merger:
    """Decides for one mapping.

    units: what every import writes. once: what only a creation writes. key: the key's paths. normalise: what an inside
    record would be if it went out and came back, given what the outside was last. returned: the same over the record
    itself. keeper: knows what is kept of how outside values lie. lacking: which outside fields have no value, beside
    what the inside values show. over: what an outside record makes of a document as it is; None where it makes the same
    of any. stamps: what an import sets beside. added: how an inside record breaks its schema, and did not before.
    discreet: the same without what is private in that record. deleted: what a deleted record matches; () where none
    does. echo: what was imported goes out again.
    rank: what a file is sorted by, in the order in which files are read.
    """

    units: tuple[Unit, ...]
    once: tuple[Path, ...]
    key: tuple[Path, ...]
    policy: ConflictPolicy
    normalise: Callable[[Record, Record], Record]
    returned: Callable[[Record, Record], Record]
    lacking: Lacking = nothing
    over: Over | None = None
    stamps: Patch = field(default_factory=dict)
    added: Added = _nothing_added
    discreet: Callable[[list[Violation], Record], list[Violation]] = _as_it_is
    deleted: Pattern = ()
    recreate: bool = False
    echo: bool = False
    keeper: Keeper = KEEPS_NOTHING
    rank: Rank = natural

    @cached_property
    def owned(self) -> tuple[Path, ...]:
        """The inside paths that every import writes."""
        return self.key + tuple(path for unit in self.units for path in unit.paths)

    @cached_property
    def _readers(self) -> tuple[Getter, ...]:
        views = {unit.paths[0]: unit.view for unit in self.units if unit.keyed is not None}
        return tuple(_seen(getter(path), views.get(path)) for path in self.owned)

    @cached_property
    def _below(self) -> tuple[Path, ...]:
        return tuple(path for path in self.owned if len(path) > 1)

    @cached_property
    def is_deleted(self) -> Callable[[Record], bool]:
        """Whether an inside record counts as deleted."""
        return matcher_of(self.deleted)

    @cached_property
    def _owned(self) -> Projection:
        return projection(self.owned)

    @cached_property
    def _created(self) -> Projection:
        return projection(self.owned + self.once)

    @cached_property
    def _has_keyed(self) -> bool:
        return any(unit.keyed is not None for unit in self.units)

    def units_of(self, desired: Record, current: Record | None, agreed: Agreement | None) -> Sequence[Unit]:
        """Return what is compared by itself: of lists whose elements are told apart, these and their values."""
        return [*split(self.units, desired, current or {}, agreed)] if self._has_keyed else self.units

    def misfits(self, current: Record, patch: Patch) -> list[Violation]:
        """Return what is wrong with an inside record after a patch, and is not with the record as it is."""
        if not patch:
            return []
        before = {name: value for name, value in current.items() if name != "_id"}
        after = {name: value for name, value in {**before, **self.stamps, **patch}.items() if value is not ABSENT}
        found = self.added(before, after)
        return self.discreet(found, after) if found else found

    def decide(
        self,
        source: Record,
        desired: Record,
        standing: Standing,
        current: Record | None,
        agreed: Agreement | None,
        chosen: Table[str, Chosen] = NOTHING_CHOSEN,
    ) -> Decision:
        """Compare an outside record, and the inside values that it means, with the inside record and the agreement.

        chosen: what a person has decided before, by the names of units.
        """
        if self.over is None:
            return self._decide(source, (desired, desired), standing, current, agreed, chosen)
        over, refused = self.over(source, NOTHING_KNOWN if current is None else current)
        if refused:
            return Decision(Outcome.REJECTED, {}, refused=tuple(refused))
        return replace(self._decide(source, (desired, over), standing, current, agreed, chosen), over=over)

    def _decide(
        self,
        source: Record,
        desired: tuple[Record, Record],
        standing: Standing,
        current: Record | None,
        agreed: Agreement | None,
        chosen: Table[str, Chosen],
    ) -> Decision:
        """Decide. desired: what the outside record means, and what it makes of the inside one as it is."""
        meant, made = desired
        if current is None:
            return Decision(Outcome.CREATED, self._created(made))
        is_read = standing is Standing.KNOWN and agreed is not None and not agreed.is_unknown
        if agreed is None or (agreed.is_empty and not is_read):
            return self._first_contact(made, current)
        if is_read:
            return Decision(Outcome.UNCHANGED, {}, oscillations=dict(agreed.oscillations))
        is_last = standing is Standing.LAST
        units = self.units_of(meant, current, agreed)
        said = corrected(units, meant, current, agreed) if is_last else said_anew(units, meant, agreed)
        changed = [unit for unit in said if not alike(values_of(made, unit), values_of(current, unit))]
        edited = [] if is_last else self.edited(changed, current, agreed)
        disputes = [disputed(self.policy, unit, (source, made, current), agreed, chosen) for unit in edited]
        oscillations = agreed.oscillations_after(changed, made, current)
        settled = {dispute.rule for dispute in disputes if dispute.winner is None or dispute.standing is not None}
        fought = [u for u in changed if u.name not in settled and oscillations[u.name][1] >= OSCILLATIONS]
        disputes += [disputed(self.policy, unit, (None, made, current), agreed, chosen) for unit in fought]
        by_person = [u for u in changed if u.name in {one.rule for one in disputes if one.standing is not None}]
        oscillations |= {unit.name: (oscillations[unit.name][0], 1) for unit in by_person}
        if any(dispute.winner is None for dispute in disputes):
            return Decision(Outcome.CONFLICT, {}, disputes=tuple(disputes))
        lost = {dispute.rule for dispute in disputes if dispute.winner is Side.INSIDE}
        written = [unit for unit in changed if unit.name not in lost]
        return self._updating(made, current, written, tuple(disputes), oscillations)

    def _updating(
        self,
        desired: Record,
        current: Record,
        written: Sequence[Unit],
        disputes: tuple[Dispute, ...],
        oscillations: dict[str, Oscillation],
    ) -> Decision:
        if obstacles := obstacles_of(current, written):
            return Decision(Outcome.REJECTED, {}, refused=obstacles)
        patch = self._patch(desired, current, written)
        decided = any(dispute.winner is Side.INSIDE for dispute in disputes)
        outcome = Outcome.UPDATED if patch or decided else Outcome.UNCHANGED
        looked_at = (*tops(written), *(self.policy.looked_at if disputes else ()))
        deletes, changed = self._deletes(current, patch), fields_of(written)
        return Decision(
            outcome, patch, None, disputes, oscillations, deletes=deletes, looked_at=looked_at, changed=changed
        )

    def _first_contact(self, desired: Record, current: Record) -> Decision:
        every = self.units_of(desired, current, None)
        units = [unit for unit in every if not unit.is_element or get(desired, unit.paths[0]) is not ABSENT]
        changed = [unit for unit in units if not alike(values_of(desired, unit), values_of(current, unit))]
        if obstacles := obstacles_of(current, changed):
            return Decision(Outcome.REJECTED, {}, refused=obstacles)
        patch = self._patch(desired, current, changed)
        if not patch:
            return Decision(Outcome.UNCHANGED, {})
        lost = [unit for unit in changed if any(value not in (None, ABSENT) for value in values_of(current, unit))]
        disputes = [dispute(unit, None, desired, current, Verdict(Side.OUTSIDE, FIRST_CONTACT)) for unit in lost]
        deletes = self._deletes(current, patch)
        looked_at, fields = tops(changed), fields_of(changed)
        note = Note.FIRST_CONTACT
        return Decision(
            Outcome.UPDATED, patch, note, tuple(disputes), deletes=deletes, looked_at=looked_at, changed=fields
        )

    def edited(self, units: Iterable[Unit], current: Record, agreed: Agreement) -> list[Unit]:
        """Return the units of these whose inside values are not those of the agreement."""
        suspects = [unit for unit in units if not alike(values_of(current, unit), agreed.ours(unit))]
        if not suspects or not agreed.is_normalised:
            return suspects
        settled = self.normalise(current, NOTHING_KNOWN)
        return [unit for unit in suspects if not alike(values_of(settled, unit), agreed.ours(unit))]

    def said_anew(self, desired: Record, agreed: Agreement) -> list[Unit]:
        """Return the units whose values are neither what the outside last said nor what it was last told."""
        return said_anew(self.units, desired, agreed)

    def edited_inside(self, desired: Record, current: Record, agreed: Agreement) -> list[Unit]:
        """Return what the inside has changed since the agreement, and the outside has not."""
        units = self.units_of(desired, current, agreed)
        anew = said_anew(units, desired, agreed)
        return self.edited([unit for unit in units if unit not in anew], current, agreed)

    def agreement_after(self, desired: Record, decision: Decision, agreed: Agreement | None) -> Agreement:
        """Return what is agreed rule by rule once a decision is done; the outside has said all that it means."""
        seen, beside = self.values(desired), other_values(self.units, desired, decision.over)
        if agreed is None:
            return Agreement(seen=seen, inside=beside)
        if agreed.is_empty or decision.outcome is Outcome.CREATED:
            new = Agreement(seen=seen, inside=beside)
            return replace(new, sent=agreed.sent, record_sent=agreed.record_sent, is_unsure=agreed.is_unsure)
        told, inside, telling = dict(agreed.told), dict(agreed.inside), dict(agreed.telling)
        after = replace(agreed, seen=seen, told=told, had={}, inside=inside, telling=telling, intent=None)
        for unit in self.units:
            agree(unit, desired, agreed, after, noted(beside, unit))
        after.is_normalised = agreed.is_normalised and bool(told or inside)
        return after

    def same_values(self, one: Record, other: Record) -> bool:
        """Return whether two inside records have the same owned values."""
        for read in self._readers:  # noqa: SIM110 - a generator costs a third more, for every record
            if not same(read(one), read(other)):
                return False
        return True

    def values(self, record: Record) -> Record:
        """Return the values that every import writes, as a record of its own."""
        return self._owned(record)

    def _patch(self, desired: Record, current: Record, changed: Iterable[Unit]) -> Patch:
        paths = [(path, unit.root(desired)) for unit in changed for path in unit.paths]
        differing = [(path, root) for path, root in paths if not same(get(desired, path), get(current, path))]
        names = {str(path[0]) for path, _ in differing}
        merged = {name: copy.deepcopy(current[name]) for name in names if name in current}
        for path, root in differing:
            assign(merged, path, get(desired, path))
            drop_emptied(merged, current, path, root)
        lay_nulls(merged, current, desired, self._below)
        return {name: merged.get(name, ABSENT) for name in sorted(names)}

    def _deletes(self, current: Record, patch: Patch) -> bool:
        is_deleted = self.is_deleted
        return bool(patch) and is_deleted({**current, **patch}) and not is_deleted(current)


def _seen(read: Getter, view: Callable[[Any], Any] | None) -> Getter:
    return read if view is None else lambda record: view(read(record))
