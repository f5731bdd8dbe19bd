"""Discretion: what a run says of records has nothing of what is private in them."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from etl.mapping.paths import Path
from etl.mapping.privacy.marked import Privacy
from etl.mapping.privacy.quotes import MASK
from etl.mapping.terms import Direction, Side
from etl.strict_json import loads
from etl.transfer.conflicts import Conflict, Dispute
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.model import PlannedRecord, Result, Stage, ValueChange


@dataclass(frozen=True, slots=True)
class Discretion:
    """Masks what is said of the records of one direction. privacy: None where nothing is private."""

    privacy: Privacy | None = None
    direction: Direction = Direction.INBOUND

    @property
    def _source(self) -> Side:
        return Side.OUTSIDE if self.direction is Direction.INBOUND else Side.INSIDE

    @property
    def _target(self) -> Side:
        return Side.INSIDE if self.direction is Direction.INBOUND else Side.OUTSIDE

    def of_reasons(self, results: Sequence[Result]) -> list[Result]:
        """Return results whose reasons say nothing private: before they are kept anywhere."""
        if self.privacy is None:
            return list(results)
        return [self._reasons(self.privacy, one) if one.violations or one.planned else one for one in results]

    def _reasons(self, privacy: Privacy, result: Result) -> Result:
        records = [(result.item.record, self._source), (result.item.last, self._target)]
        if result.candidate is not None:
            records += [(result.candidate.source, self._source)]
            records += [(one, self._target) for one in (result.candidate.target, result.candidate.sent)]
        made = replace(result, violations=privacy.violations(result.violations, records))
        if result.planned is None:
            return made
        return replace(made, planned=self._planned(privacy, result.planned, made))

    def _planned(self, privacy: Privacy, planned: PlannedRecord, result: Result) -> PlannedRecord:
        values = tuple(self._value(privacy, one) for one in planned.values)
        return replace(planned, values=values, reasons=tuple(map(str, result.violations)) or planned.reasons)

    def _value(self, privacy: Privacy, one: ValueChange) -> ValueChange:
        old, new = (privacy.named(one.path, value, self._target) for value in (one.old, one.new))
        is_private = privacy.touches(one.path, self._target)
        return replace(one, old=old, new=new, said="" if is_private else one.said)

    def of_all(self, results: Sequence[Result]) -> list[Result]:
        """Return results that have nothing private at all: once nothing is done with them any more but to be told."""
        return list(results) if self.privacy is None else [self._all(self.privacy, one) for one in results]

    def _all(self, privacy: Privacy, result: Result) -> Result:
        item = replace(result.item, record=privacy.record(result.item.record, self._source), content=None)
        candidate = result.candidate
        if candidate is None:
            return replace(result, item=item)
        source, target = privacy.record(candidate.source, self._source), privacy.record(candidate.target, self._target)
        return replace(result, item=item, candidate=replace(candidate, item=item, source=source, target=target))


OPEN: Final = Discretion()


def masked_conflict(privacy: Privacy, conflict: Conflict) -> Conflict:
    """Return a conflict of which nothing private is shown; a decision about it is one about the conflict as it is."""
    disputes = tuple(_masked_dispute(privacy, one) for one in conflict.disputes)
    record = privacy.record(conflict.record, Side.OUTSIDE)
    return replace(conflict, record=record, disputes=disputes, known_as=conflict.version)


def _masked_dispute(privacy: Privacy, one: Dispute) -> Dispute:
    def masked(values: Table[Path, Any]) -> Table[Path, Any]:
        return {path: privacy.value(path, value, Side.INSIDE) for path, value in values.items()}

    return replace(one, base=masked(one.base), outside=masked(one.outside), inside=masked(one.inside))


def masked_content(privacy: Privacy, letter: DeadLetter) -> bytes | None:
    """Return what a dead letter keeps, for people to see: all of it is hidden where it is no record as JSON.

    What could not be read is none: it may be a document in which nobody knows where records lie.
    """
    if letter.content is None:
        return None
    is_inbound = letter.direction is Direction.INBOUND
    try:
        found = None if is_inbound and letter.stage == Stage.READ.value else loads(letter.content)
    except ValueError:
        found = None
    side = Side.OUTSIDE if is_inbound else Side.INSIDE
    return orjson.dumps(privacy.record(found, side)) if isinstance(found, dict) else MASK.encode()
