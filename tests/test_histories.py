"""Short histories of both sides in which something was once lost, kept twice, or decided otherwise than planned."""

from __future__ import annotations

from typing import Any

import pytest

from etl.app import plan
from etl.transfer.model import Note, Outcome
from tests.model.faults import Death, dying, interrupted
from tests.support.conflicts import Policy, command, log
from tests.support.plans import LOG, applied
from tests.support.site import INBOUND, Site


def two_files(site: Site, first: str, second: str) -> None:
    site.client_sends(7, summary=first)
    site.client_sends(7, "x7.json", summary=second)


def test_a_plan_without_echo_knows_what_the_run_will_have_learned(policy: Policy) -> None:
    site = policy(files="echo: false\n  files: {inbound")
    site.client_sends(7)
    made = plan(site.mapping, site.settings, LOG)
    assert [report.as_dict() for report in made.reports] == [report.as_dict() for report in site.reports()]


def test_a_plan_of_two_files_with_one_key_is_applied_to_the_last(site: Site) -> None:
    two_files(site, "First", "Second")
    assert applied(site, 1) == ([{"read": 2, "created": 1, "updated": 1}, {"read": 1, "created": 1}], [])
    assert site.client_gets(7)["summary"] == "Second"


def test_an_old_file_undoes_no_edit_after_a_plan_of_the_other_file_was_applied(site: Site) -> None:
    two_files(site, "First", "Second")
    applied(site)
    site.technician_edits(7, title="Technician's")
    site.run(batch_size=1)
    assert site.work_order(7)["title"] == "Technician's"
    assert log(site) == []


def test_what_a_plan_superseded_is_no_news_once_it_is_applied_and_the_later_file_is_gone(site: Site) -> None:
    two_files(site, "First", "Second")
    applied(site)
    (site.inbound / "x7.json").unlink()
    assert site.run(directions=INBOUND)["inbound"] == {"read": 1, "unchanged": 1}
    assert site.work_order(7)["title"] == "Second"


def test_an_old_file_undoes_no_edit_after_a_conflict_of_the_other_file_was_resolved(
    policy: Policy,
) -> None:
    site = policy("{wins: review}")
    two_files(site, "First", "Second")
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, "x7.json", summary="Third")
    site.run()
    assert command(site, "conflicts", "resolve", "7", "--take", "client").returncode == 0
    site.technician_edits(7, title="Technician's again")
    assert site.run(batch_size=1)["inbound"] == {"read": 2, "unchanged": 1, "superseded": 1}
    assert site.work_order(7)["title"] == "Technician's again"


@pytest.mark.parametrize("size", [1, 500])
@pytest.mark.parametrize("later", [1, 500])
def test_what_a_person_decides_is_not_undone_by_a_delivery_that_another_one_superseded(
    policy: Policy, size: int, later: int
) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    two_files(site, "Second", "Third")
    assert site.run(batch_size=size)["inbound"]["conflict"]
    assert command(site, "conflicts", "resolve", "7", "--take", "tracos").returncode == 0
    site.run(batch_size=later)
    assert site.work_order(7)["title"] == "Technician's"
    assert site.client_gets(7)["summary"] == "Technician's"


@pytest.mark.parametrize("take", ["client", "tracos"])
def test_what_the_client_takes_back_after_its_conflict_was_resolved_is_news(policy: Policy, take: str) -> None:
    site = policy("{wins: review}")
    site.client_sends(7, summary="one")
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="two")
    assert site.run()["inbound"]["conflict"] == 1
    assert command(site, "conflicts", "resolve", "7", "--take", take).returncode == 0
    site.client_sends(7, summary="one")
    assert site.run(directions=INBOUND)["inbound"] == {"read": 1, "updated": 1}
    assert site.work_order(7)["title"] == "one"


def test_what_was_sent_of_a_removed_work_order_puts_a_new_one_in_no_conflict(
    policy: Policy,
) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.run()
    site.work_orders.delete_one({"number": 7})
    site.client_sends(7, isDone=True)
    assert site.run(directions=INBOUND)["inbound"] == {"read": 1, "created": 1}
    site.client_sends(7, isDone=True, summary="New")
    assert site.run(directions=INBOUND)["inbound"] == {"read": 1, "updated": 1}
    assert site.work_order(7)["title"] == "New"


def test_what_loses_stays_in_the_log_when_another_work_order_of_the_batch_was_edited_meanwhile(site: Site) -> None:
    for number in (7, 8):
        site.client_sends(number)
    site.run()
    site.client_sends(7, isDone=True)
    site.technician_edits(8, title="Technician's")
    site.client_sends(8, summary="Client's")
    with interrupted("before documents are updated", lambda: site.technician_edits(7, status="on_hold")):
        site.run()
    assert site.work_order(8)["title"] == "Client's"
    lost = {entry["key"][0]: [rule["values"][0]["inside"] for rule in entry["rules"]] for entry in log(site)}
    assert lost == {7: ["on_hold"], 8: ["Technician's"]}


@pytest.mark.parametrize("writes", range(1, 6))
def test_what_loses_is_in_the_log_once_wherever_a_run_dies(policy: Policy, writes: int) -> None:
    site = policy(title="tracos: title, wins: tracos}")
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's", status="on_hold")
    site.client_sends(7, summary="Client's", isDone=True)
    with pytest.raises(Death), dying(writes):
        site.run()
    site.run()
    rules: list[dict[str, Any]] = [rule for entry in log(site) for rule in entry["rules"]]
    assert sorted((rule["rule"], rule["winner"]) for rule in rules) == [("status", "outside"), ("title", "inside")]


def test_a_deletion_is_no_echo_of_one_that_was_taken_back(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, status="deleted", deleted=True)
    site.run()
    site.client_sends(7, isDone=True)
    site.run()
    site.work_orders.update_one({"number": 7}, {"$set": {"deleted": False}})
    site.client_sends(7, isDeleted=True)
    assert site.reports()[0].counts[Outcome.UPDATED] == 1
    assert (site.work_order(7)["status"], site.work_order(7)["deleted"]) == ("deleted", True)


def test_a_plan_closes_the_conflict_that_both_sides_have_settled(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="Client's")
    site.run()
    site.technician_edits(7, title="Client's")
    made = plan(site.mapping, site.settings, LOG)
    assert next((record.outcome, record.note) for record in made.records) == (Outcome.UNCHANGED, Note.SETTLED.value)
    assert applied(site) == ([{"read": 1, "unchanged": 1}, {"read": 1, "updated": 1}], [])
    assert log(site) == []


def test_applying_a_plan_closes_a_conflict_of_a_removed_work_order(policy: Policy) -> None:
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="Client's")
    site.run()
    site.client_sends(7)
    site.work_orders.delete_one({"number": 7})
    assert applied(site) == ([{"read": 1, "unchanged": 1}], [])
    assert log(site) == []
