"""What MongoDB cannot hold costs its own record, whatever is remembered of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bson import ObjectId

from etl.app import plan
from etl.endpoints.mongodb import decoding
from tests.support.command_line import etl
from tests.support.conflicts import Wider
from tests.support.plans import LOG
from tests.support.site import INBOUND, Site

NUMBER = {"type": ["integer", "null"]}


def with_quantity(wider: Wider, more: str = "") -> Site:
    return wider(f"  - {{client: qty, tracos: qty{more}}}\n", {"qty": NUMBER}, {"qty": NUMBER})


def test_an_update_that_mongodb_cannot_hold_is_rejected_alone(wider: Wider) -> None:
    site = with_quantity(wider)
    for order in (7, 8):
        site.client_sends(order, qty=1)
    site.run()
    site.client_sends(7, qty=2**63)
    site.client_sends(8, qty=2)
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "updated": 1, "rejected": 1}


def test_a_work_order_made_again_that_mongodb_cannot_hold_is_rejected_alone(wider: Wider) -> None:
    site = with_quantity(wider)
    for order in (7, 8):
        site.client_sends(order, qty=1)
    site.run()
    site.work_orders.delete_one({"number": 7})
    site.client_sends(7, qty=2**63)
    site.client_sends(8, qty=2)
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "updated": 1, "rejected": 1}


@pytest.mark.parametrize("others", [0, 1])
def test_a_first_record_that_mongodb_cannot_hold_is_rejected_alone(wider: Wider, others: int) -> None:
    site = with_quantity(wider)
    site.client_sends(7, qty=2**63)
    for order in range(others):
        site.client_sends(order, qty=1)
    made = plan(site.mapping, site.settings, LOG)
    done = site.run(directions=INBOUND)["inbound"]
    assert done == {"read": 1 + others, "rejected": 1} | ({"created": others} if others else {})
    assert {name: count for name, count in made.reports[0].as_dict().items() if count} == done


def test_a_losing_value_that_mongodb_cannot_remember_is_rejected_alone(wider: Wider) -> None:
    site = with_quantity(wider, ", wins: tracos")
    for order in (7, 8):
        site.client_sends(order, qty=1)
    site.run()
    site.technician_edits(7, qty=5)
    site.client_sends(7, qty=2**63)
    site.client_sends(8, qty=2)
    made = plan(site.mapping, site.settings, LOG)
    done = site.run(directions=INBOUND)["inbound"]
    assert done == {"read": 2, "updated": 1, "rejected": 1}
    assert {name: count for name, count in made.reports[0].as_dict().items() if count} == done


@pytest.mark.slow
def test_what_is_small_as_text_and_large_in_mongodb_stops_no_run(wider: Wider, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes more values than a setting allows."""
    monkeypatch.setattr(decoding, "MAX_VALUES", 1_000_000)
    numbers = {"type": ["array", "null"], "items": {"type": "integer"}}
    site = wider("  - {client: list, tracos: list}\n", {"list": numbers}, {"list": numbers})
    site.settings = replace(site.settings, max_record_values=1_000_000)
    long = [0] * 480_000
    site.client_sends(7, list=long)
    site.client_sends(8)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.run()
    site.client_sends(7, list=[1, *long[1:]])
    site.client_sends(8, isDone=True)
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "updated": 2}


@pytest.mark.slow
def test_an_update_too_large_to_be_compared_and_written_is_rejected_alone(site: Site) -> None:
    site.settings = replace(site.settings, max_record_bytes=15_000_000)
    for size, letter in ((1, "a"), (9_000_000, "b")):
        site.client_sends(7, summary=letter * size)
        site.client_sends(8, summary=letter)
        assert site.run(directions=INBOUND)["inbound"].get("rejected") is None
    site.client_sends(7, summary="c" * 9_100_000)
    site.client_sends(8, summary="c")
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "updated": 1, "rejected": 1}


def test_a_plan_keeps_back_what_waits_when_its_next_record_cannot_be_held(wider: Wider) -> None:
    site = with_quantity(wider)
    site.client_sends(7, qty=1)
    site.run()
    site.technician_edits(7, title="Technician's")
    site.client_sends(7, summary="Client's", qty=1)
    site.run()
    site.client_sends(7, qty=2**63)
    made = plan(site.mapping, site.settings, LOG)
    planned = [{name: count for name, count in report.as_dict().items() if count} for report in made.reports]
    assert planned == list(site.run().values())


def test_verify_says_rejected_of_what_no_run_can_move(wider: Wider) -> None:
    anything = {"list": {"type": ["array", "null"]}}
    site = wider("  - {client: list, tracos: list}\n", anything, anything)
    site.client_sends(7, list=[2**63])
    site.client_sends(8)
    site.run()
    site.work_orders.update_one({"number": 8}, {"$set": {"list": [ObjectId()], "isSynced": False}})
    (site.inbound / "8.json").unlink()
    verified = etl("verify", "--mapping", str(site.mapping.file), site=site)
    assert verified.returncode == 1
    assert verified.stdout.splitlines()[-1] == "0 agree, 2 rejected", verified.stdout
    assert "7.json" in verified.stdout
    assert "number 8" in verified.stdout


def test_verify_counts_a_work_order_whose_record_is_rejected_once(wider: Wider) -> None:
    anything = {"list": {"type": ["array", "null"]}}
    site = wider("  - {client: list, tracos: list}\n", anything, anything)
    for number in (7, 8):
        site.client_sends(number)
    site.run()
    site.client_sends(8, list="none")
    verified = etl("verify", "--mapping", str(site.mapping.file), site=site)
    assert verified.stdout.splitlines()[-1] == "1 agree, 1 rejected", verified.stdout


def test_a_plan_tells_a_number_of_one_form_from_that_of_the_other(wider: Wider) -> None:
    number = {"num": {"type": ["number", "null"]}}
    site = wider("  - {client: num, tracos: num}\n", number, number)
    site.client_sends(7, num=1)
    site.run()
    site.technician_edits(7, num=1.0)
    planned = etl("plan", "--mapping", str(site.mapping.file), site=site).stdout
    assert "1 → 1.0" in planned, planned
