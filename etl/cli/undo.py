"""`etl undo`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from etl.cli.common import (
    REJECTED,
    SIGNALS,
    engine_errors,
    examples,
    load,
    quiet_pipe,
    say,
    with_logging,
    with_mapping,
    with_wait,
)
from etl.cli.output import say_json, with_json
from etl.cli.runs import checked_id

if TYPE_CHECKING:
    from etl.app.undoing import Taken, Undone

_SHOWN: Final = 20
"""So many records of a kind are shown; --json has all."""


@click.command(epilog=examples("etl undo 3f2a", "etl undo 3f2a --yes"))
@with_mapping
@click.argument("run_id", metavar="RUN")
@click.option("--yes", is_flag=True, help="Do it. Without this, say what would be done, and change nothing.")
@click.option("--again", is_flag=True, help="Have the next run read the same records again, as after a wrong mapping.")
@with_json("undo")
@with_wait
@with_logging
def undo(
    mapping_file: Path,
    run_id: str,
    wait: float,
    log_level: str,
    log_format: str,
    *,
    yes: bool,
    again: bool,
    as_json: bool,
) -> None:
    """Take back what a run has replaced in work orders.

    RUN is how its id begins, which `etl runs list` shows. A work order gets back the values that it had, if neither
    side has moved on since; one that the run has made is marked as deleted. The others are left, and named. Of a long
    value the beginning is shown. What is taken back goes out with the next run, as any edit; the records that the run
    has read are not read again, unless --again says so. That asks for the files to lie there still. An undo is a run,
    and can be undone.

    Exit code 1: some are left, nothing is known of the run, or a file that is to be read again does not lie there.
    """
    checked_id(run_id)
    with engine_errors(log_level, log_format) as (settings, log), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli

        access = app.Access(reading=not yes, wait=wait)
        watch = app.Watch(stop=SIGNALS.asked, pause=SIGNALS.pause, exit_code=SIGNALS.exit_code)
        with SIGNALS.graceful():
            done = app.undo(load(mapping_file), settings, log, run_id, access=access, again=again, watch=watch)
        say_json(_fields(done, yes=yes)) if as_json else say("\n".join(_lines(done, yes=yes, again=again)))
        sys.exit(0 if done.is_clean else REJECTED)


def _lines(done: Undone, *, yes: bool, again: bool) -> list[str]:
    from etl.transfer.model import Outcome  # noqa: PLC0415 - see etl.cli

    back, same = done.of(Outcome.UPDATED), done.of(Outcome.UNCHANGED)
    left = done.of(Outcome.CONFLICT, Outcome.REJECTED)
    word = "taken back" if yes else "would be taken back"
    counts = [f"{len(back)} {word}"]
    counts += [f"{len(same)} as they were before"] if same else []
    counts += [f"{len(left)} left"] if left else []
    lines = [f"{done.run.command} {done.run.id} of {done.run.started:%Y-%m-%d %H:%M:%S} UTC: {', '.join(counts)}"]
    for one in back[:_SHOWN]:
        lines += [f"  {'-' if one.made else '~'} {one.origin}{', which the run has made' if one.made else ''}"]
        lines += _values(one)
    lines += [f"  … {len(back) - _SHOWN} more"] if len(back) > _SHOWN else []
    lines += [f"  ! {one.origin}: {one.why}" for one in left[:_SHOWN]]
    lines += [f"  … {len(left) - _SHOWN} more"] if len(left) > _SHOWN else []
    if not done.is_whole:
        lines.append("there was no room for all that this run has replaced (UNDO_BYTES): the rest is not undone")
    if back and not yes:
        lines.append("nothing was changed: say --yes to do it")
    if back and yes:
        held = sum(not one.goes_out for one in back)
        if held:
            lines.append(f"{held} of them no run sends out before TracOS has set what `export_when` asks for")
        how = "reads the same records again" if again else "sends it out, as any edit"
        moved = "" if held == len(back) else f"the next run {how}; "
        lines.append(f"{moved}`etl undo` of this undo puts it back")
    return lines


def _values(one: Taken) -> list[str]:
    width = max((len(name) for name, _, _ in one.values), default=0)
    return [f"      {name:<{width}}  {' → '.join(_apart(now, then))}" for name, now, then in one.values]


def _apart(now: Any, then: Any) -> tuple[str, str]:
    first, second = _shown(now), _shown(then)
    return first, "another one" if first == second else second


def _shown(value: Any) -> str:
    from etl.record import ABSENT, shown  # noqa: PLC0415 - see etl.cli
    from etl.transfer.cutting import Cut  # noqa: PLC0415 - see etl.cli

    if isinstance(value, Cut):
        return value.shown
    return "absent" if value is ABSENT else shown(value)


def _sides(sides: dict[str, Any]) -> dict[str, Any]:
    """Return what is and what was; of what is long its beginning, as a plan has it."""
    from etl.record import ABSENT  # noqa: PLC0415 - see etl.cli
    from etl.transfer.cutting import Cut  # noqa: PLC0415 - see etl.cli

    there = {side: v.text if isinstance(v, Cut) else v for side, v in sides.items() if v is not ABSENT}
    long = {side: value.shown for side, value in sides.items() if isinstance(value, Cut)}
    return there | ({"cut": long} if long else {})


def _fields(done: Undone, *, yes: bool) -> dict[str, Any]:
    records = [
        {
            "key": list(one.key),
            "origin": one.origin,
            "outcome": {"updated": "taken back", "unchanged": "as before"}.get(one.outcome.value, "left"),
            "made": one.made,
            "goes_out": one.goes_out,
            "why": one.why,
            "fields": {name: _sides({"now": now, "then": then}) for name, now, then in one.values},
        }
        for one in done.records
    ]
    return {"run": done.run.id, "done": yes, "is_whole": done.is_whole, "records": records}
