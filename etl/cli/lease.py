"""`etl lease`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from etl.cli.common import REJECTED, engine_errors, examples, load, say, with_logging, with_mapping


@click.group(epilog=examples("etl lease show", "etl lease break"))
def lease() -> None:
    """Show or break the lease of the run at work."""


@lease.command(epilog=examples("etl lease show"))
@with_mapping
@with_logging
def show(mapping_file: Path, log_level: str, log_format: str) -> None:
    """Print who holds the lease as JSON.

    It has the time of the MongoDB server, and what is known of the process. Exit code 1: nobody holds it.
    """
    import orjson  # noqa: PLC0415 - see etl.cli

    from etl.record import printable_json  # noqa: PLC0415

    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        found = app.lease(load(mapping_file), settings, log)
        if found is None:
            say("nobody holds the lease of this mapping")
            sys.exit(REJECTED)
        say(printable_json(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()))


@lease.command(name="break", epilog=examples("etl lease break"))
@with_mapping
@with_logging
def break_(mapping_file: Path, log_level: str, log_format: str) -> None:
    """Take the lease from a run that is gone.

    Whenever its lease ends, the holder is watched for one and a half times as long as a lease lasts. One that is at
    work keeps it: exit code 5. One that is only held up writes nothing more when it goes on.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        found = app.break_lease(load(mapping_file), settings, log)
        say("nobody holds the lease of this mapping" if found is None else f"took the lease from {found['holder']}")
