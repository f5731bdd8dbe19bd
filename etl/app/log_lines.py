"""What a run logs of single records: the first few of each cause, then how many others there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etl.mapping.terms import Direction
from etl.transfer.causes import NAMED, Cause, Causes
from etl.transfer.dead_letter import Novelty
from etl.transfer.model import Outcome, Result
from etl.transfer.report import WAITING, Report

if TYPE_CHECKING:
    from etl.logs import Log

_SAID = {Outcome.REJECTED: "rejected", Outcome.CONFLICT: "in conflict"}
_REASONS = {Outcome.REJECTED: "reasons", Outcome.CONFLICT: "rules"}
_LISTED = {Outcome.REJECTED: "`etl dead-letters list`", Outcome.CONFLICT: "`etl conflicts list`"}


@dataclass(slots=True)
class FewOfACause:
    """Tells of new rejections and conflicts; of those that are known, only how many they are."""

    direction: Direction
    log: Log
    _causes: dict[Outcome, Causes] = field(default_factory=lambda: {outcome: Causes() for outcome in WAITING})
    _told: Counter[tuple[Outcome, str, str]] = field(default_factory=Counter)

    def tell(self, results: Sequence[Result]) -> None:
        """Tell of those that are among the first of a cause."""
        for result in results:
            if result.violations and result.outcome in WAITING and result.novelty is Novelty.NEW:
                self._tell(result)

    def _tell(self, result: Result) -> None:
        met = self._causes[result.outcome].add(result.item.origin, result.violations)
        if all(cause.count > NAMED for cause in met):
            return
        self._told.update((result.outcome, cause.path, cause.code) for cause in met)
        why = {_REASONS[result.outcome]: [str(violation) for violation in result.violations]}
        self.log.warning(result.outcome.value, direction=self.direction.value, record=result.item.origin, **why)

    def finish(self, report: Report) -> None:
        """Tell how many others each cause has, and how many records wait as they did before."""
        for outcome, cause, count in self._others():
            reason = f"{cause.path}: {cause.message}" if cause.path else cause.message or "for other reasons"
            where = {"direction": self.direction.value, "count": count}
            self.log.warning(f"others are {_SAID[outcome]} for the same reason", **where, reason=reason)
        for outcome in WAITING:
            if count := report.known(outcome):
                self.log.info(
                    f"known: {_SAID[outcome]} as before; see {_LISTED[outcome]}",
                    direction=self.direction.value,
                    count=count,
                )

    def _others(self) -> Iterator[tuple[Outcome, Cause, int]]:
        for outcome, causes in self._causes.items():
            for cause in causes:
                if (count := cause.count - self._told[outcome, cause.path, cause.code]) > 0:
                    yield outcome, cause, count
