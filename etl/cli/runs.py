"""`etl runs`."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from etl.cli.common import REJECTED, engine_errors, examples, load, quiet_pipe, say, with_logging, with_mapping
from etl.cli.output import say_json, with_json
from etl.lengths import parse_length

if TYPE_CHECKING:
    from etl.transfer.run_history import RunRecord

_ID: Final = re.compile(r"[0-9a-f]{1,16}\Z")
_MOST: Final = 20


class _Since(click.ParamType[Any]):
    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return _begun(value)
        except (ValueError, OverflowError):
            self.fail(f"it is {value!r}; write an age such as 12h or 7d, or a date such as 2026-01-31", param, ctx)


def _begun(text: str) -> datetime:
    """Return the date that a text says, as an age or as itself.

    Raises:
        ValueError: when it says none.
        OverflowError: when there is no such date.

    """
    try:
        age = parse_length(text)
    except ValueError:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return datetime.now(UTC) - timedelta(seconds=age)


def _with_since(command: Any) -> Any:
    return click.option(
        "--since", type=_Since(), help="Only runs that started then or later: an age (12h, 7d), or a date in UTC."
    )(command)


@click.group(epilog=examples("etl runs list --since 7d", "etl runs show 3f2a"))
def runs() -> None:
    """List and show earlier runs.

    A run leaves one document in etl_runs, kept for RUNS_KEPT days. To apply a plan, to replay dead letters and to
    resolve a conflict are runs as well.
    """


@runs.command("list", epilog=examples("etl runs list", "etl runs list --since 7d --json"))
@with_mapping
@_with_since
@with_json("run", many=True)
@with_logging
def list_runs(mapping_file: Path, since: datetime | None, log_level: str, log_format: str, *, as_json: bool) -> None:
    """List runs, the latest first, one per line.

    Without --since, the last 20. A line has: start (UTC), id, command, seconds, how it ended, and the counts.
    """
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli

        found = app.past_runs(load(mapping_file), settings, log, since=since, most=0 if since else _MOST)
        if as_json:
            say_json([record.as_dict() for record in found])
        elif found:
            say("\n".join(map(_line, found)))
        else:
            say("no run is known" + (" since then" if since else ""))


@runs.command(epilog=examples("etl runs show 3f2a"))
@with_mapping
@click.argument("run_id", metavar="ID")
@with_json("run")
@with_logging
def show(mapping_file: Path, run_id: str, log_level: str, log_format: str, *, as_json: bool) -> None:
    """Show all that is known of the run whose ID begins so.

    Exit code 1: no run, or more than one, has an id that begins so.
    """
    checked_id(run_id)
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli

        found = app.past_runs(load(mapping_file), settings, log, id_=run_id)
        match found:
            case [record]:
                say_json(record.as_dict()) if as_json else say("\n".join(_page(record)))
            case []:
                say(f"no run has an id that begins with {run_id}")
                sys.exit(REJECTED)
            case _:
                say(f"{len(found)} runs have an id that begins with {run_id}")
                sys.exit(REJECTED)


def checked_id(text: str) -> str:
    """Return how the id of a run begins; refuse what cannot be that."""
    if not _ID.match(text):
        raise click.UsageError(f"{text!r} is no id of a run: they are of the digits 0 to 9 and a to f")
    return text


def _line(record: RunRecord) -> str:
    counts = [f"{way}: {_counts(found['counts'])}" for way, found in record.directions.items()]
    took = f"{record.seconds:.1f} s"
    return "  ".join([_time(record.started), record.id, record.command, took, _ending(record), *counts])


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _ending(record: RunRecord) -> str:
    return record.state.value if record.exit_code is None else f"exit {record.exit_code}"


def _counts(counts: dict[str, int]) -> str:
    others = ", ".join(f"{count} {name}" for name, count in counts.items() if count and name != "read")
    return f"{counts['read']} read" + (f" = {others}" if others else "")


def _page(record: RunRecord) -> list[str]:
    ended = (
        f"ended {record.ended:%Y-%m-%d %H:%M:%S}" if record.ended else f"last heard {record.heard:%Y-%m-%d %H:%M:%S}"
    )
    lines = [
        f"{record.command} {record.id}: {_ending(record)}",
        f"  started {_time(record.started)} UTC, {ended}, {record.seconds:.1f} s",
        f"  etl {record.engine} on {record.host}, mapping {record.mapping_hash}, token {record.token}",
        *(f"  {name} {value}" for name, value in record.settings.items()),
        *([f"  {': '.join(filter(None, (record.by and f'by {record.by}', record.note)))}"] if record.by else []),
        *([f"  error: {record.error}"] if record.error else []),
    ]
    for way, found in record.directions.items():
        files = f" from {found['files']} file{'' if found['files'] == 1 else 's'}" if found["files"] else ""
        lines.append(f"{way}: {_counts(found['counts'])}{files}")
        lines += [f"  {word} {_cause(cause)}" for word in ("rejected", "conflict") for cause in found.get(word, ())]
        lines += [f"  changed {_changes(found['changed'])}"] if found.get("changed") else []
        lines += [f"  {count} {note}" for note, count in found["notes"].items()]
        lines += [f"  {notice}" for notice in found["notices"]]
    return lines


def _changes(changed: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['count']} {one['field']}" for one in changed)


def _cause(cause: dict[str, Any]) -> str:
    named = ", ".join(cause["named"]) + (", …" if cause["count"] > len(cause["named"]) else "")
    where = f"{cause['path']}: " if cause["path"] else ""
    new = f", {cause['new']} new" if cause.get("new", cause["count"]) < cause["count"] else ""
    return f"{cause['count']}{new}: {where}{cause['message'] or cause['code']} ({named})"
