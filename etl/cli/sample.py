"""`etl sample`."""

from __future__ import annotations

from pathlib import Path

import click

from etl.cli.common import engine_errors, examples, load, say, with_logging, with_mapping


@click.command(epilog=examples("etl sample", "etl sample --count 1000"))
@with_mapping
@click.option(
    "--count",
    type=click.IntRange(1, 1_000_000),
    default=10,
    show_default=True,
    help="Number of records to write for each system.",
)
@with_logging
def sample(mapping_file: Path, count: int, log_level: str, log_format: str) -> None:
    """Write sample client files and TracOS work orders.

    They go where the settings say. Both have the numbers from 1 on, and every status. A file or work order that is
    there already stays as it is.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        files, documents = app.write_sample(load(mapping_file), settings, log, count)
        say(f"{files} new files in {settings.inbound}, {documents} new documents in {settings.database}")
