"""The ready integration `sap_pm`, both ways: what SAP says becomes work orders, and edits go out as SAP takes them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from etl.app import verify
from etl.mapping.model import Mapping
from etl.transfer.model import Outcome
from tests.support.mappings import loaded
from tests.support.site import ROOT, Site
from tests.support.sites import LOG, clear

FOLDER = ROOT / "mappings" / "sap_pm"
PAGE = "orders_1.json"

Told: TypeAlias = dict[str, Any]


class Plant:
    """A site where SAP's samples have been imported."""

    def __init__(self, site: Site, mapping: Mapping) -> None:
        site.mapping = mapping
        self.site = site
        for file in (FOLDER / "samples").iterdir():
            shutil.copy(file, site.inbound)
        self.first = site.run()

    def order(self, key: str) -> dict[str, Any]:
        found = self.site.work_orders.find_one({"externalId": key})
        assert found is not None
        return found

    def technician_edits(self, key: str, **fields: Any) -> None:
        self.site.work_orders.update_one({"externalId": key}, {"$set": {"isSynced": False, **fields}})

    def sap_changes(self, key: str, **fields: Any) -> None:
        """Deliver the page anew, with a change of one order."""
        file = self.site.inbound / PAGE
        page = json.loads(file.read_text())
        for order in page["d"]["results"]:
            if order["MaintenanceOrder"] == key:
                order.update(fields)
        file.write_text(json.dumps(page))

    def told(self) -> dict[str, Told]:
        """Return what was written, by the names of the files, and take it away."""
        folder = self.site.outbound
        found = {file.name: json.loads(file.read_text()) for file in folder.iterdir()} if folder.is_dir() else {}
        if found:
            clear(folder)
        return found

    def differing(self) -> list[str]:
        results = verify(self.site.mapping, self.site.settings, LOG)
        return [result.item.origin for result in results if result.outcome is not Outcome.UNCHANGED]


@pytest.fixture
def plant(site: Site) -> Plant:
    return Plant(site, loaded(FOLDER / "sap_pm.yaml"))


def test_the_samples_become_work_orders_of_every_status(plant: Plant) -> None:
    assert plant.first == {
        "inbound": {"read": 11, "created": 10, "skipped": 1},
        "outbound": {"read": 10, "unchanged": 10},
    }
    statuses = {one["externalId"]: one["status"] for one in plant.site.work_orders.find()}
    assert statuses == {
        "4000000": "completed",
        "4000001": "pending",
        "4000002": "in_progress",
        "4000003": "in_progress",
        "4000004": "completed",
        "4000005": "completed",
        "4000006": "on_hold",
        "4000007": "on_hold",
        "4000008": "cancelled",
        "4000010": "in_progress",
    }, "4000009 has the deletion flag"
    assert plant.differing() == []


def test_what_nobody_has_touched_is_not_sent_and_stays_as_it_came(plant: Plant) -> None:
    for one in list(plant.site.work_orders.find()):
        plant.technician_edits(one["externalId"])
    assert plant.site.run()["outbound"] == {"read": 10, "unchanged": 10}
    assert plant.told() == {}


EDITS: list[tuple[dict[str, Any], Told]] = [
    (
        {"title": "A title that is longer than forty characters"},
        {"update_4000002.json": {"MaintenanceOrderDesc": "A title that is longer than forty charac"}},
    ),
    (
        {"startAt": datetime(2026, 7, 1, 10, tzinfo=UTC), "dueAt": None},
        {
            "update_4000002.json": {
                "MaintOrdBasicStartDateTime": "/Date(1782900000000)/",
                "MaintOrdBasicEndDateTime": None,
            }
        },
    ),
    ({"priority": "urgent"}, {"update_4000002.json": {"MaintPriority": "1"}}),
    ({"priority": None, "asset.id": "9"}, {"update_4000002.json": {"MaintPriority": "", "Equipment": "9"}}),
    ({"status": "on_hold"}, {"action_4000002.json": {"Action": "SetMaintOrderStatusToLocked"}}),
    ({"status": "cancelled"}, {"action_4000002.json": {"Action": "SetMaintOrderToDoNotExecute"}}),
    (
        {"status": "completed", "completedAt": datetime(2026, 7, 1, 9, 30, tzinfo=UTC), "team.id": "RES-0400"},
        {
            "action_4000002.json": {
                "Action": "SetMaintOrdToTechCompleted",
                "MaintOrderReferenceDateTime": "/Date(1782898200000)/",
            },
            "update_4000002.json": {"MainWorkCenter": "RES-0400"},
        },
    ),
    ({"deleted": True}, {"delete_4000002.json": {"Action": "SetMaintOrdStsToMrkdForDeltn"}}),
    ({"plant": "1720", "kind": "inspection", "createdAt": datetime(2020, 1, 1, tzinfo=UTC)}, {}),
]


