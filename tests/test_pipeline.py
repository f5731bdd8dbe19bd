"""The whole job on a real MongoDB: what an operator sees after a run, and after the next one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from etl import EndpointError, Settings, load_mapping, run
from etl.app import Options
from etl.endpoints.files.record_files import RecordFiles
from etl.endpoints.files.writing import Sheets
from etl.transfer.decision import Detail
from etl.transfer.importing import Import
from etl.transfer.model import Change, Result
from tests.support.site import INBOUND, MAPPING_FILE, OUTBOUND, ROOT, Site

CREATED = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_a_client_file_becomes_a_work_order_and_goes_back_out(site: Site) -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    site.client_sends(7, isOnHold=True)

    assert site.run() == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 1, "created": 1}}

    order = site.work_order(7)
    assert before <= order.pop("updatedAt") <= order.pop("syncedAt") <= datetime.now(UTC)
    assert {name: value for name, value in order.items() if name != "_id"} == {
        "number": 7,
        "title": "Pump 7",
        "description": "Pump 7 description",
        "status": "on_hold",
        "createdAt": CREATED,
        "deleted": False,
        "isSynced": True,
    }
    sent = site.client_gets(7)
    assert sent["isOnHold"] is True
    assert sent["isActive"] is False
    assert sent["creationDate"] == "2025-01-02T03:04:05+00:00"


def test_after_inbound_alone_a_work_order_waits_to_go_out(site: Site) -> None:
    site.client_sends(7)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "created": 1}}
    order = site.work_order(7)
    assert order["isSynced"] is False
    assert "syncedAt" not in order
    assert not site.outbound.exists()


def test_a_second_run_finds_nothing_to_do(site: Site) -> None:
    for number in range(1, 8):
        site.client_sends(number)
    site.run()
    documents = list(site.work_orders.find())
    files = {file.name: file.stat().st_mtime_ns for file in site.outbound.iterdir()}

    assert site.run() == {"inbound": {"read": 7, "unchanged": 7}, "outbound": {}}

    assert list(site.work_orders.find()) == documents
    assert {file.name: file.stat().st_mtime_ns for file in site.outbound.iterdir()} == files


def test_a_changed_file_updates_what_it_changed_and_goes_out_again(site: Site) -> None:
    site.client_sends(7)
    site.run()
    first = site.work_order(7)
    site.client_sends(7, isDone=True)

    assert site.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {"read": 1, "updated": 1}}

    order = site.work_order(7)
    assert order["status"] == "completed"
    assert order["updatedAt"] > first["updatedAt"]
    assert site.client_gets(7)["isDone"] is True


def test_an_import_makes_a_synced_work_order_unsynced(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.client_sends(7, isDone=True)
    site.run(directions=INBOUND)
    order = site.work_order(7)
    assert order["isSynced"] is False
    assert "syncedAt" not in order


def test_an_old_file_never_undoes_an_edit(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, status="completed", title="New pump")

    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {"read": 1, "updated": 1}}

    assert site.work_order(7)["status"] == "completed"
    assert site.client_gets(7)["summary"] == "New pump"
    assert site.client_gets(7)["isDone"] is True
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


def test_an_old_file_written_again_with_other_spacing_and_order_undoes_nothing(site: Site) -> None:
    record = site.client_sends(7, isOnHold=True)
    site.run()
    site.technician_edits(7, status="completed")
    (site.inbound / "7.json").write_text(json.dumps(dict(reversed(record.items())), indent=4))
    site.run()
    assert site.work_order(7)["status"] == "completed"


def test_an_edit_of_one_value_survives_the_import_of_another(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="New pump")
    site.client_sends(7, isDone=True)
    site.run()
    order = site.work_order(7)
    assert (order["title"], order["status"]) == ("New pump", "completed")


def test_where_both_sides_change_the_same_value_the_client_wins(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's pump")
    site.client_sends(7, summary="Client's pump")
    site.run()
    assert site.work_order(7)["title"] == "Client's pump"
    assert site.client_gets(7)["summary"] == "Client's pump"


def test_what_the_client_echoes_from_our_file_undoes_nothing(site: Site) -> None:
    """The client takes our file into its own export; meanwhile a technician has gone on."""
    site.work_orders.insert_one({"number": 7, "title": "Made here", "status": "pending", "createdAt": CREATED})
    site.run()
    echo = site.client_gets(7)
    site.technician_edits(7, status="completed")
    (site.inbound / "7.json").write_text(json.dumps(echo))

    assert site.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {"read": 1, "updated": 1}}

    order = site.work_order(7)
    assert (order["status"], order["deleted"]) == ("completed", False), "only what an export says nothing of is news"


def test_on_first_contact_the_clients_record_wins_and_says_so(site: Site) -> None:
    site.work_orders.insert_one({"number": 7, "title": "Other", "status": "pending", "createdAt": CREATED, "crew": 3})
    site.client_sends(7, isDone=True)

    (inbound,) = site.reports(directions=INBOUND)

    assert inbound.as_dict()["updated"] == 1
    assert [note.name for note in inbound.notes] == ["FIRST_CONTACT"]
    order = site.work_order(7)
    assert (order["title"], order["status"], order["crew"]) == ("Pump 7", "completed", 3)


def test_fields_that_no_rule_owns_survive_every_import(site: Site) -> None:
    site.client_sends(7)
    site.run()
    own = {"technician": "Ana", "checklist": [{"step": 1, "done": True}], "cost": {"parts": 12.5}}
    site.technician_edits(7, **own)
    site.client_sends(7, summary="Renamed")
    site.run()
    order = site.work_order(7)
    assert {name: order[name] for name in own} == own


def test_the_description_is_written_once(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.client_sends(7, summary="Renamed")
    site.run()
    assert site.work_order(7)["title"] == "Renamed"
    assert site.work_order(7)["description"] == "Pump 7 description"


def test_an_undeleted_record_loses_its_deletion_date(site: Site) -> None:
    site.client_sends(7, isDeleted=True, deletedDate="2025-05-06T07:08:09Z")
    site.run()
    order = site.work_order(7)
    assert (order["status"], order["deleted"]) == ("deleted", True)
    assert order["deletedAt"] == datetime(2025, 5, 6, 7, 8, 9, tzinfo=UTC)

    site.client_sends(7, isDeleted=False, deletedDate=None)
    site.run()
    order = site.work_order(7)
    assert (order["status"], order["deleted"]) == ("in_progress", False)
    assert "deletedAt" not in order
    assert site.client_gets(7)["deletedDate"] is None


def test_work_orders_made_in_tracos_go_out_by_number_and_are_marked(
    site: Site, mongodb: Database[dict[str, Any]]
) -> None:
    mongodb.client.close()
    settings = replace(site.settings, collection="made_in_tracos")
    (report,) = run(site.mapping, settings, options=Options(OUTBOUND, batch_size=1))

    assert report.as_dict()["created"] == 3
    assert {file.name for file in site.outbound.iterdir()} == {f"workorder_{number}.json" for number in (1, 2, 10)}
    assert site.client_gets(10)["deletedDate"] == "2025-02-06T07:08:09+00:00"
    assert site.client_gets(1)["creationDate"] == "2025-02-03T04:05:06.789000+00:00"
    orders = {order["number"]: order for order in site.database["made_in_tracos"].find()}
    assert all(order["isSynced"] is True and "syncedAt" in order for order in orders.values())
    assert orders[1]["technician"] == "Ana"
    assert orders[3]["syncedAt"] == datetime(2025, 2, 5, tzinfo=UTC)


def test_an_edit_between_read_and_mark_goes_out_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2, 3):
        site.client_sends(number)
    site.run(directions=INBOUND)
    apply = RecordFiles.apply

    def apply_while_somebody_edits(sink: RecordFiles, changes: list[Change[Sheets]]) -> list[Result]:
        results = apply(sink, changes)
        # an edit that leaves updatedAt and isSynced as they are: only the title tells
        site.work_orders.update_one({"number": 2}, {"$set": {"title": "Edited meanwhile"}})
        return results

    with monkeypatch.context() as patch:
        patch.setattr(RecordFiles, "apply", apply_while_somebody_edits)
        (report,) = site.reports(directions=OUTBOUND)

    assert [note.name for note in report.notes] == ["EDITED"]
    assert site.work_order(2)["isSynced"] is False
    assert site.work_order(1)["isSynced"] is True
    assert site.client_gets(2)["summary"] == "Pump 2"
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 1, "updated": 1}}
    assert site.client_gets(2)["summary"] == "Edited meanwhile"
    assert site.work_order(2)["isSynced"] is True


def test_an_edit_between_compare_and_write_is_not_overwritten(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.client_sends(7)
    site.client_sends(8)
    site.run()
    site.client_sends(7, summary="Client's pump")
    site.client_sends(8, summary="Client's fan")
    compare = Import.compare
    edits = iter([{"crew": "A", "status": "completed"}])

    def compare_then_somebody_edits(sink: Import, candidates: Any) -> list[Change[Detail]]:
        changes = compare(sink, candidates)
        for edit in edits:
            site.work_orders.update_one({"number": 7}, {"$set": edit})
        return changes

    monkeypatch.setattr(Import, "compare", compare_then_somebody_edits)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 2, "updated": 2}}
    order = site.work_order(7)
    assert (order["title"], order["status"], order["crew"]) == ("Client's pump", "completed", "A")


def test_a_value_edited_between_compare_and_write_is_compared_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.client_sends(7)
    site.run()
    site.client_sends(7, summary="Client's pump")
    compare = Import.compare
    compared = []

    def compare_then_somebody_edits(sink: Import, candidates: Any) -> list[Change[Detail]]:
        changes = compare(sink, candidates)
        compared.append(changes)
        if len(compared) == 1:
            site.technician_edits(7, title="Technician's pump")
        return changes

    monkeypatch.setattr(Import, "compare", compare_then_somebody_edits)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "updated": 1}}
    assert len(compared) == 2
    assert site.work_order(7)["title"] == "Client's pump"


def test_a_work_order_that_appears_between_compare_and_insert_is_not_doubled(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.client_sends(7)
    compare = Import.compare
    orders = iter([{"number": 7, "title": "Made here", "status": "pending", "createdAt": CREATED, "crew": "B"}])

    def compare_then_somebody_inserts(sink: Import, candidates: Any) -> list[Change[Detail]]:
        changes = compare(sink, candidates)
        for order in orders:
            site.work_orders.insert_one(order)
        return changes

    monkeypatch.setattr(Import, "compare", compare_then_somebody_inserts)
    site.run(directions=INBOUND)
    assert site.work_orders.count_documents({}) == 1
    assert (site.work_order(7)["title"], site.work_order(7)["crew"]) == ("Pump 7", "B")


def test_files_are_read_in_natural_order_and_the_later_record_of_a_key_wins(site: Site) -> None:
    site.client_sends(7, "order10.json", summary="later")
    site.client_sends(7, "order9.json", summary="earlier")
    assert site.run(directions=INBOUND) == {"inbound": {"read": 2, "created": 1, "superseded": 1}}
    assert site.work_order(7)["title"] == "later"


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_of_several_files_with_one_key_the_last_counts_however_far_apart_they_are(site: Site, batch_size: int) -> None:
    site.client_sends(7, "a.json", summary="first")
    site.client_sends(7, "b.json", summary="second")
    site.client_sends(7, "c.json", summary="third")
    site.run(batch_size=batch_size)
    assert site.work_order(7)["title"] == "third"

    site.technician_edits(7, title="Technician's")
    rerun = {"inbound": {"read": 3, "unchanged": 1, "superseded": 2}}
    assert site.run(batch_size=batch_size)["inbound"] == rerun["inbound"]
    assert site.work_order(7)["title"] == "Technician's"

    site.client_sends(7, "b.json", summary="second, changed", isDone=True)
    assert site.run(batch_size=batch_size) == rerun | {"outbound": {}}
    assert site.work_order(7)["title"] == "Technician's"
    site.client_sends(7, "c.json", summary="third, changed")
    site.run(batch_size=batch_size)
    assert site.work_order(7)["title"] == "third, changed"
    assert site.run(batch_size=3 - batch_size % 2) == rerun | {"outbound": {}}


def test_a_second_file_that_arrives_later_undoes_no_edit_on_the_runs_after(site: Site) -> None:
    site.client_sends(7, "a.json", summary="old")
    site.run(batch_size=1)
    site.client_sends(7, "b.json", summary="new")
    site.run(batch_size=1)
    site.technician_edits(7, title="Technician's")
    site.run(batch_size=1)
    assert site.work_order(7)["title"] == "Technician's"

    site.client_sends(0, "0.json")
    site.run(batch_size=2)
    assert site.work_order(7)["title"] == "Technician's", "the boundary between batches has moved"

    (site.inbound / "b.json").unlink()
    site.client_sends(7, "a.json", summary="newest")
    for _ in range(2):
        site.run(batch_size=1)
        assert site.work_order(7)["title"] == "newest"
    site.client_sends(7, "a.json", summary="new")
    site.run(batch_size=1)
    assert site.work_order(7)["title"] == "new"


def test_an_import_in_small_batches_is_the_same(site: Site) -> None:
    for number in range(1, 24):
        site.client_sends(number)
    assert site.run(batch_size=5) == {"inbound": {"read": 23, "created": 23}, "outbound": {"read": 23, "created": 23}}
    assert site.run(batch_size=4) == {"inbound": {"read": 23, "unchanged": 23}, "outbound": {}}


def test_a_removed_work_order_stays_removed_until_the_client_changes_it(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.work_orders.delete_one({"number": 7})

    (report,) = site.reports(directions=INBOUND)
    assert [note.name for note in report.notes] == ["REMOVED"]
    assert site.work_orders.count_documents({}) == 0
    site.run(recreate=True)
    assert site.work_order(7)["title"] == "Pump 7"

    site.work_orders.delete_one({"number": 7})
    site.client_sends(7, summary="Changed")
    site.run()
    assert site.work_order(7)["title"] == "Changed"


def test_another_collection_is_another_agreement(site: Site) -> None:
    site.client_sends(7)
    site.run()
    other = Settings(
        uri=site.settings.uri,
        database=site.settings.database,
        collection="elsewhere",
        inbound=site.inbound,
        outbound=site.outbound,
        embedded=site.settings.embedded,
    )
    (report,) = run(site.mapping, other, options=Options(INBOUND))
    assert report.as_dict()["created"] == 1


def test_losing_what_was_agreed_on_is_safe(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.database["etl_state"].drop()
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


def _edited(site: Site, folder: Path, **edits: tuple[str, str]) -> Site:
    """Give the site a copy of the shipped mapping and schemas with text replaced in them."""
    for source in (MAPPING_FILE, *(ROOT / "schemas").glob("*_workorder.schema.json")):
        target = folder / source.parent.name / source.name
        target.parent.mkdir(exist_ok=True)
        text = source.read_text()
        old, new = edits.get(source.name.partition(".")[0], ("", ""))
        assert old in text
        target.write_text(text.replace(old, new) if old else text)
    site.mapping = load_mapping(folder / "mappings" / MAPPING_FILE.name)
    return site


def test_changing_a_status_in_the_mapping_alone_changes_the_result(site: Site, tmp_path: Path) -> None:
    site.client_sends(7, isOnHold=True)
    site.client_sends(8, isOnHold=True)
    site.run()
    assert site.work_order(7)["status"] == "on_hold"
    site.technician_edits(8, status="completed")

    _edited(
        site,
        tmp_path,
        tracos_client=("tracos: on_hold}", "tracos: paused}"),
        tracos_workorder=('"on_hold"', '"paused"'),
    )
    site.run()

    assert site.work_order(7)["status"] == "paused"
    assert site.client_gets(7)["isOnHold"] is True
    assert site.work_order(8)["status"] == "completed", "an edit is not undone by an edited mapping either"


ASSET = {
    "tracos_client": ("rules:\n", "rules:\n  - {client: assetCode, tracos: asset.code}\n"),
    "client_workorder": ('"summary": {', '"assetCode": {"type": ["string", "null"]},\n    "summary": {'),
    "tracos_workorder": (
        '"title": {',
        '"asset": {"type": "object", "properties": {"code": {"type": "string"}}},\n    "title": {',
    ),
}


def test_a_new_field_is_one_line_in_the_mapping(site: Site, tmp_path: Path) -> None:
    site.client_sends(7, assetCode="P-17")
    site.run()
    assert "asset" not in site.work_order(7)
    _edited(site, tmp_path, **ASSET)
    site.run()
    assert site.work_order(7)["asset"] == {"code": "P-17"}
    assert site.client_gets(7)["assetCode"] == "P-17"


def test_an_edited_neighbour_in_the_same_object_survives(site: Site, tmp_path: Path) -> None:
    _edited(site, tmp_path, **ASSET)
    site.client_sends(7, assetCode="P-17")
    site.run()
    site.technician_edits(7, asset={"code": "P-17", "room": 12})
    site.client_sends(7, assetCode="P-18")
    site.run()
    assert site.work_order(7)["asset"] == {"code": "P-18", "room": 12}


def test_a_missing_inbound_folder_is_an_error_that_says_what_to_do(site: Site) -> None:
    site.inbound.rmdir()
    with pytest.raises(EndpointError, match=r"inbound folder .* cannot be read: No such file"):
        site.run()


def test_an_outbound_folder_that_cannot_be_used_leaves_everything_unsynced(site: Site) -> None:
    site.client_sends(7)
    site.outbound.write_text("a file where the folder should be")
    with pytest.raises(EndpointError, match=r"outbound folder .* cannot be used"):
        site.run()
    assert site.work_order(7)["isSynced"] is False
