"""The command line: parse, call the application, print, exit. A command is a file of its own, registered here.

stdout is data, stderr is talk. Everything but click is imported by the command that needs it, so help is instant.
"""

from __future__ import annotations

import atexit
import os
import sys

import click

from etl.cli.bugs import traceback_without_secrets
from etl.cli.check import check
from etl.cli.common import BROKEN, DEFAULT_MAPPING, INTERRUPTED, examples
from etl.cli.conflicts import conflicts
from etl.cli.dead_letters import dead_letters
from etl.cli.docs import docs
from etl.cli.doctor import doctor
from etl.cli.draft import draft
from etl.cli.explain import explain
from etl.cli.fmt import fmt
from etl.cli.init import init
from etl.cli.lease import lease
from etl.cli.pair import pair
from etl.cli.plan import apply, plan
from etl.cli.report import report
from etl.cli.run import run
from etl.cli.runs import runs
from etl.cli.sample import sample
from etl.cli.schema import schema
from etl.cli.serve import serve
from etl.cli.state import state
from etl.cli.status import status
from etl.cli.test import test
from etl.cli.translate import translate
from etl.cli.undo import undo
from etl.cli.verify import verify
from etl.cli.watch import watch
from etl.version import __version__


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples("etl check mappings/*.yaml", "etl sample", f"etl run --mapping {DEFAULT_MAPPING}"),
)
@click.version_option(__version__, prog_name="etl")
def cli() -> None:
    """Synchronise work orders between files and MongoDB, in both directions, as a mapping file describes."""
    click.get_current_context().color = _colours()


def _colours() -> bool | None:
    """Return whether output is coloured, None for only on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return True if os.environ.get("FORCE_COLOR") else None


for command in (
    *(run, watch, plan, apply, verify, pair),
    *(status, doctor, runs, report, serve, undo, conflicts, dead_letters, state, lease, sample),
    *(init, draft, check, test, explain, translate, fmt, docs, schema),
):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    try:
        _run()
    finally:
        _wait_for_no_driver()


def _wait_for_no_driver() -> None:
    """Have the process end at once: pymongo waits there for threads of closed clients, whose rest is half a second."""
    monitor = sys.modules.get("pymongo.synchronous.monitor")
    if waits := getattr(monitor, "_shutdown_resources", None):
        atexit.unregister(waits)


def _run() -> None:
    try:
        code = cli.main(prog_name="etl", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - a bug of ours, whose traceback may hold a secret
        click.echo(traceback_without_secrets(error), err=True)
        sys.exit(BROKEN)
    sys.exit(code if isinstance(code, int) else 0)
