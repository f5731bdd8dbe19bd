"""What the driver, MongoDB or a limit refuses costs itself alone, by name, in every command."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

from etl.app import plan, rebuild_state, verify
from etl.app.replaying import replay
from etl.endpoints.mongodb import decoding, encoding
from etl.logs import make_log
from etl.transfer.model import Outcome
from tests.support.conflicts import Policy
from tests.support.site import INBOUND, OUTBOUND, Site

LOG = make_log("error", "text", str)
ORDER = {"title": "Pump", "status": "pending", "createdAt": datetime(2025, 1, 1, tzinfo=UTC)}
MARK = "qqqq"
"""What is replaced by bytes that are not UTF-8."""


def spoilt(document: dict[str, Any]) -> RawBSONDocument:
    return RawBSONDocument(bson.encode(document).replace(MARK.encode(), b"\xff\xfe\xfd\xfc"))


SPOILT: dict[str, tuple[dict[str, Any], str]] = {
    "a value": ({"_id": 7, "number": 7, **ORDER, "title": MARK}, "title: not UTF-8"),
    "within a list": ({"_id": 7, "number": 7, **ORDER, "title": [{"a": MARK}]}, "title: not UTF-8"),
    "a name": ({"_id": 7, "number": 7, **ORDER, "title": {MARK: 1}}, "title: not UTF-8"),
    "the key": ({"_id": 7, "number": MARK, **ORDER}, "number: not UTF-8"),
    "the id": ({"_id": MARK, "number": 7, **ORDER}, "_id: not UTF-8"),
}


@pytest.mark.parametrize("batch_size", [1, 3, 500])
@pytest.mark.parametrize("what", SPOILT)
def test_a_document_that_is_not_utf_8_costs_itself_alone_in_every_command(
    site: Site, what: str, batch_size: int
) -> None:
    document, why = SPOILT[what]
    site.work_orders.insert_many([{**ORDER, "number": number} for number in (5, 6, 8, 9)])
    site.work_orders.insert_one(spoilt(document))
    planned = plan(site.mapping, site.settings, LOG)
    assert [r.outcome for r in planned.records].count(Outcome.REJECTED) == 1
    for others in ({"created": 4}, {}):
        counts = site.run(directions=OUTBOUND, batch_size=batch_size)["outbound"]
        assert counts == {"read": 1 + sum(others.values()), **others, "rejected": 1}
    (letter,) = site.database["etl_dead_letters"].find()
    assert f"{letter['violations'][0]['path']}: {letter['violations'][0]['message']}".startswith(why)
    found = [result.outcome for result in verify(site.mapping, site.settings, LOG)]
    assert found == [Outcome.UNCHANGED] * 4 + [Outcome.REJECTED]
    (again,) = replay(site.mapping, site.settings, LOG)
    assert again.rejected == again.read
    site.work_orders.update_one({"_id": 7}, {"$set": {**SPOILT["a value"][0], "title": "mended"}})
    if what != "the id":
        assert site.run()["outbound"] == {"read": 1, "created": 1}


def test_an_import_for_a_document_that_is_not_utf_8_costs_that_record_alone(site: Site) -> None:
    for number in (1, 2, 3):
        site.client_sends(number)
    site.run()
    site.work_orders.delete_one({"number": 2})
    site.work_orders.insert_one(spoilt({**ORDER, "number": 2, "title": MARK}))
    for number in (1, 2, 3):
        site.client_sends(number, summary="Changed")
    planned = {r.origin: r.outcome for r in plan(site.mapping, site.settings, LOG).records}
    assert planned["2.json"] is Outcome.REJECTED
    assert site.run(directions=INBOUND)["inbound"] == {"read": 3, "updated": 2, "rejected": 1}
    found = {r.item.origin: r.outcome for r in verify(site.mapping, site.settings, LOG)}
    assert found["2.json"] is Outcome.REJECTED
    assert rebuild_state(site.mapping, site.settings, LOG) == 2
    (inbound, *_) = replay(site.mapping, site.settings, LOG)
    assert (inbound.read, inbound.rejected) == (1, 1)


ODD_KEYS: dict[str, Any] = {
    "a decimal": bson.Decimal128("7"),
    "an object": {"a": 1},
    "a regular expression": bson.Regex("7"),
    "code": bson.Code("7"),
    "a list with an object": [{"a": 1}, 9],
    "a truth value": True,
    "a date": datetime(2025, 1, 1, tzinfo=UTC),
    "a reference": bson.DBRef("a", 1),
}


@pytest.mark.parametrize("what", ODD_KEYS)
def test_a_key_of_any_type_costs_its_document_alone_in_every_command(site: Site, what: str) -> None:
    site.work_orders.insert_many([{**ORDER, "number": number} for number in (1, 8)])
    site.run()
    site.work_orders.insert_one({**ORDER, "number": ODD_KEYS[what]})
    site.client_sends(1)
    site.client_sends(3)
    planned = plan(site.mapping, site.settings, LOG)
    assert [r.outcome for r in planned.records if r.direction.value == "outbound"].count(Outcome.REJECTED) == 1
    assert site.run()["outbound"]["rejected"] == 1
    outcomes = [result.outcome for result in verify(site.mapping, site.settings, LOG)]
    assert outcomes.count(Outcome.REJECTED) == 1
    assert rebuild_state(site.mapping, site.settings, LOG) == 2
    assert [report.rejected for report in replay(site.mapping, site.settings, LOG)] == [1]


@pytest.mark.parametrize("id_", [{"a": 1}, bson.DBRef("a", 1), bson.Decimal128("1"), b"1", None, True])
def test_documents_may_have_any_id(site: Site, id_: Any) -> None:
    site.work_orders.insert_one({**ORDER, "_id": id_, "number": 1})
    site.work_orders.insert_one({**ORDER, "_id": 2, "number": 2})
    site.client_sends(1)
    assert site.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {"read": 2, "created": 2}}
    site.technician_edits(1, title="edited")
    site.client_sends(1, summary="changed", isDone=True)
    site.run()
    assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


def test_keys_that_python_hashes_alike_are_two(site: Site) -> None:
    assert hash((-1,)) == hash((-2,))
    for number in (-1, -2):
        site.client_sends(number)
    site.run()
    assert [each.get("shared") for each in site.database["etl_state"].find()] == [None, None]
    site.work_orders.update_one({"number": -2}, {"$set": {"title": "edited"}})
    (site.inbound / "-2.json").unlink()
    differing = [r.item.origin for r in verify(site.mapping, site.settings, LOG) if r.outcome is Outcome.CONFLICT]
    assert differing == ["number -2"]


REFERENCES = [{"$ref": "a", "$id": 1}, {"$id": 1}, {"$ref": "a"}, {"$ref": 1, "$id": {"$ref": "b"}, "$db": "c"}]


@pytest.mark.parametrize("value", REFERENCES, ids=str)
def test_objects_like_references_are_in_nobodys_way(site: Site, value: Any) -> None:
    site.work_orders.insert_one({**ORDER, "number": 1, "title": value, "extra": value})
    site.work_orders.insert_one({**ORDER, "number": 2, "extra": value})
    site.client_sends(2)
    plan(site.mapping, site.settings, LOG)
    assert site.run() == {
        "inbound": {"read": 1, "updated": 1},
        "outbound": {"read": 2, "created": 1, "rejected": 1},
    }
    assert sum(r.outcome is Outcome.REJECTED for r in verify(site.mapping, site.settings, LOG)) == 1
    assert bson.encode({"": site.work_order(2)["extra"]}) == bson.encode({"": value})


def test_what_a_conflict_would_lose_and_cannot_be_kept_costs_its_record_alone(policy: Policy) -> None:
    """Two texts of seven million letters and the record fit into no document of the log."""
    site = policy("{wins: client}")
    site.settings = replace(site.settings, max_record_bytes=15_000_000)
    for number in (1, 2):
        site.client_sends(number)
    site.run()
    for number in (1, 2):
        site.technician_edits(number, title="t" * (7_000_000 if number == 1 else 7))
        site.client_sends(number, summary="c" * (7_000_000 if number == 1 else 7))
    planned = {r.origin: r for r in plan(site.mapping, site.settings, LOG).records}
    assert planned["1.json"].outcome is Outcome.REJECTED
    assert "cannot be kept in the log of conflicts" in planned["1.json"].reasons[0]
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "updated": 1, "rejected": 1}
    assert (site.work_order(1)["title"][0], site.work_order(2)["title"]) == ("t", "c" * 7)
    (letter,) = site.database["etl_dead_letters"].find()
    assert letter["origin"] == "1.json"
    assert "too large for MongoDB" in letter["violations"][0]["message"]


def test_what_is_too_large_to_be_compared_and_changed_costs_its_record_or_its_mark_alone(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No document is, as far as is known: so the limit is lowered."""
    for number in (1, 2):
        site.client_sends(number, summary="t" * 80_000)
    site.run()
    monkeypatch.setattr(encoding, "_MAX_UPDATE", 100_000)
    monkeypatch.setattr(decoding, "_WHOLE", 0)
    site.technician_edits(1, title="u" * 110_000)
    site.technician_edits(2, title="u")
    assert site.run(directions=OUTBOUND)["outbound"] == {"read": 2, "updated": 1, "rejected": 1}
    assert letters(site) == {"number 1": "is exported, and cannot be marked so: too large"}
    site.technician_edits(1, title="t" * 70_000)
    site.run(directions=OUTBOUND)
    for number in (1, 2):
        site.client_sends(number, summary="v" * 70_000)
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "updated": 1, "rejected": 1}
    assert letters(site)["1.json"] == "too large for MongoDB to be compared and changed"


