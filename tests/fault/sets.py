"""Replica sets that fail over and roll back, and what a URI may ask of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.fault.boundaries import Plan
from tests.fault.lab import Lab
from tests.fault.mongod import Mongod, replica_set, wait_for_primary
from tests.fault.runs import SOME
from tests.fault.scale import Scale
from tests.fault.stops import spread, stop_at
from tests.fault.tally import Tally
from tests.fault.workload import REJECTED, Experiment, prepare
from tests.fault.world import Verdict

FAILED: Final = 4
ALONE_SECONDS: Final = 0.5
"""How long a primary is alone with what it writes before it is killed."""

OPTIONS: Final = (
    "w=1",
    "w=majority&journal=false",
    "readPreference=secondary",
    "readPreference=nearest&readConcernLevel=available",
    "readConcernLevel=majority",
    "maxPoolSize=1",
)
COLLATION: Final = {"locale": "en", "strength": 2}


def rolled_back(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let a primary write what nobody else gets, and kill it: what it wrote is rolled back when it returns.

    Once a set of three servers with data, once one of two and an arbiter.
    """
    for arbiter in (False, True):
        with replica_set(lab.folder / f"set {arbiter}", 3, arbiter=arbiter) as (uri, servers):
            with lab.place(uri, *SOME) as place:
                experiment = prepare(place)
                for at in spread(experiment, scale.restarts):
                    what = f"{'PSA' if arbiter else 'PSS'} rolled back from boundary {at}"
                    _roll_back(experiment, at, uri, servers, tally, what)
            rolled = sum(map(_rollbacks, servers[: 2 if arbiter else 3]))
            tally.facts[f"rollbacks of {'PSA' if arbiter else 'PSS'}"] = rolled
            assert rolled, "nothing was rolled back"


def _roll_back(experiment: Experiment, at: int, uri: str, servers: Sequence[Mongod], tally: Tally, what: str) -> None:
    place, verdict = experiment.place, Verdict()
    pid = stop_at(experiment, at)
    port = wait_for_primary(uri)
    (primary,) = [server for server in servers if server.port == port]
    others = [server for server in servers if server is not primary]
    for server in others:
        _replicate(server, on=False)
    place.worker.resume(pid)
    time.sleep(ALONE_SECONDS)
    primary.kill()
    for server in others:
        _replicate(server, on=True)
    wait_until_there_is_one(others)
    primary.start()
    wait_for_primary(uri)
    done = place.worker.done(pid)
    if done.code not in (REJECTED, FAILED):
        verdict.lose(f"it ended with {done.code}: {done.err[-300:]}")
    tally.add(what, 0, verdict, faults=0)
    experiment.judge(tally, what)


def options(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill runs that work with what `MONGO_URI` asks of a set, on a collection that takes `a` for `A`."""
    with replica_set(lab.folder / "options", 3) as (uri, _):
        for asked in OPTIONS:
            with lab.place(uri, *SOME) as place:
                place.environment["MONGO_URI"] += f"&{asked}"  # what this process asks itself is asked plainly
                place.database.create_collection("workorders", collation=COLLATION)
                experiment = prepare(place)
                for at in spread(experiment, scale.restarts):
                    experiment.start.restore(place)
                    place.etl(Plan("kill", at))
                    experiment.judge(tally, f"{asked}, killed at boundary {at}")


def _replicate(server: Mongod, *, on: bool) -> None:
    """Let a secondary take what its primary writes, or not; an arbiter takes nothing."""
    command = {"configureFailPoint": "stopReplProducer", "mode": "off" if on else "alwaysOn"}
    with MongoClient[dict[str, Any]](server.uri, serverSelectionTimeoutMS=5000) as client, suppress(PyMongoError):
        client.admin.command(command)


def _rollbacks(server: Mongod) -> int:
    with MongoClient[dict[str, Any]](server.uri) as client:
        return int(client.admin.command("replSetGetRBID")["rbid"]) - 1


def wait_until_there_is_one(servers: Sequence[Mongod]) -> None:
    """Wait until one of these is the primary, for a minute at most."""
    end = time.monotonic() + 60
    for server in cycle(servers):
        with suppress(PyMongoError), MongoClient[dict[str, Any]](server.uri, serverSelectionTimeoutMS=1000) as client:
            if client.admin.command("hello").get("isWritablePrimary"):
                return
        assert time.monotonic() < end, "there is no primary"
        time.sleep(0.1)
