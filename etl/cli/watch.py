"""`etl watch`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from etl.cli.alarming import alarm_options, alarming, with_alarms
from etl.cli.common import (
    DEFAULT_MAPPING,
    SIGNALS,
    Terminated,
    directions_of,
    engine_errors,
    examples,
    load,
    with_direction,
    with_logging,
    with_mapping,
)
from etl.cli.following import watching


class _Length(click.ParamType[Any]):
    name = "60s|15m|24h"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from etl.lengths import parse_length  # noqa: PLC0415 - see etl.cli

        if not isinstance(value, str):
            return float(value)
        try:
            seconds = parse_length(value)
        except ValueError as error:
            self.fail(f"it is {value}; {error}", param, ctx)
        if not seconds:
            self.fail("write a length above zero", param, ctx)
        return seconds


@click.command(
    epilog=examples(f"etl watch --mapping {DEFAULT_MAPPING}", "etl watch --direction inbound", "etl watch --every 15m")
)
@with_mapping
@with_direction("Direction to transfer, and to watch: the inbound folder, the collection, or both.")
@click.option(
    "--every",
    type=_Length(),
    metavar="60s|15m|24h",
    default=0.0,
    show_default="only on changes",
    help="Run at least this often.",
)
@click.option(
    "--poll",
    type=_Length(),
    metavar="60s|15m|24h",
    default=2.0,
    show_default="2s",
    help="How often to look for changes.",
)
@click.option(
    "--settle",
    type=_Length(),
    metavar="60s|15m|24h",
    default=1.0,
    show_default="1s",
    help="How long nothing may change before a run.",
)
@with_alarms
@with_logging
def watch(mapping_file: Path, log_level: str, log_format: str, direction: str, **timing: Any) -> None:
    """Run whenever files come or work orders change.

    One run at a time, the first one at once. A folder is looked at; a replica set tells of changes by itself, and any
    other MongoDB is asked. What fails is said and tried again: MongoDB that is away, a folder that is gone, another
    run. A limit, or fields that have vanished, wait for the next change. Ctrl-C or SIGTERM lets the batch under way
    end.

    Exit code 0: it was told to stop; 2: wrong usage; 3: the mapping or a setting is wrong.
    """
    alarms = alarm_options(timing)
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli

        options, times = app.Options(directions_of(direction)), app.Timing(**timing)
        try:
            with SIGNALS.graceful():
                told = alarming(settings, alarms)
                app.Watching(load(mapping_file), told, log, options, watching(mapping_file, as_json=False), times)()
        except (KeyboardInterrupt, Terminated):
            log.info("stopped")