def test_a_document_as_large_as_can_be_is_marked_with_the_others_of_its_batch(site: Site) -> None:
    orders = [{**ORDER, "number": n, "title": "t" * (16_700_000 if n == 9 else 500_000)} for n in range(1, 10)]
    for order in orders:
        site.work_orders.insert_one(order)
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 9, "created": 9}}
    assert site.work_orders.count_documents({"isSynced": True}) == 9


def letters(site: Site) -> dict[str, str]:
    """Return how the reasons of all dead letters begin, by origin."""
    return {
        each["origin"]: " ".join(each["violations"][0]["message"].split()[:9])
        for each in site.database["etl_dead_letters"].find()
    }


def test_a_document_of_more_values_than_are_taken_apart_is_rejected_by_name(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "MAX_VALUES", 1000)
    monkeypatch.setattr(decoding, "_WHOLE", 0)
    many = [{"a": [None] * 10} for _ in range(100)]
    site.work_orders.insert_one({**ORDER, "number": 1, "title": many})
    site.work_orders.insert_one({**ORDER, "number": 2})
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 2, "created": 1, "rejected": 1}}
    (letter,) = site.database["etl_dead_letters"].find()
    assert (letter["origin"], letter["violations"][0]["path"]) == ("number 1", "title")
    assert "more than 1000 values" in letter["violations"][0]["message"]
    assert json.loads(letter["content"])["number"] == {"$numberInt": "1"}


def test_every_type_of_bson_is_read_field_by_field_as_it_is_read_whole() -> None:
    document = {**every_type(), "title": MARK}
    ((read, _, _),) = decoding.each_document([bytes(spoilt(document).raw)], CodecOptions())
    assert isinstance(read, decoding.Damaged)
    assert [violation.path for violation in read.violations] == ["title"]
    assert dict(read) == {name: value for name, value in document.items() if name != "title"}


def every_type() -> dict[str, Any]:
    values = [
        *(1.5, "text", {"a": {"b": [1]}}, [1, [2, {"c": None}]], b"bytes", bson.Binary(b"old", 2), bson.ObjectId()),
        *(True, None, bson.Regex("a.*b", "im"), bson.Code("f()"), bson.Code("f()", {"x": 1}), 7, bson.Int64(2**40)),
        *(bson.Timestamp(1, 2), bson.Decimal128("1.5"), bson.MinKey(), bson.MaxKey()),
    ]
    return {f"f{index}": value for index, value in enumerate(values)}