@pytest.mark.parametrize(("fields", "told"), EDITS, ids=[" ".join(fields) for fields, _ in EDITS])
def test_an_edit_goes_out_in_the_form_that_sap_takes(plant: Plant, fields: dict[str, Any], told: Told) -> None:
    plant.technician_edits("4000002", **fields)
    plant.site.run()
    assert plant.told() == {name: {"MaintenanceOrder": "4000002", **body} for name, body in told.items()}
    assert plant.differing() == [] or not told


CONFIRMED: list[Callable[[Plant], None]] = [
    lambda plant: plant.sap_changes("4000002", SystemStatusText="TECO REL  MANC NMAT PRC  SETC"),
    lambda plant: plant.sap_changes(
        "4000002", SystemStatusText="CLSD CNF  MANC", LastChangeDateTime="/Date(1782898200000+0000)/"
    ),
]


@pytest.mark.parametrize("confirms", CONFIRMED)
def test_a_status_that_sap_confirms_is_no_news_and_is_not_sent_again(
    plant: Plant, confirms: Callable[[Plant], None]
) -> None:
    plant.technician_edits("4000002", status="completed")
    plant.site.run()
    assert list(plant.told()) == ["action_4000002.json"]
    confirms(plant)
    assert plant.site.run()["inbound"] == {"read": 11, "unchanged": 10, "skipped": 1}
    assert (plant.told(), plant.differing()) == ({}, [])


def test_what_sap_changes_is_imported_and_not_sent_back(plant: Plant) -> None:
    plant.sap_changes("4000005", SystemStatusText="REL  MANC", MaintOrderReferenceDateTime=None, MaintPriority="4")
    assert plant.site.run() == {
        "inbound": {"read": 11, "updated": 1, "unchanged": 9, "skipped": 1},
        "outbound": {"read": 1, "unchanged": 1},
    }
    order = plant.order("4000005")
    assert (order["status"], order["priority"], order.get("completedAt")) == ("in_progress", "low", None)
    assert (plant.told(), plant.differing()) == ({}, [])


def test_the_deletion_flag_deletes_and_its_end_brings_the_order_back(plant: Plant) -> None:
    plant.sap_changes("4000003", SystemStatusText="REL  DLFL MANC")
    assert plant.site.run()["inbound"] == {"read": 11, "updated": 1, "unchanged": 9, "skipped": 1}
    assert (plant.order("4000003")["deleted"], plant.told()) == (True, {})
    plant.sap_changes("4000003", SystemStatusText="REL  MANC")
    assert plant.site.run()["inbound"]["updated"] == 1
    assert (plant.order("4000003")["deleted"], plant.told()) == (False, {})


def test_a_work_order_with_a_number_of_its_own_is_created_whole(plant: Plant) -> None:
    order = {"externalId": "9000001", "title": "Born here", "plant": "1710", "status": "in_progress", "kind": None}
    new = plant.site.work_orders.insert_one({**order, "startAt": datetime(2026, 7, 1, 10, tzinfo=UTC)}).inserted_id
    assert plant.site.run()["outbound"] == {"read": 1, "created": 1}
    assert plant.told() == {
        f"create_{new}.json": {
            "MaintenanceOrder": "9000001",
            "MaintenanceOrderDesc": "Born here",
            "MaintenanceOrderType": "PM01",
            "MaintenancePlanningPlant": "1710",
            "MaintOrdBasicStartDateTime": "/Date(1782900000000)/",
            "Action": "ReleaseMaintenanceOrder",
        }
    }
