"""The way of one record: the files of `etl/` whose functions run between its being read and its being acknowledged.

    python -m benchmarks.way

One record is imported, exported, changed on both sides, merged and exported once more.
What runs inside `etl.transfer.loop.Route.transfer` counts; what is opened before it and reported after it does not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
from pymongo import MongoClient

from benchmarks.case import MAPPING, ROOT
from benchmarks.handwritten import Record
from benchmarks.lab import Lab, Place, client_records, open_lab
from etl import Direction, run
from etl.app.runs import BOTH
from etl.transfer.loop import Route

ENGINE = ROOT / "etl"


def files_of(work: Callable[[], object]) -> list[set[str]]:
    """Return the files of the engine whose functions run inside each transfer in turn, while `work` runs."""
    found: dict[FrameType, set[str]] = {}  # a transfer is a generator, and has one frame however often it goes on
    inside: list[set[str]] = []

    def look(frame: FrameType, event: str, _: Any) -> None:
        if frame.f_code is Route.transfer.__code__ and event == "call":
            inside.append(found.setdefault(frame, set()))
        elif frame.f_code is Route.transfer.__code__ and event == "return":
            inside.pop()
        if inside and event == "call":
            inside[-1].add(frame.f_code.co_filename)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(before)
    return [
        {str(file.relative_to(ENGINE)) for file in map(Path, names) if ENGINE in file.parents}
        for names in found.values()
    ]


def passed(place: Place) -> dict[Direction, set[str]]:
    """Return the files that one record passes, by direction."""
    settings, found = place.settings, {direction: set[str]() for direction in Direction}
    for _ in range(2):
        for direction, files in zip(BOTH, files_of(lambda: run(MAPPING, settings)), strict=True):
            found[direction] |= files
        _change_both_sides(place)
    return found


def _change_both_sides(place: Place) -> None:
    (record,) = client_records(1)
    (place.inbound / "1.json").write_bytes(orjson.dumps(record | {"summary": "changed outside"}))
    client: MongoClient[Record] = MongoClient(place.uri)
    with client:
        client[place.database]["workorders"].update_many({}, {"$set": {"status": "on_hold", "isSynced": False}})


def way(lab: Lab) -> dict[Direction, set[str]]:
    """Return the files that one record passes in a place of its own."""
    with lab.place(1) as place:
        return passed(place)


def main() -> None:
    with open_lab(1) as lab:
        found = way(lab)
    for direction, files in found.items():
        print(f"{direction.value}: {len(files)} files", *sorted(files), sep="\n  ")
    print(f"either way: {len(set().union(*found.values()))} files")


if __name__ == "__main__":
    main()
