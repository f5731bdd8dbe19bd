"""One installation for a test: a database, two folders, a mapping; and what a client and a technician do there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pymongo
from pymongo.database import Database

from etl import Direction, Mapping, Report, Settings, run
from etl.app import Access, Options, Watch
from etl.transfer.model import Outcome

ROOT = Path(__file__).parents[2]
MAPPING_FILE = ROOT / "mappings" / "tracos_client.yaml"
URI = "ETL_TEST_MONGO_URI"
FRAGILE = "ETL_TEST_FRAGILE_MONGO_URI"
"""A server of the suite's own, without users, that can be told to fail."""

INBOUND, OUTBOUND = (Direction.INBOUND,), (Direction.OUTBOUND,)


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


def impatient(uri: str, name: str) -> str:
    """Return a URI under which a failing server is given up, and looked at again, sooner than by default.

    name: the application's, by which a failure that a test arranges finds its run and no other.
    """
    options = f"appName={name}&serverSelectionTimeoutMS=1000&heartbeatFrequencyMS=500&serverMonitoringMode=poll"
    return f"{uri}&{options}" if "?" in uri else f"{uri.rstrip('/')}/?{options}"
