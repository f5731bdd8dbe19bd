"""What is written over what was there last, where rules look back: by conditions of tables."""

from __future__ import annotations

from collections.abc import Sequence

from etl import Direction, Mapping, Violation
from etl.app import compile_pipeline
from tests.generated.adding import has_key
from tests.generated.case import SIDES
from tests.generated.clean import Losses
from tests.generated.court import Court
from tests.generated.judgement import Judgement
from tests.generated.oracle import Verdict
from tests.generated.values import Record, parse_path
from tests.generated.words.scene import OTHER

_TOLD = 12
"""How many records of a side go over what may have been on the other one."""


def judge_overs(court: Court, mapping: Mapping, judgement: Judgement) -> None:
    """Send records over what may have been on the other side: what becomes of them, and whether they come back."""
    if any(finding.is_error for finding in court.findings) or court.oracle.keep:
        return
    losses = Losses(court, judgement)
    for side, way in zip(SIDES, (Direction.INBOUND, Direction.OUTBOUND), strict=True):
        pipeline = compile_pipeline(mapping, way)
        told = [record for record, verdict in court.pool[side] if verdict.accepted]
        for last in court.lasts(OTHER[side]):
            for record in told[:: max(1, len(told) // _TOLD)]:
                verdict = court.verdict(side, record, last)
                made, _, violations, _ = pipeline.translate(record, last)
                text = f"{record!r} over {last!r} becomes {made!r}"
                if verdict.accepted and _are_too_many(court, OTHER[side], violations):
                    continue
                if bool(violations) is verdict.accepted:
                    what = violations[0].code if violations else verdict.reasons[0].detail
                    judgement.add(f"over, {'rejects' if violations else 'accepts'} {way.value} {what}", text)
                elif verdict.accepted and (label := _differing(court, OTHER[side], made, verdict.record)):
                    judgement.add(f"over, differs {way.value} {label}", f"{text}, not {verdict.record!r}")
                elif not court.findings:
                    _judge_coming_back(court, side, record, verdict, losses)


def _are_too_many(court: Court, side: str, violations: Sequence[Violation]) -> bool:
    """Return whether a record is refused for a list with a key alone, beside whose elements those without one stay."""
    keyed = {path for word in court.oracle.words if has_key(word) for path in word.writes(side)}
    return bool(violations) and all(one.code == "maxItems" and parse_path(one.path) in keyed for one in violations)


def _differing(court: Court, side: str, made: Record, meant: Record) -> str:
    """Return how the rule is called that looks back and wrote something else; "" for none."""
    found = (word for word in court.differing(side, made, meant) if word.looks_back)
    return next((word.label for word in found if side == "outside" or not word.is_only_read), "")


def _judge_coming_back(court: Court, side: str, record: Record, verdict: Verdict, losses: Losses) -> None:
    losses.over(side, record, verdict)
    back = court.back(side, record, verdict)
    if back is not None and back.accepted and side == "inside":
        losses.trip(side, record, back.record)
