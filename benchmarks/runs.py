"""Whole runs: engine, script and naive script, there and back, on one mongod."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from benchmarks import handwritten, naive
from benchmarks.case import MAPPING, ROOT, Case, Seconds, timed
from benchmarks.lab import Lab, Place
from etl.app import run
from etl.transfer.model import Outcome


def engine(place: Place, *, unchanged: bool = False) -> None:
    inbound, outbound = run(MAPPING, place.settings)
    if unchanged:
        assert inbound.counts[Outcome.UNCHANGED] == inbound.read, inbound
        assert outbound.read == 0, outbound
    else:
        assert inbound.counts[Outcome.CREATED] == inbound.read, inbound
        assert outbound.counts[Outcome.CREATED] == outbound.read, outbound


def by_hand(place: Place) -> None:
    handwritten.synchronise(place.uri, place.database, place.inbound, place.outbound)


def one_by_one(*, indexed: bool) -> Callable[[Place], None]:
    return lambda place: naive.synchronise(place.uri, place.database, place.inbound, place.outbound, indexed=indexed)


def command(*arguments: str) -> Callable[[Place], None]:
    """Return a function that runs a Python program in a process of its own, and does not read a .env file."""

    def start(place: Place) -> None:
        settings = {
            "MONGO_URI": place.uri,
            "MONGO_DATABASE": place.database,
            "DATA_INBOUND_DIR": str(place.inbound),
            "DATA_OUTBOUND_DIR": str(place.outbound),
            "PYTHONPATH": str(ROOT),
        }
        environment = {name: value for name, value in os.environ.items() if name != "MONGO_COLLECTION"} | settings
        subprocess.run(
            [sys.executable, *arguments], env=environment, cwd=place.inbound.parent, check=True, capture_output=True
        )

    return start


def first_loads(one: Callable[[Place], None], other: Callable[[Place], None]) -> Callable[[Lab], Seconds]:
    """Compare two ways of a first load, each in a place of its own."""

    def measure(lab: Lab) -> Seconds:
        with lab.place() as place:
            seconds = timed(lambda: one(place))
        with lab.place() as place:
            return seconds, timed(lambda: other(place))

    return measure


def second_run(lab: Lab) -> Seconds:
    """Compare a second run, of which nothing changed, with the first load before it."""
    with lab.place() as place:
        first = timed(lambda: engine(place))
        return timed(lambda: engine(place, unchanged=True)), first


def second_runs(lab: Lab) -> Seconds:
    """Compare the second runs of engine and script."""
    with lab.place() as place:
        engine(place)
        seconds = timed(lambda: engine(place, unchanged=True))
    with lab.place() as place:
        by_hand(place)
        return seconds, timed(lambda: by_hand(place))


ENGINE_COMMAND = command("-m", "etl", "run", "--mapping", str(MAPPING.file.resolve()), "--log-level", "error")
SCRIPT_COMMAND = command("-m", "benchmarks.handwritten")

RUNS = (
    Case("there_and_back", "engine", "hand-written", first_loads(engine, by_hand)),
    Case("there_and_back_command", "etl run", "hand-written command", first_loads(ENGINE_COMMAND, SCRIPT_COMMAND)),
    Case("rerun", "engine, second run", "engine, first load", second_run),
    Case("rerun_handwritten", "engine, second run", "hand-written, second run", second_runs),
    Case("naive_indexed", "engine", "one by one, indexed", first_loads(engine, one_by_one(indexed=True))),
    Case("naive_unindexed", "engine", "one by one, no index", first_loads(engine, one_by_one(indexed=False))),
)
