"""`scope`: several mappings share one collection, and none touches a document of another one."""

from __future__ import annotations

from typing import Any

import pytest

from etl.app import plan, rebuild_state, verify
from etl.transfer.model import Outcome
from tests.model.faults import Death, dying
from tests.support.command_line import etl
from tests.support.plans import LOG, applied
from tests.support.site import INBOUND, OUTBOUND, Site
from tests.support.whose import Selected


@pytest.fixture
def selected(site: Site) -> Selected:
    site.__class__ = Selected
    assert isinstance(site, Selected)
    scoped(site)
    return site


def scoped(selected: Selected, scope: str = "{remark: hafen}") -> None:
    """Have the mapping speak of the documents of one customer."""
    selected.maps(mongodb=f"    scope: {scope}\n")


def others(selected: Selected) -> list[dict[str, Any]]:
    """Put documents of others into the collection, some with the same number, and return them."""
    documents: list[dict[str, Any]] = [
        {"number": 7, "title": "Werft's", "remark": "werft"},
        {"number": 7, "title": "Nobody's"},
        {"number": 8, "title": "Of another type", "remark": ["hafen"]},
        {"title": "Without a number", "remark": "werft"},
    ]
    selected.work_orders.insert_many(documents)
    return documents


def ours(selected: Selected) -> list[dict[str, Any]]:
    return list(selected.work_orders.find({"remark": {"$in": ["hafen"], "$not": {"$type": "array"}}}).sort("number"))


@pytest.mark.untouched
def test_a_new_document_gets_the_scope_and_those_of_others_stay_as_they_are(selected: Selected) -> None:
    before = others(selected)
    selected.says(name="Pump")
    assert selected.run() == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 1, "created": 1}}
    (order,) = ours(selected)
    assert (order["number"], order["title"], order["isSynced"]) == (7, "Pump", True)
    assert list(selected.work_orders.find({"_id": {"$in": [each["_id"] for each in before]}})) == before
    assert selected.sent == ["workorder_7.json"]


@pytest.mark.untouched
def test_only_documents_of_the_scope_are_compared_and_sent(selected: Selected) -> None:
    selected.says(name="Pump")
    selected.run()
    others(selected)
    selected.says(name="Pump 2")
    selected.work_orders.update_one({"remark": "werft", "number": 7}, {"$set": {"title": "Edited"}})
    assert selected.run() == {"inbound": {"read": 1, "updated": 1}, "outbound": {"read": 1, "updated": 1}}
    assert [order["title"] for order in ours(selected)] == ["Pump 2"]


def test_two_mappings_have_documents_of_the_same_number_and_remember_them_apart(selected: Selected) -> None:
    for name in ("hafen", "werft"):
        scoped(selected, f"{{remark: {name}}}")
        selected.says(name=f"Pump of {name}")
        assert selected.run()["inbound"] == {"read": 1, "created": 1}
    titles = {order["remark"]: order["title"] for order in selected.work_orders.find()}
    assert titles == {"hafen": "Pump of hafen", "werft": "Pump of werft"}
    scoped(selected)
    selected.says(name="Pump of hafen")
    assert selected.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


def test_many_documents_are_read_page_by_page_within_the_scope(selected: Selected) -> None:
    selected.work_orders.insert_many(
        [{"number": number, "title": "T", "remark": who} for number in range(40) for who in ("a", "hafen", "z")]
    )
    assert selected.run(batch_size=7)["outbound"] == {"read": 40, "created": 40}
    assert selected.work_orders.count_documents({"isSynced": True}) == len(ours(selected)) == 40
    assert selected.run(batch_size=7)["outbound"] == {}


def test_the_unique_index_is_over_scope_and_key(selected: Selected) -> None:
    selected.says(name="Pump")
    selected.run(directions=INBOUND)
    (index,) = [one for name, one in selected.work_orders.index_information().items() if name != "_id_"]
    assert index["key"] == [("remark", 1), ("number", 1)]
    assert index["unique"]
    assert set(index["partialFilterExpression"]) == {"remark", "number"}


