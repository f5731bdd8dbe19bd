"""What a plan takes does not depend on how large the records are: long values are cut, and the others lie in a file."""

from __future__ import annotations

import json
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import jsonschema
import pytest
from bson import Decimal128, Int64, ObjectId

from etl.errors import EndpointError
from etl.mapping.terms import Sort
from etl.record import ABSENT, Key, Record
from etl.transfer import batches
from etl.transfer.agreement import Agreement, Intent
from etl.transfer.cutting import Cut, cut
from etl.transfer.shelf import Shelf
from tests.support.command_line import MAPPING
from tests.support.command_line import etl as run_etl
from tests.support.site import ROOT, Site

LONG = "y" * 100_000


def etl(site: Site, *arguments: str) -> Any:
    return run_etl(*arguments, *MAPPING, site=site)


@pytest.mark.untouched
def test_a_plan_has_the_beginning_of_a_long_value(site: Site) -> None:
    site.client_sends(1, summary=LONG)
    document = json.loads(etl(site, "plan", "--json").stdout)
    jsonschema.validate(document, json.loads((ROOT / "schemas" / "output" / "plan.schema.json").read_text()))
    (title,) = [value for value in document["records"][0]["values"] if value["path"] == "title"]
    assert title["new"] == "y" * 1000 + "…"
    assert title["cut"] == {"new": '"' + "y" * 59 + "…"}
    assert 'nothing → "' + "y" * 59 + "…  [new" in etl(site, "plan").stdout


def test_a_plan_of_long_values_is_small_and_does_what_it_says(site: Site) -> None:
    site.client_sends(1, summary=LONG)
    site.client_sends(2, summary=LONG)
    file = site.folder / "plan.json"
    etl(site, "plan", "--out", str(file))
    assert file.stat().st_size < 20_000
    site.client_sends(2, summary=LONG[:-1] + "z")
    done = etl(site, "apply", str(file))
    assert "1 created, 1 conflict" in done.stdout
    assert site.work_order(1)["title"] == LONG
    assert site.work_orders.count_documents({}) == 1


def test_what_goes_out_after_a_plan_of_long_values_is_planned_as_a_run_sends_it(site: Site) -> None:
    for number in range(1, 40):
        site.client_sends(number, summary=f"{number} {LONG}")
    planned = etl(site, "plan").stdout
    assert "inbound: 39 read = 39 created\n" in planned
    assert "outbound: 39 read = 39 created\n" in planned
    reports = [report.as_dict() for report in site.reports()]
    assert [(report["read"], report["created"]) for report in reports] == [(39, 39), (39, 39)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (LONG, Cut("y" * 1000 + "…", '"' + "y" * 59 + "…")),
        (["x" * 500] * 9, Cut('["' + "x" * 500 + '", "' + "x" * 494 + "…", "a list")),
        ({"a" * 5000: 1}, Cut('{"' + "a" * 998 + "…", "an object")),
        ("y" * 4096, "y" * 4096),
        ([1] * 4000, [1] * 4000),
        (ABSENT, ABSENT),
        (None, None),
    ],
)
def test_only_what_is_long_is_cut(value: Any, expected: Any) -> None:
    assert cut(value) == expected


def test_a_list_of_very_many_values_is_long_however_short_they_are() -> None:
    made = cut([[]] * 50_000)
    assert isinstance(made, Cut)
    assert made.shown == "a list"
    assert made.text.startswith("[[], []")
    assert len(made.text) == 1001


def test_what_is_put_aside_comes_back_exactly() -> None:
    record = {
        "whole": 1,
        "fraction": 1.0,
        "long": Int64(1),
        "truth": True,
        "decimal": Decimal128("1.10"),
        "when": datetime(2025, 1, 2, 3, 4, 5, 6000, tzinfo=UTC),
        "_id": ObjectId(),
        "deep": [{"a": [None, "ä\ud800"[:1]]}],
    }
    agreed = Agreement(
        b"print", seen={"a": 1.0}, told={"b": None}, sort=Sort.ASIDE, lacks=None, intent=Intent({"c": 1}), rest=b"{}"
    )
    records, agreements = Shelf[Record](), Shelf[Agreement]()
    records[(1,)], agreements[(1, "a")] = record, agreed
    for number in range(2, 40):
        records[(number,)] = {"text": LONG}
    assert bson.encode(records[(1,)]) == bson.encode(record)
    assert [type(value) for value in records[(1,)].values()] == [type(value) for value in record.values()]
    assert agreements[(1, "a")] == agreed
    records[(1,)] = {"whole": 2}
    assert records[(1,)] == {"whole": 2}
    assert (list(records), len(records)) == ([(number,) for number in range(1, 40)], 39)
    del records[(1,)]
    assert (1,) not in records


def test_what_is_put_aside_lies_in_a_file_that_nobody_else_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    shelf = Shelf[str]()
    for number in range(40):
        shelf[(number,)] = LONG
    assert shelf[(3,)] == LONG
    assert list(tmp_path.iterdir()) == []


def test_as_much_comes_back_at_once_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BYTES", 1000)
    shelf = Shelf[str]()
    for number in range(1, 6):
        shelf[(number,)] = "x" * 600
    keys: list[Key] = [(number,) for number in (4, 1, 9, 2)]
    with pytest.raises(batches.OverfullError):
        shelf.some(keys)
    assert [len(batch) for batch in shelf.batches(shelf, 100)] == [2, 2, 1]
    assert list(batches.gathered(shelf.some, keys)) == [(4,), (1,), (2,)]


@contextmanager
def small_files(most: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_there_is_no_room_for_the_file_that_is_said() -> None:
    shelf = Shelf[str]()
    said = r"File too large; let TMPDIR be a folder with more room"
    with small_files(10_000), pytest.raises(EndpointError, match=said):
        shelf.update({(number,): LONG for number in range(40)})
