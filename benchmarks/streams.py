"""Many records in one file: the loading of JSON Lines, how it grows, what it takes of memory, and two workers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import orjson
from pymongo import MongoClient

from benchmarks import handwritten
from benchmarks.case import ROOT, Case, Seconds, timed
from benchmarks.handwritten import BATCH, Record
from benchmarks.lab import Lab, Place, client_records
from etl.app import Options, Workers, run
from etl.endpoints.mongodb.ledger import MongoLedger
from etl.mapping.load import load_mapping
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.transfer.model import Outcome

LINES = load_mapping(ROOT / "tests" / "mappings" / "json_lines.yaml")
INBOUND = (Direction.INBOUND,)
SMALL = 10_000
HEAVY_RULES = 40
HEAVY_RECORDS = 20_000
PEAK = """
import sys
from etl.cli import cli
cli(["run", "--direction", "inbound", "--log-level", "error", "--mapping", sys.argv[1]], standalone_mode=False)
print(*[line for line in open("/proc/self/status") if line.startswith("VmHWM")])
"""
"""A program that loads, and prints its peak memory in kB; `ru_maxrss` would begin with that of its parent."""


def write_lines(place: Place, count: int) -> None:
    with (place.inbound / "orders.jsonl").open("wb") as file:
        for number in range(0, count, SMALL):
            for record in client_records(min(SMALL, count - number)):
                file.write(orjson.dumps(record | {"orderNo": number + record["orderNo"]}) + b"\n")


def engine(place: Place, mapping: Mapping = LINES, workers: Workers = Workers()) -> None:  # noqa: B008 - frozen
    (inbound,) = run(mapping, place.settings, options=Options(INBOUND, workers=workers))
    assert inbound.counts[Outcome.CREATED] == inbound.read, inbound


def by_hand(place: Place) -> None:
    client: MongoClient[Record] = MongoClient(place.uri, tz_aware=True)
    with client:
        collection = client[place.database]["workorders"]
        collection.create_index("number", unique=True)
        documents = read_lines(place.inbound / "orders.jsonl")
        while batch := list(islice(documents, BATCH)):
            handwritten.import_batch(collection, batch)


def read_lines(file: Path) -> Iterator[Record]:
    with file.open("rb") as lines:
        for line in lines:
            record = orjson.loads(line)
            handwritten.check(record)
            yield handwritten.to_tracos(record)


def first_load(lab: Lab) -> Seconds:
    """Compare the loading of JSON Lines by engine and script."""
    with lab.place(files=0) as place:
        write_lines(place, lab.lines)
        seconds = timed(lambda: engine(place))
    with lab.place(files=0) as place:
        write_lines(place, lab.lines)
        return seconds, timed(lambda: by_hand(place))


def remembering(lab: Lab) -> Seconds:
    """Compare the loading with one that neither asks for nor saves what both sides last agreed on."""
    with lab.place(files=0) as place:
        write_lines(place, lab.lines)
        seconds = timed(lambda: engine(place))
    with (
        lab.place(files=0) as place,
        patch.object(MongoLedger, "load", lambda *_: {}),
        patch.object(MongoLedger, "save"),
    ):
        write_lines(place, lab.lines)
        return seconds, timed(lambda: engine(place))


def growth(lab: Lab) -> Seconds:
    """Compare a large load with small ones, by what a record costs: both as the seconds of the large one."""
    with lab.place(files=0) as place:
        write_lines(place, lab.many)
        seconds = timed(lambda: engine(place))
    small = 0.0
    for _ in range(3):
        with lab.place(files=0) as place:
            write_lines(place, SMALL)
            small += timed(lambda: engine(place)) / 3
    return seconds, small * lab.many / SMALL


def peak_memory(lab: Lab) -> Seconds:
    """Compare the peak memory of a large load with that of a small one, in MB, each in a process of its own."""
    return _megabytes(lab, lab.many), _megabytes(lab, SMALL)


def _megabytes(lab: Lab, count: int) -> float:
    with lab.place(files=0) as place:
        write_lines(place, count)
        environment = os.environ | {
            "MONGO_URI": place.uri,
            "MONGO_DATABASE": place.database,
            "DATA_INBOUND_DIR": str(place.inbound),
            "PYTHONPATH": str(ROOT),
        }
        command = [sys.executable, "-c", PEAK, str(LINES.file)]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-2]) / 1024


def two_workers(lab: Lab) -> Seconds:
    """Compare two workers with one, where translating is what takes the time."""
    mapping = _heavy_mapping(lab.folder)
    seconds: list[float] = []
    for count in (2, 1):
        with lab.place(files=0) as place:
            write_lines(place, HEAVY_RECORDS)
            seconds.append(timed(lambda: engine(place, mapping, Workers(count))))  # noqa: B023 - called at once
    return seconds[0], seconds[1]


def _heavy_mapping(folder: Path) -> Mapping:
    """Return the mapping of lines with many computed values."""
    inside = orjson.loads(LINES.inside.files[0].read_bytes())
    inside["properties"] |= {f"note{number}": {"type": ["string", "null"]} for number in range(HEAVY_RULES)}
    (folder / "heavy.schema.json").write_bytes(orjson.dumps(inside))
    parts = "to_string(orderNo), summary, creationDate, to_string(length(summary))"
    rules = "".join(
        f"  - {{tracos: note{number}, from: \"join(' ', sort([{parts}, 'note {number}']))\"}}\n"
        for number in range(HEAVY_RULES)
    )
    text = LINES.file.read_text("utf-8").replace("../../schemas/tracos_workorder", "heavy")
    text = text.replace("../../schemas", str(ROOT / "schemas")).replace("mapping: json_lines", "mapping: heavy")
    file = folder / "heavy.yaml"
    file.write_text(text.partition("examples:")[0].rstrip() + "\n" + rules, "utf-8")
    return load_mapping(file)


def _lines(lab: Lab) -> int:
    return lab.lines


def _many(lab: Lab) -> int:
    return lab.many


STREAMS = (
    Case("json_lines", "engine", "hand-written", first_load, _lines),
    Case("state", "engine", "engine, nothing remembered", remembering, _lines),
    Case("workers", "two workers", "one worker", two_workers, lambda _: HEAVY_RECORDS),
)
LARGE = (
    Case("growth", "engine, large load", "engine, small loads, as many records", growth, _many),
    Case("memory", "engine, large load, MB", "engine, small load, MB", peak_memory, _many),
)
