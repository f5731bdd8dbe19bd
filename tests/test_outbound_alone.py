"""Sending without reading: what the client has said, and nobody has read, is neither overwritten nor overlooked."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import Any

import pytest

from etl import load_mapping
from etl.app import Options, apply_plan, plan
from etl.errors import EndpointError
from etl.logs import make_log
from etl.transfer.model import Doubt
from tests.support.conflicts import Policy, log
from tests.support.site import INBOUND, OUTBOUND, Site

LOG = make_log("error", "text", str)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
NEWS = [{"summary": "Client's"}, {"summary": "Client's", "isDone": True}, {"isDone": True}]


def edited_on_both_sides(site: Site, **news: Any) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, **news)


@pytest.mark.parametrize("news", NEWS)
def test_sending_alone_leaves_what_the_client_has_changed_and_nobody_has_read(site: Site, news: Any) -> None:
    edited_on_both_sides(site, **news)
    (report,) = site.reports(directions=OUTBOUND)
    assert (report.read, [notice.doubt for notice in report.notices]) == (0, [Doubt.UNREAD])
    assert site.client_gets(7)["summary"] == "Pump 7"
    assert site.work_order(7)["isSynced"] is False


@pytest.mark.parametrize(("wins", "title"), [("client", "Client's"), ("tracos", "Technician's")])
def test_after_sending_alone_a_conflict_is_still_one(policy: Policy, wins: str, title: str) -> None:
    site = policy(f"{{wins: {wins}}}")
    edited_on_both_sides(site, summary="Client's")
    site.run(directions=OUTBOUND)
    site.run()
    assert [rule["rule"] for entry in log(site) for rule in entry["rules"]] == ["title"]
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == title


@pytest.mark.parametrize("wins", ["client", "tracos", "review"])
def test_after_sending_alone_what_the_client_had_returned_undoes_no_later_edit(policy: Policy, wins: str) -> None:
    site = policy(f"{{wins: {wins}}}")
    site.client_sends(7, summary="one")
    site.run()
    site.technician_edits(7, title="two")
    site.run()
    site.client_sends(7, summary="two")  # it returns what it was told
    site.technician_edits(7, title="three")
    site.run(directions=OUTBOUND)
    site.run()
    assert log(site) == []
    assert site.work_order(7)["title"] == site.client_gets(7)["summary"] == "three"


def test_sending_alone_sends_what_nobody_outside_has_news_of(site: Site) -> None:
    edited_on_both_sides(site, isDone=True)
    site.client_sends(8)
    site.run()
    site.technician_edits(8, title="Technician's")
    site.client_sends(7, isOnHold=True)
    site.technician_edits(7, title="Another")
    (report,) = site.reports(directions=OUTBOUND)
    assert (report.read, [notice.text for notice in report.notices]) == (
        1,
        ["1 waits for an import: the outside has said something of them that was not read: run both directions"],
    )
    assert site.client_gets(8)["summary"] == "Technician's"


def test_a_work_order_that_both_sides_have_and_nobody_has_compared_is_not_sent_alone(site: Site) -> None:
    site.client_sends(7, summary="Client's")
    site.work_orders.insert_one({"number": 7, "title": "Technician's", "isSynced": False})
    assert site.run(directions=OUTBOUND) == {"outbound": {}}
    assert not site.outbound.exists()


def test_where_no_rule_goes_both_ways_nothing_is_held_back(policy: Policy) -> None:
    site = policy("{wins: client}")
    head, _, rest = site.mapping.file.read_text().partition("\nrules:\n")
    rest = rest.partition("\nexamples:")[0]
    keys = [line for line in rest.splitlines() if "key: true" in line]
    ways = [
        "{client: summary, from: title}",
        "{client: creationDate, from: createdAt, as: datetime}",
        "{tracos: title, from: summary}",
        "{tracos: createdAt, from: creationDate, as: datetime}",
        "{tracos: status, from: \"'pending'\", lossy: it says nothing}",
        "{tracos: deleted, from: 'isDeleted || `false`', lossy: it says nothing}",
    ]
    site.mapping.file.write_text("\n".join([head, "rules:", *keys, *(f"  - {way}" for way in ways), ""]))
    site.mapping = load_mapping(site.mapping.file)
    site.work_orders.insert_one({"number": 7, "title": "Technician's", "status": "pending", "createdAt": NOW})
    site.client_sends(7)
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 1, "created": 1}}
    assert site.client_gets(7)["summary"] == "Technician's"


def test_a_plan_to_send_alone_says_what_the_run_then_does(site: Site) -> None:
    edited_on_both_sides(site, isDone=True)
    site.client_sends(8)
    site.run()
    site.technician_edits(8, title="Technician's")
    site.technician_edits(7, title="Another")
    options = Options(directions=OUTBOUND)
    made = plan(site.mapping, site.settings, LOG, options)
    assert [record.key for record in made.records] == [(7,), (8,)]
    site.client_sends(7, isOnHold=True)
    assert [record.key for record in plan(site.mapping, site.settings, LOG, options).records] == [(8,)]
    reports, missing = apply_plan(site.mapping, site.settings, LOG, made)
    assert [report.as_dict()["conflict"] for report in reports] == [1]  # it has moved on since
    assert ([report.read for report in reports], missing) == ([2], [])
    assert site.client_gets(8)["summary"] == "Technician's"
    assert site.client_gets(7)["summary"] == "Technician's"


def test_several_files_of_one_key_that_were_read_hold_nothing_back(site: Site) -> None:
    for name in ("7a.json", "7b.json"):
        site.client_sends(7, name, summary=name)
    site.run()
    site.run()
    site.technician_edits(7, title="Technician's")
    assert site.run(directions=OUTBOUND, batch_size=1) == {"outbound": {"read": 1, "updated": 1}}


def test_an_inbound_folder_that_is_gone_stops_sending_alone(site: Site) -> None:
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's")
    shutil.rmtree(site.inbound)
    with pytest.raises(EndpointError, match="the inbound folder"):
        site.run(directions=OUTBOUND)


def test_where_the_client_never_said_anything_no_inbound_folder_is_needed(site: Site) -> None:
    site.client_sends(7)
    site.run(directions=INBOUND)
    site.database["etl_state"].drop()
    shutil.rmtree(site.inbound)
    assert site.run(directions=OUTBOUND)["outbound"]["created"] == 1
    site.technician_edits(7, title="Technician's")
    assert site.run(directions=OUTBOUND)["outbound"]["updated"] == 1
