"""`etl verify`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from etl.cli.common import REJECTED, engine_errors, examples, load, quiet_pipe, say, with_logging, with_mapping


@click.command(epilog=examples("etl verify", "etl verify --all"))
@with_mapping
@click.option("--all", "every", is_flag=True, help="Include records that agree.")
@with_logging
def verify(mapping_file: Path, log_level: str, log_format: str, *, every: bool) -> None:
    """Verify that both sides agree on every record.

    What the client has is what its files say, and what it was told since. What waits to be transferred, or for a
    person, is counted apart from what agrees, and so are sent files that somebody has taken away. Nothing is changed.

    Exit code 0: all agree, or wait; 1: some do not.
    """
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.transfer.model import Note, Outcome  # noqa: PLC0415

        counts: Counter[Outcome | Note] = Counter()
        for result in app.verify(load(mapping_file), settings, log):
            counts[Outcome.SKIPPED if result.outcome is Outcome.SKIPPED else result.note or result.outcome] += 1
            if every or result.violations:
                reasons = "; ".join(map(str, result.violations)) or (result.note.value if result.note else "agrees")
                say(f"{result.item.origin}: {reasons}")
        others: dict[str, Outcome | Note] = {
            "differ": Outcome.CONFLICT,
            "wait": Note.WAITS,
            "taken": Note.TAKEN,
            "rejected": Outcome.REJECTED,
            "superseded": Outcome.SUPERSEDED,
            "skipped": Outcome.SKIPPED,
        }
        more = [f"{counts[what]} {word}" for word, what in others.items() if counts[what]]
        say(", ".join([f"{counts[Outcome.UNCHANGED]} agree", *more]))
        sys.exit(REJECTED if counts[Outcome.CONFLICT] or counts[Outcome.REJECTED] else 0)
