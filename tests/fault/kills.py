"""A run that is killed, at any boundary and at any moment, is completed by the next one."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from itertools import count

from tests.fault.boundaries import Plan
from tests.fault.lab import Lab, Place
from tests.fault.scale import Scale
from tests.fault.tally import Tally
from tests.fault.workload import prepare

SEED = 20250102


def kill_at_every_boundary(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill a run just before and just after every command, and around every change of a file."""
    ways = [("--batch-size", "4"), ("--batch-size", "500", "--fsync")]
    for arguments in ways if scale.thorough else ways[:1]:
        with lab.place("", *arguments) as place:
            experiment = prepare(place)
            for at in count(1 + scale.every // 2, scale.every):
                experiment.start.restore(place)
                if not place.etl(Plan("kill", at)).killed:
                    break
                experiment.judge(tally, f"killed at boundary {at} of {' '.join(arguments)}")


def kill_at_random_moments(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill the real command line wherever it happens to be."""
    chance = random.Random(SEED)
    with lab.place("", "--batch-size", "20") as place:
        experiment = prepare(place, scale.kill_groups)
        begun, seconds = time.monotonic(), 0.0
        _kill_after(place, None)
        seconds = time.monotonic() - begun
        for number in range(scale.kills):
            experiment.start.restore(place)
            moment = chance.uniform(0.3, 1.0) * seconds
            _kill_after(place, moment)
            experiment.judge(tally, f"killed after {moment:.3f} s, number {number}")


def _kill_after(place: Place, seconds: float | None) -> None:
    """Run the command line as a person would, and kill it after so many seconds, if it has not ended by then."""
    command = [sys.executable, "-m", "etl", "run", "--mapping", str(place.mapping.file), *place.arguments]
    with subprocess.Popen(
        command,
        cwd=place.folder.parent,
        env=place.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
