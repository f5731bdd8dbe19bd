"""Following a run on the command line: what it prints while it lasts, and once it has ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from etl.cli.common import SIGNALS, say
from etl.cli.output import say_json

if TYPE_CHECKING:
    from etl.app import Watch
    from etl.transfer.report import Report
    from etl.transfer.run_history import RunRecord


def watching(*, as_json: bool) -> Watch:
    """Return who follows a run of the command line: it prints what became of it, and ends when a signal says so.

    as_json: it prints what the run history has of the run, once that has ended.
    """
    from etl.app import Watch  # noqa: PLC0415 - see etl.cli

    stops = Watch(stop=SIGNALS.asked, pause=SIGNALS.pause, exit_code=SIGNALS.exit_code)
    if as_json:
        return replace(stops, on_end=_print_record)
    return replace(stops, on_report=_print_report)


def _print_report(report: Report) -> None:
    say(report.as_line())


def _print_record(record: RunRecord) -> None:
    say_json(record.as_dict())
