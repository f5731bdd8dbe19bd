"""A MongoDB that dies, steps down, or cannot be reached in the middle of a run."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from pymongo.errors import PyMongoError

from tests.fault.lab import Lab, Place
from tests.fault.mongod import Mongod, replica_set, running, wait_for_primary
from tests.fault.proxy import TO_CLIENT, TO_SERVER, Proxy, Trouble, proxy
from tests.fault.scale import Scale
from tests.fault.stops import commands, disturb, spread
from tests.fault.tally import Tally
from tests.fault.workload import Experiment, prepare

SEED = 20250103
SOME = ("--batch-size", "4")
DIRECTIONS = (TO_CLIENT, TO_SERVER)
_HALF = 20
"""Bytes of a message: more than its head has, less than any message."""


def restarts(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill mongod in the middle of a run, and start it again on the same port and folder."""
    with running(lab.folder / "killed") as mongod, lab.place(mongod.uri, *SOME) as place:
        experiment = prepare(place)
        for number, at in enumerate(spread(experiment, scale.restarts)):

            def fail(pause: float = 0.3 * (number % 2)) -> Callable[[], None]:
                mongod.kill()
                if not pause:
                    _start(mongod, place)
                return lambda: _start(mongod, place, pause) if pause else None

            disturb(experiment, at, fail, tally, f"mongod was killed at boundary {at}")


def step_downs(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let the primary of a replica set step down in the middle of a run, or kill it."""
    members = 3 if scale.thorough else 1
    with replica_set(lab.folder / "set", members) as (uri, servers), lab.place(uri, *SOME) as place:
        experiment = prepare(place)
        for number, at in enumerate(spread(experiment, scale.restarts)):

            def fail(killing: bool = members > 1 and number % 2 == 0) -> Callable[[], None]:
                if killing:
                    return _kill_primary(uri, servers)
                with suppress(PyMongoError):
                    place.database.client.admin.command({"replSetStepDown": 1, "force": True})
                return lambda: None

            disturb(experiment, at, fail, tally, f"the primary was lost at boundary {at}")
            wait_for_primary(uri)


def cut_connections(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Cut, truncate, delay and silence the connection, at any byte of a run."""
    chance = random.Random(SEED)
    with proxy(lab.mongod.port) as cable:
        # a silent connection is noticed by time limits, which an operator sets in MONGO_URI too
        uri = f"mongodb://127.0.0.1:{cable.port}/?directConnection=true&socketTimeoutMS=500&connectTimeoutMS=500"
        with lab.place(uri, *SOME) as place:
            experiment = prepare(place)
            whole = {direction: _bytes_of_a_run(experiment, cable, direction) for direction in DIRECTIONS}
            for number in range(scale.cuts):
                kind = ("cut", "cut", "silence")[number % 3]
                direction = DIRECTIONS[number % 2]
                trouble = Trouble(kind, direction, chance.randrange(whole[direction]))
                _trouble(experiment, cable, trouble, tally)
            _trouble(experiment, cable, Trouble("delay"), tally)


def lost_messages(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Cut the connection in the middle of a command, or of its answer: then it was done, and nobody knows."""
    with proxy(lab.mongod.port) as cable:
        uri = f"mongodb://127.0.0.1:{cable.port}/?directConnection=true"
        with lab.place(uri, *SOME) as place:
            experiment = prepare(place)
            for number, (at, name) in enumerate(commands(experiment, every=1 if scale.thorough else 11)):
                for direction in DIRECTIONS if scale.thorough else (DIRECTIONS[number % 2],):

                    def fail(direction: str = direction) -> Callable[[], None]:
                        cable.expect(Trouble("cut", direction, _HALF))
                        return lambda: None

                    disturb(experiment, at, fail, tally, f"{name} at boundary {at} was cut {direction}")
                    cable.expect(None)


def _bytes_of_a_run(experiment: Experiment, cable: Proxy, direction: str) -> int:
    experiment.start.restore(experiment.place)
    cable.expect(Trouble("cut", direction, 10**9))
    experiment.place.etl()
    passed = cable.passed()
    cable.expect(None)
    return passed


def _trouble(experiment: Experiment, cable: Proxy, trouble: Trouble, tally: Tally) -> None:
    experiment.start.restore(experiment.place)
    cable.expect(trouble)
    done = experiment.place.etl()
    cable.expect(None)
    experiment.survived(tally, f"{trouble.kind} {trouble.direction} after {trouble.after} bytes", done)


def _start(mongod: Mongod, place: Place, pause: float = 0) -> None:
    """Start a server again, and wait until our own connection to it is there again too."""
    time.sleep(pause)
    mongod.start()
    while True:
        with suppress(PyMongoError):
            place.database.client.admin.command("ping")
            return


def _kill_primary(uri: str, servers: Sequence[Mongod]) -> Callable[[], None]:
    port = wait_for_primary(uri)
    (primary,) = [server for server in servers if server.port == port]
    primary.kill()

    def mend() -> None:
        wait_for_primary(uri)
        primary.start()

    return mend
