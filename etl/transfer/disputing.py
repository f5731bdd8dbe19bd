"""Disputes: what both sides have changed of one rule, and who wins."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from typing import Any

from etl.record import ABSENT, Record
from etl.transfer.agreement import Agreement, change_mark, values_of
from etl.transfer.conflicts import Chosen, ConflictPolicy, Dispute, Verdict
from etl.transfer.unit import Unit


def disputed(
    policy: ConflictPolicy,
    unit: Unit,
    records: tuple[Record | None, Record, Record],
    agreed: Agreement,
    chosen: Table[str, Chosen],
) -> Dispute:
    """Return the dispute about a unit that both sides have changed.

    records: the outside one, None where the two sides keep rewriting it; what it wants inside; and the inside one.
    chosen: what a person has decided before.
    """
    source, desired, current = records
    about = change_mark(unit, current, desired)
    verdict = policy.decide(unit, source, current, about, chosen.get(unit.name))
    return dispute(unit, agreed.ours(unit), desired, current, verdict)


def dispute(unit: Unit, base: Sequence[Any] | None, outside: Record, inside: Record, verdict: Verdict) -> Dispute:
    """Return the dispute about one rule. base: its values at the agreement. outside, inside: what either side has."""
    before = [ABSENT] * len(unit.paths) if base is None else [ABSENT if value is None else value for value in base]
    bases, theirs, ours = (
        dict(zip(unit.paths, values, strict=True))
        for values in (before, values_of(outside, unit), values_of(inside, unit))
    )
    return Dispute(unit.name, bases, theirs, ours, verdict.winner, verdict.why, verdict.chosen)
