"""What an engine of the first form left behind, in MongoDB and in files, is read; what a newer one leaves is refused.

`tests/database/form_1` was made by version 0.1 of this engine, before what it remembers had a number. Left behind are
six work orders of the client and one of TracOS: of 2 an edit was sent, 3 is in an open conflict, 4 was edited since,
of 5 the client has sent news since, and 9.json is no JSON. The plan was made then.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from bson import json_util

from etl import EndpointError, load_mapping
from etl.app import (
    Choice,
    Resolution,
    apply_plan,
    conflicts,
    letters,
    past_runs,
    plan,
    rebuild_state,
    resolve,
    undo,
    verify,
)
from etl.plan_file import from_json
from etl.transfer.model import Note, Outcome
from tests.support.plans import LOG
from tests.support.site import Site

LEFT = Path(__file__).parent / "database" / "form_1"


@pytest.fixture
def former(site: Site) -> Site:
    """A site as an engine of the first form left it."""
    left = json_util.loads((LEFT / "left.json").read_text())
    site.outbound.mkdir()
    for name, documents in left["collections"].items():
        site.database[name].insert_many(documents)
    for name, text in left["files"].items():
        (site.folder / name).write_text(text)
    shutil.copytree(LEFT, site.folder / "m")
    site.mapping = load_mapping(site.folder / "m" / "mapping.yaml")
    return site


def forms(site: Site) -> set[Any]:
    return {agreed.get("form") for agreed in site.database["etl_state"].find()}


def test_only_what_has_changed_since_is_moved(former: Site) -> None:
    assert forms(former) == {None}
    moved = former.run()
    assert moved["inbound"] == {"read": 7, "updated": 1, "unchanged": 4, "conflict": 1, "rejected": 1}
    assert moved["outbound"] == {"read": 3, "updated": 2, "conflict": 1}
    assert (former.client_gets(4)["name"], former.client_gets(5)["name"]) == ("waits", "news")
    assert former.work_order(2)["title"] == "ours"
    again = former.run()
    assert again["inbound"] == {"read": 7, "unchanged": 5, "conflict": 1, "rejected": 1}
    assert again["outbound"] == {"read": 1, "conflict": 1}


def test_the_truth_is_told_of_it(former: Site) -> None:
    results = verify(former.mapping, former.settings, LOG)
    found = {result.item.origin: (result.outcome, result.note) for result in results}
    assert found["5.json"] == (Outcome.CONFLICT, None)
    assert {found[name] for name in ("3.json", "4.json")} == {(Outcome.UNCHANGED, Note.WAITS)}
    assert {found[name] for name in ("1.json", "2.json", "6.json", "number 7")} == {(Outcome.UNCHANGED, None)}
    assert found["9.json"][0] is Outcome.REJECTED


def test_its_conflict_is_shown_and_resolved(former: Site) -> None:
    with conflicts(former.mapping, former.settings, LOG, decided=False) as found:
        (conflict,) = found
    (dispute,) = conflict.disputes
    assert (dispute.outside, dispute.inside) == ({("title",): "B"}, {("title",): "A"})
    resolve(former.mapping, former.settings, LOG, Choice("3"), Resolution(["client"]))
    assert former.work_order(3)["title"] == "B"


def test_its_dead_letters_are_listed_and_leave_when_the_file_is_mended(former: Site) -> None:
    with letters(former.mapping, former.settings, LOG) as kept:
        assert [letter.origin for letter in kept] == ["9.json"]
    (former.inbound / "9.json").write_text('{"id": 9, "name": "mended"}')
    former.run()
    with letters(former.mapping, former.settings, LOG) as kept:
        assert list(kept) == []


def test_its_plan_is_applied_as_far_as_it_still_holds(former: Site) -> None:
    _, made = from_json((LEFT / "plan.json").read_bytes())
    now = plan(former.mapping, former.settings, LOG)
    assert [record.outcome for record in now.records] == [record.outcome for record in made.records]
    reports, missing = apply_plan(former.mapping, former.settings, LOG, made)
    assert missing == []
    assert [report.counts[Outcome.UPDATED] for report in reports] == [1, 2]


def test_what_it_remembers_is_made_anew_where_it_is_lost(former: Site) -> None:
    former.database["etl_state"].drop()
    rebuild_state(former.mapping, former.settings, LOG)
    assert forms(former) == {2}


def test_what_a_newer_engine_remembers_is_refused_before_anything_is_written(former: Site) -> None:
    former.database["etl_state"].update_many({}, {"$set": {"form": 4}})
    before = list(former.work_orders.find())
    with pytest.raises(EndpointError, match=r"a newer version of this engine remembers \(form 4; .*\): update"):
        former.run()
    assert list(former.work_orders.find()) == before


@pytest.mark.parametrize("name", ["etl_conflicts", "etl_dead_letters", "etl_intents"])
def test_what_a_newer_engine_keeps_elsewhere_is_refused_too_and_stays_as_it_is(former: Site, name: str) -> None:
    kept = former.database[name]
    if name == "etl_intents":
        id_ = {"mapping": former.mapping.name, "collection": "workorders", "token": 1, "part": 0}
        kept.insert_one({"_id": id_, "records": []})
    assert kept.update_many({}, {"$set": {"form": 2}}).matched_count
    before = list(kept.find())
    with pytest.raises(
        EndpointError, match=rf"{name} has what a newer version .* \(form 2; this one knows 1\): update"
    ):
        former.run()
    assert list(kept.find()) == before


@pytest.mark.parametrize("part", [{"run": {"$exists": True}}, {"run": {"$exists": False}}], ids=["the run", "a batch"])
def test_what_a_newer_engine_has_replaced_is_not_undone(former: Site, part: dict[str, Any]) -> None:
    former.run()
    run = past_runs(former.mapping, former.settings, LOG)[0].id
    assert former.database["etl_replaced"].update_many(part, {"$set": {"form": 2}}).matched_count
    with pytest.raises(EndpointError, match=r"etl_replaced has what a newer version"):
        undo(former.mapping, former.settings, LOG, run)


def test_runs_of_a_newer_engine_are_not_read_as_if_this_one_knew_them(former: Site) -> None:
    former.run()
    former.database["etl_runs"].update_many({}, {"$set": {"form": 2}})
    with pytest.raises(EndpointError, match=r"etl_runs has what a newer version"):
        past_runs(former.mapping, former.settings, LOG)
