"""Workers that die, with their scheduler or without, and runs that die and must leave none behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import psutil

from tests.fault.lab import Lab
from tests.fault.runs import SOME
from tests.fault.scale import Scale
from tests.fault.stops import boundaries, stop_at
from tests.fault.tally import Tally
from tests.fault.workload import REJECTED, Experiment, prepare
from tests.fault.world import Verdict

FAILED: Final = 4
_LONGEST: Final = 60.0
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Dask:
    """A scheduler and one worker, each a process of its own."""

    address: str
    scheduler: subprocess.Popen[bytes]
    worker: subprocess.Popen[bytes]


@contextmanager
def dask(folder: Path) -> Iterator[Dask]:
    """Yield a cluster whose worker is there."""
    file = folder / "scheduler.json"
    file.unlink(missing_ok=True)
    alone = ("--no-dashboard", "--scheduler-file", str(file))
    scheduler = _start("scheduler", "--host", "127.0.0.1", "--port", "0", *alone)
    worker = None
    try:
        address = _address(file)
        worker = _start(
            "worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)
        )
        _wait_for_worker(address)
        yield Dask(address, scheduler, worker)
    finally:
        for process in (worker, scheduler):
            if process is not None:
                process.kill()
                process.wait()


def _start(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{arguments[0]}", *arguments[1:]]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _address(file: Path) -> str:
    end = time.monotonic() + _LONGEST
    while time.monotonic() < end:
        with suppress(OSError, ValueError):  # it is not there yet, or half written
            return str(json.loads(file.read_text())["address"])
        time.sleep(_PAUSE)
    raise TimeoutError(file)


def _wait_for_worker(address: str) -> None:
    distributed: Any = import_module("distributed")  # slow to import
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(1, timeout=_LONGEST)


def lost_workers(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill the last worker, the scheduler, or both, in the middle of a run: it ends, and says why."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        names = boundaries(experiment)
        ways = (("worker",), ("scheduler",), ("worker", "scheduler"))
        moments = _moments(names, scale)
        for at in moments:
            for way in ways:
                with dask(lab.folder) as cluster:
                    _lose(experiment, cluster, way, at, tally, early=at == moments[0])


def orphans(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill a run that has workers: none of them is left."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at in _moments(boundaries(experiment), scale):
            place.arguments = (*SOME, "--workers", "2")
            pid, verdict = stop_at(experiment, at), Verdict()
            children = psutil.Process(pid).children(recursive=True)
            os.kill(pid, signal.SIGKILL)
            place.worker.done(pid)
            _, alive = psutil.wait_procs(children, timeout=_LONGEST)
            if not children:
                verdict.lose("it had no workers")
            for process in alive:
                verdict.double(f"the process {process.pid} is left")
                process.kill()
            place.arguments = SOME
            tally.add(f"killed with workers at boundary {at}", 0, verdict, faults=0)
            experiment.judge(tally, f"killed with workers at boundary {at}")


def _lose(experiment: Experiment, cluster: Dask, way: tuple[str, ...], at: int, tally: Tally, *, early: bool) -> None:
    place, verdict = experiment.place, Verdict()
    place.arguments = (*SOME, "--scheduler", cluster.address)
    pid = stop_at(experiment, at, RETRY_SECONDS="3")
    for name in way:
        process: subprocess.Popen[bytes] = getattr(cluster, name)
        process.kill()
        process.wait()
    place.worker.resume(pid)
    done = place.worker.done(pid)
    place.arguments = SOME
    what = f"{' and '.join(way)} killed at boundary {at}"
    if done.code not in ({FAILED} if early else {FAILED, REJECTED}):  # late, all may be prepared already
        verdict.lose(f"it ended with {done.code}: {done.err[-300:]}")
    if done.code == FAILED and " for 3 s now; see to it, and run again" not in done.err:
        verdict.lose(f"it does not say why it ended: {done.err[-300:]}")
    tally.add(what, 0, verdict, faults=0)
    experiment.judge(tally, what)


def _moments(names: list[str], scale: Scale) -> list[int]:
    """Return boundaries before which batches are given to workers, and after which some are waited for."""
    first = next(at for at, name in enumerate(names, 1) if name.startswith("started insert workorders"))
    return list(range(first, len(names), max(len(names) // scale.restarts, 1))) if scale.thorough else [first]
