"""Following a run on the command line: what it prints while it lasts, and once it has ended."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from etl.cli.common import DEFAULT_MAPPING, SIGNALS, say
from etl.cli.output import say_json
from etl.cli.progress import PROGRESS
from etl.lengths import duration

if TYPE_CHECKING:
    from etl.app import Watch
    from etl.transfer.report import Report
    from etl.transfer.run_history import RunRecord

_RED: Final = ("rejected", "conflict")
NEW: Final = "new"


def watching(mapping: Path, *, as_json: bool) -> Watch:
    """Return who follows a run of the command line: it prints what became of it, and ends when a signal says so.

    Where people look, on a terminal, they see how far it is, and a table at its end. as_json: stdout gets what the run
    history has of the run, once that has ended.
    """
    from etl.logs import is_terminal  # noqa: PLC0415 - see etl.cli

    watch = replace(looking(), stop=SIGNALS.asked, pause=SIGNALS.pause, exit_code=SIGNALS.exit_code, on_report=_clear)
    if as_json:
        return replace(watch, on_end=_print_record)
    if is_terminal(sys.stdout):
        said = "" if str(mapping) == DEFAULT_MAPPING else f" --mapping {mapping}"
        return replace(watch, on_end=partial(_print_table, said))
    return replace(watch, on_report=_print_report)


@dataclass
class Ending:
    """How a run has ended: its command ends with the exit code that the run history has of it."""

    exit_code: int = 0

    def heard(self, watch: Watch) -> Watch:
        """Return who follows a run: `watch`, and this one."""

        def on_end(record: RunRecord) -> None:
            self.exit_code = record.exit_code or 0
            watch.on_end(record)

        return replace(watch, on_end=on_end)


def looking() -> Watch:
    """Return who only shows how far something is, where people look."""
    from etl.app import Watch  # noqa: PLC0415 - see etl.cli
    from etl.logs import is_terminal  # noqa: PLC0415

    shows = is_terminal(sys.stderr) and click.get_current_context().params.get("log_format") == "text"
    return Watch(on_progress=PROGRESS.follow) if shows else Watch()


def _clear(report: Report) -> None:
    del report
    PROGRESS.clear()


def _print_report(report: Report) -> None:
    say(report.as_line())


def _print_record(record: RunRecord) -> None:
    say_json(record.as_dict())


def _print_table(mapping: str, record: RunRecord) -> None:
    for line in table(record, mapping):
        say(line)


def table(record: RunRecord, mapping: str = "") -> Iterator[str]:
    """Yield what became of a run, for a terminal: a table that adds up, what is worth knowing, and the next step.

    mapping: the option that names it to the next step.
    """
    from etl.record import printable  # noqa: PLC0415 - see etl.cli

    if not record.directions:
        return
    yield from _counted({way: found["counts"] for way, found in record.directions.items()})
    for way, found in record.directions.items():
        yield from (f"{way}: {count} {note}" for note, count in found["notes"].items())
        yield from (f"{way}: {printable(notice)}" for notice in found["notices"])
        for outcome, novelty in found.get("novelty", {}).items():
            yield from (f"{way}: {n} {outcome}: {word}" for word, n in novelty.items() if n and word != NEW)
    read = sum(found["counts"]["read"] for found in record.directions.values())
    rate = f", {read / record.seconds:,.0f} records a second" if read and record.seconds else ""
    where = ", in the embedded MongoDB" if record.settings.get("MONGO_URI") == "embedded" else ""
    yield click.style(f"{duration(record.seconds)}{rate}{where}; run {record.id}", dim=True)
    if step := _next_step(record):
        yield f"next: {step}{mapping}"


def _counted(counts: dict[str, dict[str, int]]) -> Iterator[str]:
    """Yield the outcomes of each direction, below one another, but for those that nothing has."""
    names = [name for name in next(iter(counts.values())) if any(found[name] for found in counts.values())]
    names = ["read", *(name for name in names if name != "read")]
    widths = {name: max(len(name), *(len(f"{found[name]:,}") for found in counts.values())) for name in names}
    yield click.style("  ".join([" " * 8, *(f"{name:>{widths[name]}}" for name in names)]), bold=True)
    for way, found in counts.items():
        yield "  ".join([f"{way:8}", *(_cell(name, found[name], widths[name]) for name in names)])


def _cell(name: str, count: int, width: int) -> str:
    if not count:
        return click.style("-".rjust(width), dim=True)
    text = f"{count:>{width},}"
    return click.style(text, fg="red") if name in _RED else text


def _next_step(record: RunRecord) -> str:
    """Return the command that helps on, "" where all is done."""
    from etl.transfer.model import Note  # noqa: PLC0415 - see etl.cli

    found = record.directions.values()
    if any(each["counts"]["rejected"] for each in found):
        return "etl dead-letters list"
    if any(each["counts"]["conflict"] for each in found):
        return "etl conflicts list"
    if any(Note.FIRST_CONTACT.value in each["notes"] for each in found):
        return "etl conflicts list --decided"
    return ""
