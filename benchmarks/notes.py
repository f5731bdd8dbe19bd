"""What each write intent, and each question whose lease it is, costs alone: the engine with and without."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

import orjson

from benchmarks.case import MAPPING, Case, Seconds, timed
from benchmarks.lab import Lab, Place
from benchmarks.streams import INBOUND, LINES, engine, write_lines
from etl.app import Options, run
from etl.endpoints.mongodb.intents import MongoIntents
from etl.endpoints.mongodb.lease import Lease
from etl.mapping.terms import Direction
from etl.transfer.importing import Import
from etl.transfer.model import Outcome

Without = Callable[[], AbstractContextManager[Any]]


def _noting_nothing() -> AbstractContextManager[Any]:
    return patch.object(MongoIntents, "keep")


def _intending_nothing() -> AbstractContextManager[Any]:
    return patch.object(Import, "_intend", lambda *_: ({}, {}))


def _asking_nobody() -> AbstractContextManager[Any]:
    return patch.object(Lease, "confirm")


def _with_and_without(lab: Lab, work: Callable[[Lab, Without | None], float], without: Without) -> Seconds:
    return work(lab, None), work(lab, without)


def _timed(work: Callable[[], object], without: Without | None) -> float:
    if without is None:
        return timed(work)
    with without():
        return timed(work)


def first_load(lab: Lab, without: Without | None) -> float:
    """Return the seconds of loading JSON Lines."""
    with lab.place(files=0) as place:
        write_lines(place, lab.lines)
        return _timed(lambda: engine(place), without)


def update(lab: Lab, without: Without | None) -> float:
    """Return the seconds of loading lines of which each has changed."""
    with lab.place(files=0) as place:
        write_lines(place, lab.lines)
        engine(place)
        _change(place)
        return _timed(lambda: _update(place), without)


def _change(place: Place) -> None:
    file = place.inbound / "orders.jsonl"
    records = map(orjson.loads, file.read_bytes().splitlines())
    file.write_bytes(b"\n".join(orjson.dumps(record | {"summary": "changed"}) for record in records) + b"\n")


def _update(place: Place) -> None:
    (inbound,) = run(LINES, place.settings, options=Options(INBOUND))
    assert inbound.counts[Outcome.UPDATED] == inbound.read, inbound


def export(lab: Lab, without: Without | None) -> float:
    """Return the seconds of writing a file for each work order."""
    with lab.place() as place:
        run(MAPPING, place.settings, options=Options(INBOUND))
        return _timed(lambda: _export(place), without)


def _export(place: Place) -> None:
    (outbound,) = run(MAPPING, place.settings, options=Options((Direction.OUTBOUND,)))
    assert outbound.counts[Outcome.CREATED] == outbound.read, outbound


def _case(name: str, what: str, work: Callable[[Lab, Without | None], float], without: Without) -> Case:
    def records(lab: Lab) -> int:
        return lab.files if work is export else lab.lines

    return Case(name, "engine", what, lambda lab: _with_and_without(lab, work, without), records)


NOTES = (
    _case("note_creation", "engine, creations not noted", first_load, _noting_nothing),
    _case("note_update", "engine, updates not noted", update, _intending_nothing),
    _case("note_export", "engine, exports not noted", export, _noting_nothing),
    _case("confirm_creation", "engine, lease not confirmed", first_load, _asking_nobody),
    _case("confirm_export", "engine, lease not confirmed", export, _asking_nobody),
)
