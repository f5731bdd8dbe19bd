"""`etl state`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.common import REJECTED, engine_errors, examples, load, say, with_logging, with_mapping
from etl.cli.output import json_text, say_done, say_json, with_json

if TYPE_CHECKING:
    from etl.mapping.model import Mapping
    from etl.transfer.agreement import Agreement


@click.group(epilog=examples("etl state show 7", "etl state rebuild"))
def state() -> None:
    """Show or rebuild what both sides last agreed on."""


@state.command(epilog=examples("etl state show 7"))
@with_mapping
@click.argument("key")
@with_json("state", many=True)
@with_logging
def show(mapping_file: Path, key: str, log_level: str, log_format: str, *, as_json: bool) -> None:
    """Show the state of the record with this KEY.

    Its values are as the inside system has them; kept are outside values, as they lie there.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415

        mapping = load(mapping_file)
        found = app.state(mapping, settings, log, key)
        states = [{"key": list(one)} | _fields(mapping, agreed) for one, agreed in found.items()]
        if as_json:
            say_json(states)
        else:
            say(
                "\n\n".join(map(_page, states)) or f"nothing is remembered of {key}: its next import is a first contact"
            )
        sys.exit(0 if states else REJECTED)


@state.command(epilog=examples("etl state rebuild"))
@with_mapping
@with_json("done")
@with_logging
def rebuild(mapping_file: Path, log_level: str, log_format: str, *, as_json: bool) -> None:
    """Rebuild the state from what both sides have now.

    What both sides say today counts as agreed on from now on. No record is written. What differs today then stays as it
    is on both sides, until one of them changes it, or the work order goes out: one that waits does, as it is, over what
    the outside says, so run first where you can. It counts as told to the outside where a file that says so still lies
    there, or where that was remembered; else etl verify goes on naming it. A conflict about it waits no longer. What
    the outside has deleted, and no run has marked, is left to the next run.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        count = app.rebuild_state(load(mapping_file), settings, log)
        text = f"remembered what both sides say now of {count} record{'' if count == 1 else 's'}"
        say_done("rebuilt", count, text, as_json=as_json)


@state.command(epilog=examples("etl state waiting"))
@with_mapping
@with_json("waiting", many=True)
@with_logging
def waiting(mapping_file: Path, log_level: str, log_format: str, *, as_json: bool) -> None:
    """List what was sent without a key and waits for one.

    Each with its _id, and what it was sent with.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.record import show_key  # noqa: PLC0415

        found = app.unkeyed(load(mapping_file), settings, log)
        if as_json:
            say_json([{"id": one.id, "match": list(one.match), "sent": one.is_sent or None} for one in found])
            return
        for one in found:
            doubt = "" if one.is_sent else "  sent or not: a run has died over it"
            say(f"{one.id}  {show_key(one.match)}{doubt}")
        if not found:
            say("nothing waits for a key")


@state.command(epilog=examples("etl state forget 65f1c0ffee65f1c0ffee65f1 --resend"))
@with_mapping
@click.argument("ids", nargs=-1, required=True)
@click.option("--resend", is_flag=True, help="Send it again now; else it goes out when it is next edited.")
@with_json("done")
@with_logging
def forget(
    mapping_file: Path, ids: tuple[str, ...], resend: bool, log_level: str, log_format: str, *, as_json: bool
) -> None:
    """Forget that documents, by their IDS, were sent without a key.

    Whoever got it may have it twice then. See `etl state waiting`. With --resend, one that the outside may have made by
    now, as something says that no run has read, is not forgotten, and the exit code is 1: run, then look again.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        count = app.forget_unkeyed(load(mapping_file), settings, log, ids, resend=resend)
        text = f"forgot {count} that waited for a key{', and sent what was left to send' if resend and count else ''}"
        say_done("forgotten", count, text, as_json=as_json)
        if count < len(set(ids)):
            sys.exit(REJECTED)


def _page(state: dict[str, Any]) -> str:
    """Return a state as text: a line for each value, with those that are objects below."""
    lines = []
    for name, value in state.items():
        if isinstance(value, dict) and value:
            lines += [f"{name}:", *(f"  {path}: {json_text(below)}" for path, below in value.items())]
        else:
            lines.append(f"{name}: {value if isinstance(value, str) else json_text(value)}")
    return "\n".join(lines)


def _fields(mapping: Mapping, agreed: Agreement) -> dict[str, Any]:
    """Return a state as JSON; `schemas/output/state.schema.json` describes it."""
    from etl.mapping.schemas.validation import json_form  # noqa: PLC0415 - see etl.cli
    from etl.transfer.kept import values_kept  # noqa: PLC0415

    return {
        "fingerprint": agreed.fingerprint.hex(),
        "file": agreed.file,
        "deliveries": len(agreed.deliveries),
        "seen": json_form(agreed.seen),
        "told": json_form(agreed.told if agreed.told_whole is None else agreed.told_whole),
        "telling": json_form(agreed.telling),
        "had": json_form(agreed.had),
        "inside": json_form(agreed.inside),
        "kept": values_kept(mapping, agreed),
        "shared": agreed.shared,
        "oscillation": {name: count for name, (_, count) in agreed.oscillations.items()},
        "intents": json_form(agreed.intent and agreed.intent.values),
    }
