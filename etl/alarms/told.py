"""What is told of a run that ended: the event, and the facts of the run history. It holds no values of records."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Final

from etl.exit_codes import COMPLETED
from etl.record import printable
from etl.transfer.run_history import RunRecord, State

_LONGEST: Final = 1_000
_REASONS: Final = 10
_WAITING: Final = ("rejected", "conflict")


class Event(Enum):
    """What a run is to those who are alarmed. FAILED: it ended before its time, or never began."""

    FAILED = "failed"
    NEW = "new"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. record: what the history has of it, None where it never began. error: "" where there is none."""

    mapping: str
    at: datetime
    exit_code: int
    error: str
    record: RunRecord | None

    @property
    def has_failed(self) -> bool:
        """Whether it ended before its time, or never began."""
        return self.record is None or bool(self.error) or self.exit_code not in COMPLETED

    def waiting(self, novelty: str | None = None) -> dict[str, int]:
        """Return how many were rejected, and are in conflict. novelty: only those."""
        return _waiting(self.record, novelty)


def event_of(ending: Ending, earlier: RunRecord | None, *, was_failing: bool) -> Event | None:
    """Return what is to be told of a run, None for nothing.

    earlier: the run before. was_failing: somebody was told that runs fail, and of none since that did not.
    """
    if ending.has_failed:
        return Event.FAILED
    if any(ending.waiting("new").values()):
        return Event.NEW
    if was_failing or _had_failed(earlier):
        return Event.RECOVERED
    had, has = any(_waiting(earlier).values()), any(ending.waiting().values())
    return Event.RECOVERED if had and not has else None


def _had_failed(run: RunRecord | None) -> bool:
    if run is None:
        return False
    return run.state is State.DIED or bool(run.error) or (run.exit_code is not None and run.exit_code not in COMPLETED)


def _waiting(record: RunRecord | None, novelty: str | None = None) -> dict[str, int]:
    found = dict.fromkeys(_WAITING, 0)
    for way in record.directions.values() if record else ():
        for outcome in _WAITING:
            part = way["counts"].get(outcome, 0) if novelty is None else _novel(way, outcome, novelty)
            found[outcome] += part
    return found


def _novel(way: Mapping[str, Any], outcome: str, novelty: str) -> int:
    return int(way.get("novelty", {}).get(outcome, {}).get(novelty, 0))


def title_of(ending: Ending, event: Event) -> str:
    """Return one line for people."""
    name = printable(ending.mapping)
    if event is Event.FAILED:
        return f"{name} failed: exit code {ending.exit_code}"
    new = {word: count for word, count in ending.waiting("new").items() if count}
    if event is Event.NEW:
        return f"{name}: " + ", ".join(f"{count} new {_WORDS[word]}" for word, count in new.items())
    left = {word: count for word, count in ending.waiting().items() if count}
    known = ", ".join(f"{count} known {_WORDS[word]}" for word, count in left.items())
    return f"{name} has recovered" + (f"; it still has {known}" if known else "")


_WORDS: Final = {"rejected": "rejected", "conflict": "in conflict"}


def text_of(ending: Ending) -> str:
    """Return some lines for people: what went wrong, the counts, and the reasons."""
    lines = [ending.error[:_LONGEST]] if ending.error else []
    record = ending.record
    for name, way in record.directions.items() if record else ():
        others = ", ".join(f"{count} {word}" for word, count in way["counts"].items() if count and word != "read")
        lines.append(f"{name}: {way['counts']['read']} read" + (f" = {others}" if others else ""))
    lines += [
        f"{cause['new']} newly {_WORDS[cause['outcome']]}: {cause['reason']} ({', '.join(cause['named'])})"
        for cause in _causes(record)
        if cause["new"]
    ][:_REASONS]
    lines.append(f"run {record.id} on {record.host}" if record else f"no run began on {socket.gethostname()}")
    return "\n".join(map(printable, lines))


def _causes(record: RunRecord | None) -> Iterator[dict[str, Any]]:
    """Yield why records were not transferred: each reason by path and code, since its words quote the record."""
    for name, way in record.directions.items() if record else ():
        for outcome in _WAITING:
            for cause in way.get(outcome, ()):
                reason = f"{cause['path']}:{cause['code']}" if cause["path"] else cause["code"]
                counts = {"count": cause["count"], "new": cause.get("new", cause["count"]), "named": cause["named"]}
                yield {"direction": name, "outcome": outcome, "reason": reason} | counts


def fields_of(ending: Ending, event: Event) -> dict[str, Any]:
    """Return it as JSON; docs/alarms.md describes it."""
    record = ending.record
    return {
        "event": event.value,
        "mapping": ending.mapping,
        "title": title_of(ending, event),
        "text": text_of(ending),
        "at": ending.at.isoformat(),
        "exit_code": ending.exit_code,
        "error": ending.error[:_LONGEST],
        "run": record.id if record else None,
        "host": record.host if record else socket.gethostname(),
        "seconds": record.seconds if record else None,
        "directions": {
            name: {"counts": way["counts"], "novelty": way.get("novelty", {})}
            for name, way in (record.directions.items() if record else ())
        },
        "causes": list(_causes(record)),
    }
