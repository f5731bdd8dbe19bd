"""`etl status`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.common import engine_errors, examples, quiet_pipe, say, with_logging
from etl.cli.mappings import of_each, with_mappings
from etl.cli.output import say_json, with_json

if TYPE_CHECKING:
    from etl.transfer.run_history import RunRecord
    from etl.transfer.status import Amount, Status

_REASONS = 5
_COLORS = {"ok": "green", "attention": "yellow", "failing": "red"}


@click.command(epilog=examples("etl status", "etl status --mapping mappings --json"))
@with_mappings
@with_json("status", many=True)
@with_logging
def status(mapping_files: list[Path], log_level: str, log_format: str, *, as_json: bool) -> int:
    """Show how a mapping stands, and whether somebody has to act.

    Nothing is written, and a run may be at work. The verdict is ok, attention or failing.

    Exit code 0: ok; 1: somebody should look at it; 6: the last run failed or died; 3, 4: as for a run.
    """
    found: list[dict[str, Any]] = []

    def work(file: Path) -> int:
        with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
            from etl import app  # noqa: PLC0415 - see etl.cli
            from etl.mapping.load import read_mapping  # noqa: PLC0415

            stands = app.status(read_mapping(file), settings, log)
            if as_json:
                found.append(stands.as_dict())
            else:
                say("\n".join(_screen(stands)))
            return stands.verdict.exit_code

    code = of_each(mapping_files, work, titled=not as_json)
    if as_json:
        say_json(found)
    return code


def _screen(stands: Status) -> list[str]:
    """Return the status as one screen."""
    from etl.record import printable  # noqa: PLC0415 - see etl.cli

    said = [*stands.failures, *stands.concerns]
    changed = "changed since the last run: see `etl plan`" if stands.is_mapping_changed else "as in the last run"
    lines = [
        ("last run", _run(stands.last, stands)),
        *([("last good run", _run(stands.last_good, stands))] if stands.last_good is not stands.last else []),
        ("waiting", _amount(stands.waiting, "work order to go out", "work orders to go out", stands.now)),
        ("conflicts", _amount(stands.conflicts, "open conflict", "open conflicts", stands.now)),
        ("dead letters", _letters(stands)),
        ("delivery", _delivery(stands)),
        *([("mapping", changed)] if stands.last else []),
    ]
    verdict = click.style(stands.verdict.value, _COLORS[stands.verdict.value])
    head = f"{printable(stands.mapping)} ({printable(stands.collection)}): {verdict}"
    below = [*(f"  ! {each}" for each in said), *(f"  {name:<14}{text}" for name, text in lines if text)]
    return [head, *map(printable, below)]


def _run(record: RunRecord | None, stands: Status) -> str:
    from etl.transfer.status import took  # noqa: PLC0415 - see etl.cli

    if record is None:
        return "none is known"
    usual = f", usually {took(stands.usual_seconds)}" if stands.usual_seconds is not None else ""
    ended = record.state.value if record.exit_code is None else f"exit code {record.exit_code}"
    counts = "; ".join(f"{way} {_counts(found['counts'])}" for way, found in record.directions.items())
    return f"{_since(record.started, stands.now)}: {ended} after {took(record.seconds)}{usual}" + (
        f"; {counts}" if counts else ""
    )


def _counts(counts: dict[str, int]) -> str:
    others = ", ".join(f"{count} {name}" for name, count in counts.items() if count and name != "read")
    return others or "0 read"


def _amount(amount: Amount, one: str, many: str, now: datetime) -> str:
    if not amount.count and not amount.at_least:
        return f"no {one}"
    least, which = ("at least ", "one") if amount.at_least else ("", "the oldest")
    oldest = f", {which} since {_since(amount.oldest, now)}" if amount.oldest else ""
    return f"{least}{amount.count:,} {one if amount.count == 1 else many}{oldest}"


def _letters(stands: Status) -> str:
    if not stands.letters:
        return "no dead letter"
    least = "at least " if stands.letters_at_least else ""
    named = [f"{each.count:,} {each.reason or 'of an earlier version'}" for each in stands.letters[:_REASONS]]
    more = [f"{len(stands.letters) - _REASONS} other reasons"] if len(stands.letters) > _REASONS else []
    told = f"{stands.new_letters:,} of them new, {stands.acknowledged_letters:,} acknowledged"
    return f"{least}{stands.dead_letters:,}, {told}: {', '.join([*named, *more])}"


def _delivery(stands: Status) -> str:
    found = stands.delivery
    if found is None or not (found.files or found.at):
        return "" if found is None else f"no file in {found.folder}"
    at = f", the newest {found.name} of {_since(found.at, stands.now)}" if found.at else ""
    return f"{found.files:,} file{'' if found.files == 1 else 's'} in {found.folder}{at}"


def _since(at: datetime, now: datetime) -> str:
    from etl.transfer.status import ago  # noqa: PLC0415 - see etl.cli

    return f"{at:%Y-%m-%d %H:%M:%S} UTC, {ago(now - at)} ago"
