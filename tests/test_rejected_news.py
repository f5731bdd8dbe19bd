"""News that is rejected: what a technician has edited meanwhile waits with it, and is compared once it is corrected."""

from __future__ import annotations

import json
from typing import Any

import pytest

from etl import load_mapping
from etl.app import Options, plan
from etl.logs import make_log
from etl.transfer.model import Doubt, Outcome
from tests.support.conflicts import Policy, log
from tests.support.sides import Sides
from tests.support.site import INBOUND, OUTBOUND, Site

LOG = make_log("error", "text", str)
CLOSED_BY_SOMEBODY = {
    "if": {"properties": {"status": {"const": "closed"}}, "required": ["status"]},
    "then": {"required": ["by"]},
}


def rejected_beside_an_edit(site: Site, **news: Any) -> None:
    """Both sides rename a work order; the client's record is rejected for something else."""
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, **{"summary": "Client's", "isDone": "yes", **news})


def test_an_edit_waits_for_the_clients_rejected_record_and_says_so(site: Site) -> None:
    rejected_beside_an_edit(site)
    inbound, outbound = site.reports()
    assert (inbound.counts[Outcome.REJECTED], outbound.read) == (1, 0)
    assert [notice.text for notice in outbound.notices] == [
        "1 waits for what the outside says of them, which was rejected: see `etl dead-letters list`"
    ]
    assert site.client_gets(7)["summary"] == "Pump 7"
    assert site.work_order(7)["isSynced"] is False


def test_where_nobody_has_imported_it_what_is_said_leads_to_an_import(site: Site) -> None:
    rejected_beside_an_edit(site)
    (outbound,) = site.reports(directions=OUTBOUND)
    (notice,) = outbound.notices
    assert notice.text == (
        "1 waits for what the outside says of them, which an import rejects: "
        "run both directions, and see `etl dead-letters list`"
    )


@pytest.mark.parametrize(("wins", "title"), [("client", "Client's"), ("tracos", "Technician's")])
def test_once_it_is_corrected_both_edits_are_in_conflict(policy: Policy, wins: str, title: str) -> None:
    site = policy(f"{{wins: {wins}}}")
    rejected_beside_an_edit(site)
    site.run()
    site.run()
    site.client_sends(7, summary="Client's")
    site.run()
    assert [rule["rule"] for entry in log(site) for rule in entry["rules"]] == ["title"]
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == title


def test_under_review_neither_edit_is_lost(policy: Policy) -> None:
    site = policy("{wins: review}")
    rejected_beside_an_edit(site)
    site.run()
    site.client_sends(7, summary="Client's")
    assert site.run()["inbound"] == {"read": 1, "conflict": 1}
    assert site.work_order(7)["title"] == "Technician's"


@pytest.mark.parametrize("directions", [OUTBOUND, (*INBOUND, *OUTBOUND)])
def test_a_plan_leaves_it_as_the_run_does(site: Site, directions: Any) -> None:
    rejected_beside_an_edit(site)
    options = Options(directions=directions)
    made = plan(site.mapping, site.settings, LOG, options)
    assert [record.key for record in made.records if record.direction in OUTBOUND] == []
    *_, planned = made.reports
    *_, report = site.reports(directions=directions)
    assert [n.doubt for n in planned.notices] == [n.doubt for n in report.notices] == [Doubt.REJECTED]


def test_one_record_alone_waits_as_well(site: Site) -> None:
    rejected_beside_an_edit(site)
    site.run(key="7")
    assert site.client_gets(7)["summary"] == "Pump 7"


@pytest.mark.parametrize("size", [1, 500])
def test_of_several_files_of_one_key_the_last_one_counts(site: Site, size: int) -> None:
    rejected_beside_an_edit(site)
    site.client_sends(7, "7b.json", summary="Pump 7", isOnHold=True)
    site.run(batch_size=size)
    assert site.client_gets(7)["summary"] == "Technician's"
    site.technician_edits(7, title="Another")
    site.client_sends(7, "7c.json", isDone="yes")
    site.run(batch_size=size)
    assert site.client_gets(7)["summary"] == "Technician's"


def test_other_work_orders_go_out(site: Site) -> None:
    rejected_beside_an_edit(site)
    site.client_sends(8)
    site.run()
    site.technician_edits(8, title="Technician's")
    site.run()
    assert site.client_gets(8)["summary"] == "Technician's"


@pytest.mark.parametrize(("wins", "title"), [("client", "Client's"), ("tracos", "Technician's")])
def test_what_neither_side_did_wrong_alone_waits_on_both_sides(sides: Sides, wins: str, title: str) -> None:
    rules = ("{client: name, tracos: title}", "{client: st, tracos: status}", "{client: by, tracos: by}")
    sides.maps(*rules, more=f"conflicts: {{wins: {wins}}}")
    inside = {**json.loads((sides.folder / "tracos.json").read_text()), **CLOSED_BY_SOMEBODY}
    (sides.folder / "tracos.json").write_text(json.dumps(inside))
    sides.mapping = load_mapping(sides.mapping.file)
    sides.client_says(name="Pump", st="open", by="Ann")
    sides.run()
    sides.technician_edits(7, title="Technician's", status="closed")
    sides.client_says(name="Client's", st="open")
    assert sides.run() == {"inbound": {"read": 1, "rejected": 1}, "outbound": {}}
    sides.technician_edits(7, status="open")
    sides.run()
    assert [rule["rule"] for entry in log(sides) for rule in entry["rules"]] == ["title"]
    assert sides.work_order(7)["title"] == sides.told()["name"] == title
