"""Run history: one document a run, of what it did, how long it took, and what it left."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any

from etl.transfer.dead_letter import Novelty
from etl.transfer.delivered import DELIVERY, EXTRACT
from etl.transfer.report import WAITING, Report


class Command(StrEnum):
    """What a run was begun by. `schemas/output/run.schema.json` names the same ones."""

    RUN = "run"
    KEYED = "run --key"
    APPLY = "apply"
    REPLAY = "replay"
    RESOLVE = "resolve"
    UNDO = "undo"


class State(Enum):
    """How a run stands. DIED: it says nothing more, and left what it had."""

    RUNNING = "running"
    ENDED = "ended"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """What is known of one run.

    id: also names the run in conflicts and dead letters. command: a `Command`, unless a later engine has written it.
    mapping_hash: of its file and schemas. settings: what it worked with, without secrets. started, heard, ended:
    UTC; heard is when it last said something. exit_code: None where it has not ended. error: why it ended before
    its time, "" where it did not. directions: what became of the records, by direction; see `direction_fields`. by,
    note: who wanted it, and what they said of it, "" where nobody did.
    """

    id: str
    command: str
    mapping_hash: str
    engine: str
    host: str
    token: int
    settings: Table[str, Any]
    started: datetime
    heard: datetime
    ended: datetime | None = None
    exit_code: int | None = None
    error: str = ""
    directions: Table[str, Table[str, Any]] = field(default_factory=dict)
    state: State = State.RUNNING
    by: str = ""
    note: str = ""

    def after(self, reports: Sequence[Report], now: datetime) -> RunRecord:
        """Return it with what has been done by now."""
        return replace(self, heard=now, directions={r.direction.value: direction_fields(r) for r in reports})

    def finished(self, now: datetime, exit_code: int, error: str = "") -> RunRecord:
        """Return it as it is at its end."""
        return replace(self, heard=now, ended=now, exit_code=exit_code, error=error, state=State.ENDED)

    @property
    def seconds(self) -> float:
        """How long it took; of one that died, how long it is known to have lived."""
        return ((self.ended or self.heard) - self.started).total_seconds()

    def as_dict(self) -> dict[str, Any]:
        """Return it as people get it in JSON; `schemas/output/run.schema.json` describes it."""
        plain = (
            "id",
            "command",
            "engine",
            "host",
            "token",
            "started",
            "heard",
            "ended",
            "seconds",
            "exit_code",
            "error",
        )
        return {
            **{name: getattr(self, name) for name in plain},
            **{name: said for name, said in (("by", self.by), ("note", self.note)) if said},
            "state": self.state.value,
            "mapping_hash": self.mapping_hash,
            "settings": dict(self.settings),
            "directions": {way: dict(found) for way, found in self.directions.items()},
        }


def direction_fields(report: Report) -> dict[str, Any]:
    """Return what is kept of a report: counts by outcome, files, causes, notes, notices, unknown fields, changes.

    novelty: of what was rejected or waits, how many are new, known and acknowledged; by outcome.
    """
    causes = {outcome.value: [cause.as_dict() for cause in report.causes[outcome]] for outcome in WAITING}
    novelty = {
        outcome.value: {each.value: report.novelties[outcome, each] for each in Novelty}
        for outcome in WAITING
        if report.counts[outcome]
    }
    changed = report.changed.most_common()
    return {
        "counts": report.as_dict(),
        **({"novelty": novelty} if novelty else {}),
        "files": report.files,
        **{name: found for name, found in causes.items() if found},
        "notes": {note.value: count for note, count in report.notes.items()},
        "notices": [notice.text for notice in report.notices],
        **({"fields": report.fields[-1].all} if report.fields else {}),
        **({DELIVERY: report.deliveries[-1].as_dict()} if report.deliveries else {}),
        **({EXTRACT: report.extracts[-1].as_dict()} if report.extracts else {}),
        **({"changed": [{"field": name, "count": n} for name, n in changed]} if changed else {}),
    }
