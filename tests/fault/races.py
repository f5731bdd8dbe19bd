"""Edits in TracOS while runs go on: none is lost, whenever it comes."""

from __future__ import annotations

import json
import random
import threading
import time
from dataclasses import dataclass, field, replace

from tests.fault.lab import Lab, Place
from tests.fault.mongod import Client
from tests.fault.scale import Scale
from tests.fault.stops import spread, stop_at
from tests.fault.tally import Tally
from tests.fault.workload import REJECTED, Experiment, prepare
from tests.fault.world import Verdict, look
from tests.support.site import client_record

SEED = 20250104
SOME = ("--batch-size", "4")
NUMBERS = range(1, 31)
FLAGS = {"completed": "isDone", "on_hold": "isOnHold", "pending": "isPending", "in_progress": "isActive"}
_SHARE = 10
"""One in so many changes is the client's."""


@dataclass(slots=True)
class People:
    """Technicians who edit titles, and a client who changes states, as fast as they can."""

    place: Place
    edits: int
    titles: dict[int, str] = field(default_factory=lambda: {number: f"Pump {number}" for number in NUMBERS})
    states: dict[int, str] = field(default_factory=lambda: dict.fromkeys(NUMBERS, "in_progress"))

    def work(self) -> None:
        """Change everything again and again."""
        chance = random.Random(SEED)
        with Client(self.place.settings.uri) as client:
            orders = client[self.place.database.name]["workorders"]
            for edit in range(self.edits):
                number = chance.choice(NUMBERS)
                if chance.randrange(_SHARE) == 0:
                    self._send(number, chance.choice(list(FLAGS)))
                # some edits bring back what was there a moment ago
                title = chance.choice((f"Edit {edit}", f"Pump {number}"))
                orders.update_one({"number": number}, {"$set": {"title": title, "isSynced": False}})
                self.titles[number] = title
                time.sleep(0)

    def _send(self, number: int, state: str) -> None:
        """Replace a client's file, whole."""
        fresh = self.place.folder / "fresh"
        fresh.write_text(json.dumps(client_record(number, **{FLAGS[state]: True})))
        fresh.replace(self.place.inbound / f"{number}.json")
        self.states[number] = state


def edits_raced(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let people edit work orders while one run follows the other."""
    with lab.place() as place:
        for number in NUMBERS:
            place.client_sends(number)
        place.run()
        people = People(place, scale.edits)
        thread = threading.Thread(target=people.work)
        thread.start()
        while thread.is_alive():
            place.run(batch_size=5)
        thread.join()
        place.run(batch_size=5)
        verdict = Verdict()
        for number in NUMBERS:
            _check(place, number, people, verdict)
        if any(counts.keys() & {"created", "updated"} for counts in place.run().values()):
            verdict.double("after the last run there was still something to do")
        tally.add("edits", scale.edits, verdict, faults=scale.edits)


def edits_at_boundaries(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Edit what a run is about to write, or has just written, at every boundary in turn."""
    with lab.place("", *SOME) as place:
        experiment = _edited_later(prepare(place))
        for at in spread(experiment, 1000 if scale.thorough else scale.restarts):
            pid = stop_at(experiment, at)
            _edit(place)
            place.worker.resume(pid)
            done, verdict = place.worker.done(pid), Verdict()
            if done.code != REJECTED:
                verdict.lose(f"it ended with {done.code}: {done.err[-300:]}")
            tally.add(f"edits at boundary {at}", 0, verdict, faults=0)
            experiment.judge(tally, f"edits at boundary {at}")


def _check(place: Place, number: int, people: People, verdict: Verdict) -> None:
    order, file = place.work_order(number), place.client_gets(number)
    wanted = {"title": people.titles[number], "status": people.states[number]}
    if found := {name: order[name] for name in wanted if order[name] != wanted[name]}:
        verdict.lose(f"work order {number} has {found} instead of {wanted}")
    states = [state for state, flag in FLAGS.items() if file[flag]]
    if (file["summary"], states) != (wanted["title"], [wanted["status"]]):
        verdict.lose(f"the file of {number} has {file['summary']}, {states} instead of {wanted}")
    if not order["isSynced"]:
        verdict.lose(f"work order {number} still waits")


def _edit(place: Place) -> None:
    for number in (2, 3, 4, 5, 22):
        place.technician_edits(number, title="Later, says Ana")


def _edited_later(experiment: Experiment) -> Experiment:
    """Return the same experiment, whose end is what undisturbed runs make when the edits come between them."""
    experiment.start.restore(experiment.place)
    experiment.place.etl()
    _edit(experiment.place)
    experiment.place.etl()
    return replace(experiment, end=look(experiment.place))
