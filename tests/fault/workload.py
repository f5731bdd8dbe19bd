"""The records of an experiment: of every kind of change one, in as many groups as asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pymongo import WriteConcern

from tests.fault.lab import Done, Place
from tests.fault.tally import Tally
from tests.fault.world import (
    CONFLICTS,
    INTENTS,
    LEASES,
    LETTERS,
    REPLACED,
    RUNS,
    STATE,
    Verdict,
    World,
    differences,
    is_of,
    look,
    stale_dates,
    unsettled,
    without,
)

CREATED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
COLLECTIONS = ("workorders", STATE, LETTERS, CONFLICTS, LEASES, INTENTS, RUNS, REPLACED)
REJECTED = 1

AFTER: dict[int, tuple[str, str]] = {
    1: ("Pump of another kind", "in_progress"),  # changed outside
    2: ("Pump", "completed"),  # changed outside
    3: ("Pump", "in_progress"),  # unchanged
    4: ("Seal, says Ana", "in_progress"),  # edited inside
    5: ("Valve, says Ana", "on_hold"),  # one value changed outside, another one edited inside
    7: ("The second file", "in_progress"),  # two files with one key
    8: ("Pump", "in_progress"),  # new
    9: ("Pump", "in_progress"),  # new
    10: ("Corrected", "in_progress"),  # was rejected, and has been corrected
    13: ("Fan, says the client", "in_progress"),  # one value changed on both sides: the client wins
    21: ("Made here", "pending"),  # made inside, exported before
    22: ("Made here", "on_hold"),  # made inside
    23: ("Made here", "pending"),  # made inside
}
UNHEARD_OF = 24
"""Has a status that the mapping does not know: it is never exported."""

GROUP = 100


def numbers(groups: int) -> range:
    """Return the numbers that the groups' own numbers are added to."""
    return range(0, groups * GROUP, GROUP)


def send_before(place: Place, base: int) -> None:
    """What was there before: synchronised, or rejected, by an undisturbed run."""
    for number in (1, 2, 3, 4, 5, 6, 13):
        place.client_sends(base + number, summary="Pump")
    place.client_sends(base + 7, summary="The first file")
    place.client_sends(base + 7, f"{base + 7}b.json", summary="The second file")
    for number in (10, 12):
        (place.inbound / f"{base + number}.json").write_text('{"orderNo": ')
    make_inside(place, base + 21)


def send_after(place: Place, base: int) -> None:
    """What changed since: the disturbed run finds it."""
    place.client_sends(base + 1, summary="Pump of another kind")
    place.client_sends(base + 2, summary="Pump", isDone=True)
    place.client_sends(base + 5, summary="Pump", isOnHold=True)
    for number in (8, 9):
        place.client_sends(base + number, summary="Pump")
    place.client_sends(base + 10, summary="Corrected")
    place.client_sends(base + 11, isDone="yes")
    place.client_sends(base + 13, summary="Fan, says the client")
    place.technician_edits(base + 4, title="Seal, says Ana")
    place.technician_edits(base + 5, title="Valve, says Ana")
    place.technician_edits(base + 13, title="Fan, says Ana")
    place.work_orders.delete_one({"number": base + 6})
    make_inside(place, base + 22, status="on_hold")
    make_inside(place, base + 23)
    make_inside(place, base + UNHEARD_OF, status="unheard of")
    place.work_orders.insert_one({"title": f"Without a number {base}", "status": "pending", "createdAt": CREATED})


