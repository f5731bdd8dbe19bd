"""MongoDB that refuses: every command of a run, in passing and for good, and one document for ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any, Final

from tests.fault.lab import Lab, Place
from tests.fault.scale import Scale
from tests.fault.stops import commands, stop_at
from tests.fault.tally import Tally
from tests.fault.workload import REJECTED, Experiment, prepare
from tests.fault.world import Verdict

ANY: Final[dict[str, dict[str, Any]]] = {
    "network error": {"closeConnection": True},
    "not primary": {"errorCode": 10107},
    "time limit": {"errorCode": 50},
    "time limit of the set": {"errorCode": 262},
    "shutting down": {"errorCode": 91},
}
WRITES: Final[dict[str, dict[str, Any]]] = {
    "write not confirmed": {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}},
    "write not confirmed, shutting down": {"writeConcernError": {"code": 91, "errmsg": "shutting down"}},
}
WRITING: Final = {"insert", "update", "delete", "createIndexes"}
HARMLESS: Final = {"endSessions"}
"""When it fails for good, all is done already."""

FAILED: Final = 4
_FOR_GOOD: Final = 100_000
SOME = ("--batch-size", "4")


def refused_in_passing(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let every command of a run fail once, in every way: the run survives."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at, name, kind in _cases(experiment, scale):
            pid = stop_at(experiment, at)
            with refusing(place, name, kind, 1):
                place.worker.resume(pid)
                done = place.worker.done(pid)
            experiment.survived(tally, f"{name} at boundary {at}, once: {kind}", done)


def refused_for_good(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let every command fail from some moment on: the run says so, and the next one completes it."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at, name, kind in _ends_of_each(experiment) if scale.thorough else _cases(experiment, scale, 2):
            pid = stop_at(experiment, at, RETRY_SECONDS="1")
            with refusing(place, name, kind, _FOR_GOOD):
                place.worker.resume(pid)
                done = place.worker.done(pid)
            verdict = Verdict()
            released = name == "update etl_leases" and done.code == REJECTED
            if done.code != FAILED and name not in HARMLESS and not released:
                verdict.lose(f"it ended with {done.code}")
            if done.code == FAILED and "MongoDB" not in done.err.splitlines()[-1]:
                verdict.lose(f"it did not say what failed: {done.err[-300:]}")
            tally.add(f"{name} at boundary {at}, for good: {kind}", 0, verdict, faults=0)
            experiment.judge(tally, f"{name} at boundary {at}, for good: {kind}")


def poisoned(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let a validator refuse one document, for ever: it is rejected alone; once that is mended, it arrives."""
    some = {8: "new", 4: "edited inside"}
    every = {**some, 1: "changed outside", 22: "made inside"}
    for arguments in (SOME, ()) if scale.thorough else (SOME,):
        with lab.place("", *arguments) as place:
            experiment = prepare(place)
            for number, what in (every if scale.thorough else some).items():
                experiment.start.restore(place)
                place.database.command("collMod", "workorders", validator={"number": {"$ne": number}})
                experiment.alone(tally, number, what, [place.etl() for _ in range(2)])
                place.database.command("collMod", "workorders", validator={})
                experiment.judge(tally, f"{what}, once it is not refused any more")


@contextmanager
def refusing(place: Place, name: str, kind: str, times: int) -> Iterator[None]:
    """Let the server refuse a command of the site's runs."""
    command = name.partition(" ")[0]
    data = {"failCommands": [command], "appName": place.database.name, **(ANY | WRITES)[kind]}
    admin = place.database.client.admin
    before = admin.command({"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data})
    try:
        yield
    finally:
        after = admin.command({"configureFailPoint": "failCommand", "mode": "off"})
    assert after["count"] > before["count"], f"no {command} was refused"


def _cases(experiment: Experiment, scale: Scale, most: int | None = None) -> list[tuple[int, str, str]]:
    """Return every command with every way to fail, or every kind of command with one of them."""
    if scale.thorough:
        return [(at, name, kind) for at, name in commands(experiment) for kind in _kinds(name)]
    first = {name.partition(" ")[0]: (at, name) for at, name in reversed(commands(experiment))}
    turns = {True: cycle(WRITES | ANY), False: cycle(ANY)}
    return [(at, name, next(turns[_writes(name)])) for at, name in first.values()][:most]


def _ends_of_each(experiment: Experiment) -> list[tuple[int, str, str]]:
    """Return the first and the last use of each command on each collection, with every way to fail."""
    uses = commands(experiment)
    last = {name: at for at, name in uses}
    first = {name: at for at, name in reversed(uses)}
    chosen = sorted({(at, name) for ends in (first, last) for name, at in ends.items()})
    return [(at, name, kind) for at, name in chosen for kind in _kinds(name)]


def _kinds(name: str) -> list[str]:
    return [*ANY, *(WRITES if _writes(name) else ())]


def _writes(name: str) -> bool:
    return name.partition(" ")[0] in WRITING
