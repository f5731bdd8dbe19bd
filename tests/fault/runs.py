"""Two runs at once, and a run that sleeps so long that another one takes its place."""

from __future__ import annotations

from dataclasses import replace

from tests.fault.boundaries import UNDISTURBED, Plan
from tests.fault.lab import Done, Lab, Place
from tests.fault.scale import Scale
from tests.fault.stops import boundaries, spread, stop_at, stop_just_at
from tests.fault.tally import Tally
from tests.fault.workload import REJECTED, Experiment, prepare
from tests.fault.world import LEASES, Verdict, look

LOCKED = 5
SOME = ("--batch-size", "4")
TELLING = ("os.rename outbound/workorder_4.json", "started update workorders")
"""Where it matters most whether a sleeper that wakes goes on."""

ON_ITS_WAY = ("started insert etl_state", "started update etl_state", "started update etl_intents")
"""What is on its way to MongoDB cannot be called back: it may put back what is remembered, but no record or file."""


def two_at_once(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Start a second run in the middle of one: it is told who is at work, or waits for its turn."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at in spread(experiment, scale.restarts):
            first = stop_at(experiment, at)
            verdict = Verdict()
            if "holder" in (place.database[LEASES].find_one() or {}):
                _be_refused(place, first, verdict)
            waiting = place.start(UNDISTURBED, "--wait", "60")
            place.worker.resume(first)
            done, second = place.worker.done(first), place.worker.done(waiting)
            expect(REJECTED, second, "the one that waited", verdict)
            expect(REJECTED, done, "the first one", verdict)
            experiment.compare(verdict)
            tally.add(f"at boundary {at}", 0, verdict, faults=0)
            experiment.judge(tally, f"at boundary {at}")


def sleepers(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let a run sleep until its lease has run out and another run has been there: it writes nothing more."""
    with lab.place("", *SOME) as place:
        experiment = in_two_steps(prepare(place))
        names = boundaries(experiment)
        for at in held(names) if scale.thorough else telling(names):
            _wake_after(experiment, names, at, tally)
        for at, name in enumerate(names, 1):
            if name.startswith("os.rename") and (scale.thorough or at in telling(names)):
                _wake_between(experiment, names, at, tally)


def _be_refused(place: Place, holder: int, verdict: Verdict) -> None:
    refused = place.etl()
    if refused.code != LOCKED:
        verdict.double(f"a second run ended with {refused.code}: {refused.err[-300:]}")
    elif f": process {holder} of " not in refused.err or ", since 2" not in refused.err:
        verdict.lose(f"a second run was not told who is at work since when: {refused.err[-300:]}")


def meanwhile(place: Place) -> None:
    """What happens while the sleeper sleeps."""
    place.client_sends(3, summary="Newer, says the client")
    place.technician_edits(1, status="on_hold")
    place.technician_edits(4, title="Pump")  # as it was, and as its file is
    for number in (2, 22):
        place.technician_edits(number, title="Newer, says Ana")


def in_two_steps(experiment: Experiment) -> Experiment:
    """Return the same experiment, whose end is what undisturbed runs make when more happens between them."""
    experiment.start.restore(experiment.place)
    experiment.place.etl()
    meanwhile(experiment.place)
    experiment.place.etl()
    return replace(experiment, end=look(experiment.place))


def held(names: list[str]) -> range:
    """Return the boundaries at which a run has its lease."""
    taken, left = (
        [at for at, name in enumerate(names, 1) if name == f"{when} update {LEASES}"]
        for when in ("answered", "started")
    )
    return range(taken[0], left[-1] + 1)


def believing(names: list[str]) -> range:
    """Return the boundaries at which a run has been told that it has its lease: before, it would wait for it again."""
    has = held(names)
    return range(names.index(f"answered aggregate {LEASES}", has.start) + 1, has.stop)


def telling(names: list[str]) -> list[int]:
    return [max(at for at, name in enumerate(names, 1) if name.startswith(telling)) for telling in TELLING]


def _wake_after(experiment: Experiment, names: list[str], at: int, tally: Tally) -> None:
    """Let another run do everything while one sleeps."""
    experiment = replace(experiment, forgetful=names[at - 1].startswith(ON_ITS_WAY))
    place, verdict = experiment.place, Verdict()
    sleeper = stop_just_at(experiment, names, at, LEASE_SECONDS="1")
    meanwhile(place)
    expect(REJECTED, place.etl(UNDISTURBED, "--wait", "60"), "the other run", verdict)
    theirs = look(place)
    place.worker.resume(sleeper)
    is_told = asks_again(names, at) or hears_an_answer(names, at)
    expect(LOCKED if is_told else REJECTED, place.worker.done(sleeper), "the sleeper", verdict)
    verdict.include(experiment.differences(theirs))
    tally.add(f"woke after boundary {at}, {names[at - 1]}", 0, verdict, faults=0)
    experiment.judge(tally, f"woke after boundary {at}, {names[at - 1]}")


def _wake_between(experiment: Experiment, names: list[str], at: int, tally: Tally) -> None:
    """Let one that sleeps before a rename wake when another run has compared its file already."""
    place, verdict = experiment.place, Verdict()
    sleeper = stop_just_at(experiment, names, at, LEASE_SECONDS="1")
    meanwhile(place)
    other = place.start(Plan("stop", 1, only="os.scandir"), "--wait", "60")
    place.worker.done(other)
    place.worker.resume(sleeper)
    expect(LOCKED, place.worker.done(sleeper), "the sleeper", verdict)
    place.worker.resume(other)
    expect(REJECTED, place.worker.done(other), "the other run", verdict)
    experiment.compare(verdict)
    tally.add(f"woke during another run at boundary {at}, {names[at - 1]}", 0, verdict, faults=0)
    experiment.judge(tally, f"woke during another run at boundary {at}, {names[at - 1]}")


def expect(code: int, done: Done, who: str, verdict: Verdict) -> None:
    if done.code != code:
        verdict.lose(f"{who} ended with {done.code} instead of {code}: {done.err[-300:]}")


def asks_again(names: list[str], at: int) -> bool:
    """Return whether a run that is held up at a boundary, and was told that it has its lease, asks for it once more.

    The last time, it lets go.
    """
    return at in believing(names) and names[at - 1 :].count(f"started update {LEASES}") > 1


def hears_an_answer(names: list[str], at: int) -> bool:
    """Return whether a run is held up as it is told that it has its lease: an old answer it does not believe."""
    left = names[at - 1 :]
    return at in believing(names) and left[0] == f"answered update {LEASES}" and f"started update {LEASES}" in left
