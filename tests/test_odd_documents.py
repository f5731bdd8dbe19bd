"""Documents that no one would write on purpose: each is rejected by itself, or does no harm, and the others go on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.datetime_ms import DatetimeMS

from etl.app import open_session, plan, verify
from etl.logs import make_log
from etl.mapping.equality import same
from etl.transfer.agreement import Agreement
from etl.transfer.importing import Import
from etl.transfer.model import Outcome
from tests.support.site import INBOUND, OUTBOUND, Site

ORDER = {"title": "Odd", "status": "pending", "createdAt": datetime(2025, 1, 1, tzinfo=UTC)}


@pytest.mark.parametrize("milliseconds", [-(10**15), 10**15])
def test_a_date_outside_pythons_years_is_rejected_by_number(site: Site, milliseconds: int) -> None:
    site.work_orders.insert_one({**ORDER, "number": 1, "createdAt": DatetimeMS(milliseconds)})
    site.work_orders.insert_one({**ORDER, "number": 2})
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 2, "created": 1, "rejected": 1}}
    site.client_sends(1)
    assert site.run()["inbound"] == {"read": 1, "updated": 1}
    assert site.work_order(1)["createdAt"] == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("batch_size", [1, 2, 500])
def test_lists_as_keys_are_rejected_once_and_hide_nobody(site: Site, batch_size: int) -> None:
    for number in (1, [2, 30], [3, 31], 4, 5):
        site.work_orders.insert_one({**ORDER, "number": number})
    counts = site.run(directions=OUTBOUND, batch_size=batch_size)
    assert counts == {"outbound": {"read": 5, "created": 3, "rejected": 2}}
    assert site.run(directions=OUTBOUND, batch_size=batch_size) == {"outbound": {"read": 2, "rejected": 2}}


def test_a_list_in_the_way_of_a_key_rejects_that_record_alone(site: Site) -> None:
    site.work_orders.insert_one({**ORDER, "number": [2, 30]})
    for number in (1, 2, 3):
        site.client_sends(number)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 3, "created": 2, "rejected": 1}}


def test_a_key_that_is_another_kind_of_number_rejects_that_record_alone(site: Site) -> None:
    site.work_orders.insert_one({**ORDER, "number": bson.Decimal128("2")})
    for number in (1, 2, 3):
        site.client_sends(number)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 3, "created": 2, "rejected": 1}}


def test_another_unique_index_of_the_collection_rejects_that_record_alone(site: Site) -> None:
    site.work_orders.create_index("title", unique=True)
    site.client_sends(1, summary="Twin")
    site.client_sends(2, summary="Twin")
    site.client_sends(3)
    for _ in range(2):
        assert site.run(directions=INBOUND)["inbound"]["rejected"] == 1
    assert site.work_orders.count_documents({}) == 2


def test_64_bit_integers_of_mongodb_are_integers(site: Site) -> None:
    site.work_orders.insert_one({**ORDER, "number": bson.Int64(7)})
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 1, "created": 1}}
    assert site.client_gets(7)["orderNo"] == 7


def test_not_a_number_is_no_number(site: Site) -> None:
    site.work_orders.insert_one({**ORDER, "number": float("nan")})
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 1, "rejected": 1}}


def test_a_renumbered_work_order_does_not_get_anothers_values(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.client_sends(7)
    site.run()
    site.client_sends(7, summary="Changed")
    compare = Import.compare
    renumbered: list[int] = []

    def compare_then_somebody_renumbers(sink: Import, candidates: Any) -> Any:
        changes = compare(sink, candidates)
        if not renumbered:
            site.work_orders.update_one({"number": 7}, {"$set": {"number": 8}})
            renumbered.append(8)
        return changes

    monkeypatch.setattr(Import, "compare", compare_then_somebody_renumbers)
    site.run(directions=INBOUND)
    assert site.work_order(8)["title"] == "Pump 7"


def test_a_change_back_to_what_was_once_sent_is_a_change(site: Site) -> None:
    site.client_sends(7, summary="A")
    site.run()
    site.technician_edits(7, title="B")
    site.run()
    site.client_sends(7, summary="C")
    site.run(directions=INBOUND)
    site.client_sends(7, summary="B")
    site.run(directions=INBOUND)
    assert site.work_order(7)["title"] == "B"


def test_an_import_and_an_export_at_once_keep_what_both_remember(site: Site) -> None:
    with open_session(site.mapping, site.settings, make_log("error", "text", str)) as session:
        ledger, key = session.ledger, (7,)
        ledger.save({key: Agreement(b"1", seen={"a": 1})}, {})
        importing, exporting = ledger.load([key]), ledger.load([key])
        ledger.save({key: Agreement(b"2", seen={"a": 2})}, importing)
        ledger.save({key: Agreement(b"1", seen={"a": 1}, told={"a": 3})}, exporting)
        assert ledger.load([key]) == {key: Agreement(b"2", seen={"a": 2}, told={"a": 3})}


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (None, {}, False),
        ({"a": None}, {}, True),
        ([{"a": True}], [{"a": 1}], False),
        ([1, 2], [1, 2], True),
        ([1], [1, 2], False),
        (float("nan"), float("nan"), True),
        (1, 1.0, False),
        (bson.Int64(1), 1, True),
        ("1", 1, False),
    ],
)
def test_values_are_the_same_only_if_they_are_of_one_kind(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal


@pytest.mark.parametrize("key", [[1, 2], {"a": 1}])
def test_a_document_whose_key_identifies_nothing_costs_itself_alone_wherever_it_is_looked_at(
    site: Site, key: Any
) -> None:
    log = make_log("error", "text", str)
    site.client_sends(7)
    site.run()
    site.work_orders.insert_one({"number": key, "title": "odd", "isSynced": False})
    site.client_sends(8)
    planned = {record.origin: record.outcome for record in plan(site.mapping, site.settings, log).records}
    (odd,) = planned.keys() - {"8.json", "number 8"}
    assert planned == {"8.json": Outcome.CREATED, "number 8": Outcome.CREATED, odd: Outcome.REJECTED}
    found = {result.item.origin: result.outcome for result in verify(site.mapping, site.settings, log)}
    assert found == {"7.json": Outcome.UNCHANGED, "8.json": Outcome.CONFLICT, odd: Outcome.REJECTED}
