"""Deliveries that are made to fill the memory, the time or the database: each is rejected by name, and no more."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from etl import load_mapping
from tests.fault.lab import Lab, Place
from tests.fault.scale import Scale
from tests.fault.tally import Tally
from tests.fault.world import Verdict
from tests.support.site import MAPPING_FILE, ROOT, client_record

MOST_MB: Final = 200
"""What a command may have of memory, whatever comes."""

_MIB: Final = 1024 * 1024
_PEAK: Final = """
import sys
from etl.cli import cli
try:
    cli(sys.argv[1:], standalone_mode=False)
except SystemExit as error:
    code = error.code
else:
    code = 0
print(*[line for line in open("/proc/self/status") if line.startswith("VmHWM")])
sys.exit(code)
"""
"""A program that does as `etl`, and prints its peak memory in kB; `ru_maxrss` would begin with that of its parent."""

COMMANDS: Final = ("run", "run", "plan", "verify")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is delivered.

    mapping: by whose format. inbound: which files it reads. write: puts so many times the hostile record, or file,
    into a folder. good: a file of the one record of number 1 that must arrive, read after all others.
    """

    mapping: Path
    inbound: str
    write: Callable[[Path, int], None]
    good: bytes


@dataclass(frozen=True, slots=True)
class Peak:
    """How a command ended."""

    code: int
    megabytes: float
    out: str
    err: str


