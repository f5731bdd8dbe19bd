"""`etl verify`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.common import REJECTED, engine_errors, examples, load, quiet_pipe, say, with_logging, with_mapping
from etl.cli.output import say_json, violation_fields, with_json

if TYPE_CHECKING:
    from etl.transfer.model import Note, Outcome, Result


@click.command(epilog=examples("etl verify", "etl verify --all"))
@with_mapping
@click.option("--all", "every", is_flag=True, help="List every record, also those that agree.")
@with_json("verify")
@with_logging
def verify(mapping_file: Path, log_level: str, log_format: str, *, every: bool, as_json: bool) -> None:
    """Verify that both sides agree on every record.

    What the client has is what its files say, and what it was told since. What waits to be exported, or for a
    person, is counted apart from what agrees, and so are sent files that somebody has taken away. A file that no run
    has read yet counts as what the client has: where it says otherwise, both sides differ until it is imported. A work
    order whose record is rejected does not agree. Of records with the same reason the first few are named, and the
    others counted. Nothing is changed.

    Exit code 0: all agree, or wait; 1: some do not.
    """
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli

        counts: Counter[Outcome | Note] = Counter()
        found = _told(app.verify(load(mapping_file), settings, log), counts, every=every)
        if as_json:
            records = list(map(_fields, found))
            say_json({"counts": _named(counts), "records": records})
        else:
            for line in (_line(result) for result in found) if every else _first_of_each_cause(found):
                say(line)
            agree, *others = _named(counts).items()
            say(", ".join(f"{count} {word}" for word, count in (agree, *(one for one in others if one[1]))))
        if _named(counts)["differ"] or _named(counts)["rejected"]:
            sys.exit(REJECTED)


def _told(results: Iterable[Result], counts: Counter[Outcome | Note], *, every: bool) -> Iterator[Result]:
    """Count results, and yield those that are told of."""
    from etl.transfer.model import Outcome  # noqa: PLC0415 - see etl.cli

    for result in results:
        counts[Outcome.SKIPPED if result.outcome is Outcome.SKIPPED else result.note or result.outcome] += 1
        if every or result.violations:
            yield result


def _named(counts: Counter[Outcome | Note]) -> dict[str, int]:
    """Return the counts by what people call them, those that agree first."""
    from etl.transfer.model import Note, Outcome  # noqa: PLC0415 - see etl.cli

    words: dict[str, Outcome | Note] = {
        "agree": Outcome.UNCHANGED,
        "differ": Outcome.CONFLICT,
        "wait": Note.WAITS,
        "taken": Note.TAKEN,
        "rejected": Outcome.REJECTED,
        "superseded": Outcome.SUPERSEDED,
        "skipped": Outcome.SKIPPED,
    }
    return {word: counts[what] for word, what in words.items()}


def _first_of_each_cause(results: Iterable[Result]) -> Iterator[str]:
    """Yield a line for each of the first few records of a cause, then one for how many more each cause has."""
    from etl.transfer.causes import FirstFew  # noqa: PLC0415 - see etl.cli

    few = FirstFew()
    for result in results:
        if few.takes(result.item.origin, result.violations):
            yield _line(result)
    for cause, others in few.others():
        where = f"{cause.path}: " if cause.path else ""
        yield f"… {others} more like {cause.named[-1]}: {where}{cause.message}"


def _line(result: Result) -> str:
    reasons = "; ".join(map(str, result.violations)) or (result.note.value if result.note else "agrees")
    return f"{result.item.origin}: {reasons}"


def _fields(result: Result) -> dict[str, Any]:
    return {
        "origin": result.item.origin,
        "outcome": result.outcome.value,
        "note": result.note and result.note.value,
        "violations": list(map(violation_fields, result.violations)),
    }
