"""Diagnosis: what was examined before anything runs, what came of it, and what helps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from etl.exit_codes import ExitCode, worst


class Mark(Enum):
    """What came of an examination. WARN: a run works, and somebody should know. FAIL: a run would not do its work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was examined.

    subject: what it is about, in a word or two. text: what was found. fix: what helps, "" where nothing has to.
    exit_code: of a run that meets it; 0 unless it fails.
    """

    subject: str
    mark: Mark
    text: str
    fix: str = ""
    exit_code: int = ExitCode.OK

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON; `schemas/output/doctor.schema.json` describes it."""
        return {"subject": self.subject, "mark": self.mark.value, "text": self.text, "fix": self.fix}


def ok(subject: str, text: str) -> Check:
    """Return what is as it should be."""
    return Check(subject, Mark.OK, text)


def warn(subject: str, text: str, fix: str = "") -> Check:
    """Return what works, and somebody should know."""
    return Check(subject, Mark.WARN, text, fix)


def fail(subject: str, text: str, fix: str = "", exit_code: int = ExitCode.INVALID) -> Check:
    """Return what keeps a run from its work."""
    return Check(subject, Mark.FAIL, text, fix, exit_code)


def told(subject: str, error: Exception, exit_code: int) -> Iterable[Check]:
    """Return what an error says, line by line: a message of the engine ends with what helps, behind a semicolon."""
    for line in str(error).split("\n"):
        text, _, fix = line.partition("; ")
        yield fail(subject, text, fix, exit_code)


def exit_code(checks: Iterable[Check]) -> int:
    """Return the exit code of a command that has found this: 0 where nothing fails."""
    return worst(check.exit_code for check in checks)
