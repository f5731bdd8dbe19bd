"""Deletions that the outside tells: its record says no more than a key, and the inside record becomes a deleted one.

| the inside record | what happens |
|---|---|
| is not there | the record is skipped |
| counts as deleted | nothing is written |
| was edited, and the outside was not told | what the conflict policy says of the rule that the deletion writes |
| any other | it gets what `deleted_when` of the inside names, and all else stays |

Nothing is agreed of values afterwards, but what the inside had then: what is edited later goes out, and a record that
comes again is imported whole.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from etl.mapping.equality import same
from etl.mapping.paths import Path, assign, drop_emptied, get, obstacle
from etl.mapping.places import overlap
from etl.mapping.rules.conditions import chosen
from etl.mapping.rules.parents import misplaced
from etl.mapping.terms import Side
from etl.record import ABSENT, Absent, Record
from etl.transfer.agreement import Agreement, Noted, note, values_of
from etl.transfer.conflicts import FIRST_CONTACT, NOTHING_CHOSEN, Chosen, Dispute, Verdict, dispute, disputed
from etl.transfer.decision import Decision
from etl.transfer.deliveries import Standing
from etl.transfer.merge import Merger
from etl.transfer.model import Note, Outcome
from etl.transfer.unit import Unit, tops


def decide_gone(
    merger: Merger,
    source: Record,
    standing: Standing,
    current: Record | None,
    agreed: Agreement | None,
    decided: Table[str, Chosen] = NOTHING_CHOSEN,
) -> Decision:
    """Return what the end of an outside record does to an inside one. decided: as `chosen` of `Merger.decide`."""
    if current is None:
        return Decision(Outcome.SKIPPED, {})
    if standing is not Standing.NEWS or merger.is_deleted(current):
        return Decision(Outcome.UNCHANGED, {})
    patch = deletion(merger, current)
    refused = tuple(
        misplaced(path, *there) for path in _paths(merger) if (there := obstacle(current, path)) is not None
    )
    if refused:
        return Decision(Outcome.REJECTED, {}, refused=refused)
    disputes = _disputes(merger, source, (current, {**current, **patch}), agreed, decided)
    if any(one.winner is None for one in disputes):
        return Decision(Outcome.CONFLICT, {}, disputes=disputes)
    if any(one.winner is Side.INSIDE for one in disputes):
        return Decision(Outcome.UPDATED, {}, disputes=disputes, looked_at=looked_at(merger))
    is_first = agreed is None or agreed.is_unknown
    note_ = Note.FIRST_CONTACT if is_first else None
    return Decision(Outcome.UPDATED, patch, note_, disputes, deletes=True, looked_at=looked_at(merger))


def agreed_gone(
    merger: Merger, decision: Decision, current: Record | None, agreed: Agreement | None = None
) -> Agreement:
    """Return what is agreed of values after a deletion: what the inside has, unless it won against the deletion."""
    inside: Noted = {}
    after = {**(current or {}), **decision.patch}
    if all(one.winner is not Side.INSIDE for one in decision.disputes):
        for unit in merger.units:
            note(inside, unit, values_of(after, unit))
    return Agreement(inside=inside, had={} if agreed is None else _had(merger, agreed))


def _had(merger: Merger, agreed: Agreement) -> Noted:
    """Return what the outside had before it deleted its record: an old extract may say that when it is told anew."""
    had: Noted = {}
    for unit in merger.units:
        if unit.is_two_way:
            note(had, unit, agreed.first(unit))
    return had


def _paths(merger: Merger) -> list[Path]:
    return [field.path for field, _ in merger.deleted]


def looked_at(merger: Merger) -> tuple[str, ...]:
    """Return the top-level fields that decide: that nothing was edited is said of every rule."""
    return tuple(dict.fromkeys((*tops(merger.units), *merger.policy.looked_at)))


def deletion(merger: Merger, current: Record) -> dict[str, Any | Absent]:
    """Return what the first value of each field of `deleted_when` comes to, by top-level field."""
    names = {str(path[0]) for path in _paths(merger)}
    merged = {name: copy.deepcopy(current[name]) for name in names if name in current}
    for field, accepted in merger.deleted:
        value = chosen(accepted, get(current, field.path))
        if not same(get(current, field.path), value):
            assign(merged, field.path, value)
            drop_emptied(merged, current, field.path)
    return {
        name: merged.get(name, ABSENT)
        for name in sorted(names)
        if not same(merged.get(name, ABSENT), current.get(name, ABSENT))
    }


def _disputes(
    merger: Merger,
    source: Record,
    inside: tuple[Record, Record],
    agreed: Agreement | None,
    decided: Table[str, Chosen],
) -> tuple[Dispute, ...]:
    """Return what the deletion costs: edits that the outside was not told of; at first contact, what it replaces.

    inside: the record as it is, and deleted.
    """
    current, after = inside
    paths = _paths(merger)
    written = [unit for unit in merger.units if any(overlap(one, path) for one in unit.paths for path in paths)]
    if agreed is None or agreed.is_unknown:
        return tuple(dispute(unit, None, after, current, Verdict(Side.OUTSIDE, FIRST_CONTACT)) for unit in written)
    edited = merger.edited([unit for unit in merger.units if unit.is_two_way], current, agreed)
    if not edited:
        return ()
    records = source, after, current
    units = written or edited[:1]
    return tuple(_said(disputed(merger.policy, unit, records, agreed, decided), edited) for unit in units)


def _said(one: Dispute, edited: Sequence[Unit]) -> Dispute:
    names = ", ".join(unit.name for unit in edited)
    return replace(one, why=f"deleted outside, edited inside ({names}): {one.why}")
