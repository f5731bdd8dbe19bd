"""Objects and lists that a rule copies stay as they are, whatever their names mean to MongoDB or to pymongo."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import pytest
from pymongo.database import Database

from tests.support.command_line import etl
from tests.support.mappings import make
from tests.support.site import OUTBOUND, Site

REFERENCE = {"$ref": "orders", "$id": 1}
OBJECTS: dict[str, Any] = {
    "a reference": REFERENCE,
    "a reference to a database": {**REFERENCE, "$db": "other", "more": [1]},
    "a reference without one": {**REFERENCE, "$db": None},
    "a reference in another order": {"first": 1, "$id": 1, "$ref": "orders"},
    "half a reference": {"$ref": "orders"},
    "a reference by number": {"$ref": 5, "$id": 1},
    "references inside": {"a": [{"b": REFERENCE}, [REFERENCE]], "$id": {**REFERENCE, "$id": REFERENCE}},
    "a list of references": [REFERENCE, {"x": REFERENCE}],
    "an operator of an update": {"$set": {"number": 7}},
    "an operator of a filter": {"$gt": 5, "$where": "1", "$regex": "x", "$options": "i"},
    "an operator of a pipeline": {"$literal": 1, "of": "$title", "all": "$$ROOT"},
    "the removal of a field": "$$REMOVE",
    "extended JSON": {"$date": "2020-01-01T00:00:00Z", "$oid": "0" * 24, "$numberLong": "5"},
    "names with dots": {"a.b": 1, ".": {"c.": [{".d": 1}]}, "$e.f": 1},
    "no name at all": {"": {"$": 1}},
    "a name of MongoDB's": {"_id": 5},
}


@pytest.fixture
def orders(database: Database[dict[str, Any]], tmp_path: Path) -> Site:
    mapping = make(tmp_path, "  - {client: object, tracos: object}\n  - {client: text, tracos: text}")
    return Site(database, tmp_path, mapping, os.environ["ETL_TEST_MONGO_URI"])


def client_sends(site: Site, **fields: Any) -> None:
    (site.inbound / "1.json").write_text(json.dumps({"id": 1, **fields}))


def client_has(site: Site) -> Any:
    return json.loads((site.outbound / "1.json").read_text())["object"]


def edit(site: Site, **fields: Any) -> None:
    site.database["orders"].update_one({"number": 1}, {"$set": {"isSynced": False, **fields}})


@pytest.mark.parametrize("value", OBJECTS.values(), ids=OBJECTS)
def test_an_object_comes_and_goes_as_it_is_and_the_sides_agree(orders: Site, value: Any) -> None:
    client_sends(orders, object=value, text="a")
    assert orders.run() == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 1, "created": 1}}
    assert json.dumps(client_has(orders)) == json.dumps(value), "also the order of its names"
    assert orders.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}

    edit(orders, text="b")
    assert orders.run()["outbound"] == {"read": 1, "updated": 1}
    assert client_has(orders) == value

    client_sends(orders, object=[value], text="c")
    assert orders.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {}}
    client_sends(orders, object=value, text="c")
    assert orders.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {}}
    assert orders.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


@pytest.mark.parametrize("value", OBJECTS.values(), ids=OBJECTS)
def test_an_object_that_was_made_inside_goes_out_once_and_is_marked(orders: Site, value: Any) -> None:
    raw = orders.database.with_options(bson.CodecOptions(document_class=bson.raw_bson.RawBSONDocument))["orders"]
    orders.database["orders"].insert_one({"number": 1, "object": value})
    before = raw.find_one({"number": 1}, {"object": True, "_id": False})
    assert orders.run(directions=OUTBOUND) == {"outbound": {"read": 1, "created": 1}}
    assert json.dumps(client_has(orders)) == json.dumps(value)
    assert orders.run(directions=OUTBOUND) == {"outbound": {}}
    assert raw.find_one({"number": 1}, {"object": True, "_id": False}) == before, "the document keeps its own form"


def test_a_conflict_over_a_reference_shows_and_keeps_it(orders: Site, command: Callable[..., str]) -> None:
    client_sends(orders, object=REFERENCE, text="a")
    orders.run()
    edit(orders, object={**REFERENCE, "$id": 2})
    client_sends(orders, object={**REFERENCE, "$id": 3}, text="a")
    assert orders.run()["inbound"] == {"read": 1, "conflict": 1}
    assert "DBRef" not in command("conflicts", "show", "1")
    command("conflicts", "resolve", "1", "--take", "tracos")
    assert client_has(orders) == {**REFERENCE, "$id": 2}
    assert "DBRef" not in command("state", "show", "1")
    assert orders.run()["inbound"] == {"read": 1, "unchanged": 1}


@pytest.fixture
def command(orders: Site) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        return etl(*arguments, "--mapping", str(orders.mapping.file), site=orders).stdout

    return run


def test_a_name_that_mongodb_cannot_hold_rejects_that_record_alone(orders: Site) -> None:
    client_sends(orders, object={"a\0b": 1})
    (orders.inbound / "2.json").write_text(json.dumps({"id": 2, "object": REFERENCE}))
    assert orders.run()["inbound"] == {"read": 2, "created": 1, "rejected": 1}


def test_a_reference_to_an_id_that_json_has_not_is_rejected_by_name(orders: Site) -> None:
    reference = {"$ref": "orders", "$id": bson.ObjectId(b"0" * 12)}
    orders.database["orders"].insert_one({"number": 1, "object": reference})
    assert orders.run(directions=OUTBOUND) == {"outbound": {"read": 1, "rejected": 1}}
