"""`etl run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.alarming import alarm_options, alarming, with_alarms
from etl.cli.common import (
    DEFAULT_MAPPING,
    SIGNALS,
    directions_of,
    engine_errors,
    examples,
    load,
    with_confirm_missing,
    with_confirm_restored,
    with_direction,
    with_logging,
    with_wait,
)
from etl.cli.following import Ending, watching
from etl.cli.mappings import of_each, with_mappings
from etl.cli.output import with_json

if TYPE_CHECKING:
    from etl.app import Options
    from etl.limits import Limit


class _LimitType(click.ParamType[Any]):
    name = "N|N%"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Limit:
        from etl.limits import parse_limit  # noqa: PLC0415
        from etl.setting_names import displayed  # noqa: PLC0415 - see etl.cli

        try:
            return parse_limit(value)
        except ValueError as error:
            self.fail(f"it is {displayed(value)}; {error}", param, ctx)


@click.command(
    epilog=examples(
        f"etl run --mapping {DEFAULT_MAPPING}",
        "etl run --direction outbound --log-format json",
        "etl run --key 7",
        "MONGO_URI=mongodb://localhost:27017 etl run",
    )
)
@with_mappings
@with_direction("Direction to transfer: inbound is files to MongoDB, outbound is MongoDB to files.")
@click.option(
    "--key",
    metavar="KEY",
    help='Only move the record with this key, such as 7, or ["A", "0010"] for a composite one.',
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 10_000),
    default=500,
    show_default=True,
    help="Number of records in a batch.",
)
@click.option(
    "--recreate", is_flag=True, help="Import records again that were removed from MongoDB since their last import."
)
@click.option(
    "--max-rejected",
    type=_LimitType(),
    help="Stop if more records are rejected: 100, or 5% of those read. Overrides MAX_REJECTED.",
)
@click.option(
    "--max-deleted",
    type=_LimitType(),
    help="Stop before writing if more records would be marked as deleted: 20, or 5%. Overrides MAX_DELETED.",
)
@click.option("--confirm-deletes", is_flag=True, help="Proceed even if MAX_DELETED is exceeded.")
@with_confirm_missing
@with_confirm_restored
@click.option(
    "--fsync", is_flag=True, help="Flush every file to disk before its record is marked, in case of a power failure."
)
@click.option(
    "--workers",
    type=click.IntRange(0, 256),
    default=0,
    help="Number of worker processes that check and translate records; 0 for none.",
)
@click.option(
    "--scheduler",
    metavar="tcp://HOST:PORT",
    help="Address of a Dask scheduler whose workers check and translate records.",
)
@click.option(
    "--rejects", is_flag=True, help="List what is rejected in rejects_RUN.csv beside the outbound files (REJECTS_CSV)."
)
@with_wait
@with_alarms
@with_json("run")
@with_logging
def run(mapping_files: list[Path], log_level: str, log_format: str, *, as_json: bool, **options: Any) -> int:
    """Import files into MongoDB, then export unsynced work orders.

    Running it again is always safe. MONGO_URI, MONGO_DATABASE, MONGO_COLLECTION, DATA_INBOUND_DIR and DATA_OUTBOUND_DIR
    say where (see README.md). Ctrl-C or SIGTERM lets the batch under way end, a second one stops at once.

    Exit code 0: all fine, or nothing new was rejected; 1: records were newly rejected or wait newly in conflict
    (FAIL_ON=all: known ones too), or a limit or missing fields stopped it; 2: wrong usage; 3: the mapping or a setting
    is wrong; 4: MongoDB or the file system failed; 5: another run of this mapping is at work; 130, 143: interrupted.
    """
    alarms = alarm_options(options)
    wanted = _options(**options)

    def work(file: Path) -> int:
        with engine_errors(log_level, log_format) as (settings, log):
            from etl import app  # noqa: PLC0415 - see etl.cli

            told = alarming(settings, alarms)
            ending = Ending()
            follower = ending.heard(watching(file, as_json=as_json))
            with app.alarmed(file, told, log, follower) as watch, SIGNALS.graceful():
                app.run(load(file), told, log, wanted, watch)
            return ending.exit_code

    return of_each(mapping_files, work, titled=not as_json)


def _options(
    direction: str, wait: float, *, recreate: bool, fsync: bool, confirm_restored: bool, **options: Any
) -> Options:
    from etl import app  # noqa: PLC0415 - see etl.cli

    processes, scheduler = options.pop("workers"), options.pop("scheduler")
    if processes and scheduler:
        raise click.UsageError("--workers are of this machine, --scheduler of others: say one of them")
    access = app.Access(recreate, fsync, wait, confirm_restored=confirm_restored)
    return app.Options(directions_of(direction), access=access, workers=app.Workers(processes, scheduler), **options)
