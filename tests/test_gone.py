"""`deleted_when` of the outside: a record says that there is none any more, and its work order is marked as deleted."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from etl import LimitError, MappingError, load_mapping
from etl.app import plan, rebuild_state, verify
from etl.limits import parse_limit
from etl.mapping.rules.access import matcher_of
from etl.mapping.terms import Direction
from etl.transfer.model import Note, Outcome
from tests.model.faults import Death, dying
from tests.support.mappings import make
from tests.support.plans import LOG, applied
from tests.support.site import INBOUND, Site
from tests.support.whose import Selected

GONE = "  deleted_when: {reason: deleted, ref.id: $key}"
INSIDE = "  deleted_when: {status: deleted}"
STATE = {"type": "string"}


@pytest.fixture
def selected(site: Site) -> Selected:
    site.__class__ = Selected
    assert isinstance(site, Selected)
    site.maps(GONE, INSIDE, "{client: state, tracos: status}", "{client: note, tracos: remark}", state=STATE)
    return site


def deletes(selected: Selected, number: int = 7, file: str = "gone.json") -> None:
    """Say outside that a record is deleted, in another form than any record has."""
    (selected.inbound / file).write_text(json.dumps({"reason": "deleted", "ref": {"id": number}}))


def test_a_work_order_gets_what_deleted_when_names_and_all_else_stays(selected: Selected) -> None:
    selected.says(name="Pump", note="a", state="open")
    selected.run()
    selected.work_orders.update_one({"number": 7}, {"$set": {"ours": [1]}})
    deletes(selected)
    assert selected.run()["inbound"] == {"read": 2, "superseded": 1, "updated": 1}
    order = selected.work_order(7)
    assert (order["status"], order["title"], order["remark"], order["ours"]) == ("deleted", "Pump", "a", [1])


def test_a_deletion_is_not_sent_back_and_is_done_once(selected: Selected) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    sent = selected.client_gets(7)
    deletes(selected)
    assert selected.run()["outbound"] == {"read": 1, "unchanged": 1}
    assert selected.client_gets(7) == sent
    assert selected.run() == {"inbound": {"read": 2, "superseded": 1, "unchanged": 1}, "outbound": {}}
    (selected.inbound / "gone.json").unlink()
    assert selected.run()["inbound"] == {"read": 1, "unchanged": 1}
    assert selected.work_order(7)["status"] == "deleted"


def test_a_tombstone_of_an_unknown_key_is_skipped(selected: Selected) -> None:
    deletes(selected)
    assert selected.run() == {"inbound": {"read": 1, "skipped": 1}, "outbound": {}}
    assert selected.database["etl_state"].count_documents({}) == 0


def test_a_tombstone_without_a_key_is_rejected_by_name(selected: Selected) -> None:
    (selected.inbound / "gone.json").write_text(json.dumps({"reason": "deleted", "ref": {"id": True}}))
    assert selected.run()["inbound"] == {"read": 1, "rejected": 1}
    assert "ref.id: expected text or a whole number" in selected.etl("dead-letters", "list").stdout


def test_without_a_place_of_its_own_the_key_is_read_as_in_any_record(selected: Selected) -> None:
    selected.maps("  deleted_when: {template: true}", INSIDE, "{client: state, tracos: status}", state=STATE)
    selected.says(name="Pump", state="open")
    selected.run()
    selected.says(template=True, name=5, surplus="against the schema")
    assert selected.run()["inbound"] == {"read": 1, "updated": 1}
    assert selected.work_order(7)["status"] == "deleted"


def test_an_edit_that_was_not_sent_yet_is_in_conflict_with_a_deletion(selected: Selected) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    selected.technician_edits(7, title="Edited")
    deletes(selected)
    (inbound, outbound) = selected.reports()
    assert inbound.counts[Outcome.CONFLICT] == outbound.counts[Outcome.CONFLICT] == 1
    assert selected.work_order(7)["status"] == "open"
    shown = selected.etl("conflicts", "list").stdout
    assert "deleted outside, edited inside (title)" in shown


@pytest.mark.parametrize("winner", ["client", "tracos"])
def test_a_person_decides_whether_the_deletion_or_the_edit_stays(selected: Selected, winner: str) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    selected.technician_edits(7, title="Edited")
    deletes(selected)
    selected.run()
    assert selected.etl("conflicts", "resolve", "7", "--take", winner).returncode == 0
    order = selected.work_order(7)
    assert (order["title"], order["status"]) == ("Edited", "deleted" if winner == "client" else "open")
    assert selected.client_gets(7)["name"] == ("Pump" if winner == "client" else "Edited")
    for _ in range(2):
        assert selected.run() == {"inbound": {"read": 2, "superseded": 1, "unchanged": 1}, "outbound": {}}


def test_an_edit_that_was_sent_is_no_conflict(selected: Selected) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    selected.technician_edits(7, title="Edited")
    selected.run()
    deletes(selected)
    assert selected.run()["inbound"] == {"read": 2, "superseded": 1, "updated": 1}
    assert selected.work_order(7)["status"] == "deleted"


def test_what_is_edited_after_a_deletion_goes_out(selected: Selected) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    deletes(selected)
    selected.run()
    selected.technician_edits(7, status="open", title="Again")
    assert selected.run()["outbound"] == {"read": 1, "updated": 1}
    assert selected.client_gets(7) == {"id": 7, "name": "Again", "state": "open"}
    assert selected.run() == {"inbound": {"read": 2, "superseded": 1, "unchanged": 1}, "outbound": {}}
    assert selected.work_order(7)["status"] == "open"


def test_what_was_sent_after_a_deletion_stays_where_an_extract_of_before_says_otherwise(selected: Selected) -> None:
    selected.says(name="Pump", note="a", state="open")
    selected.run()
    deletes(selected)
    selected.run()
    selected.technician_edits(7, status="open", title="Again")
    selected.run()
    selected.says("y_old.json", name="Pump", note="a", state="open")
    selected.run()
    assert (selected.work_order(7)["title"], selected.client_gets(7)["name"]) == ("Again", "Again")
    selected.says("z_new.json", name="Other", note="a", state="open")
    selected.run()
    assert selected.work_order(7)["title"] == "Other"


def test_a_record_that_comes_again_is_imported_whole(selected: Selected) -> None:
    selected.says(name="Pump", note="a", state="open")
    selected.run()
    deletes(selected)
    selected.run()
    selected.technician_edits(7, remark="ours")
    selected.says("z_again.json", name="Pump", note="a", state="open")
    (inbound, _) = selected.reports()
    assert inbound.notes == {Note.BACK: 1}
    order = selected.work_order(7)
    assert (order["status"], order["remark"]) == ("open", "a")
    assert selected.run()["inbound"] == {"read": 3, "superseded": 2, "unchanged": 1}


def test_a_file_that_says_again_what_it_said_before_the_deletion_brings_the_record_back(selected: Selected) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    deletes(selected, file="7.json")
    selected.run()
    selected.work_orders.delete_one({"number": 7})
    selected.says(name="Pump", state="open")
    assert selected.run()["inbound"] == {"read": 1, "created": 1}


def test_of_a_record_and_its_tombstone_the_later_one_counts(selected: Selected) -> None:
    selected.says("7_a.json", name="Pump", state="open")
    deletes(selected, file="7_b.json")
    assert selected.run()["inbound"] == {"read": 2, "superseded": 1, "skipped": 1}
    selected.says("7_c.json", name="Pump", state="open")
    assert selected.run()["inbound"] == {"read": 3, "superseded": 2, "created": 1}


def test_a_deletion_counts_for_the_limit(selected: Selected) -> None:
    for number in (7, 8):
        selected.says(f"{number}.json", id=number, name="Pump", state="open")
    selected.run()
    for number in (7, 8):
        deletes(selected, number, f"gone_{number}.json")
    with pytest.raises(LimitError, match="2 of 4 records would be marked as deleted"):
        selected.run(max_deleted=parse_limit("1"))
    assert [order["status"] for order in selected.work_orders.find()] == ["open", "open"]


def test_a_plan_says_what_a_deletion_does_and_is_applied(selected: Selected) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    deletes(selected)
    deletes(selected, 9, "gone_9.json")
    made = plan(selected.mapping, selected.settings, LOG)
    (record,) = [one for one in made.records if one.outcome is Outcome.UPDATED]
    assert [(value.path, value.old, value.new) for value in record.values] == [("status", "open", "deleted")]
    counts, missing = applied(selected)
    assert (counts[0], missing) == ({"read": 1, "updated": 1}, [])
    assert selected.work_order(7)["status"] == "deleted"


def test_a_plan_says_what_a_record_that_comes_again_does_and_is_applied(selected: Selected) -> None:
    selected.says(name="Pump", note="a", state="open")
    selected.run()
    deletes(selected)
    selected.run()
    selected.says("z_again.json", name="Valve", note="a", state="open")
    made = plan(selected.mapping, selected.settings, LOG)
    (record,) = [one for one in made.records if one.outcome is Outcome.UPDATED and one.direction is Direction.INBOUND]
    said = {value.path: (value.old, value.new) for value in record.values}
    assert said == {"status": ("deleted", "open"), "title": ("Pump", "Valve")}
    assert record.note == Note.BACK.value
    counts, missing = applied(selected)
    assert (counts[0], missing) == ({"read": 1, "updated": 1}, [])
    order = selected.work_order(7)
    assert (order["status"], order["title"]) == ("open", "Valve")
    assert selected.client_gets(7)["name"] == "Valve"
    assert {one.outcome for one in verify(selected.mapping, selected.settings, LOG)} <= {
        Outcome.UNCHANGED,
        Outcome.SUPERSEDED,
    }


def test_verify_knows_what_was_deleted(selected: Selected) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    (selected.inbound / "7.json").unlink()
    deletes(selected)
    (result,) = verify(selected.mapping, selected.settings, LOG)
    assert [str(one) for one in result.violations] == ["client has deleted it, tracos has not"]
    selected.run()
    assert [one.outcome for one in verify(selected.mapping, selected.settings, LOG)] == [Outcome.UNCHANGED]
    (selected.inbound / "gone.json").unlink()
    assert [one.outcome for one in verify(selected.mapping, selected.settings, LOG)] == [Outcome.UNCHANGED]


def test_memory_that_is_made_anew_knows_what_was_deleted(selected: Selected) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    deletes(selected, file="7.json")
    selected.run()
    selected.database["etl_state"].drop()
    rebuild_state(selected.mapping, selected.settings, LOG)
    assert selected.run()["inbound"] == {"read": 1, "unchanged": 1}
    selected.technician_edits(7, title="Edited")
    assert selected.run()["outbound"] == {"read": 1, "updated": 1}


@pytest.mark.parametrize("edited", [False, True])
def test_a_deletion_that_no_run_has_read_is_no_agreement_when_memory_is_made_anew(
    selected: Selected, edited: bool
) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    if edited:
        selected.technician_edits(7, title="Edited")
    deletes(selected, file="7.json")
    rebuild_state(selected.mapping, selected.settings, LOG)
    found = [one.outcome for one in verify(selected.mapping, selected.settings, LOG)]
    assert edited or found == [Outcome.CONFLICT]
    selected.run()
    assert selected.work_order(7)["status"] == ("open" if edited else "deleted")
    assert selected.database["etl_conflicts"].count_documents({}) == edited, "an edit is lost unseen"


def test_a_deletion_that_nothing_is_remembered_of_is_first_contact(selected: Selected) -> None:
    selected.work_orders.insert_one({"number": 7, "title": "Ours", "status": "open"})
    deletes(selected)
    (inbound, _) = selected.reports()
    assert inbound.notes == {Note.FIRST_CONTACT: 1}
    assert selected.work_order(7)["status"] == "deleted"


@pytest.mark.parametrize("after", range(8))
def test_a_run_that_dies_while_it_deletes_is_repaired(selected: Selected, after: int) -> None:
    selected.says(name="Pump", state="open")
    selected.run()
    deletes(selected)
    with suppress(Death), dying(after):
        selected.run()
    selected.run()
    order = selected.work_order(7)
    assert (order["status"], order["title"], order["isSynced"]) == ("deleted", "Pump", True)
    assert selected.run() == {"inbound": {"read": 2, "superseded": 1, "unchanged": 1}, "outbound": {}}
    assert selected.database["etl_conflicts"].count_documents({"open": True}) == 0


@pytest.mark.parametrize(
    ("outside", "inside", "message"),
    [
        (GONE, "", "nothing says what these become inside"),
        ("  deleted_when: {id: $key}", INSIDE, "only .key is said"),
        ("  deleted_when: {reason: deleted, a: $key, b: $key}", INSIDE, "says .key of 2 fields, and the key has 1"),
    ],
)
def test_what_cannot_work_is_told(selected: Selected, outside: str, inside: str, message: str) -> None:
    with pytest.raises(MappingError, match=message):
        selected.maps(outside, inside)


def test_a_key_of_several_parts_is_named_part_by_part(selected: Selected) -> None:
    text = selected.mapping.file.read_text()
    parts = "  - {client: site, tracos: site, key: true}\n  - {client: name, tracos: title}"
    text = text.replace("  - {client: name, tracos: title}", parts).replace("workorder_{id}", "{id}_{site}")
    text = text.replace("ref.id: $key", "ref.id: $key, ref.at: $key")
    for file, key in (("client.json", "id"), ("tracos.json", "number")):
        schema: dict[str, Any] = json.loads((selected.folder / file).read_text())
        schema["required"], schema["properties"]["site"] = [key, "site"], {"type": "string"}
        (selected.folder / file).write_text(json.dumps(schema))
    selected.mapping.file.write_text(text)
    selected.mapping = load_mapping(selected.mapping.file)
    selected.says(name="Pump", site="A", state="open")
    selected.run()
    (selected.inbound / "gone.json").write_text(json.dumps({"reason": "deleted", "ref": {"id": 7, "at": "A"}}))
    assert selected.run(directions=INBOUND)["inbound"] == {"read": 2, "superseded": 1, "updated": 1}


def test_which_documents_count_as_deleted_may_be_said_by_conditions(tmp_path: Path) -> None:
    said = "  deleted_when: {status: [deleted, gone], kind: {not: [template, null]}, tags: {not: {has: keep}}}"
    mapping = make(tmp_path, "  - {client: a, tracos: status}\n", inside=said)
    counts = matcher_of(mapping.deleted_when)
    assert counts({"status": "gone", "kind": "order", "tags": ["x"]})
    assert not counts({"status": "gone", "kind": "template"})
    assert not counts({"status": "gone"})
    assert not counts({"status": "deleted", "kind": "order", "tags": ["keep"]})
