"""What a merge would leave: where the inside schema refuses it, nothing is written, and the edit of either side stays.

Each side may have been right by itself: the outside has cleared a value, and the inside has entered another one that
requires it. What was wrong with the inside record before is nobody's fault now, and keeps nothing out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from etl.mapping.terms import Side, Sort
from etl.record import Record, Violation
from etl.transfer.agreement import Agreement
from etl.transfer.decision import Decision
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate, Outcome
from etl.transfer.unit import fields_of


def rejection(
    merger: Merger,
    decision: Decision,
    found: Sequence[Violation],
    candidate: Candidate,
    current: Record,
    agreed: Agreement | None,
) -> Decision:
    """Return what becomes of a decision that would leave an inside record with these faults."""
    done = _done(merger, decision, candidate, current, agreed)
    refused = (replace(one, message=f"{one.message}, in what would be left: {done}") for one in found)
    return Decision(Outcome.REJECTED, {}, refused=tuple(refused))


def _done(merger: Merger, decision: Decision, candidate: Candidate, current: Record, agreed: Agreement | None) -> str:
    """Return what each side has done to a record since they agreed, as far as that is known."""
    names, is_gone = merger.policy.names, candidate.sort is Sort.GONE
    theirs = "deleted it" if is_gone else f"changed {', '.join(decision.changed)}"
    said = f"{names[Side.OUTSIDE]} has {theirs}"
    if agreed is None or agreed.is_unknown:
        return said
    if is_gone:
        edited = merger.edited(merger.units, current, agreed)
    else:
        edited = merger.edited_inside(candidate.target, current, agreed)
    return f"{said}, {names[Side.INSIDE]} has changed {', '.join(fields_of(edited))}" if edited else said
