"""The ready integrations, each both ways on a real MongoDB: with its own samples, in the form that the vendor takes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from etl.mapping.load import read_mapping
from etl.mapping.paths import get, parse_path, put
from tests.support.command_line import etl
from tests.support.mappings import loaded
from tests.support.site import ROOT, Site

Files = dict[str, Any]


@dataclass(frozen=True)
class Vendor:
    """An integration, and what happens in it.

    records: how many its samples have, and skipped, how many of these are none of ours. key: of a work order, by its
    fields inside, which a technician gives what `edit` says, and sent: the files that the vendor gets of it. gone: the
    name and the content of a file that says of the work order `gone_key` that it is no more, and is_gone, what the
    work order has then. title: where a record has its title. sends: what is sent of a record that came, if it is sent
    whole; None of one that is none of ours. removed: the files that the vendor gets of a work order that is deleted in
    TracOS, if there are any. born: the name and the content of the file that the vendor gets of `NEW`, and answered:
    those of the answer that it gives, where {id} stands for the document in names. read: a file in which it says the
    same record later. given: its key.
    """

    name: str
    records: int
    key: dict[str, Any]
    edit: dict[str, Any]
    sent: Files
    gone: tuple[str, Any]
    gone_key: dict[str, Any]
    is_gone: dict[str, Any]
    title: str
    sends: Callable[[dict[str, Any]], dict[str, Any] | None]
    born: tuple[str, Any]
    answered: tuple[str, Any]
    read: tuple[str, Any]
    given: str
    skipped: int = 0
    removed: Files | None = None

    @property
    def folder(self) -> Path:
        return ROOT / "mappings" / self.name

    @property
    def file(self) -> Path:
        return self.folder / f"{self.name}.yaml"

    def sample_records(self) -> list[dict[str, Any]]:
        """Return the records of the samples, as they stand in their envelopes."""
        where = loaded(self.file).files.records
        documents = [json.loads(file.read_text()) for file in sorted((self.folder / "samples").iterdir())]
        found = [next(x for x in (get(one, step) for step in where) if isinstance(x, list | dict)) for one in documents]
        return [record for records in found for record in (records if isinstance(records, list) else [records])]


def upkeep_sends(record: dict[str, Any]) -> dict[str, Any]:
    schema = json.loads((ROOT / "mappings" / "upkeep" / "work_order.schema.json").read_text())["properties"]
    ours = {name for name, field in schema.items() if not field.get("readOnly")} - {"endDueDate"}
    return {name: value for name, value in record.items() if name in ours}


def odoo_sends(record: dict[str, Any]) -> dict[str, Any]:
    plain = (
        "name",
        "description",
        "archive",
        "kanban_state",
        "priority",
        "maintenance_type",
        "schedule_date",
        "duration",
    )
    ids = ("stage_id", "equipment_id", "technician_user_id", "maintenance_team_id")
    values = {name: record[name] for name in plain} | {name: record[name] and record[name][0] for name in ids}
    return {"model": "maintenance.request", "method": "write", "args": [[record["id"]], values]}


def sap_pm_sends(record: dict[str, Any]) -> dict[str, Any] | None:
    if "DLFL" in record["SystemStatusText"]:
        return None
    plain = ("Equipment", "FunctionalLocation", "MainWorkCenter", "MaintOrdPersonResponsible", "MaintPriority")
    named = {name: record[name] for name in ("MaintenanceOrder", "MaintenanceOrderDesc", *plain)}
    return named | {f"MaintOrdBasic{end}DateTime": sap_pm_instant(record, end) for end in ("Start", "End")}


def sap_pm_instant(record: dict[str, Any], end: str) -> str | None:
    """Return the instant of a day, which SAP gives as midnight in UTC, and a time of day in the plant."""
    day, time = record[f"MaintOrdBasic{end}Date"], record[f"MaintOrdBasic{end}Time"]
    if day is None:
        return None
    spent = timedelta(hours=int(time[2:4]), minutes=int(time[5:7]))
    midnight = datetime.fromtimestamp(int(day[6:-2]) / 1000, UTC).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    return f"/Date({int((midnight + spent).timestamp())}000)/"


def servicenow_sends(record: dict[str, Any]) -> dict[str, Any] | None:
    if record["sys_class_name"]["value"] == "change_request":
        return None
    read = ("sys_id", "number", "sys_class_name", "closed_at", "sys_updated_on", "active")
    return {name: pair["value"] for name, pair in record.items() if name not in read}


NEW = {"title": "Replace the seal", "status": "pending", "priority": "high", "asset": {"id": "217"}, "isSynced": False}
INCIDENT = "029d385017c611228701d22104cc95c3"
USER = "46d44a23a9fe19810012d100cca80666"

VENDORS = [
    Vendor(
        name="odoo",
        records=6,
        key={"externalId": "42"},
        edit={"status": "completed", "priority": "low", "asset": None, "assignee": {"id": "7"}, "dueAt": None},
        sent={
            "write_42.json": {
                "model": "maintenance.request",
                "method": "write",
                "args": [
                    [42],
                    {
                        "archive": False,
                        "kanban_state": "normal",
                        "stage_id": 3,
                        "priority": "0",
                        "schedule_date": False,
                        "equipment_id": False,
                        "technician_user_id": 7,
                    },
                ],
            }
        },
        gone=(
            "requests_9.json",
            {
                "jsonrpc": "2.0",
                "result": [
                    {
                        "id": 45,
                        "name": "Repair the gate",
                        "stage_id": [3, "Repaired"],
                        "kanban_state": "normal",
                        "archive": True,
                        "create_date": "2024-03-09 08:12:45",
                    }
                ],
            },
        ),
        gone_key={"externalId": "45"},
        is_gone={"status": "cancelled"},
        title="name",
        sends=odoo_sends,
        born=(
            "create_{id}.json",
            {
                "model": "maintenance.request",
                "method": "create",
                "args": [
                    {
                        "name": "Replace the seal",
                        "stage_id": 1,
                        "kanban_state": "normal",
                        "archive": False,
                        "priority": "2",
                        "equipment_id": 217,
                    }
                ],
            },
        ),
        answered=("created_{id}.json", {"jsonrpc": "2.0", "id": 5, "result": 77}),
        read=(
            "requests_77.json",
            {
                "jsonrpc": "2.0",
                "result": [
                    {
                        "id": 77,
                        "name": "Replace the seal",
                        "stage_id": [1, "New Request"],
                        "kanban_state": "normal",
                        "archive": False,
                        "priority": "2",
                        "equipment_id": [217, "Pump"],
                        "create_date": "2026-03-09 08:12:45",
                    }
                ],
            },
        ),
        given="77",
    ),
    Vendor(
        name="sap_pm",
        records=11,
        skipped=1,
        key={"externalId": "4000002"},
        edit={"status": "completed", "priority": None, "dueAt": datetime(2026, 7, 1, 10, tzinfo=UTC)},
        sent={
            "action_4000002.json": {"MaintenanceOrder": "4000002", "Action": "SetMaintOrdToTechCompleted"},
            "update_4000002.json": {
                "MaintenanceOrder": "4000002",
                "MaintPriority": "",
                "MaintOrdBasicEndDateTime": "/Date(1782900000000)/",
            },
        },
        gone=(
            "orders_2.json",
            {"d": {"results": [{"MaintenanceOrder": "4000003", "SystemStatusText": "REL  DLFL PCNF"}]}},
        ),
        gone_key={"externalId": "4000003"},
        is_gone={"deleted": True, "status": "in_progress"},
        title="MaintenanceOrderDesc",
        sends=sap_pm_sends,
        born=(
            "create_{id}.json",
            {
                "MaintenanceOrderDesc": "Replace the seal",
                "MaintenanceOrderType": "PM01",
                "MaintPriority": "2",
                "Equipment": "217",
                "Action": None,
            },
        ),
        answered=("created_{id}.json", {"d": {"MaintenanceOrder": "4000077", "SystemStatusText": "CRTD"}}),
        read=(
            "orders_77.json",
            {
                "d": {
                    "results": [
                        {
                            "MaintenanceOrder": "4000077",
                            "MaintenanceOrderDesc": "Replace the seal",
                            "MaintenanceOrderType": "PM01",
                            "MaintPriority": "2",
                            "Equipment": "217",
                            "EquipmentName": "Pump",
                            "MaintOrderCreationDateTime": "/Date(1773154800000+0000)/",
                            "SystemStatusText": "CRTD MANC",
                        }
                    ]
                }
            },
        ),
        given="4000077",
        removed={"delete_4000002.json": {"MaintenanceOrder": "4000002", "Action": "SetMaintOrdStsToMrkdForDeltn"}},
    ),
    Vendor(
        name="upkeep",
        records=6,
        key={"externalId": "q7Zp1RtX0a"},
        edit={"status": "completed", "priority": "low", "description": None, "asset": {"id": "gHhn43LMh3"}},
        sent={
            "patch_q7%5Ap1%52t%580a.json": {
                "status": "complete",
                "priority": 1,
                "description": None,
                "assetId": "gHhn43LMh3",
            }
        },
        gone=("work_orders_9.json", {"success": True, "results": [{"id": "wfhn43LMh3", "archived": True}]}),
        gone_key={"externalId": "wfhn43LMh3"},
        is_gone={"status": "cancelled"},
        title="title",
        sends=upkeep_sends,
        born=(
            "post_{id}.json",
            {"title": "Replace the seal", "status": "open", "priority": 3, "assetId": "217"},
        ),
        answered=("posted_{id}.json", {"success": True, "result": {"id": "zz90", "title": "Replace the seal"}}),
        read=(
            "work_orders_77.json",
            {
                "success": True,
                "results": [
                    {
                        "id": "zz90",
                        "workOrderNo": "77",
                        "title": "Replace the seal",
                        "status": "open",
                        "priority": 3,
                        "assetId": "217",
                        "asset": "Pump",
                        "createdAt": "2026-03-09T08:12:45.000Z",
                    }
                ],
            },
        ),
        given="zz90",
    ),
    Vendor(
        name="servicenow",
        records=21,
        skipped=1,
        key={"externalId": INCIDENT},
        edit={"status": "on_hold", "assignee": {"id": USER, "name": "Ben Oak"}, "description": None},
        sent={f"update-incident-{INCIDENT}.json": {"state": "3", "assigned_to": USER, "description": ""}},
        gone=(
            "3_deleted.json",
            {"result": [{"tablename": {"value": "incident"}, "documentkey": {"value": INCIDENT}}]},
        ),
        gone_key={"externalId": INCIDENT},
        is_gone={"deleted": True, "status": "in_progress"},
        title="short_description.value",
        sends=servicenow_sends,
        born=(
            "create-{id}.json",
            {
                "table": "wm_order",
                "record": {"short_description": "Replace the seal", "state": "1", "priority": "2", "cmdb_ci": "217"},
            },
        ),
        answered=("created-{id}.json", {"result": {"sys_id": "77ab", "number": "WO0000077"}}),
        read=(
            "4_tasks.json",
            {
                "result": [
                    {
                        "sys_id": {"value": "77ab"},
                        "number": {"value": "WO0000077"},
                        "sys_class_name": {"value": "wm_order"},
                        "short_description": {"value": "Replace the seal"},
                        "state": {"value": "1"},
                        "priority": {"value": "2"},
                        "cmdb_ci": {"value": "217", "display_value": "Pump"},
                        "opened_at": {"value": "2026-03-09 08:12:45"},
                        "sys_updated_on": {"value": "2026-03-09 08:12:45"},
                    }
                ]
            },
        ),
        given="77ab",
        removed={f"delete-incident-{INCIDENT}.json": {"table": "incident", "sys_id": INCIDENT}},
    ),
]
each = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)


def imported(site: Site, vendor: Vendor) -> dict[str, dict[str, int]]:
    """Give a site the integration and its samples, and run it."""
    site.mapping = loaded(vendor.file)
    for file in (vendor.folder / "samples").iterdir():
        shutil.copy(file, site.inbound)
    return site.run()


def taken(site: Site) -> Files:
    """Return what lies in the outbound folder, and take it away, as the vendor does."""
    there = [file for file in sorted(site.outbound.glob("*")) if not file.name.startswith(".etl-")]
    files = {file.name: json.loads(file.read_text()) for file in there}
    for file in there:
        file.unlink()
    return files


def by_content(records: Iterable[Any]) -> list[str]:
    return sorted(json.dumps(record, sort_keys=True) for record in records)


def edits(site: Site, key: dict[str, Any], **fields: Any) -> None:
    assert site.work_orders.update_one(key, {"$set": {"isSynced": False, **fields}}).matched_count == 1


def test_every_integration_is_tried_and_has_its_page() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "integrations").glob("*.md")}
    assert {vendor.name for vendor in VENDORS} == pages
    assert pages <= {folder.name for folder in (ROOT / "mappings").iterdir()}


@each
@pytest.mark.slow
def test_it_passes_check_and_holds_with_its_examples_and_its_goldens(vendor: Vendor) -> None:
    assert etl("check", "--strict", str(vendor.file)).stdout.endswith("no findings\n")
    golden = ROOT / "tests" / "golden" / vendor.name
    done = etl("test", str(vendor.file), "--golden", str(golden), "--examples", "50")
    assert done.returncode == 0, done.stdout
    assert "(100 %)" in done.stdout


@each
def test_its_rules_are_few(vendor: Vendor) -> None:
    rules = vendor.file.read_text().partition("\nrules:\n")[2].partition("\nexamples:\n")[0]
    assert 0 < len(rules.strip().splitlines()) <= 45


@each
def test_its_samples_are_imported_and_are_no_news_again(vendor: Vendor, site: Site) -> None:
    first = imported(site, vendor)["inbound"]
    ours = vendor.records - vendor.skipped
    aside = {"skipped": vendor.skipped} if vendor.skipped else {}
    assert first == {"read": vendor.records, "created": ours, **aside}
    taken(site)
    assert site.run()["inbound"] == {"read": vendor.records, "unchanged": ours, **aside}
    assert taken(site) == {}


@each
def test_an_edit_goes_out_in_the_form_that_the_vendor_takes(vendor: Vendor, site: Site) -> None:
    imported(site, vendor)
    taken(site)
    edits(site, vendor.key, **vendor.edit)
    assert site.run()["outbound"] == {"read": 1, "created": 1}
    assert taken(site) == vendor.sent


@each
def test_what_nobody_touched_goes_out_as_it_came(vendor: Vendor, site: Site, tmp_path: Path) -> None:
    for name in ("mappings", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / "whole" / name)
    whole = tmp_path / "whole" / "mappings" / vendor.name / f"{vendor.name}.yaml"
    whole.write_text(whole.read_text().replace("  send: changed\n", ""))
    imported(site, vendor)
    taken(site)
    site.mapping = read_mapping(whole)
    for order in site.work_orders.find():
        edits(site, {"_id": order["_id"]}, title=f"{order['title']}!")
    assert site.run()["outbound"] == {
        "read": vendor.records - vendor.skipped,
        "created": vendor.records - vendor.skipped,
    }
    title = parse_path(vendor.title)
    came = vendor.sample_records()
    for record in came:
        put(record, title, f"{get(record, title)}!")
    sent = [one for record in came if (one := vendor.sends(record)) is not None]
    assert by_content(taken(site).values()) == by_content(sent)


@each
def test_what_the_vendor_deletes_is_deleted(vendor: Vendor, site: Site) -> None:
    imported(site, vendor)
    taken(site)
    name, document = vendor.gone
    (site.inbound / name).write_text(json.dumps(document))
    assert site.run()["inbound"]["updated"] == 1
    order = site.work_orders.find_one(vendor.gone_key)
    assert order is not None
    assert {name: order.get(name) for name in vendor.is_gone} == vendor.is_gone
    assert taken(site) == {}


@pytest.mark.parametrize("vendor", [one for one in VENDORS if one.removed], ids=lambda vendor: vendor.name)
def test_what_is_deleted_in_tracos_is_deleted_there_once(vendor: Vendor, site: Site) -> None:
    imported(site, vendor)
    taken(site)
    deleted = {".".join(map(str, field.path)): values[0] for field, values in site.mapping.deleted_when}
    edits(site, vendor.key, **deleted)
    site.run()
    assert taken(site) == vendor.removed
    edits(site, vendor.key)
    site.run()
    assert taken(site) == {}


@each
def test_a_work_order_that_is_born_in_tracos_gets_its_key_from_the_answer_and_is_joined(
    vendor: Vendor, site: Site
) -> None:
    site.mapping = loaded(vendor.file)
    new = site.work_orders.insert_one(dict(NEW)).inserted_id
    assert site.run()["outbound"] == {"read": 1, "created": 1}
    name, content = vendor.born
    assert taken(site) == {name.format(id=new): content}
    name, answer = vendor.answered
    (site.inbound / name.format(id=new)).write_text(json.dumps(answer))
    name, listed = vendor.read
    (site.inbound / name).write_text(json.dumps(listed))
    assert site.run()["inbound"] == {"read": 1, "updated": 1}
    (order,) = site.work_orders.find()
    assert (order["_id"], order["externalId"], order["asset"]) == (new, vendor.given, {"id": "217", "name": "Pump"})
    assert taken(site) == {}
    edits(site, {"_id": new}, status="completed")
    site.run()
    assert [vendor.given in name for name in taken(site)] == [True]
