"""The words of the oracle: what a client's file says, what is remembered, what a work order is on all sides.

It shares no code with the engine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias

Doc: TypeAlias = dict[str, Any]

RULES = ("title", "createdAt", "deleted", "deletedAt", "status")
FLAGS = {
    "isDeleted": "deleted",
    "isDone": "completed",
    "isCanceled": "cancelled",
    "isOnHold": "on_hold",
    "isPending": "pending",
    "isActive": "in_progress",
}
DATES = ("creationDate", "lastUpdateDate", "deletedDate")


@dataclass(frozen=True)
class Said:
    """What a client's file says: its record as canonical text, the values it means, and when it was last changed."""

    text: str
    values: Doc
    changed: datetime | None


@dataclass(frozen=True)
class Memory:
    """What both sides last agreed on. said: by the client's record. told: by our file, where we sent one.

    begun: what a run was about to write, until it remembers that it has.
    """

    record: str
    said: Doc | None
    told: Doc | None
    shared: bool = False
    turns: Mapping[str, tuple[Any, int]] = field(default_factory=dict)
    begun: Doc | None = None

    @property
    def base(self) -> Doc:
        return self.told or self.said or {}


@dataclass(frozen=True)
class State:
    """One work order everywhere. log: what lost. waiting: what a person has to decide. held, read: within a run."""

    doc: Doc | None = None
    file: Doc | None = None
    memory: Memory | None = None
    log: frozenset[Any] = frozenset()
    waiting: Any = None
    held: tuple[Said, bool] | None = None
    read: Doc | None = None

    @property
    def visible(self) -> dict[str, Any]:
        return {"doc": self.doc, "file": self.file, "log": self.log, "waiting": self.waiting}


@dataclass(frozen=True)
class Terms:
    """wins: who wins, by rule, "" for all others. taken: as a person decided it, likewise."""

    wins: Mapping[str, str]
    now: datetime
    echo: bool = True
    tolerance: float = 5
    taken: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """outcomes: as reported, each with its direction. stages: the state after every write."""

    stages: tuple[State, ...]
    outcomes: tuple[tuple[str, str], ...] = ()


def understood(record: Doc) -> Said:
    dates = {name: datetime.fromisoformat(record[name]).astimezone(UTC) for name in DATES if record.get(name)}
    status = next((status for flag, status in FLAGS.items() if record.get(flag)), "in_progress")
    values = {
        "title": record["summary"],
        "createdAt": dates["creationDate"],
        "deleted": record.get("isDeleted") or False,
        "deletedAt": dates.get("deletedDate"),
        "status": status,
    }
    return Said(json.dumps(record, sort_keys=True), values, dates.get("lastUpdateDate"))


def outward(doc: Doc) -> Doc:
    """Return the client's record of a work order, its dates as such."""
    flags = {flag: doc["status"] == status for flag, status in FLAGS.items()}
    names = {"orderNo": "number", "summary": "title", "creationDate": "createdAt", "deletedDate": "deletedAt"}
    return {"lastUpdateDate": doc.get("updatedAt"), **flags, **{ours: doc.get(name) for ours, name in names.items()}}


def there_and_back(doc: Doc) -> Doc:
    """Return the values that a work order has after a journey to the client: `deleted` repeats the status."""
    return {**{rule: doc.get(rule) for rule in RULES}, "deleted": doc["status"] == "deleted"}
