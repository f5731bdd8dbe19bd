"""Status: how a mapping stands, of a few facts, and the verdict on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import pairwise
from statistics import median
from typing import Any, Final

from etl.exit_codes import STOPPED, ExitCode
from etl.transfer.run_history import RunRecord, State

_FEW: Final = 5
"""From so many runs on it is known what is usual."""

_OVERDUE: Final = 3
"""A run is overdue, and one is slow, from so many times what is usual on."""

_LEAST_SECONDS: Final = 30
"""What takes no more than this is not slow."""


_LEAST_PAUSE: Final = timedelta(minutes=10)
"""Runs that follow each other sooner are no habit that is given up: somebody typed them."""


class Verdict(Enum):
    """What to make of it: nothing; a look at it; a repair. exit_code: of `etl status`."""

    OK = "ok"
    ATTENTION = "attention"
    FAILING = "failing"

    @property
    def exit_code(self) -> int:
        """The exit code of a command that ends with it."""
        return _EXIT_CODES[self]


_EXIT_CODES: Final = {
    Verdict.OK: ExitCode.OK,
    Verdict.ATTENTION: ExitCode.REJECTED,
    Verdict.FAILING: ExitCode.FAILING,
}


@dataclass(frozen=True, slots=True)
class Amount:
    """How many there are of something, and since when there is the oldest.

    at_least: there may be more, and older ones: not all were looked at. oldest: None where none says its date.
    """

    count: int = 0
    oldest: datetime | None = None
    at_least: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"count": self.count, "at_least": self.at_least, "oldest": self.oldest}


@dataclass(frozen=True, slots=True)
class LetterCount:
    """How many dead letters lie for one reason. reason: `path:code`, of their first.

    new: how many of them are new. acknowledged: of how many somebody has taken note.
    """

    reason: str
    count: int
    new: int
    acknowledged: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"reason": self.reason, "count": self.count, "new": self.new, "acknowledged": self.acknowledged}


@dataclass(frozen=True, slots=True)
class Delivery:
    """The newest inbound file. files: how many match the pattern. doubt: what is there instead, "" where nothing is.

    name, at: None where none matches, or where its date is not known; of one that was cleared away as well, where runs
    remember that. at_least: there may be newer ones. overdue: what is wrong with when it came, "" where nothing is.
    """

    folder: str
    files: int = 0
    name: str | None = None
    at: datetime | None = None
    at_least: bool = False
    doubt: str = ""
    overdue: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        names = ("folder", "files", "name", "at", "at_least", "doubt", "overdue")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Status:
    """How a mapping stands.

    now: when that was. runs: the last ones, the latest first, without their causes. last_good: the last run that ended
    with exit code 0, None where none is known. usual_seconds, usual_pause: how long runs usually take, and how much
    time is usually between their starts; None where too few are known. waiting: documents to go out. conflicts: open.
    letters: by reason, the commonest first; letters_at_least: there may be more. delivery: None where it is no folder.
    mapping_hash: of the mapping as it is.
    """

    mapping: str
    collection: str
    now: datetime
    mapping_hash: str
    runs: Sequence[RunRecord]
    last_good: RunRecord | None
    waiting: Amount
    conflicts: Amount
    letters: Sequence[LetterCount]
    letters_at_least: bool = False
    delivery: Delivery | None = None

    @property
    def last(self) -> RunRecord | None:
        """The last run."""
        return self.runs[0] if self.runs else None

    @property
    def usual_seconds(self) -> float | None:
        """How long a run that goes well usually takes."""
        return _usual([run.seconds for run in self.runs if run.exit_code == 0])

    @property
    def usual_pause(self) -> timedelta | None:
        """How much time there usually is from the start of one run to that of the next."""
        starts = [run.started for run in self.runs]
        found = _usual([(later - one).total_seconds() for later, one in pairwise(starts)])
        return None if found is None else timedelta(seconds=found)

    @property
    def is_mapping_changed(self) -> bool:
        """Whether the mapping, or one of its schemas, is another one than in the last run."""
        return self.last is not None and self.last.mapping_hash != self.mapping_hash

    @property
    def dead_letters(self) -> int:
        """How many records lie there that were rejected."""
        return sum(each.count for each in self.letters)

    @property
    def new_letters(self) -> int:
        """How many of these are new."""
        return sum(each.new for each in self.letters)

    @property
    def acknowledged_letters(self) -> int:
        """Of how many of these somebody has taken note."""
        return sum(each.acknowledged for each in self.letters)

    @property
    def failures(self) -> list[str]:
        """What has to be repaired."""
        last = self.last
        if last is None or last.state is State.RUNNING:
            return []
        if last.state is State.DIED:
            return [f"the last run died, and was last heard of at {_time(last.heard)}"]
        if last.error and last.exit_code not in STOPPED:
            return [f"the last run failed with exit code {last.exit_code}: {last.error}"]
        return []

    @property
    def concerns(self) -> list[str]:
        """What somebody should look at."""
        return [said for said in (*self._concerns_of_runs(), *self._concerns_of_records()) if said]

    def _concerns_of_runs(self) -> list[str]:
        last, pause, usual = self.last, self.usual_pause, self.usual_seconds
        if last is None:
            return ["no run is known"]
        found = []
        if last.exit_code in STOPPED:
            found.append("the last run was stopped by a signal")
        if pause is not None and pause >= _LEAST_PAUSE and self.now - last.started > pause * _OVERDUE:
            found.append(f"no run has begun since {_time(last.started)}, and one usually begins every {ago(pause)}")
        if usual is not None and last.seconds > max(usual * _OVERDUE, _LEAST_SECONDS):
            found.append(f"the last run took {took(last.seconds)}, and one usually takes {took(usual)}")
        return found

    def _concerns_of_records(self) -> list[str]:
        conflicts, letters = self.conflicts.count, self.dead_letters - self.acknowledged_letters
        new = f", {self.new_letters:,} of them new" if self.new_letters else ""
        return [
            f"{_count(conflicts, 'conflict waits', 'conflicts wait')} for a person" if conflicts else "",
            f"{_count(letters, 'dead letter is', 'dead letters are')} not acknowledged{new}" if letters else "",
            self.delivery.overdue or self.delivery.doubt if self.delivery else "",
        ]

    @property
    def verdict(self) -> Verdict:
        """What to make of it."""
        return Verdict.FAILING if self.failures else Verdict.ATTENTION if self.concerns else Verdict.OK

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON."""
        pause = self.usual_pause
        return {
            "mapping": self.mapping,
            "collection": self.collection,
            "now": self.now,
            "verdict": self.verdict.value,
            "failures": self.failures,
            "concerns": self.concerns,
            "last_run": _run(self.last),
            "last_good_run": _run(self.last_good),
            "usual_seconds": self.usual_seconds,
            "usual_pause_seconds": None if pause is None else pause.total_seconds(),
            "waiting": self.waiting.as_dict(),
            "conflicts": self.conflicts.as_dict(),
            "dead_letters": {
                "count": self.dead_letters,
                "new": self.new_letters,
                "acknowledged": self.acknowledged_letters,
                "at_least": self.letters_at_least,
                "by_reason": [each.as_dict() for each in self.letters],
            },
            "delivery": None if self.delivery is None else self.delivery.as_dict(),
            "mapping_changed": self.is_mapping_changed,
        }


def _run(record: RunRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    counts = {way: dict(found["counts"]) for way, found in record.directions.items()}
    names = ("id", "command", "host", "started", "ended", "seconds", "exit_code", "error")
    return {name: getattr(record, name) for name in names} | {"state": record.state.value, "counts": counts}


def _usual(found: Sequence[float]) -> float | None:
    return median(found) if len(found) >= _FEW else None


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def took(seconds: float) -> str:
    """Return a duration for people."""
    return f"{seconds:.1f} s" if seconds < 2 * 60 else ago(timedelta(seconds=seconds))


def ago(age: timedelta) -> str:
    """Return an age for people: the largest unit of which there are two."""
    seconds = max(int(age.total_seconds()), 0)
    for name, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
