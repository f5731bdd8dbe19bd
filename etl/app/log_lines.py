"""What a run logs of single records: the first few of each cause, then how many others there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etl.mapping.terms import Direction
from etl.transfer.causes import FirstFew
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
    _few: dict[Outcome, FirstFew] = field(default_factory=lambda: {outcome: FirstFew() for outcome in WAITING})

    def tell(self, results: Sequence[Result]) -> None:
        """Tell of those that are among the first of a cause."""
        for result in results:
            if result.violations and result.outcome in WAITING and result.novelty is Novelty.NEW:
                self._tell(result)

    def _tell(self, result: Result) -> None:
        if not self._few[result.outcome].takes(result.item.origin, result.violations):
            return
        why = {_REASONS[result.outcome]: [str(violation) for violation in result.violations]}
        self.log.warning(result.outcome.value, direction=self.direction.value, record=result.item.origin, **why)

    def finish(self, report: Report) -> None:
        """Tell how many others each cause has, and how many records wait as they did before."""
        for outcome, few in self._few.items():
            for cause, count in few.others():
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