def make_inside(place: Place, number: int, **fields: Any) -> None:
    """Make a work order in TracOS."""
    place.work_orders.insert_one(
        {"number": number, "title": "Made here", "status": "pending", "createdAt": CREATED} | fields
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """A site as it was, to start from again."""

    documents: dict[str, list[dict[str, Any]]]
    files: dict[Path, bytes]

    @classmethod
    def of(cls, place: Place) -> Saved:
        documents = {name: list(place.database[name].find()) for name in COLLECTIONS}
        return cls(documents, {file: file.read_bytes() for file in place.folder.rglob("*") if file.is_file()})

    def restore(self, place: Place) -> None:
        """Make the site what it was, also if its server is killed at once."""
        for name, documents in self.documents.items():
            collection = place.database.get_collection(name, write_concern=WriteConcern(j=True))
            collection.delete_many({})
            if documents:
                collection.insert_many(documents)
        for file in place.folder.rglob("*"):
            if file.is_file() and file not in self.files:
                file.unlink()
        for file, content in self.files.items():
            if not file.exists() or file.read_bytes() != content:
                file.write_bytes(content)


@dataclass(frozen=True, slots=True)
class Experiment:
    """A site with work to do, and what it has to be when that is done.

    records: how many have to be moved. forgetful: what is remembered may differ.
    """

    place: Place
    start: Saved
    end: World
    records: int
    forgetful: bool = False

    def judge(self, tally: Tally, what: str) -> None:
        """Let a run follow that nothing disturbs: then all is as if nothing had ever gone wrong, and stays so."""
        verdict, rerun = Verdict(), self.place.etl()
        if rerun.code != REJECTED:
            verdict.lose(f"the rerun ended with {rerun.code}: {rerun.err[-300:]}")
        self.compare(verdict)
        idle = self.place.etl()
        if again := unsettled(idle.out):
            verdict.double(f"after the rerun there was still something to do: {', '.join(again)}")
        tally.add(what, self.records, verdict)

    def survived(self, tally: Tally, what: str, done: Done) -> None:
        """Judge a run that a fault in passing did not end: it did all that there was to do, and each thing once."""
        verdict = Verdict()
        if done.code != REJECTED:
            verdict.lose(f"it ended with {done.code}: {done.err[-300:]}")
        else:
            self.compare(verdict)
            for name, letters in look(self.place).attempts.items():
                if letters != self.end.attempts.get(name):
                    verdict.double(f"{name} was rejected {letters} times instead of {self.end.attempts.get(name)}")
        tally.add(f"{what}, at once", 0, verdict, faults=0)
        self.judge(tally, what)

    def alone(self, tally: Tally, number: int, what: str, runs: Sequence[Done]) -> None:
        """Judge runs in which one record was refused: it has its dead letter, and all others arrived."""
        found = look(self.place)
        verdict = differences(without(self.end, number), without(found, number))
        for done in runs:
            if done.code != REJECTED:
                verdict.lose(f"it ended with {done.code}: {done.err[-300:]}")
        if [len(letters) for name, letters in found.letters.items() if is_of(name, number)] != [1]:
            verdict.lose(f"{number} has not one dead letter")
        tally.add(f"{what}, all others", 0, verdict, faults=0)

    def compare(self, verdict: Verdict) -> None:
        """Say how the site differs from what it has to be."""
        found = self.differences(self.end)
        for name in stale_dates(self.place):
            found.lose(f"{name} has not the last change")
        verdict.include(found)

    def differences(self, expected: World) -> Verdict:
        """Return how the site differs from a world."""
        found = look(self.place)
        return differences(expected, replace(found, memory=expected.memory) if self.forgetful else found)


def prepare(place: Place, groups: int = 1) -> Experiment:
    """Prepare a site, and let an undisturbed run show what has to come of it."""
    for base in numbers(groups):
        send_before(place, base)
    _succeed(place.etl())
    for base in numbers(groups):
        send_after(place, base)
    start = Saved.of(place)
    _succeed(place.etl())
    end = look(place)
    _check(place, end, groups)
    start.restore(place)
    return Experiment(place, start, end, groups * (len(AFTER) + 4))


def _succeed(done: Done) -> None:
    assert done.code == REJECTED, done.err


def _check(place: Place, world: World, groups: int) -> None:
    """Make sure that the undisturbed run did what it should."""
    expected = {base + number: values for base in numbers(groups) for number, values in AFTER.items()}
    inside = {order["number"]: order for order in place.work_orders.find({"number": {"$exists": True}})}
    assert {number: (inside[number]["title"], inside[number]["status"]) for number in expected} == expected
    assert {number % GROUP for number in inside.keys() - expected.keys()} == {UNHEARD_OF}
    for number, (title, status) in expected.items():
        file = place.client_gets(number)
        assert (file["summary"], file["isOnHold"]) == (title, status == "on_hold")
    assert len(world.letters) == 4 * groups
    assert all(len(letters) == 1 for letters in world.letters.values())
    assert not world.leftovers
