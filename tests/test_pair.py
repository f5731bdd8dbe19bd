"""`etl pair`: two systems that are both full meet for the first time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import bson
import pytest

from tests.support.born import Born


@pytest.fixture
def full(born: Born) -> Born:
    """Return a client with six records, and a TracOS with six work orders, of which one has its key."""
    for number, ref in enumerate(("A1", "B2", "C3", "D4", "E5", "E5"), 1):
        born.answers(number, ref=ref, name=f"Pump {number}")
    born.bears("A1", number=1, title="Pump 1")
    born.bears("B2", title="Pompa")
    born.bears("C3", title="Pump 3")
    born.bears("C3", title="Pump 3")
    born.bears(" d4 ", title="Pump 4")
    born.bears("Z9", title="Ours")
    return born


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_what_belongs_together_is_listed_and_nothing_is_changed(full: Born) -> None:
    before = list(full.work_orders.find())
    ids = {order["code"]: order["_id"] for order in before}
    done = full.etl("pair")
    assert done.returncode == 1
    *told, last = lines(done.stdout)
    twins = ", ".join(str(order["_id"]) for order in before if order["code"] == "C3")
    assert sorted(told) == sorted(
        [
            f"match 2 2.json {ids['B2']} differs in title",
            f"doubtful 3 3.json 2 inside records have the same: {twins}",
            f"doubtful 4 4.json differs in capitals or blanks alone: {ids[' d4 ']}",
            "outside 5 5.json",
            "outside 6 6.json",
            f"inside {ids['Z9']}",
        ]
    )
    assert last == "1 have their key, 1 paired by match, 2 doubtful, 2 outside alone, 1 inside alone"
    assert list(full.work_orders.find()) == before
    assert full.database["etl_state"].count_documents({}) == 0


def test_keys_are_given_by_match_and_by_a_cross_reference_that_somebody_has_looked_through(
    full: Born, tmp_path: Path
) -> None:
    file = tmp_path / "pairs.csv"
    full.etl("pair", "--out", str(file))
    head, *rows = file.read_text().splitlines()
    assert head == "id,_id,pair,differs,why"
    twin = full.work_orders.find_one({"code": "C3"})
    assert twin is not None
    file.write_text("\n".join([head, f"3,{twin['_id']}", *(row for row in rows if not row.startswith("3,"))]))
    done = full.etl("pair", "--keys", str(file), "--take")
    assert lines(done.stdout)[-1] == "2 got their key"
    assert {order["number"]: order["code"] for order in full.work_orders.find({"number": {"$exists": True}})} == {
        1: "A1",
        2: "B2",
        3: "C3",
    }
    assert full.order(twin["_id"]) == {"code": "C3", "title": "Pump 3", "number": 3, "isSynced": False}
    counts = json.loads(full.etl("pair", "--json").stdout)["counts"]
    assert (counts["key"], counts["match"], counts["given"]) == (3, 0, 0)
    full.etl("state", "rebuild")
    full.run()
    assert full.work_orders.find_one({"number": 2}, {"_id": False, "title": True}) == {"title": "Pompa"}


def test_a_cross_reference_may_name_work_orders_by_a_field_of_theirs(full: Born, tmp_path: Path) -> None:
    file = tmp_path / "keys.csv"
    file.write_text("id,title\n6,Ours\n2,nobody\n")
    done = full.etl("pair", "--keys", str(file), "--take", "--match", "title")
    ours = full.work_orders.find_one({"title": "Ours"})
    assert ours is not None
    assert ours["number"] == 6
    told = lines(done.stdout)
    assert f"reference 6 6.json {ours['_id']} differs in code, title" in told
    assert "doubtful 2 2.json the cross-reference names no inside record that is free, or several" in told
    assert "match 3 3.json" not in " ".join(told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nr,_id\n7,1\n", "has no column id, the key of client"),
        ("id,nr\n7,1\n", "has no column that names documents"),
        ("id,_id\nx,1\n", "keys.csv:2: expected a whole number as key, found x"),
    ],
)
def test_a_file_that_is_no_cross_reference_is_refused(full: Born, tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "keys.csv"
    file.write_text(text)
    done = full.etl("pair", "--keys", str(file))
    assert (done.returncode, said in done.stderr) == (3, True), done.stderr


def test_a_file_that_cannot_be_written_or_read_is_told(full: Born, tmp_path: Path) -> None:
    done = full.etl("pair", "--out", str(tmp_path / "none" / "pairs.csv"))
    assert (done.returncode, "cannot be written: No such file or directory" in done.stderr) == (4, True)
    done = full.etl("pair", "--keys", str(tmp_path / "none.csv"))
    assert (done.returncode, "cannot be read as CSV in UTF-8: No such file" in done.stderr) == (3, True)


@pytest.mark.parametrize("value", [bson.Code("A1"), bson.Code("A1", {"a": 1}), {"a": 1}, ["A1"], bson.Decimal128("1")])
def test_a_match_of_any_type_finds_nobody_and_stops_nobody(full: Born, value: Any) -> None:
    identity = full.work_orders.insert_one({"code": value, "title": "odd"}).inserted_id
    done = full.etl("pair")
    assert done.returncode == 1
    assert f"inside {identity}" in lines(done.stdout)
    assert lines(done.stdout)[-1].startswith("1 have their key, 1 paired by match, 2 doubtful, 2 outside alone")
