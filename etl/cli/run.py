"""`etl run`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from etl.cli.common import (
    DEFAULT_MAPPING,
    REJECTED,
    SIGNALS,
    engine_errors,
    examples,
    load,
    say,
    with_logging,
    with_mapping,
)

if TYPE_CHECKING:
    from etl.transfer.model import Report


@click.command(
    epilog=examples(
        f"etl run --mapping {DEFAULT_MAPPING}",
        "etl run --direction outbound --log-format json",
        "MONGO_URI=mongodb://localhost:27017 etl run",
    )
)
@with_mapping
@click.option(
    "--direction",
    type=click.Choice(("inbound", "outbound", "both")),
    default="both",
    show_default=True,
    help="inbound: files to MongoDB. outbound: MongoDB to files.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 10_000),
    default=500,
    show_default=True,
    help="How many records move together.",
)
@click.option("--recreate", is_flag=True, help="Import again what was removed from MongoDB since its last import.")
@with_logging
def run(mapping_file: Path, direction: str, batch_size: int, recreate: bool, log_level: str, log_format: str) -> None:
    """Read the client's files into MongoDB, then write what is unsynced there as files.

    Running it again is always safe. MONGO_URI, MONGO_DATABASE, MONGO_COLLECTION, DATA_INBOUND_DIR and DATA_OUTBOUND_DIR
    say where (see README.md).

    Exit code 0: all fine; 1: finished, some records were rejected; 2: wrong usage; 3: the mapping or a setting is
    wrong; 4: MongoDB or the file system failed; 5: another run uses the embedded MongoDB; 130, 143: interrupted.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.mapping.model import Direction  # noqa: PLC0415

        directions = app.BOTH if direction == "both" else (Direction(direction),)
        reports = app.run(
            load(mapping_file),
            settings,
            log,
            directions=directions,
            batch_size=batch_size,
            recreate=recreate,
            on_report=_print_report,
            proceed=SIGNALS.check,
        )
        if any(report.rejected for report in reports):
            sys.exit(REJECTED)


def _print_report(report: Report) -> None:
    counts = report.as_dict()
    read = counts.pop("read")
    shown = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    say(f"{report.direction.value}: {read} read" + (f" = {shown}" if shown else ""))
