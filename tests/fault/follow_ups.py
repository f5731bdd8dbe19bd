"""What both sides do after a run that was killed: the next one takes nothing for what it is not.

Whatever the dead run did or did not come to do, an edit stays an edit, and what it wrote or told is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final, TypeAlias

from tests.fault.boundaries import UNDISTURBED, Plan
from tests.fault.lab import Done, Lab, Place
from tests.fault.runs import SOME
from tests.fault.scale import Scale
from tests.fault.tally import Tally
from tests.fault.workload import AFTER, REJECTED, Saved, prepare
from tests.fault.world import CONFLICTS, INTENTS, Verdict, broken_promises, look, unsettled

Values: TypeAlias = dict[int, tuple[str, str]]
"""Title and status by number."""

NEWEST: Final = "Newest, says Ana"
FIRST: Final = range(1, 10)
BACK: Final[dict[int, dict[str, str]]] = {
    1: {"title": "Pump"},
    5: {"status": "in_progress"},
    13: {"title": "Fan, says Ana"},
}
WON: Final = 13
"""The one work order that is in conflict by itself."""


def echoes(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let the client take what a killed run has sent, and a technician go on from there: that is no conflict."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at in killed(place, experiment.start, scale):
            sent = [number for number in AFTER if number != 7 and _is_new(place, experiment.start, number)]
            for number in sent:
                (place.inbound / f"{number}.json").write_bytes(_file(place, number).read_bytes())
            edited = [number for number in (1, 4, 22) if number in sent]
            for number in edited:
                place.technician_edits(number, title=NEWEST)
            expected = AFTER | {number: (NEWEST, AFTER[number][1]) for number in edited}
            _judge(place, tally, f"echoed after boundary {at}", expected, REJECTED)


def taken_back(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let a technician set back just what a killed run has written, or has sent: that is an edit like any other."""
    with lab.place("", *SOME) as place:
        experiment = prepare(place)
        for at in killed(place, experiment.start, scale):
            expected = dict(AFTER)
            for number, edit in BACK.items():
                title, status = AFTER[number]
                order = place.work_order(number)
                if (order["title"], order["status"]) == (title, status):  # it was written, and is set back
                    place.technician_edits(number, **edit)
                    expected[number] = (edit.get("title", title), edit.get("status", status))
            place.technician_edits(4, title="Pump")
            expected[4] = ("Pump", "in_progress")
            _judge(place, tally, f"taken back after boundary {at}", expected, REJECTED)


def first_loads(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Kill a first load, and edit what it has made: all of these edits stay and go out."""
    with lab.place("", *SOME) as place:
        for number in FIRST:
            place.client_sends(number)
        start = Saved.of(place)
        for at in killed(place, start, scale):
            made = {order["number"] for order in place.work_orders.find()}
            for number in made:
                place.technician_edits(number, title=NEWEST)
            expected = {n: (NEWEST if n in made else f"Pump {n}", "in_progress") for n in FIRST}
            _judge(place, tally, f"a first load killed at boundary {at}, {len(made)} edited", expected, 0)


def one_way(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let runs of one direction be killed, and others follow: in the end all is as if one had done both."""
    for first, second in (("inbound", "outbound"), ("outbound", "inbound")):
        with lab.place("", *SOME) as place:
            experiment = prepare(place)
            for at in killed(place, experiment.start, scale, "--direction", first):
                what = f"{second} after {first} was killed at boundary {at}"
                done, verdict = place.etl(UNDISTURBED, "--direction", second), Verdict()
                _expect(done, verdict)
                for problem in broken_promises(place):
                    verdict.lose(problem)
                tally.add(what, 0, verdict, faults=0)
                experiment.judge(tally, what)


def killed(place: Place, start: Saved, scale: Scale, *arguments: str) -> Iterator[int]:
    """Yield each boundary at which a run of the same beginning has been killed."""
    for at in count(1 + scale.every // 2, scale.every):
        start.restore(place)
        if not place.etl(Plan("kill", at), *arguments).killed:
            return
        yield at


def _judge(place: Place, tally: Tally, what: str, expected: Values, code: int) -> None:
    """Let a run follow: both sides have what has to be, nothing was taken for a conflict, nothing is left to do."""
    verdict, rerun = Verdict(), place.etl()
    _expect(rerun, verdict, code)
    orders = {order.get("number"): order for order in place.work_orders.find()}
    for number, (title, status) in expected.items():
        order = orders.get(number, {})
        if (order.get("title"), order.get("status")) != (title, status):
            found = f"{order.get('title')}, {order.get('status')}"
            verdict.lose(f"{number} is {found} instead of {title}, {status}")
        if not _file(place, number).exists() or place.client_gets(number)["summary"] != title:
            verdict.lose(f"the file of {number} has not {title}")
    for name, same in look(place).orders.items():
        if len(same) > 1 and name != "None":
            verdict.double(f"work order {name}")
    for entry in place.database[CONFLICTS].find({"key": {"$ne": [WON]}}):
        verdict.lose(f"{entry['key']} was taken for a conflict")
    if notes := place.database[INTENTS].count_documents({}):
        verdict.double(f"{notes} notes are left")
    for name in look(place).leftovers:
        verdict.tear(f"{name} is left behind")
    if again := unsettled(place.etl().out):
        verdict.double(f"after the rerun there was still something to do: {', '.join(again)}")
    tally.add(what, len(expected), verdict)


def _expect(done: Done, verdict: Verdict, code: int = REJECTED) -> None:
    if done.code != code:
        verdict.lose(f"it ended with {done.code}: {done.err[-300:]}")


def _is_new(place: Place, start: Saved, number: int) -> bool:
    """Return whether a killed run has written the file of a work order."""
    file = _file(place, number)
    return file.exists() and file.read_bytes() != start.files.get(file)


def _file(place: Place, number: int) -> Path:
    return place.outbound / f"workorder_{number}.json"
