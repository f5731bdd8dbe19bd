"""Where it runs: one real mongod, and for every run a database and folders of its own, in memory where possible."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import orjson
from pymongo import MongoClient

from benchmarks.handwritten import STATUSES, Record
from etl.endpoints.embedded import embedded_server
from etl.settings import Settings

MEMORY = Path("/dev/shm")
FIRST = datetime(2025, 1, 1, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """What one run works on. The inbound folder is full, all else is empty."""

    uri: str
    database: str
    inbound: Path
    outbound: Path

    @property
    def settings(self) -> Settings:
        """Those of a run, which leaves the embedded MongoDB of the current folder alone."""
        nowhere = self.inbound.parent / "none"
        return Settings(
            uri=self.uri, database=self.database, inbound=self.inbound, outbound=self.outbound, embedded=nowhere
        )


@dataclass(frozen=True, slots=True)
class Lab:
    """One server and one folder for all runs.

    files, lines, many: how many client files a run has, how many lines a file, and how many lines a large one.
    """

    uri: str
    client: MongoClient[Record]
    folder: Path
    files: int
    lines: int = 200_000
    many: int = 1_000_000
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @contextmanager
    def place(self, files: int | None = None) -> Iterator[Place]:
        """Yield a fresh place, and remove it afterwards. files: instead of the lab's."""
        database = f"etl_benchmark_{os.getpid()}_{next(self.numbers)}"
        with tempfile.TemporaryDirectory(dir=self.folder) as name:
            inbound = Path(name) / "inbound"
            inbound.mkdir()
            for record in client_records(self.files if files is None else files):
                (inbound / f"{record['orderNo']}.json").write_bytes(orjson.dumps(record, option=orjson.OPT_INDENT_2))
            try:
                yield Place(self.uri, database, inbound, Path(name) / "outbound")
            finally:
                self.client.drop_database(database)

    def server_version(self) -> str:
        return str(self.client.server_info()["version"])


@contextmanager
def open_lab(files: int, lines: int = 200_000, many: int = 1_000_000) -> Iterator[Lab]:
    """Start a server, or use that of MONGO_URI."""
    with tempfile.TemporaryDirectory(dir=memory(), prefix="etl-benchmark-") as name, _server(Path(name) / "db") as uri:
        client: MongoClient[Record] = MongoClient(uri, tz_aware=True)
        with client:
            yield Lab(uri, client, Path(name), files, lines, many)


def memory() -> Path | None:
    """Return the folder of a memory file system, None where there is none."""
    return MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    if uri := os.environ.get("MONGO_URI"):
        yield uri
        return
    with embedded_server(folder) as (uri, _):
        yield uri


def client_records(count: int) -> list[Record]:
    """Return client work orders in every status, with and without zones and deletion dates."""
    return [_client_record(number) for number in range(1, count + 1)]


def _client_record(number: int) -> Record:
    created = FIRST + timedelta(minutes=7 * number)
    which = number % (len(STATUSES) + 1)  # the last one has no flag at all
    zone = ("+00:00", "-03:00", "Z", "")[number % 4]
    record: Record = {
        "orderNo": number,
        "summary": f"Work order {number}: replace the seal of pump {number % 97}",
        "creationDate": f"{created:%Y-%m-%dT%H:%M:%S}{zone}",
        "lastUpdateDate": f"{created + timedelta(hours=5):%Y-%m-%dT%H:%M:%S.250}{zone}",
        "deletedDate": f"{created + timedelta(days=1):%Y-%m-%dT%H:%M:%S}{zone}" if which == 0 else None,
    }
    return record | {flag: index == which for index, (flag, _) in enumerate(STATUSES)}
