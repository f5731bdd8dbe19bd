"""`etl conflicts`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from etl.cli.common import (
    REJECTED,
    SIGNALS,
    engine_errors,
    examples,
    load,
    one_line,
    quiet_pipe,
    say,
    with_logging,
    with_mapping,
)
from etl.cli.following import Ending, watching
from etl.cli.output import say_done, say_json, with_json

if TYPE_CHECKING:
    from etl.mapping.model import Mapping
    from etl.transfer.conflicts import Conflict, Dispute


@click.group(
    epilog=examples(
        "etl conflicts list",
        "etl conflicts show 7",
        "etl conflicts resolve 7 --take client --take title=tracos",
    )
)
def conflicts() -> None:
    """List, show, resolve and drop conflicts.

    A conflict is a value that both sides changed differently since they last agreed. KEY is a record's key as the
    inside system has it: 7, or '["A", "0010"]' for a composite one.
    """


_CHOSEN: Final = (
    click.option(
        "--rule",
        metavar="PATH",
        help="Only conflicts about the rule, or in the list, that has this path on either side.",
    ),
    click.option(
        "--where", metavar="EXPRESSION", help="Only conflicts of whose outside record this JMESPath expression holds."
    ),
)


def _with_choice(command: Any) -> Any:
    for option in reversed(_CHOSEN):
        command = option(command)
    return command


_SORTED: Final = {
    "first": lambda conflict: conflict.first,
    "last": lambda conflict: conflict.last,
    "key": lambda conflict: [(isinstance(part, str), part) for part in conflict.key],
    "rule": lambda conflict: [dispute.rule for dispute in conflict.disputes],
}


@conflicts.command("list", epilog=examples("etl conflicts list", "etl conflicts list --rule title --sort last"))
@with_mapping
@click.option("--decided", is_flag=True, help="Include conflicts that the mapping's policy or a person has decided.")
@_with_choice
@click.option(
    "--sort",
    "order",
    type=click.Choice(tuple(_SORTED)),
    default="first",
    show_default=True,
    help="Order: by when a conflict was met first or last, by key, or by rule.",
)
@with_json("conflict", many=True)
@with_logging
def list_conflicts(
    mapping_file: Path,
    log_level: str,
    log_format: str,
    order: str,
    *,
    decided: bool,
    as_json: bool,
    **chosen: str | None,
) -> None:
    """List conflicts, one per line.

    A line has: open or decided, key, time, origin, and the rules in conflict.
    """
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli

        mapping = load(mapping_file)
        choice = app.Choice(rule=chosen["rule"], where=chosen["where"])
        with app.conflicts(mapping, settings, log, choice, decided=decided) as found:
            inorder = found if order == "first" else sorted(found, key=_SORTED[order])
            if as_json:
                say_json([_fields(conflict, mapping) for conflict in inorder])
                return
            for conflict in inorder:
                say(_line(conflict))


def _line(conflict: Conflict) -> str:
    from etl.record import show_key  # noqa: PLC0415 - see etl.cli

    word = "open   " if conflict.is_open else "decided"
    rules = ", ".join(f"{dispute.rule}: {dispute.why}" for dispute in conflict.disputes)
    return f"{word}  {show_key(conflict.key)}  {conflict.last:%Y-%m-%d %H:%M}  {conflict.origin}  {rules}"


@conflicts.command(epilog=examples("etl conflicts show 7"))
@with_mapping
@click.argument("key")
@with_json("conflict", many=True)
@with_logging
def show(mapping_file: Path, key: str, log_level: str, log_format: str, *, as_json: bool) -> None:
    """Show every conflict of the record with this KEY.

    Each is shown with both values and with what they were when both sides last agreed.
    """
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli

        mapping = load(mapping_file)
        with app.conflicts(mapping, settings, log, app.Choice(key)) as found:
            shown = list(found)
        if as_json:
            say_json([_fields(conflict, mapping) for conflict in shown])
        else:
            say("\n".join(_page(conflict, mapping) for conflict in shown) or f"there is no conflict of {key}")
        sys.exit(0 if shown else REJECTED)


@conflicts.command(
    epilog=examples(
        "etl conflicts resolve 7 --take client",
        "etl conflicts resolve 7 --take title=tracos --by ana --note 'by phone'",
        "etl conflicts resolve --rule title --take client",
    )
)
@with_mapping
@click.argument("key", required=False)
@click.option("--all", "every", is_flag=True, help="Resolve every open conflict.")
@_with_choice
@click.option(
    "--take",
    multiple=True,
    required=True,
    metavar="SYSTEM|RULE=SYSTEM",
    help="System whose values to take: for every rule in conflict, or for one.",
)
@click.option(
    "--by",
    default="",
    metavar="NAME",
    callback=one_line,
    help="Name of who decides, kept with the decision.",
)
@click.option("--note", default="", metavar="TEXT", callback=one_line, help="Reason for it, kept with the decision.")
@with_json("run")
@with_logging
def resolve(mapping_file: Path, log_level: str, log_format: str, *, every: bool, as_json: bool, **options: Any) -> None:
    """Resolve open conflicts, and transfer their records.

    The record with this KEY is transferred in both directions; without a KEY those that --rule and --where choose, or
    --all. A rule is named by its path on either side; an element of a list as in tasks[pos=1], a rule in it as in
    tasks[pos=1].title. Rules that no --take names are decided by the mapping's policy. As long as others of its record
    wait, a decision stands until a side changes that value again, unless --take names it anew. Where the outside has
    said something of the record since that no run has read, nothing is sent: it waits for the next run.
    """
    chosen = {name: options.pop(name) for name in ("key", "rule", "where")}
    if every == any(value is not None for value in chosen.values()):
        raise click.UsageError("name a key, choose conflicts with --rule or --where, or say --all")
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        choice, made = app.Choice(**chosen), app.Resolution(**options)
        ending = Ending()
        with SIGNALS.graceful():
            watch = ending.heard(watching(mapping_file, as_json=as_json))
            reports = app.resolve(load(mapping_file), settings, log, choice, made, watch)
        if not reports and as_json:
            say_json(None)
        elif not reports:
            say(f"there is no open conflict of {choice.key}" if choice.key else "there is no such open conflict")
        sys.exit(ending.exit_code if reports else REJECTED)


@conflicts.command(epilog=examples("etl conflicts drop 7", "etl conflicts drop --all"))
@with_mapping
@click.argument("key", required=False)
@click.option("--all", "every", is_flag=True, help="Drop the conflicts of every record.")
@with_json("done")
@with_logging
def drop(mapping_file: Path, key: str | None, log_level: str, log_format: str, *, every: bool, as_json: bool) -> None:
    """Drop the logged conflicts of the record with this KEY.

    An open conflict comes back on the next run if both sides still disagree, without what was decided of it.
    """
    if (key is None) != every:
        raise click.UsageError("name a key, or say --all")
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        count = app.drop_conflicts(load(mapping_file), settings, log, key)
        say_done("dropped", count, f"{count} conflict{'' if count == 1 else 's'} dropped", as_json=as_json)


def _fields(conflict: Conflict, mapping: Mapping) -> dict[str, Any]:
    """Return a conflict as JSON; `schemas/output/conflict.schema.json` describes it."""
    from etl.record import json_form  # noqa: PLC0415 - see etl.cli

    plain = ("id", "origin", "file", "first", "last", "run", "by", "note")
    return {
        **{name: getattr(conflict, name) for name in plain},
        "key": list(conflict.key),
        "open": conflict.is_open,
        "record": json_form(conflict.record),
        "rules": [_dispute_fields(dispute, mapping) for dispute in conflict.disputes],
    }


def _dispute_fields(dispute: Dispute, mapping: Mapping) -> dict[str, Any]:
    from etl.mapping.paths import format_path  # noqa: PLC0415 - see etl.cli
    from etl.record import ABSENT, json_form  # noqa: PLC0415

    sides = (("was", dispute.base), ("outside", dispute.outside), ("inside", dispute.inside))
    values = [
        {"path": format_path(path)}
        | {name: None if values[path] is ABSENT else json_form(values[path]) for name, values in sides}
        for path in dispute.inside
    ]
    winner = None if dispute.winner is None else mapping.system(dispute.winner).name
    one = dispute.standing
    said = {"by": one.by if one else "", "note": one.note if one else ""}
    return {"rule": dispute.rule, "why": dispute.why, "winner": winner, **said, "values": values}


def _page(conflict: Conflict, mapping: Mapping) -> str:
    from etl.record import show_key  # noqa: PLC0415 - see etl.cli

    state = "open: written on neither side until it is resolved" if conflict.is_open else "decided"
    times = (
        f"first {conflict.first:%Y-%m-%d %H:%M:%S} UTC, last {conflict.last:%Y-%m-%d %H:%M:%S} UTC, run {conflict.run}"
    )
    rules = "\n".join(line for dispute in conflict.disputes for line in _lines(dispute, mapping))
    return f"{show_key(conflict.key)}  {conflict.origin}  {state}\n  {times}\n{rules}\n"


def _lines(dispute: Dispute, mapping: Mapping) -> list[str]:
    from etl.mapping.paths import format_path  # noqa: PLC0415 - see etl.cli
    from etl.transfer.plan import displayed  # noqa: PLC0415

    outside, inside = mapping.outside.name, mapping.inside.name
    note = f": {dispute.standing.note}" if dispute.standing and dispute.standing.note else ""
    return [f"  {dispute.rule}: {dispute.why}{note}"] + [
        f"    {format_path(path)}: was {displayed(dispute.base[path])}; "
        f"{outside} {displayed(dispute.outside[path])}, {inside} {displayed(dispute.inside[path])}"
        for path in dispute.inside
    ]
