"""What there is after a run, and how it differs from what there has to be."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from tests.fault.lab import Place

STATE, LETTERS, CONFLICTS, LEASES = "etl_state", "etl_dead_letters", "etl_conflicts", "etl_leases"
INTENTS, RUNS, REPLACED = "etl_intents", "etl_runs", "etl_replaced"

_OF_THE_CLOCK: Final = {"_id", "updatedAt", "syncedAt"}
_OF_THE_RUN: Final = {"first", "last", "run", "attempts", "token", "turns", "sent_as", "novelty", "reading", "had"}
"""Turns are counted by the runs that changed something; a killed one may not have come to count its own. What was sent
has the time of the import in it. What is known was new in a run before, and was read when that was. What the
outside had is noted where it is told twice before it speaks: an edit in between may have come before the first time."""

_TORN: Final = "torn"


@dataclass(frozen=True, slots=True)
class World:
    """All that a run leaves behind, without time stamps; each thing by a name for people, as often as it is there.

    attempts: how many runs rejected each record. leftovers: files that no run may leave behind.
    """

    files: dict[str, Any]
    orders: dict[str, list[Any]]
    letters: dict[str, list[Any]]
    memory: dict[str, list[Any]]
    attempts: dict[str, int]
    leftovers: tuple[str, ...] = ()


@dataclass(slots=True)
class Verdict:
    """What is wrong with a world. lost, doubled, torn: how many records. problems: in words."""

    lost: int = 0
    doubled: int = 0
    torn: int = 0
    problems: list[str] = field(default_factory=list)

    def lose(self, what: str) -> None:
        self.lost += 1
        self.problems.append(f"lost: {what}")

    def double(self, what: str) -> None:
        self.doubled += 1
        self.problems.append(f"doubled: {what}")

    def tear(self, what: str) -> None:
        self.torn += 1
        self.problems.append(f"torn: {what}")

    def include(self, other: Verdict) -> None:
        """Add what is wrong according to another verdict."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.torn += other.torn
        self.problems += other.problems


def look(place: Place) -> World:
    """Return what there is now."""
    present = sorted(place.outbound.iterdir()) if place.outbound.exists() else []
    files = [file for file in present if not file.name.startswith(".") and file.is_file()]
    return World(
        {file.name: _file(file.read_bytes()) for file in files},
        _grouped((str(order.get("number")), _without(order, _OF_THE_CLOCK)) for order in place.work_orders.find()),
        _grouped((f"{found['direction']} {found['origin']}", _kept(found)) for found in place.database[LETTERS].find()),
        _grouped(
            (f"{name} {found['_id'] if name == STATE else found['key']}", _kept(found))
            for name in (STATE, CONFLICTS)
            for found in place.database[name].find()
        ),
        {f"{found['direction']} {found['origin']}": found["attempts"] for found in place.database[LETTERS].find()},
        tuple(file.name for file in present if file.name.startswith(".")),
    )


def differences(expected: World, found: World) -> Verdict:
    """Return how a world differs from the one that has to be."""
    verdict = Verdict()
    for name in expected.files.keys() | found.files.keys():
        _compare_file(name, expected.files.get(name), found.files.get(name), verdict)
    for what, ours, theirs in (
        ("work order", expected.orders, found.orders),
        ("dead letter", expected.letters, found.letters),
        ("memory", expected.memory, found.memory),
    ):
        for name in ours.keys() | theirs.keys():
            _compare_all(f"{what} {name}", ours.get(name, []), theirs.get(name, []), verdict)
    for name in found.leftovers:
        verdict.tear(f"{name} is left behind")
    return verdict


def unsettled(said: str) -> list[str]:
    """Return what a run did, of what a run does that finds nothing to do: it looks, supersedes and rejects."""
    counts = Counter[str]()
    for line in said.splitlines():
        for part in line.partition(" = ")[2].split(", "):
            number, _, outcome = part.partition(" ")
            counts[outcome] += int(number or 0)
    return [f"{count} {name}" for name, count in counts.items() if name in {"created", "updated"}]


def stale_dates(place: Place) -> list[str]:
    """Return the files of synchronised work orders that have not their last change, or are not there."""
    stale = []
    for order in place.work_orders.find({"isSynced": True, "updatedAt": {"$exists": True}}):
        file = place.outbound / f"workorder_{order['number']}.json"
        if not file.exists() or place.client_gets(order["number"])["lastUpdateDate"] != order["updatedAt"].isoformat():
            stale.append(file.name)
    return stale


def broken_promises(place: Place) -> list[str]:
    """Return the work orders that are marked as synchronised, and whose file is not there, whole and right."""
    broken = []
    for order in place.work_orders.find({"isSynced": True}):
        try:
            file = place.client_gets(order["number"])
        except (OSError, ValueError) as error:
            broken.append(f"{order['number']} is synchronised, and its file is not readable: {error}")
            continue
        if file["summary"] != order["title"]:
            broken.append(f"{order['number']} is synchronised, and its file is another one")
    return broken


def without(world: World, number: int) -> World:
    """Return a world without one record."""
    files, orders, letters, memory = (
        {name: value for name, value in part.items() if not is_of(name, number)}
        for part in (world.files, world.orders, world.letters, world.memory)
    )
    return World(files, orders, letters, memory, {}, world.leftovers)


def is_of(name: str, number: int) -> bool:
    """Return whether a thing of a world belongs to a record."""
    ends = (f"_{number}.json", f" {number}.json", f"number {number}", f",{number}]", f"[{number}]")
    return name.endswith(ends) or name == str(number)


def _file(content: bytes) -> Any:
    try:
        return _without(json.loads(content), {"lastUpdateDate"})
    except ValueError:
        return _TORN


def _kept(found: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept, as it counts: what was sent says nothing where it is what was seen."""
    same = {"sent"} if found.get("sent") is not None and found["sent"] == found.get("seen") else set()
    return _without(found, _OF_THE_RUN | same)


def _without(record: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}


def _grouped(things: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    groups: dict[str, list[Any]] = {}
    for name, thing in things:
        groups.setdefault(name, []).append(thing)
    return {name: sorted(group, key=repr) for name, group in groups.items()}


def _compare_file(name: str, expected: Any, found: Any, verdict: Verdict) -> None:
    if found == expected:
        return
    if found == _TORN:
        verdict.tear(name)
    elif expected is None:
        verdict.double(f"{name} has no record")
    else:
        verdict.lose(f"{name}: {_differing(expected, found)}")


def _compare_all(name: str, expected: list[Any], found: list[Any], verdict: Verdict) -> None:
    if found == expected:
        return
    if len(found) > len(expected):
        verdict.double(f"{name}: {len(found)} instead of {len(expected)}")
    elif len(found) < len(expected):
        verdict.lose(f"{name}: {len(found)} instead of {len(expected)}")
    else:
        verdict.lose(f"{name}: {'; '.join(map(_differing, expected, found))}")


def _differing(expected: dict[str, Any], found: dict[str, Any] | None) -> str:
    """Return where two records differ, in words."""
    if found is None:
        return "missing"
    names = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    return ", ".join(f"{name} is {found.get(name)!r} instead of {expected.get(name)!r}" for name in names)