@pytest.mark.parametrize("value", ["7", "true", "1.5", '"x"'])
def test_a_scope_may_be_text_a_number_or_a_truth_value(selected: Selected, value: str) -> None:
    anything = {"type": ["string", "number", "boolean", "null"]}
    selected.maps(mongodb=f"    scope: {{place: {value}}}\n", inner={"place": anything})
    for number in (7, 8, 9):
        selected.says(f"{number}.json", id=number, name="Pump")
    assert selected.run(batch_size=1)["outbound"] == {"read": 3, "created": 3}
    assert selected.run(batch_size=1) == {"inbound": {"read": 3, "unchanged": 3}, "outbound": {}}


def test_a_document_that_leaves_the_scope_is_not_written_any_more(selected: Selected) -> None:
    selected.says(name="Pump")
    selected.run()
    selected.work_orders.update_one({"number": 7}, {"$set": {"remark": "werft", "isSynced": False}})
    selected.says(name="Changed")
    assert selected.run(directions=OUTBOUND)["outbound"] == {}
    selected.run()
    assert {order["remark"]: order["title"] for order in selected.work_orders.find()} == {
        "werft": "Pump",
        "hafen": "Changed",
    }


def test_plan_apply_verify_and_rebuild_stay_within_the_scope(selected: Selected) -> None:
    others(selected)
    selected.says(name="Pump")
    made = plan(selected.mapping, selected.settings, LOG)
    assert [report.counts[Outcome.CREATED] for report in made.reports] == [1, 1]
    counts, _ = applied(selected)
    assert counts[0] == {"read": 1, "created": 1}
    selected.run()
    assert [result.outcome for result in verify(selected.mapping, selected.settings, LOG)] == [Outcome.UNCHANGED]
    selected.database["etl_state"].drop()
    assert rebuild_state(selected.mapping, selected.settings, LOG) == 1


def test_verify_counts_the_documents_that_do_not_say_whose_they_are(selected: Selected) -> None:
    selected.work_orders.insert_many([{"number": 1}, {"number": 2, "remark": "werft"}, {"title": "x"}])
    result = selected.etl("verify")
    assert "documents do not say whose they are, and are not found" in result.stderr
    assert "count=2" in result.stderr


@pytest.mark.parametrize("after", range(6))
def test_a_run_that_dies_makes_nothing_twice(selected: Selected, after: int) -> None:
    others(selected)
    selected.says(name="Pump")
    try:
        with dying(after):
            selected.run()
    except Death:
        pass
    selected.run()
    assert [order["title"] for order in ours(selected)] == ["Pump"]
    assert selected.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}


def test_the_page_says_which_documents_are_meant(selected: Selected) -> None:
    assert 'only those are meant in which `remark` is `"hafen"`' in selected.etl("docs").stdout


def test_check_proves_that_scopes_keep_mappings_apart(selected: Selected) -> None:
    files = []
    for name in ("hafen", "werft"):
        scoped(selected, f"{{remark: {name}}}")
        file = selected.folder / f"{name}.yaml"
        file.write_text(selected.mapping.file.read_text().replace("mapping: m\n", f"mapping: {name}\n"))
        files.append(str(file))
    assert "W196" not in etl("check", *files).stdout
    (selected.folder / "werft.yaml").write_text(
        (selected.folder / "hafen.yaml").read_text().replace("mapping: hafen", "mapping: werft")
    )
    assert "W196" in etl("check", *files).stdout


def test_a_document_with_a_list_in_its_scope_stands_in_the_way_of_its_number(selected: Selected) -> None:
    others(selected)
    selected.says("8.json", id=8, name="Pump")
    assert selected.run()["inbound"] == {"read": 1, "rejected": 1}
