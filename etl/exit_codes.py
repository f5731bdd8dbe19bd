"""The exit codes of every command: known here alone; docs/cli.md and README show this table."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """How a command ended. meaning: for people."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> ExitCode:
        """Make a code with its meaning."""
        made = int.__new__(cls, code)
        made._value_ = code
        made.meaning = meaning
        return made

    OK = 0, "all went well, or nothing is new of what did not"
    REJECTED = (
        1,
        "records were newly rejected, or wait newly in conflict; or a limit, or vanished fields, stopped the run",
    )
    USAGE = 2, "the command line is wrong"
    INVALID = 3, "the mapping, a schema or a setting is wrong; nothing was read or written"
    FAILED = 4, "MongoDB or the file system failed, also in the middle of a run; run again to go on"
    LOCKED = 5, "another run of this mapping is at work, or uses the embedded MongoDB"
    FAILING = 6, "`etl status`: the last run failed or died; where somebody should look at something, it is 1"
    CHANGES = 10, "`etl plan --detailed-exitcode`: a run would change something, or newly reject a record"
    CONFLICTS = 11, "`etl plan --detailed-exitcode`: a run would leave conflicts"
    BROKEN = 70, "a bug of the engine; please report the lines that it prints"
    INTERRUPTED = 130, "interrupted with Ctrl-C; run again to go on"
    TERMINATED = 143, "terminated with SIGTERM; run again to go on"


STOPPED: Final = (ExitCode.INTERRUPTED, ExitCode.TERMINATED)
"""Of what a signal has ended."""

COMPLETED: Final = (ExitCode.OK, ExitCode.REJECTED)
"""Of a run that came to its end, whatever it rejected."""

_BY_WEIGHT: Final = [0, 10, 11, 1, 6, 5, 4, 3, 2, 70, 130, 143]
"""From the best to the worst: what waits for a person, what passes by itself, what has to be corrected, a bug."""


def worst(codes: Iterable[int]) -> int:
    """Return the worst of several exit codes; 0 of none. One that is not known here is worse than all."""
    return max(codes, default=0, key=lambda code: _BY_WEIGHT.index(code) if code in _BY_WEIGHT else len(_BY_WEIGHT))
