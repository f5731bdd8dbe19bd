"""One real MongoDB for the whole suite, a clean database for every test that asks for one.

With MONGO_URI set, the suite uses that server, in databases of its own; otherwise it starts an embedded one.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pymongo
import pytest
from hypothesis import settings as hypothesis_settings
from pymongo.database import Database

from etl import Direction, Mapping, Report, Settings, load_mapping, run
from etl.app import Access, Options, Watch
from etl.endpoints.embedded import embedded_server, find_servers
from etl.transfer.model import Outcome

ROOT = Path(__file__).parent.parent
MAPPING_FILE = ROOT / "mappings" / "tracos_client.yaml"
URI = "ETL_TEST_MONGO_URI"
FRAGILE = "ETL_TEST_FRAGILE_MONGO_URI"
"""A server of the suite's own, without users, that can be told to fail."""

hypothesis_settings.register_profile("suite", deadline=None, max_examples=200, derandomize=True)
hypothesis_settings.load_profile("suite")

_resources = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    if URI not in os.environ:
        os.environ[FRAGILE] = _start_server()
        os.environ[URI] = os.environ.pop("MONGO_URI", "") or os.environ[FRAGILE]
    os.environ.pop("COLUMNS", None)  # a worker's terminal is none of ours
    for name in ("MONGO_URI", "MONGO_DATABASE", "MONGO_COLLECTION", "DATA_INBOUND_DIR", "DATA_OUTBOUND_DIR"):
        os.environ.pop(name, None)
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    config.option.mongodb_host = os.environ[URI]
    config.option.mongodb_dbname = f"etl_test_{worker}_{os.getpid()}"


def _start_server() -> str:
    folder = Path(_resources.enter_context(tempfile.TemporaryDirectory(prefix="etl-test-")))
    server = find_servers()[0]
    failing = ("--enable-test-commands",) if server.name == "SecantusDB" else ("--setParameter", "enableTestCommands=1")
    uri, _ = _resources.enter_context(embedded_server(folder, [server], failing))
    return uri


def pytest_unconfigure(config: pytest.Config) -> None:
    with pymongo.MongoClient[dict[str, Any]](config.option.mongodb_host, serverSelectionTimeoutMS=3000) as client:
        client.drop_database(config.option.mongodb_dbname)
    _resources.close()


@pytest.fixture
def database(mongodb: Database[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    """A clean database on the suite's server, whose dates come back aware."""
    codec_options = mongodb.codec_options.with_options(tz_aware=True)
    yield mongodb.client.get_database(mongodb.name, codec_options)
    mongodb.client.close()


class Site:
    """One installation for a test: a database, the two folders, the shipped mapping or a copy that a test edits."""

    def __init__(self, database: Database[dict[str, Any]], folder: Path, mapping: Mapping, uri: str) -> None:
        self.database = database
        self.folder = folder
        self.mapping = mapping
        self.inbound = folder / "inbound"
        self.inbound.mkdir()
        self.outbound = folder / "outbound"
        self.settings = Settings(
            uri=impatient(uri, database.name),
            database=database.name,
            inbound=self.inbound,
            outbound=self.outbound,
            embedded=folder / "db",
            retry_seconds=4,
        )
        self.environment = os.environ | {
            "MONGO_URI": uri,
            "MONGO_DATABASE": database.name,
            "DATA_INBOUND_DIR": str(self.inbound),
            "DATA_OUTBOUND_DIR": str(self.outbound),
        }

    @property
    def work_orders(self) -> pymongo.collection.Collection[dict[str, Any]]:
        return self.database["workorders"]

    def client_sends(self, number: int, name: str | None = None, **fields: Any) -> dict[str, Any]:
        """Put a client file into the inbound folder."""
        record = client_record(number, **fields)
        (self.inbound / (name or f"{number}.json")).write_text(json.dumps(record))
        return record

    def work_order(self, number: int) -> dict[str, Any]:
        found = self.work_orders.find_one({"number": number})
        assert found is not None
        return found

    def client_gets(self, number: int) -> dict[str, Any]:
        """Return the outbound file of a work order."""
        record: dict[str, Any] = json.loads((self.outbound / f"workorder_{number}.json").read_text())
        return record

    def technician_edits(self, number: int, **fields: Any) -> None:
        """Edit a work order as TracOS does: it becomes unsynced."""
        self.work_orders.update_one({"number": number}, {"$set": {"isSynced": False, **fields}})

    def run(self, **options: Any) -> dict[str, dict[str, int]]:
        """Run, and return the outcomes that are not zero, by direction."""
        return {
            report.direction.value: {name: count for name, count in report.as_dict().items() if count}
            for report in self.reports(**options)
        }

    def reports(self, log: Any = None, watch: Watch = Watch(), **options: Any) -> list[Report]:
        """Run. options: those of `Options`, and of `Access`."""
        access = Access(**{name: options.pop(name) for name in ("recreate", "fsync", "wait") if name in options})
        reports = run(self.mapping, self.settings, log, Options(access=access, **options), watch)
        for report in reports:
            assert report.read == sum(report.counts[outcome] for outcome in Outcome)
        return reports


def client_record(number: Any, **fields: Any) -> dict[str, Any]:
    return {
        "orderNo": number,
        "summary": f"Pump {number}",
        "creationDate": "2025-01-02T03:04:05+00:00",
    } | fields


@pytest.fixture(scope="session")
def mapping() -> Mapping:
    return load_mapping(MAPPING_FILE)


@pytest.fixture
def site(database: Database[dict[str, Any]], tmp_path: Path, mapping: Mapping) -> Site:
    return Site(database, tmp_path, mapping, os.environ[URI])


@pytest.fixture
def fragile_site(tmp_path: Path, mapping: Mapping, pytestconfig: pytest.Config) -> Iterator[Site]:
    """A site on a server that can be told to fail."""
    with pymongo.MongoClient[dict[str, Any]](os.environ[FRAGILE], tz_aware=True) as client:
        database = client[pytestconfig.option.mongodb_dbname + "_fragile"]
        client.drop_database(database.name)
        yield Site(database, tmp_path, mapping, os.environ[FRAGILE])
        client.drop_database(database.name)


def impatient(uri: str, name: str) -> str:
    """Return a URI under which a failing server is given up, and looked at again, sooner than by default.

    name: the application's, by which a failure that a test arranges finds its run and no other.
    """
    options = f"appName={name}&serverSelectionTimeoutMS=1000&heartbeatFrequencyMS=500&serverMonitoringMode=poll"
    return f"{uri}&{options}" if "?" in uri else f"{uri.rstrip('/')}/?{options}"


INBOUND, OUTBOUND = (Direction.INBOUND,), (Direction.OUTBOUND,)
