"""`etl report`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from etl.cli.common import REJECTED, engine_errors, examples, load, quiet_pipe, say, with_logging, with_mapping
from etl.cli.docs import write_page
from etl.cli.runs import checked_id


@click.command(epilog=examples("etl report --out report.html", "etl report 3f2a --out bad_night.html"))
@with_mapping
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE instead of stdout.")
@with_logging
def report(mapping_file: Path, run_id: str | None, out: Path | None, log_level: str, log_format: str) -> None:
    """Render a run as a page to read.

    The page is one HTML file that needs nothing else. RUN is how the id of a run begins, as `etl runs list` prints it;
    the last one if omitted. The page has the outcomes and the throughput as charts, the changes by field, the
    rejections by cause with samples, the conflicts with both values, and what waits now.

    Exit code 0: all fine; 1: no run, or more than one, has an id that begins so; 4: FILE cannot be written.
    """
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.page import html  # noqa: PLC0415
        from etl.page.report import report_of  # noqa: PLC0415

        found = app.overview(load(mapping_file), settings, log, "" if run_id is None else checked_id(run_id))
        if run_id and found.run is None:
            say(f"no run, or more than one, has an id that begins with {run_id}")
            sys.exit(REJECTED)
        write_page(html.render(report_of(found)), out, private=True)
