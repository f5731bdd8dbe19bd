"""Leases that are stolen from a run at work, lost, or held by one of whom nothing can be known.

A run that has lost its lease renames and marks nothing more, and the next one completes the work.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from pymongo.errors import PyMongoError

from tests.fault.boundaries import UNDISTURBED, Plan
from tests.fault.hidden import can_hide
from tests.fault.lab import Lab, Place
from tests.fault.mongod import Mongod, running
from tests.fault.runs import (
    LOCKED,
    ON_ITS_WAY,
    SOME,
    asks_again,
    believing,
    expect,
    hears_an_answer,
    held,
    in_two_steps,
    meanwhile,
    telling,
)
from tests.fault.scale import Scale
from tests.fault.stops import boundaries, spread, stop_at, stop_just_at
from tests.fault.tally import Tally
from tests.fault.workload import REJECTED, Experiment, prepare
from tests.fault.world import LEASES, Verdict, look

HIDDEN: Final = Plan("hidden")
HOUR: Final = 3600
FOLDERS: Final = ("lib/*/faketime", "lib/faketime", "local/lib/faketime")


def stolen(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let another run take the lease of one that is at work, and has just had it confirmed: it believes to hold it."""
    with lab.place("", *SOME) as place:
        experiment = in_two_steps(prepare(place))
        names = boundaries(experiment)
        for at in believing(names) if scale.thorough else telling(names):
            pid = stop_just_at(experiment, names, at)
            meanwhile(place)
            place.database[LEASES].update_one({}, {"$unset": {"holder": ""}})  # as if it were known to be dead
            _take_over(experiment, pid, names, at, tally, f"stolen at boundary {at}, {names[at - 1]}")


def dropped(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Drop the leases in the middle of a run, and between runs."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at in spread(experiment, scale.restarts):
            pid = stop_at(experiment, at)
            place.database[LEASES].drop()
            place.worker.resume(pid)
            place.worker.done(pid)
            place.database[LEASES].drop()
            experiment.judge(tally, f"dropped at boundary {at}")


def clocks(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let the server's clock jump an hour ahead, or behind, while a run is held up."""
    with running(lab.folder / "clock") as mongod, lab.place(mongod.uri, *SOME) as place:
        experiment = in_two_steps(prepare(place))
        names = boundaries(experiment)
        for at in _some(names, scale)[: None if scale.thorough else 1]:
            pid = stop_just_at(experiment, names, at, LEASE_SECONDS="2")
            meanwhile(place)
            _jump(mongod, place, HOUR)
            _take_over(experiment, pid, names, at, tally, f"clock ahead at boundary {at}")
            _jump(mongod, place, 0)
            _wait_behind(experiment, mongod, at, tally)


def hidden(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let another user, to whom /proc does not show the holder, run meanwhile: it is refused."""
    plan = HIDDEN if can_hide() else UNDISTURBED
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at in _some(boundaries(experiment), scale):
            pid, verdict = stop_at(experiment, at), Verdict()
            expect(LOCKED, place.etl(plan), "the run of another user", verdict)
            place.worker.resume(pid)
            expect(REJECTED, place.worker.done(pid), "the holder", verdict)
            tally.add(f"hidden at boundary {at}", 0, verdict, faults=0)
            experiment.judge(tally, f"hidden at boundary {at}")


def reused(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Give the number of a killed run to another process: seen, it keeps nobody out; hidden, it may be that run."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at in _some(boundaries(experiment), scale):
            experiment.start.restore(place)
            place.etl(Plan("kill", at))
            other, verdict = place.worker.pid, Verdict()
            place.database[LEASES].update_one({}, {"$set": {"holder.pid": other}})
            if can_hide():
                expect(LOCKED, place.etl(HIDDEN), "the run to which it is hidden", verdict)
            tally.add(f"reused after boundary {at}", 0, verdict, faults=0)
            experiment.judge(tally, f"reused after boundary {at}")


def _take_over(experiment: Experiment, pid: int, names: list[str], at: int, tally: Tally, what: str) -> None:
    """Let a run do everything while another one, which has just lost its lease, is held up; then let that go on.

    at: the boundary at which it is held up.
    """
    on_its_way = any(name.startswith(ON_ITS_WAY) for name in names[at - 1 : at + 1])
    experiment = replace(experiment, forgetful=on_its_way)
    place, verdict = experiment.place, Verdict()
    expect(REJECTED, place.etl(UNDISTURBED, "--wait", "60"), "the other run", verdict)
    theirs = look(place)
    place.worker.resume(pid)
    done = place.worker.done(pid)
    if done.code != LOCKED or not hears_an_answer(names, at):  # how old an answer is depends on the other run
        expect(LOCKED if asks_again(names, at) else REJECTED, done, "the one that was held up", verdict)
    verdict.include(experiment.differences(theirs))
    tally.add(what, 0, verdict, faults=0)
    experiment.judge(tally, what)


def _wait_behind(experiment: Experiment, mongod: Mongod, at: int, tally: Tally) -> None:
    """Let the clock go behind: the lease lasts longer than it should, and nobody gets it sooner."""
    place, verdict = experiment.place, Verdict()
    pid = stop_at(experiment, at)
    meanwhile(place)
    _jump(mongod, place, -HOUR)
    expect(LOCKED, place.etl(), "the other run", verdict)
    place.worker.resume(pid)
    expect(REJECTED, place.worker.done(pid), "the holder", verdict)
    _jump(mongod, place, 0)
    tally.add(f"clock behind at boundary {at}", 0, verdict, faults=0)
    experiment.judge(tally, f"clock behind at boundary {at}")


def _jump(mongod: Mongod, place: Place, seconds: int) -> None:
    """Set the server's clock. Without libfaketime, let the lease be as it looks to a clock that was set so."""
    library = next((str(file) for folder in FOLDERS for file in Path("/usr").glob(f"{folder}/libfaketimeMT.so.1")), "")
    if library:
        mongod.stop()
        mongod.clock = ("env", f"LD_PRELOAD={library}", f"FAKETIME={seconds:+d}s") if seconds else ()
        mongod.start()
        _until(lambda: place.database.client.admin.command("ping"))
        return
    times = {name: {"$add": [f"$holder.{name}", -seconds * 1000]} for name in ("since", "expires")}
    place.database[LEASES].update_one(
        {"holder": {"$exists": True}}, [{"$set": {"holder": {"$mergeObjects": ["$holder", times]}}}]
    )


def _until(call: Callable[[], Any]) -> None:
    end = datetime.now(UTC) + timedelta(seconds=60)
    while datetime.now(UTC) < end:
        with suppress(PyMongoError):
            call()
            return
        time.sleep(0.05)


def _some(names: list[str], scale: Scale) -> list[int]:
    """Return where it matters most, or more boundaries at which a run has its lease."""
    return (
        sorted({*telling(names), *held(names)[:: max(len(names) // scale.restarts, 1)]})
        if scale.thorough
        else telling(names)
    )
