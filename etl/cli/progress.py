"""One line on a terminal that says how far a run is. It is gone before anything else is printed."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TextIO

from etl.lengths import duration

if TYPE_CHECKING:
    from etl.transfer.report import Report

_EVERY: Final = 0.1
"""Seconds between two states of the line."""

_AWAY: Final = "\r\x1b[K"
_WIDTH: Final = 80


class Progress:
    """The line. A terminal that nobody looks at has none."""

    def __init__(self) -> None:
        self._is_shown = False
        self._drawn = 0.0
        self._begun = 0.0
        self._report: Report | None = None

    def follow(self, report: Report) -> None:
        """Show how far a direction is, unless that was shown a moment ago."""
        now = time.monotonic()
        if report is not self._report:
            self._report, self._begun, self._drawn = report, now, 0.0
            report.expected()  # of what is counted, before any of it is done
        if now - self._drawn >= _EVERY:
            self._drawn = now if report.read else 0.0  # the first batch is always told of
            self._write(_AWAY + told(report, now - self._begun)[: _columns(sys.stderr) - 1])
            self._is_shown = True

    def clear(self) -> None:
        """Take the line away, where there is one."""
        if self._is_shown:
            self._is_shown = False
            self._write(_AWAY)

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


PROGRESS: Final = Progress()


def told(report: Report, seconds: float) -> str:
    """Return how far a direction is after so many seconds."""
    if not report.read:
        return f"{report.direction.value}: reading"
    expected = report.expected()
    share = None if not expected else min(report.read / expected, 1.0)
    parts = [f"{report.read:,} records"]
    if share is not None:
        parts.append(f"{int(share * 100)} %")
    if seconds >= 1:
        parts.append(f"{report.read / seconds:,.0f} a second")
        if share:
            parts.append(f"{duration(seconds * (1 - share) / share)} left")
    if report.rejected:
        parts.append(f"{report.rejected:,} rejected")
    return f"{report.direction.value}: {', '.join(parts)}"


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or _WIDTH
    except (OSError, ValueError):
        return _WIDTH
