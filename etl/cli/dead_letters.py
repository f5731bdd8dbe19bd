"""`etl dead-letters`."""

from __future__ import annotations

import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from etl.cli.common import (
    REJECTED,
    SIGNALS,
    Command,
    engine_errors,
    examples,
    load,
    quiet_pipe,
    say,
    with_confirm_missing,
    with_logging,
    with_mapping,
)
from etl.cli.following import watching
from etl.cli.output import say_done, say_json, say_json_line, violation_fields, with_json

if TYPE_CHECKING:
    from etl.transfer.dead_letter import DeadLetter

_SHORT: Final = 8


@click.group(
    "dead-letters",
    epilog=examples("etl dead-letters list", "etl dead-letters show 3f9ac012", "etl dead-letters replay --all"),
)
def dead_letters() -> None:
    """List, show, replay, export and drop rejected records.

    A rejected record is kept whole as a dead letter. Its ID may be shortened as long as it is unambiguous.
    """


def _with_ids(command: Command) -> Command:
    command = click.option("--all", "every", is_flag=True, help="Select every dead letter of the mapping.")(command)
    return click.argument("ids", nargs=-1, metavar="[ID]...")(command)


def _chosen(ids: tuple[str, ...], *, every: bool) -> tuple[str, ...]:
    if bool(ids) == every:
        raise click.UsageError("name letters by their ids, or say --all")
    return ids


@dead_letters.command("list", epilog=examples("etl dead-letters list --direction inbound"))
@with_mapping
@click.option(
    "--direction", type=click.Choice(("inbound", "outbound")), help="Only list dead letters of this direction."
)
@with_json("dead-letter", many=True)
@with_logging
def list_letters(mapping_file: Path, direction: str | None, log_level: str, log_format: str, *, as_json: bool) -> None:
    """List dead letters, one per line.

    A line has: id, direction, origin, attempts, last time, and the first reason.
    """
    with _open(mapping_file, log_level, log_format, direction=direction) as letters:
        if as_json:
            say_json([_fields(letter) for letter in letters])
            return
        for letter in letters:
            more = f" (+{len(letter.violations) - 1} more)" if len(letter.violations) > 1 else ""
            when, attempts = f"{letter.last:%Y-%m-%d %H:%M}", f"{letter.attempts}x"
            place = f"{letter.id[:_SHORT]}  {letter.direction.value:8}  {letter.origin}"
            say(f"{place}  {attempts}  {when}  {letter.violations[0]}{more}")


@dead_letters.command(epilog=examples("etl dead-letters show 3f9ac012"))
@with_mapping
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@with_json("dead-letter", many=True)
@with_logging
def show(mapping_file: Path, ids: tuple[str, ...], log_level: str, log_format: str, *, as_json: bool) -> None:
    """Show the dead letters with these IDs, whole.

    Each is shown with every reason and with the record.
    """
    with _open(mapping_file, log_level, log_format, ids=ids) as letters:
        shown = [_fields(letter) if as_json else _page(letter) for letter in letters]
        if as_json:
            say_json(shown)
        else:
            say("\n".join(map(str, shown)) or f"there is no dead letter {', '.join(ids)}")
    sys.exit(0 if shown else REJECTED)


@dead_letters.command(epilog=examples("etl dead-letters export > letters.jsonl"))
@with_mapping
@_with_ids
@with_logging
def export(mapping_file: Path, ids: tuple[str, ...], log_level: str, log_format: str, *, every: bool) -> None:
    """Print dead letters as JSON Lines.

    Name the letters by their ID, or select all with --all. Content that is not text is in base64.
    """
    with _open(mapping_file, log_level, log_format, ids=_chosen(ids, every=every)) as letters:
        for letter in letters:
            say_json_line(_fields(letter))


@dead_letters.command(epilog=examples("etl dead-letters replay 3f9ac012", "etl dead-letters replay --all"))
@with_mapping
@_with_ids
@with_confirm_missing
@with_json("run")
@with_logging
def replay(
    mapping_file: Path,
    ids: tuple[str, ...],
    log_level: str,
    log_format: str,
    *,
    every: bool,
    confirm_missing: bool,
    as_json: bool,
) -> None:
    """Transfer dead letters again.

    Name the letters by their ID, or select all with --all. A letter that is accepted is removed; one that is rejected
    again stays, and the exit code is 1.
    """
    chosen = _chosen(ids, every=every)
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        with SIGNALS.graceful():
            watch = watching(as_json=as_json)
            reports = app.replay(load(mapping_file), settings, log, chosen, watch, confirm_missing=confirm_missing)
        if not reports and not as_json:
            say("there is nothing to replay")
        if not all(report.is_clean for report in reports):
            sys.exit(REJECTED)


@dead_letters.command(epilog=examples("etl dead-letters drop 3f9ac012", "etl dead-letters drop --all"))
@with_mapping
@_with_ids
@with_json("done")
@with_logging
def drop(
    mapping_file: Path, ids: tuple[str, ...], log_level: str, log_format: str, *, every: bool, as_json: bool
) -> None:
    """Remove dead letters.

    Name the letters by their ID, or select all with --all.
    """
    chosen = _chosen(ids, every=every)
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        count = app.drop(load(mapping_file), settings, log, chosen)
        say_done("dropped", count, f"{count} dead letter{'' if count == 1 else 's'} dropped", as_json=as_json)


@contextmanager
def _open(
    mapping_file: Path, log_level: str, log_format: str, *, ids: tuple[str, ...] = (), direction: str | None = None
) -> Iterator[Iterator[DeadLetter]]:
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.mapping.terms import Direction  # noqa: PLC0415

        way = Direction(direction) if direction else None
        with app.letters(load(mapping_file), settings, log, ids, way) as letters:
            yield letters


def _page(letter: DeadLetter) -> str:
    reasons = "\n".join(f"  {violation}" for violation in letter.violations)
    return (
        f"{letter.id}  {letter.direction.value}  {letter.origin}\n"
        f"rejected at: {letter.stage}, {letter.attempts} time{'' if letter.attempts == 1 else 's'}, "
        f"first {letter.first:%Y-%m-%d %H:%M:%S} UTC, last {letter.last:%Y-%m-%d %H:%M:%S} UTC\n"
        f"{reasons}\n{_shown_content(letter.content)}\n"
    )


def _shown_content(content: bytes | None) -> str:
    """Return content as text that commands no terminal; `--json` has it as it is."""
    from etl.record import printable  # noqa: PLC0415 - see etl.cli

    if content is None:
        return "its content could not be read, or is too large to keep"
    try:
        lines = content.decode("utf-8").rstrip("\n").split("\n")
    except UnicodeDecodeError:
        return f"{len(content)} bytes that are not UTF-8: {content[:64]!r}{'…' if len(content) > 64 else ''}"  # noqa: PLR2004 - a line's worth
    return "\n".join(printable(line.expandtabs()) for line in lines)


def _fields(letter: DeadLetter) -> dict[str, Any]:
    """Return a letter as JSON; `schemas/output/dead-letter.schema.json` describes it."""
    content = letter.content
    try:
        kept = {"content": None if content is None else content.decode("utf-8")}
    except UnicodeDecodeError:
        kept = {"content_base64": b64encode(content or b"").decode("ascii")}
    return {
        "id": letter.id,
        "direction": letter.direction.value,
        "origin": letter.origin,
        "key": list(letter.key) or None,
        "stage": letter.stage,
        "violations": list(map(violation_fields, letter.violations)),
        "hash": letter.hash,
        "first": letter.first,
        "last": letter.last,
        "attempts": letter.attempts,
        **kept,
    }