def _record(key: int, value: bytes, size: int = 4 * _MIB) -> bytes:
    """Return a valid record with a list of one value, over and over."""
    head = json.dumps(client_record(key))[:-1].encode() + b', "extra": ['
    return head + (value * ((size - len(head) - 8) // len(value)))[:-1] + b"]}"


def _each(value: bytes) -> Callable[[Path, int], None]:
    def write(folder: Path, times: int) -> None:
        for number in range(times):
            (folder / f"{number}.json").write_bytes(_record(2 + number, value))

    return write


def _lines(value: bytes) -> Callable[[Path, int], None]:
    def write(folder: Path, times: int) -> None:
        with (folder / "a.jsonl").open("wb") as file:
            file.writelines(_record(2 + number, value) + b"\n" for number in range(times))

    return write


def _array(value: bytes) -> Callable[[Path, int], None]:
    def write(folder: Path, times: int) -> None:
        (folder / "a.json").write_bytes(b"[" + b",".join(_record(2 + n, value) for n in range(times)) + b"]")

    return write


def _page(value: bytes) -> Callable[[Path, int], None]:
    """Write records in an envelope with as much beside them, once before them and once behind."""

    def write(folder: Path, times: int) -> None:
        beside = b"[" + (value * (times * 4 * _MIB // len(value)))[:-1] + b"]"
        records = b",".join(_record(2 + number, value) for number in range(times))
        (folder / "a.json").write_bytes(
            b'{"next": ' + beside + b', "d": {"results": [' + records + b'], "more": ' + beside + b"}}"
        )

    return write


def _open_page(folder: Path, times: int) -> None:
    (folder / "a.json.gz").write_bytes(gzip.compress(b'{"next": "' + b"x" * (times * 20 * _MIB)))
    os.utime(folder / "a.json.gz", (0, 0))  # nobody is writing to it any more


def _gzipped(block: bytes, megabytes: int) -> Callable[[Path, int], None]:
    def write(folder: Path, times: int) -> None:
        content = gzip.compress(block * (megabytes * _MIB // len(block)))
        for number in range(max(times // 10, 1)):
            (folder / f"a{number}.jsonl.gz").write_bytes(content)

    return write


def _bad(folder: Path, times: int) -> None:
    (folder / "a0.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * (4_000 * times)))


def _zstd(folder: Path, times: int) -> None:
    from backports import zstd  # noqa: PLC0415 - an extra

    (folder / "a.jsonl.zst").write_bytes(zstd.compress(b"a" * (25 * times * _MIB)))


def _open_quote(text: bytes) -> Callable[[Path, int], None]:
    def write(folder: Path, times: int) -> None:
        file = folder / "a.csv"
        file.write_bytes(b'orderNo;summary;creationDate;state\n2;"' + text * (times * _MIB // len(text)))
        os.utime(file, (0, 0))  # nobody is writing to it any more

    return write


def _many(folder: Path, times: int) -> None:
    for number in range(2, 1600 * times):
        (folder / f"{number}.json").write_text(json.dumps(client_record(number)))


_OF_LINES: Final = ROOT / "tests" / "mappings" / "json_lines.yaml"
_OF_ARRAYS: Final = ROOT / "tests" / "mappings" / "json_array.yaml"
_OF_PAGES: Final = ROOT / "tests" / "mappings" / "records.yaml"
_OF_CSV: Final = ROOT / "tests" / "mappings" / "csv.yaml"
_JSON: Final = json.dumps(client_record(1)).encode()
_CSV: Final = b"orderNo;summary;creationDate;state\n1;Pump 1;2025-01-02T03:04:05Z;open\n"
_LISTS, _OBJECTS, _TEXTS, _LONG = b"[],", b'{"a":[1]},', b'"x",', b'"' + b"y" * 60 + b'",'

DELIVERIES: Final[dict[str, Delivery]] = {
    "files of nested lists": Delivery(MAPPING_FILE, "*.json", _each(_LISTS), _JSON),
    "files of objects": Delivery(MAPPING_FILE, "*.json", _each(_OBJECTS), _JSON),
    "files of texts": Delivery(MAPPING_FILE, "*.json", _each(_TEXTS), _JSON),
    "large files": Delivery(MAPPING_FILE, "*.json", _each(_LONG), _JSON),
    "very many files": Delivery(MAPPING_FILE, "*.json", _many, _JSON),
    "lines of nested lists": Delivery(_OF_LINES, "*.jsonl", _lines(_LISTS), _JSON),
    "large lines": Delivery(_OF_LINES, "*.jsonl", _lines(_LONG), _JSON),
    "an array of nested lists": Delivery(_OF_ARRAYS, "*.json", _array(_LISTS), b"[" + _JSON + b"]"),
    "a page of nested lists": Delivery(_OF_PAGES, "*.json", _page(_LISTS), b'{"d": ' + _JSON + b"}"),
    "a page of objects": Delivery(_OF_PAGES, "*.json", _page(_OBJECTS), b'{"d": ' + _JSON + b"}"),
    "a page of texts": Delivery(_OF_PAGES, "*.json", _page(_LONG), b'{"d": ' + _JSON + b"}"),
    "a page that is one text": Delivery(_OF_PAGES, "*.json.gz", _open_page, gzip.compress(b'{"d": ' + _JSON + b"}")),
    "a gzip bomb of one record": Delivery(_OF_LINES, "*.jsonl.gz", _gzipped(b'{"a": "', 300), gzip.compress(_JSON)),
    "a gzip bomb of empty lines": Delivery(_OF_LINES, "*.jsonl.gz", _gzipped(b"\n", 300), gzip.compress(_JSON)),
    "a gzip bomb of bad records": Delivery(_OF_LINES, "*.jsonl.gz", _bad, gzip.compress(_JSON)),
    "a zstd bomb": Delivery(_OF_LINES, "*.jsonl.zst", _zstd, b""),
    "an open quote": Delivery(_OF_CSV, "*.csv", _open_quote(b"x;\n"), _CSV),
    "an open quote of empty lines": Delivery(_OF_CSV, "*.csv", _open_quote(b"\n"), _CSV),
}


def hostile_deliveries(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Deliver each, with a good record behind it: that arrives, and no command has more memory than it may."""
    for name, delivery in DELIVERIES.items():
        with lab.place() as place:
            verdict = Verdict()
            commands = COMMANDS if scale.thorough else COMMANDS[:1]
            found = peaks(place, delivery, 60 if scale.thorough else 3, commands)
            for command, peak in zip(commands, found, strict=True):
                if peak.megabytes > MOST_MB:
                    verdict.lose(f"etl {command} takes {peak.megabytes:.0f} MB")
                if peak.code not in (0, 1):
                    verdict.lose(f"etl {command} ends with {peak.code}: {peak.err[-300:]}")
            if delivery.good and place.work_orders.count_documents({"number": 1, "title": "Pump 1"}) != 1:
                verdict.lose("the good record")
            tally.add(name, 1, verdict, len(commands))
            tally.facts[f"{name}, MB"] = round(max(peak.megabytes for peak in found))


def large_work_orders(lab: Lab, scale: Scale, tally: Tally) -> None:
    """Let little come for many large work orders at once, and little go out of which much is remembered."""
    numbers = range(1, 100 if scale.thorough else 40)
    with lab.place() as place:
        for number in numbers:
            place.client_sends(number, summary="x" * (3 * _MIB))
        commands = ("plan", "run", "run", "plan", "verify")
        for what, small in (("sent by the client", "Small"), ("edited inside", "Smaller")):
            verdict = Verdict()
            measured(place, "run", "--log-level", "error", "--mapping", str(place.mapping.file))
            for number in numbers:
                if what == "edited inside":
                    place.technician_edits(number, title=f"{small} {number}")
                else:
                    place.client_sends(number, summary=f"{small} {number}")
            found = [
                measured(place, name, "--log-level", "error", "--mapping", str(place.mapping.file)) for name in commands
            ]
            most = max(peak.megabytes for peak in found)
            if most > MOST_MB:
                verdict.lose(f"{what}: {most:.0f} MB")
            for command, peak in zip(commands, found, strict=True):
                if peak.code:
                    verdict.lose(f"etl {command} ends with {peak.code}: {peak.err[-300:]}")
            if any(place.client_gets(number)["summary"] != f"{small} {number}" for number in numbers):
                verdict.lose(f"{what}: a small one")
            tally.add(what, len(numbers), verdict, len(commands))
            tally.facts[f"large work orders, {what}, MB"] = round(most)
            for number in numbers:
                place.client_sends(number, summary="y" * (3 * _MIB))


def peaks(place: Place, delivery: Delivery, times: int, commands: Sequence[str]) -> list[Peak]:
    """Deliver, and let these commands see it, one after the other."""
    text = delivery.mapping.read_text().replace("../../schemas", str(ROOT / "schemas"))
    text = text.replace("../schemas", str(ROOT / "schemas")).replace(
        "schema: client_csv", f"schema: {_OF_CSV.parent}/client_csv"
    )
    file = place.folder / "hostile.yaml"
    file.write_text(re.sub(r'inbound: "[^"]*"', f'inbound: "{delivery.inbound}"', text))
    load_mapping(file)
    delivery.write(place.inbound, times)
    if delivery.good:
        good = place.inbound / f"z9{delivery.inbound[1:]}"
        good.write_bytes(delivery.good)
        os.utime(good, (0, 0))
    return [measured(place, command, "--log-level", "error", "--mapping", str(file)) for command in commands]


def measured(place: Place, *arguments: str) -> Peak:
    """Run a command, and see what memory it takes."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, *arguments],
        cwd=place.folder.parent,
        env=place.environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    found = re.search(r"VmHWM:\s+([0-9]+)", done.stdout)
    return Peak(done.returncode, int(found[1]) / 1024 if found else 0.0, done.stdout, done.stderr)
