"""`etl lease`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from etl.cli.common import REJECTED, engine_errors, examples, load, say, with_logging, with_mapping
from etl.cli.output import say_json, with_json


@click.group(epilog=examples("etl lease show", "etl lease break"))
def lease() -> None:
    """Show or break the lease of the run at work."""


@lease.command(epilog=examples("etl lease show"))
@with_mapping
@with_json("lease")
@with_logging
def show(mapping_file: Path, log_level: str, log_format: str, *, as_json: bool) -> None:
    """Show who holds the lease.

    With the time of the MongoDB server, and what is known of the process. Exit code 1: nobody holds it.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        found = app.lease(load(mapping_file), settings, log)
        _say(found, "\n".join(f"{name:8} {value}" for name, value in found.items()) if found else "", as_json=as_json)
        sys.exit(0 if found else REJECTED)


@lease.command(name="break", epilog=examples("etl lease break"))
@with_mapping
@with_json("lease")
@with_logging
def break_(mapping_file: Path, log_level: str, log_format: str, *, as_json: bool) -> None:
    """Take the lease from a run that is gone.

    Whenever its lease ends, the holder is watched for one and a half times as long as a lease lasts. One that is at
    work keeps it: exit code 5. One that is only held up writes nothing more when it goes on.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        found = app.break_lease(load(mapping_file), settings, log)
        _say(found, f"took the lease from {found['holder']}" if found else "", as_json=as_json)


def _say(found: dict[str, Any] | None, text: str, *, as_json: bool) -> None:
    """Print a lease that was found, None where there is none."""
    say_json(found) if as_json else say(text or "nobody holds the lease of this mapping")
