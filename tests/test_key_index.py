"""The unique index on the key: it serves every look-up, and TracOS may insert whatever it could insert before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson.raw_bson import RawBSONDocument
from pymongo.errors import DuplicateKeyError

from etl import EndpointError
from etl.app import rebuild_state, verify
from etl.app.plans import plan
from etl.logs import make_log
from tests.support.command_line import MAPPING, etl
from tests.support.failing import failing
from tests.support.keyed import keyed
from tests.support.site import INBOUND, OUTBOUND, Site

pytestmark = pytest.mark.untouched

ORDER = {"title": "Twin", "status": "pending", "createdAt": datetime(2025, 1, 1, tzinfo=UTC)}
OURS = "etl_key_number_numbers"
FORMER: dict[str, Any] = {
    "name": "etl_number",
    "unique": True,
    "partialFilterExpression": {"number": {"$exists": True}},
}
LOG = make_log("error", "text", str)


def raw(element: bytes) -> RawBSONDocument:
    """Return a document of one element, as no driver of today would write it."""
    return RawBSONDocument((len(element) + 5).to_bytes(4, "little") + element + b"\0")


NO_KEYS: dict[str, Any] = {
    "null": {"number": None},
    "missing": {},
    "undefined": raw(b"\x06number\0"),
    "NaN": {"number": float("nan")},
    "NaN as a decimal": {"number": bson.Decimal128("NaN")},
    "a truth value": {"number": True},
    "an object": {"number": {"a": 1}},
    "an empty list": {"number": []},
    "a list of objects": {"number": [{"a": 1}]},
    "an id": {"number": bson.ObjectId("65a000000000000000000000")},
    "a text, where the key is a number": {"number": "5"},
    "bytes": {"number": b"5"},
    "a regular expression": {"number": bson.Regex("5")},
    "the least": {"number": bson.MinKey()},
    "the greatest": {"number": bson.MaxKey()},
}


@pytest.mark.parametrize("what", NO_KEYS)
def test_tracos_may_have_any_number_of_documents_without_a_key(site: Site, what: str) -> None:
    site.client_sends(1)
    site.run()
    for _ in range(3):
        site.work_orders.insert_one(NO_KEYS[what] if what == "undefined" else {**NO_KEYS[what], **ORDER})
    for _ in range(2):
        assert site.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {"read": 3, "rejected": 3}}
    with pytest.raises(DuplicateKeyError):
        site.work_orders.insert_one({**ORDER, "number": 1})


KEYS: dict[str, tuple[dict[str, str], dict[str, list[Any]], str]] = {
    "numbers": ({"nr": "integer"}, {"nr": [-1, -2, 0, 7, 2**53]}, "etl_key_nr_numbers"),
    "texts": ({"nr": "string"}, {"nr": ["A", "a", "7", "Ü"]}, "etl_key_nr_texts"),
    "both": (
        {"site": "string", "nr": "integer"},
        {"site": ["A", "B", "A"], "nr": [1, 1, 2]},
        "etl_key_site_nr_texts_numbers",
    ),
}


@pytest.mark.parametrize("what", KEYS)
def test_every_look_up_uses_the_index_whatever_the_key_is(site: Site, what: str) -> None:
    types, values, index = KEYS[what]
    site.mapping = keyed(site.folder / "mappings", **types)
    rows = [dict(zip(types, parts, strict=True)) for parts in zip(*values.values(), strict=True)]
    for number, row in enumerate(rows):
        (site.inbound / f"{number}.json").write_text(json.dumps({**row, "summary": "new"}))
    site.work_orders.insert_many([{"title": f"other {number}"} for number in range(300)])
    site.database.command("profile", 2)
    try:
        site.run(batch_size=2)
        (site.inbound / "0.json").write_text(json.dumps({**rows[0], "summary": "changed"}))
        site.run(directions=INBOUND, batch_size=2)
        site.run(directions=OUTBOUND, batch_size=2)
        plan(site.mapping, site.settings, LOG)
        assert [result.violations for result in verify(site.mapping, site.settings, LOG) if result.candidate] != []
        rebuild_state(site.mapping, site.settings, LOG)
    finally:
        site.database.command("profile", 0)
    assert set(site.work_orders.index_information()) == {"_id_", index}
    looked = {"op": "query", "ns": f"{site.database.name}.workorders"}
    summaries = [profiled["planSummary"] for profiled in site.database["system.profile"].find(looked)]
    assert len(summaries) > 10
    assert [summary for summary in summaries if "COLLSCAN" in summary] == []
    assert site.work_orders.count_documents({**rows[0], "title": "changed"}) == 1


def test_the_index_of_an_earlier_version_is_replaced(site: Site) -> None:
    site.work_orders.create_index("number", **FORMER)
    site.work_orders.insert_many([{**ORDER, "number": number} for number in (5, None)])
    with pytest.raises(DuplicateKeyError):
        site.work_orders.insert_one({**ORDER, "number": None})
    site.client_sends(1)
    site.run()
    assert set(site.work_orders.index_information()) == {"_id_", OURS}
    site.work_orders.insert_one({**ORDER, "number": None})
    assert site.run()["outbound"] == {"read": 2, "rejected": 2}


def test_what_only_looks_leaves_the_index_of_an_earlier_version_and_uses_it(site: Site) -> None:
    site.work_orders.create_index("number", **FORMER)
    site.work_orders.insert_many([{**ORDER, "number": number} for number in (1, 2, 3, None)])
    assert len(plan(site.mapping, site.settings, LOG).records) == 4
    assert set(site.work_orders.index_information()) == {"_id_", "etl_number"}


def test_duplicates_leave_the_index_of_an_earlier_key_alone(site: Site) -> None:
    """One of another mapping, which has that key."""
    site.work_orders.create_index("site", name="etl_site", unique=True, partialFilterExpression={"site": {"$gte": ""}})
    site.client_sends(1)
    site.run()
    assert set(site.work_orders.index_information()) == {"_id_", OURS, "etl_site"}


def test_the_index_can_be_named(site: Site) -> None:
    site.settings = replace(site.settings, index="tracos_orders")
    site.client_sends(1)
    for _ in range(2):
        site.run()
    assert set(site.work_orders.index_information()) == {"_id_", "tracos_orders"}


def test_an_index_of_that_name_on_something_else_is_named_with_the_command(site: Site) -> None:
    site.work_orders.create_index("title", name="tracos_orders")
    site.settings = replace(site.settings, index="tracos_orders")
    with pytest.raises(EndpointError, match=r'drop it with db\.workorders\.dropIndex\("tracos_orders"\) and run again'):
        site.run()


def test_the_index_can_be_declined(site: Site) -> None:
    site.client_sends(1)
    site.work_orders.insert_many([{**ORDER, "number": number} for number in (2, 3, None)])
    done = etl("run", *MAPPING, "--batch-size", "2", site=site, MONGO_INDEX="none")
    assert done.stdout.splitlines()[-1] == "outbound: 4 read = 3 created, 1 rejected"
    assert done.stderr.count("no index keeps keys unique") == 1
    assert set(site.work_orders.index_information()) == {"_id_"}
    site.work_orders.insert_one({**ORDER, "number": 2})
    site.client_sends(2)
    done = etl("run", *MAPPING, "--direction", "inbound", site=site, MONGO_INDEX="none")
    assert "2.json" in done.stderr
    assert "several documents have this key" in done.stderr


def test_an_index_that_cannot_be_made_is_said_with_what_to_do(fragile_site: Site) -> None:
    fragile_site.client_sends(1)
    said = r"index etl_key_number_numbers of workorders cannot be made: .* MONGO_INDEX=none; nothing was written"
    with failing(fragile_site, "createIndexes", 1, errorCode=13), pytest.raises(EndpointError, match=said):
        fragile_site.run()
    assert fragile_site.work_orders.count_documents({}) == 0


def test_an_index_of_an_earlier_key_is_named_with_the_command_that_drops_it(site: Site) -> None:
    number = keyed(site.folder / "one", nr="integer")
    site.mapping = number
    (site.inbound / "1.json").write_text('{"nr": 7, "summary": "of no site"}')
    site.run()
    site.mapping = keyed(site.folder / "two", site="string", nr="integer")
    site.work_orders.update_many({}, {"$set": {"site": "A"}})
    (site.inbound / "1.json").write_text('{"site": "A", "nr": 7, "summary": "of A"}')
    (site.inbound / "2.json").write_text('{"site": "B", "nr": 7, "summary": "of B"}')
    (site.inbound / "3.json").write_text('{"site": "B", "nr": 8, "summary": "of B"}')
    assert site.run(directions=INBOUND)["inbound"] == {"read": 3, "created": 1, "updated": 1, "rejected": 1}
    said = letter(site)
    assert "the unique index etl_key_nr_numbers lets only one document have this nr" in said
    assert 'drop the index with db.workorders.dropIndex("etl_key_nr_numbers")' in said
    site.work_orders.drop_index("etl_key_nr_numbers")
    assert site.run(directions=INBOUND)["inbound"] == {"read": 3, "created": 1, "unchanged": 2}


def test_a_key_that_a_collation_makes_equal_is_named_with_index_and_collation(site: Site) -> None:
    site.mapping = keyed(site.folder / "mappings", nr="string")
    site.work_orders.create_index("nr", name="loose", unique=True, collation={"locale": "en", "strength": 2})
    for name, key in (("1", "K1"), ("2", "k1"), ("3", "K3")):
        (site.inbound / f"{name}.json").write_text(json.dumps({"nr": key, "summary": "x"}))
    for counts in ({"created": 2}, {"unchanged": 2}):
        assert site.run(directions=INBOUND)["inbound"] == {"read": 3, **counts, "rejected": 1}
        said = letter(site)
        assert "the same nr under the collation en (strength 2) of the unique index loose" in said
        assert "does not tell capitals apart" in said
        assert 'db.workorders.dropIndex("loose")' in said


def test_what_a_validator_refuses_is_told_with_its_details_and_where_to_look(site: Site) -> None:
    rule = {"$jsonSchema": {"properties": {"title": {"maxLength": 6, "description": "short titles"}}}}
    site.database.create_collection("workorders", validator=rule)
    site.client_sends(1)
    site.client_sends(2, summary="A long one")
    assert site.run(directions=INBOUND)["inbound"] == {"read": 2, "created": 1, "rejected": 1}
    said = letter(site)
    assert "refused by the validator of workorders: Document failed validation" in said
    assert '"description": "short titles"' in said
    assert '"consideredValue": "A long one"' in said
    assert 'db.getCollectionInfos({name: "workorders"})[0].options.validator' in said


def letter(site: Site) -> str:
    """Return why the one record was rejected that has a dead letter."""
    (found,) = site.database["etl_dead_letters"].find()
    (violation,) = found["violations"]
    return str(violation["message"])
