"""What a run had begun when it died: what it wrote is no edit of a technician, what it did not write was not done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from bson import ObjectId
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from etl import load_mapping
from tests.model.faults import Death, dying, interrupted, replaced
from tests.support.conflicts import Policy, Wider, log
from tests.support.plans import applied
from tests.support.sides import Sides
from tests.support.site import INBOUND, OUTBOUND, Site


@contextmanager
def answer_lost(name: str, meanwhile: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Let MongoDB do what it is told, and lose its first answer about work orders."""
    method = getattr(Collection, name)
    is_first = True

    def lose(collection: Any, *arguments: Any, **options: Any) -> Any:
        nonlocal is_first
        result = method(collection, *arguments, **options)
        if collection.name == "workorders" and is_first:
            is_first = False
            meanwhile()
            raise AutoReconnect("connection closed")
        return result

    with replaced(Collection, name, lose):
        yield
    assert not is_first, "no answer was lost"


def died() -> None:
    raise Death


@pytest.mark.parametrize("again", [{"summary": "Newest", "isDone": True}, {"summary": "Old"}, {"summary": "New"}])
@pytest.mark.parametrize("writes", range(5))
def test_what_a_run_wrote_before_it_died_is_no_edit_of_a_technician(
    policy: Policy,
    writes: int,
    again: dict[str, Any],
) -> None:
    site = policy("{wins: review}")
    site.client_sends(7, summary="Old")
    site.run()
    site.client_sends(7, summary="New")
    with pytest.raises(Death), dying(writes):
        site.run()
    site.client_sends(7, **again)
    site.run()
    assert log(site) == []
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == again["summary"]


