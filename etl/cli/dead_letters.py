"""`etl dead-letters`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from etl.cli.common import (
    SIGNALS,
    Command,
    engine_errors,
    examples,
    load,
    one_line,
    quiet_pipe,
    say,
    say_all,
    with_confirm_missing,
    with_logging,
    with_mapping,
)
from etl.cli.following import Ending, watching
from etl.cli.letter_lists import GROUPS, grouped, letter_fields, line, page
from etl.cli.output import say_done, say_json, say_json_line, with_json

if TYPE_CHECKING:
    from etl.app import Selection
    from etl.transfer.dead_letter import DeadLetter


@click.group(
    "dead-letters",
    epilog=examples("etl dead-letters list", "etl dead-letters show 3f9ac012", "etl dead-letters replay --all"),
)
def dead_letters() -> None:
    """List, show, replay, ack, export and drop rejected records.

    A rejected record is kept whole as a dead letter. Its ID may be shortened as long as it is unambiguous.
    """


_REASON: Final = click.option(
    "--reason", metavar="REASON", default="", help="Only those rejected for it: isDone:type, isDone or type."
)


def _with_selection(command: Command) -> Command:
    command = click.option("--all", "every", is_flag=True, help="Select every dead letter of the mapping.")(command)
    return click.argument("ids", nargs=-1, metavar="[ID]...")(_REASON(command))


def _chosen(ids: tuple[str, ...], reason: str, *, every: bool) -> Selection:
    if (bool(ids) or bool(reason)) == every or (ids and reason):
        raise click.UsageError("name letters by their ids, or say --reason, or --all")
    from etl.app import Selection  # noqa: PLC0415 - see etl.cli

    return Selection(ids, reason=reason, named=True)


@dead_letters.command(
    "list", epilog=examples("etl dead-letters list --direction inbound", "etl dead-letters list --by reason")
)
@with_mapping
@click.option(
    "--direction", type=click.Choice(("inbound", "outbound")), help="Only list dead letters of this direction."
)
@_REASON
@click.option(
    "--by",
    type=click.Choice(tuple(GROUPS)),
    help="Count them by reason, file or age; with --json, each as `etl schema dead-letter-group` says.",
)
@with_json("dead-letter", many=True)
@with_logging
def list_letters(
    mapping_file: Path, log_level: str, log_format: str, by: str | None, *, as_json: bool, **which: Any
) -> None:
    """List dead letters, one per line.

    A line has: id, direction, origin, attempts, last time, whether it is new, known or acknowledged, and the first
    reason. With --by, a line has a reason, a file or an age, and how many letters it has. A letter with two reasons
    counts for both.
    """
    with _open(mapping_file, log_level, log_format, **which, whole=as_json and by is None) as letters:
        if by is not None:
            groups = grouped(letters, by)
            say_json([group.fields() for group in groups]) if as_json else say_all(map(str, groups))
        elif as_json:
            say_json([letter_fields(letter) for letter in letters])
        else:
            say_all(map(line, letters))


@dead_letters.command(epilog=examples("etl dead-letters show 3f9ac012"))
@with_mapping
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_json("dead-letter", many=True)
@with_logging
def show(mapping_file: Path, ids: tuple[str, ...], log_level: str, log_format: str, *, as_json: bool) -> None:
    """Show the dead letters with these IDs, whole.

    Each is shown with every reason and with the record.
    """
    with _open(mapping_file, log_level, log_format, ids=ids, whole=True) as letters:
        if as_json:
            say_json([letter_fields(letter) for letter in letters])
        else:
            say("\n".join(map(page, letters)))


@dead_letters.command(epilog=examples("etl dead-letters export --all > letters.jsonl"))
@with_mapping
@_with_selection
@with_logging
def export(
    mapping_file: Path, ids: tuple[str, ...], reason: str, log_level: str, log_format: str, *, every: bool
) -> None:
    """Print dead letters as JSON Lines.

    Name the letters by their ID, or select them with --reason, or all with --all. Content that is not
    text is in base64.
    """
    chosen = _chosen(ids, reason, every=every)
    with _open(mapping_file, log_level, log_format, ids=ids, reason=chosen.reason, whole=True) as letters:
        for letter in letters:
            say_json_line(letter_fields(letter))


@dead_letters.command(epilog=examples("etl dead-letters replay 3f9ac012", "etl dead-letters replay --all"))
@with_mapping
@_with_selection
@with_confirm_missing
@with_json("run")
@with_logging
def replay(
    mapping_file: Path,
    log_level: str,
    log_format: str,
    *,
    every: bool,
    confirm_missing: bool,
    as_json: bool,
    **which: Any,
) -> None:
    """Transfer dead letters again.

    Name the letters by their ID, or select them with --reason, or all with --all. A letter that is
    accepted is removed; one that is rejected again stays, and the exit code is 1. A work order of which
    the outside has said something that no run has read is not sent: it waits for the next run.
    """
    chosen = _chosen(**which, every=every)
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        ending = Ending()
        with SIGNALS.graceful():
            watch = ending.heard(watching(mapping_file, as_json=as_json))
            reports = app.replay(load(mapping_file), settings, log, chosen, watch, confirm_missing=confirm_missing)
        if not reports and not as_json:
            say("there is nothing to replay")
        sys.exit(ending.exit_code)


@dead_letters.command(
    epilog=examples(
        "etl dead-letters ack 3f9ac012 --by ana --note 'the client corrects it'", "etl dead-letters ack --all"
    )
)
@with_mapping
@_with_selection
@click.option("--by", default="", metavar="NAME", callback=one_line, help="Who acknowledges them.")
@click.option("--note", default="", metavar="TEXT", callback=one_line, help="What is to be remembered of it.")
@with_json("done")
@with_logging
def ack(
    mapping_file: Path,
    log_level: str,
    log_format: str,
    by: str,
    note: str,
    *,
    every: bool,
    as_json: bool,
    **which: Any,
) -> None:
    """Acknowledge dead letters, so that they raise no alarm.

    They are counted apart. Name them by their ID, or select them with --reason, or all with --all. A letter stays
    until its record goes well. It is new again where the record comes in another version, or is rejected for another
    reason.
    """
    chosen = _chosen(**which, every=every)
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        count = app.acknowledge(load(mapping_file), settings, log, chosen, by=by, note=note)
        text = f"{count} dead letter{'' if count == 1 else 's'} acknowledged"
        say_done("acknowledged", count, text, as_json=as_json)


@dead_letters.command(epilog=examples("etl dead-letters drop 3f9ac012", "etl dead-letters drop --all"))
@with_mapping
@_with_selection
@with_json("done")
@with_logging
def drop(
    mapping_file: Path,
    ids: tuple[str, ...],
    reason: str,
    log_level: str,
    log_format: str,
    *,
    every: bool,
    as_json: bool,
) -> None:
    """Remove dead letters.

    Name the letters by their ID, or select them with --reason, or all with --all.
    """
    chosen = _chosen(ids, reason, every=every)
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        count = app.drop(load(mapping_file), settings, log, chosen)
        say_done("dropped", count, f"{count} dead letter{'' if count == 1 else 's'} dropped", as_json=as_json)


@contextmanager
def _open(
    mapping_file: Path,
    log_level: str,
    log_format: str,
    *,
    ids: tuple[str, ...] = (),
    direction: str | None = None,
    reason: str | None = None,
    whole: bool = False,
) -> Iterator[Iterator[DeadLetter]]:
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.mapping.terms import Direction  # noqa: PLC0415

        which = app.Selection(ids, Direction(direction) if direction else None, reason or "", named=True)
        with app.letters(load(mapping_file), settings, log, which, whole=whole) as letters:
            yield letters
