"""Stopping a run at a boundary, so that something happens there, and letting it go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.fault.boundaries import Plan
from tests.fault.tally import Tally
from tests.fault.workload import Experiment


def boundaries(experiment: Experiment) -> list[str]:
    """Return the names of the boundaries of an undisturbed run; the first one has the number 1."""
    experiment.start.restore(experiment.place)
    return experiment.place.trace()


def spread(experiment: Experiment, times: int) -> list[int]:
    """Return so many boundaries of a run, or all there are, spread evenly over it."""
    number = len(boundaries(experiment))
    times = min(times, number)
    return [1 + number * index // times + number // (2 * times) for index in range(times)]


def commands(experiment: Experiment, every: int = 1) -> Sequence[tuple[int, str]]:
    """Return the boundaries just before a command is sent, and its name; only one of so many."""
    named = enumerate(boundaries(experiment), 1)
    return [(at, name.removeprefix("started ")) for at, name in named if name.startswith("started ")][::every]


def disturb(experiment: Experiment, at: int, fail: Callable[[], Callable[[], None]], tally: Tally, what: str) -> None:
    """Stop a run at a boundary, break what it works with, let it go on, mend that: it has to survive.

    fail: returns what mends it.
    """
    place = experiment.place
    pid = stop_at(experiment, at)
    mend = fail()
    place.worker.resume(pid)
    mend()
    experiment.survived(tally, what, place.worker.done(pid))


def stop_at(experiment: Experiment, at: int, **environment: str) -> int:
    """Start a run and wait until it has stopped at a boundary; return its process id."""
    place = experiment.place
    experiment.start.restore(place)
    pid = place.start(Plan("stop", at), **environment)
    done = place.worker.done(pid)
    assert done.stopped, done.err
    return pid


def stop_just_at(experiment: Experiment, names: list[str], at: int, **environment: str) -> int:
    """Start a run until one has stopped where an undisturbed one has a boundary; return its process id.

    One with a short lease may ask for it more often on its way there, or lose it.
    """
    place = experiment.place
    while True:
        experiment.start.restore(place)
        pid = place.start(Plan("stop", at, trace=str(place.trace_file)), **environment)
        if not place.worker.done(pid).stopped:
            continue
        if place.traced() == names[:at]:
            return pid
        place.worker.resume(pid)
        place.worker.done(pid)