def test_an_edit_after_a_run_died_before_it_wrote_is_still_an_edit(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.client_sends(7, summary="Client's")
    with pytest.raises(Death), interrupted("before documents are updated", died):
        site.run()
    site.technician_edits(7, title="Technician's")
    site.run()
    assert [entry["key"] for entry in log(site)] == [[7]]
    assert site.work_order(7)["title"] == "Technician's"


def test_what_a_dead_run_has_logged_is_logged_once_whatever_another_delivery_has_said_before_it_is_done(
    policy: Policy,
) -> None:
    site = policy("{wins: tracos}")
    site.client_sends(7, "1.json")
    site.run()
    site.technician_edits(7, title="Ours")
    site.client_sends(7, "2.json", summary="Theirs")
    with pytest.raises(Death), dying(1):
        site.run()
    site.client_sends(7, "1.json", summary="Newer")
    site.run(batch_size=1)
    logged = {entry["origin"]: [rule["values"][0]["outside"] for rule in entry["rules"]] for entry in log(site)}
    assert logged == {"1.json": ["Newer"], "2.json": ["Theirs"]}


@pytest.mark.parametrize("writes", range(3))
def test_what_was_made_again_before_a_run_died_is_no_edit(policy: Policy, writes: int) -> None:
    site = policy("{wins: review}")
    site.client_sends(7, summary="Old")
    site.run()
    site.technician_edits(7, status="on_hold")
    site.run()
    site.work_orders.delete_one({"number": 7})
    site.client_sends(7, summary="New")
    with pytest.raises(Death), dying(writes):
        site.run(directions=INBOUND)
    site.client_sends(7, summary="Newest", isDone=True)
    site.run()
    assert log(site) == []
    assert (site.work_order(7)["title"], site.work_order(7)["status"]) == ("Newest", "completed")


def test_what_was_begun_is_forgotten_once_a_conflict_shows_that_it_was_not_written(
    policy: Policy,
) -> None:
    site = policy("{wins: review}")
    site.client_sends(7, summary="Old")
    site.run()
    site.client_sends(7, summary="New")
    with pytest.raises(Death), interrupted("before documents are updated", died):
        site.run()
    site.technician_edits(7, title="Technician's")
    site.run()
    site.technician_edits(7, title="New")
    site.client_sends(7, summary="Newest")
    site.run()
    assert len(log(site, open=True)) == 1
    assert site.work_order(7)["title"] == "New"


def test_what_was_begun_is_forgotten_once_the_client_is_told_otherwise(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.client_sends(7, isDone=True)
    with pytest.raises(Death), dying(2):
        site.run()
    (site.inbound / "7.json").unlink()
    site.technician_edits(7, status="in_progress")
    site.run()
    site.technician_edits(7, status="completed")
    site.client_sends(7, isOnHold=True)
    site.run()
    assert len(log(site, open=True)) == 1
    assert site.work_order(7)["status"] == "completed"


def test_what_was_begun_in_a_list_says_nothing_of_its_other_places(wider: Wider) -> None:
    text = {"type": ["string", "null"]}
    rules = "  - {client: a, tracos: 'tags[0]'}\n  - {client: b, tracos: 'tags[1]'}\n"
    site = wider(rules, {"a": text, "b": text}, {"tags": {"type": "array", "items": text}})
    site.client_sends(7, a="x", b="y")
    site.run()
    site.technician_edits(7, tags=[None, "y"])
    site.client_sends(7, a="x", b="z")
    with pytest.raises(Death), dying(2):
        site.run()
    site.client_sends(7, a="w", b="z")
    site.run()
    assert len(log(site, open=True)) == 1
    assert site.work_order(7)["tags"] == [None, "z"]


def test_a_creation_whose_answer_is_lost_has_nothing_to_do_with_the_work_order_before(
    policy: Policy,
) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.run()
    site.work_orders.delete_one({"number": 7})
    site.client_sends(7, isDone=True)
    with answer_lost("insert_many"):
        assert site.run(directions=INBOUND)["inbound"] == {"read": 1, "created": 1}
    site.client_sends(7, isDone=True, summary="New")
    assert site.run(directions=INBOUND)["inbound"] == {"read": 1, "updated": 1}


def test_an_update_whose_answer_is_lost_while_a_technician_edits_is_known_to_be_done(
    policy: Policy,
) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.client_sends(7, summary="New", isDone=True)
    with answer_lost("bulk_write", lambda: site.technician_edits(7, title="Technician's")):
        site.run(directions=INBOUND)
    assert log(site) == []
    site.client_sends(7, summary="New", isOnHold=True)
    site.run()
    assert log(site) == []
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == "Technician's"


@pytest.mark.parametrize("directions", [INBOUND, OUTBOUND])
def test_what_was_begun_under_another_mapping_stops_no_run(wider: Wider, directions: Any) -> None:
    flag = {"type": ["boolean", "null"]}
    rule = "  - client: state\n    flags: [{tracos: fa, client: A}, {tracos: fb, client: B}]\n"
    site = wider(rule, {"state": {"enum": ["A", "B", None]}}, {"fa": flag, "fb": flag, "fc": flag})
    site.client_sends(7, state="A")
    site.run()
    site.client_sends(7, state="B")
    with pytest.raises(Death), dying(2):
        site.run(directions=INBOUND)
    schema = site.mapping.file.parents[1] / "schemas" / "client_workorder.schema.json"
    schema.write_text(schema.read_text().replace('["A", "B", null]', '["A", "B", "C", null]'))
    site.mapping.file.write_text(
        site.mapping.file.read_text().replace("client: B}]", "client: B}, {tracos: fc, client: C}]")
    )
    site.mapping = load_mapping(site.mapping.file)
    site.run(directions=directions)
    site.run()
    assert site.work_order(7)["fb"] is True


def test_what_lost_stays_in_the_log_when_something_else_is_edited_right_after_the_write(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="Client's", isDone=True)
    with answer_lost("bulk_write", lambda: site.technician_edits(7, status="on_hold")):
        site.run(directions=INBOUND)
    assert site.work_order(7)["title"] == "Client's"
    lost = [(rule["rule"], rule["values"][0]["inside"]) for entry in log(site) for rule in entry["rules"]]
    assert ("title", "Technician's") in lost


def test_applying_a_plan_knows_its_own_work_when_the_answer_was_lost(site: Site) -> None:
    site.client_sends(7)
    with answer_lost("insert_many"):
        assert applied(site)[0][0] == {"read": 1, "created": 1}


@pytest.mark.parametrize("writes", range(4))
def test_an_edit_of_what_a_dead_first_load_has_made_stays_and_goes_out(policy: Policy, writes: int) -> None:
    site = policy("{wins: client}")
    site.client_sends(7, summary="Client's")
    with pytest.raises(Death), dying(writes):
        site.run(directions=INBOUND)
    is_made = site.work_orders.count_documents({"number": 7}) == 1
    if is_made:
        site.technician_edits(7, title="Technician's")
    site.run()
    assert log(site) == []
    title = "Technician's" if is_made else "Client's"
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == title


def test_a_work_order_that_somebody_else_made_after_a_dead_first_load_is_a_first_contact(policy: Policy) -> None:
    site = policy("{wins: client}")
    site.client_sends(7, summary="Client's")
    with pytest.raises(Death), dying(2):
        site.run(directions=INBOUND)
    assert site.database["etl_intents"].count_documents({}) == 1
    made = site.work_orders.find_one_and_delete({"number": 7}) or {}
    site.work_orders.insert_one({**made, "_id": ObjectId(), "title": "Technician's"})
    site.run(directions=INBOUND)
    assert [rule["rule"] for entry in log(site) for rule in entry["rules"]] == ["title"]
    assert site.work_order(7)["title"] == "Client's"
    assert site.database["etl_intents"].count_documents({}) == 0


@pytest.mark.parametrize("wins", ["client", "tracos", "review"])
def test_what_the_client_returns_of_a_file_whose_run_died_does_not_undo_a_later_edit(policy: Policy, wins: str) -> None:
    site = policy(f"{{wins: {wins}}}")
    site.client_sends(7, summary="one")
    site.run()
    site.technician_edits(7, title="two")
    with pytest.raises(Death), interrupted("before documents are marked", died):
        site.run()
    assert site.client_gets(7)["summary"] == "two"
    site.technician_edits(7, title="three")
    site.client_sends(7, summary="two")
    site.run()
    assert log(site) == []
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == "three"


@pytest.mark.parametrize("directions", [INBOUND, (*INBOUND, *OUTBOUND)])
def test_an_edit_that_takes_back_what_a_dead_run_wrote_is_an_edit(policy: Policy, directions: Any) -> None:
    site = policy("{wins: client}")
    site.client_sends(7, summary="one")
    site.run()
    site.client_sends(7, summary="two")
    with pytest.raises(Death), dying(2):
        site.run(directions=INBOUND)
    assert site.work_order(7)["title"] == "two"
    assert site.database["etl_intents"].count_documents({"records.begun": {"$exists": True}}) == 1
    site.work_orders.update_one({"number": 7}, {"$set": {"title": "one", "isSynced": False}})
    site.run(directions=directions)
    site.run()
    assert log(site) == []
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == "one"


def test_what_a_dead_run_may_have_told_is_taken_back_outside_as_well(policy: Policy) -> None:
    site = policy("{wins: client}")
    text = site.mapping.file.read_text()
    site.mapping.file.write_text(text.replace("  files:", "  echo: false\n  files:", 1))
    site.mapping = load_mapping(site.mapping.file)
    site.client_sends(7, summary="one")
    site.run()
    site.technician_edits(7, title="two")
    with pytest.raises(Death), interrupted("before documents are marked", died):
        site.run()
    assert site.client_gets(7)["summary"] == "two"
    site.technician_edits(7, title="one")
    site.run()
    assert site.client_gets(7)["summary"] == "one"


def test_what_a_dead_run_has_sent_of_a_rule_that_only_exports_read_is_taken_back_as_well(
    policy: Policy,
) -> None:
    site = policy("{wins: client}")
    text = site.mapping.file.read_text().partition("\nexamples:")[0].replace("  files:", "  echo: false\n  files:", 1)
    text = text.replace("{client: summary,        tracos: title}", "{client: summary, from: title}")
    site.mapping.file.write_text(f"{text}\n  - {{tracos: title, from: summary, write: once}}\n")
    site.mapping = load_mapping(site.mapping.file)
    site.client_sends(7, summary="one")
    site.run()
    site.technician_edits(7, title="zero")
    site.run()
    site.technician_edits(7, title="two")
    with pytest.raises(Death), interrupted("before documents are marked", died):
        site.run()
    assert site.client_gets(7)["summary"] == "two"
    site.technician_edits(7, title="zero")
    site.run()
    assert site.client_gets(7)["summary"] == "zero"


def test_an_extract_that_says_what_a_dead_run_may_have_told_first_takes_back_nothing_that_was_told_since(
    sides: Sides,
) -> None:
    sides.maps("{client: name, tracos: title}", "{client: place, tracos: place}", more="conflicts: {wins: client}")
    sides.work_orders.insert_one({"number": 7, "title": "made here"})
    with pytest.raises(Death), interrupted("before documents are marked", died):
        sides.run()
    assert sides.told()["name"] == "made here"
    sides.technician_edits(7, place="hall")
    sides.run()
    sides.client_says(name="made here")
    sides.run()
    assert sides.has(title="made here", place="hall")
    assert sides.told()["place"] == "hall"


@pytest.mark.parametrize("writes", range(2))
def test_a_run_that_died_over_a_record_of_which_no_rule_imports_anything_stops_no_other(
    sides: Sides, writes: int
) -> None:
    sides.maps("{client: name, from: title}")
    sides.client_says(name="a")
    sides.run()
    sides.work_orders.delete_one({"number": 7})
    sides.client_says(name="b")
    with pytest.raises(Death), dying(writes):
        sides.run(directions=INBOUND)
    sides.run()
    assert sides.has(number=7)
