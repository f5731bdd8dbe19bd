"""The rules of the merge, each by the shortest history that once went wrong: nothing that a side said is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.model.faults import interrupted
from tests.support.command_line import etl
from tests.support.sides import Sides
from tests.support.site import INBOUND, OUTBOUND

Test = Callable[..., None]


def test_a_value_that_the_client_clears_is_cleared_inside_also_where_only_imports_write_it(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}", "{tracos: closedBy, from: closedBy}")
    sides.client_says(name="a", closedBy="Ann")
    sides.run()
    sides.technician_edits(7, title="b")
    sides.run()
    sides.client_says(name="b", closedBy=None)
    sides.run()
    assert sides.has(title="b", closedBy=None)


def test_an_object_of_which_a_cleared_value_leaves_nothing_goes_with_it(sides: Sides) -> None:
    sides.maps("{client: a, tracos: site.code}", "{client: b, tracos: asset.code}")
    sides.client_says(a="x", b="y")
    sides.run()
    sides.technician_edits(7, asset={"code": "y", "note": "ours"})
    assert sides.has(site={"code": "x"}, asset={"code": "y", "note": "ours"})
    sides.client_says()
    sides.run()
    assert sides.has(site=None, asset={"note": "ours"})


def test_what_the_client_confirms_is_news_for_a_rule_that_was_never_told_to_it(sides: Sides) -> None:
    values = "[{client: 1, tracos: 1}, {client: 2, tracos: 2}]"
    sides.maps(f"{{client: stage, tracos: stage, values: {values}}}", "{tracos: last, from: stage}")
    sides.client_says(stage=1)
    sides.run()
    sides.technician_edits(7, stage=2)
    sides.run()
    sides.client_says(stage=2)
    sides.run()
    assert sides.has(stage=2, last=2)


def test_an_edit_of_what_only_imports_write_is_in_conflict_with_what_the_client_says_anew(sides: Sides) -> None:
    sides.maps("{tracos: status, from: code}", "{client: action, from: status}")
    sides.client_says(code="open")
    sides.run()
    sides.technician_edits(7, status="done")
    sides.run()
    assert sides.told() == {"id": 7, "action": "done"}
    sides.technician_edits(7, status="hold")
    sides.client_says(code="done")
    assert sides.run()["inbound"] == {"read": 1, "conflict": 1}
    assert sides.has(status="hold")


CODES = """cases:
      - {client: {code: closed}, tracos: {status: done, kept: closed}}
      - {client: {code: done}, tracos: {status: done}}
      - {client: {code: open}, tracos: {status: open}}"""


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_remembered_code_is_forgotten_once_another_status_went_out(sides: Sides, *, confirmed: bool) -> None:
    sides.maps(CODES, echo=False)
    sides.client_says(code="closed")
    sides.run()
    assert sides.has(status="done", kept="closed")
    sides.technician_edits(7, status="open")
    sides.run()
    assert sides.told()["code"] == "open"
    if confirmed:
        sides.client_says(code="open")
        sides.run()
    sides.technician_edits(7, status="done")
    sides.run()
    assert sides.told()["code"] == "done"


def test_what_somebody_enters_beside_a_status_that_does_not_name_it_stays(sides: Sides) -> None:
    """Only a code that was agreed on goes with the mark, also in later runs: an edit is nobody's remembered code."""
    sides.maps(CODES, echo=False)
    sides.client_says(code="open")
    sides.run()
    sides.technician_edits(7, kept="waits for a part")
    for _ in range(2):
        sides.run()
        assert sides.has(status="open", kept="waits for a part")
        sides.technician_edits(7, note="anything")
    sides.technician_edits(7, status="done", kept="closed")
    sides.run()
    assert sides.told()["code"] == "closed"
    sides.technician_edits(7, status="open", kept="closed, by mistake")
    sides.run()
    assert sides.has(status="open", kept="closed, by mistake")


def test_a_remembered_code_goes_with_a_later_mark_where_the_first_one_failed(sides: Sides) -> None:
    sides.maps(CODES, "{client: name, tracos: title}", echo=False)
    sides.client_says(code="closed")
    sides.run()
    sides.technician_edits(7, status="open")
    with interrupted("before documents are marked", lambda: sides.technician_edits(7, title="x")):
        sides.run()
    assert sides.has(status="open", kept="closed")
    sides.run()
    assert sides.has(status="open", kept=None)


@pytest.mark.parametrize(
    ("first", "edited", "second", "third"),
    [
        (10, 11.0, 11, 12),
        (0, 1, True, False),
        ([0], [1], [1.0], [2]),
        ({"a": [0]}, {"a": [True]}, {"a": [1]}, {"a": [2]}),
    ],
)
def test_numbers_of_both_forms_and_truth_values_are_told_apart(
    sides: Sides, first: Any, edited: Any, second: Any, third: Any
) -> None:
    sides.maps("{client: any, tracos: any}", more="conflicts: {wins: tracos}", on_import="{isSynced: false}")
    sides.client_says(any=first)
    sides.run()
    sides.technician_edits(7, any=edited)
    sides.run()
    assert repr(sides.told()["any"]) == repr(edited)
    for value in (second, third):
        sides.client_says(any=value)
        sides.run()
        assert sides.has(any=value), sides.work_order(7)


def test_where_the_inside_wins_and_imports_stamp_nothing_the_run_goes_on(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}", more="conflicts: {wins: tracos}")
    sides.client_says(name="a")
    sides.run()
    sides.technician_edits(7, title="b")
    sides.client_says(name="c")
    try:
        sides.run()
    except ValueError as error:
        raise AssertionError("the run ended") from error
    assert sides.has(title="b")
    assert sides.told()["name"] == "b"
    assert len(sides.conflicts()) == 1


def test_a_rule_that_reads_a_stamp_beside_other_values_goes_out_when_they_change(sides: Sides) -> None:
    done_on = "\"status == 'completed' && (completedAt || updatedAt)\""
    sides.maps(
        "{client: name, tracos: title}",
        f"{{client: doneOn, from: {done_on}}}",
        echo=False,
        on_import="{updatedAt: $now}",
    )
    sides.client_says(name="a")
    assert sides.run()["outbound"] == {"read": 1, "unchanged": 1}
    sides.technician_edits(7, status="completed", completedAt="2025-01-05")
    assert sides.run()["outbound"] == {"read": 1, "created": 1}
    assert sides.told()["doneOn"] == "2025-01-05"


def test_a_value_that_is_written_once_goes_out_only_when_it_changes(sides: Sides) -> None:
    sides.maps(
        "{client: name, tracos: title}",
        "{tracos: origin, from: reporter, write: once}",
        "{client: by, from: origin}",
        echo=False,
        on_import="{isSynced: false}",
    )
    sides.client_says(name="a", reporter="Ann")
    assert sides.run()["outbound"] == {"read": 1, "unchanged": 1}
    sides.client_says(name="b", reporter="Bob")
    assert sides.run()["outbound"] == {"read": 1, "unchanged": 1}
    sides.technician_edits(7, origin="Cem")
    assert sides.run()["outbound"] == {"read": 1, "created": 1}
    assert sides.told()["by"] == "Cem"


@pytest.mark.parametrize("size", [1, 500])
def test_a_delivery_that_was_superseded_is_no_news_when_it_is_the_only_one_left(sides: Sides, size: int) -> None:
    sides.maps("{client: name, tracos: title}")
    sides.client_says("delivery_1.json", name="one")
    sides.client_says("delivery_2.json", name="two")
    sides.run(batch_size=size)
    assert sides.has(title="two")
    sides.technician_edits(7, title="edited")
    sides.run(batch_size=size)
    (sides.inbound / "delivery_2.json").unlink()
    assert sides.run(batch_size=size) == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}
    assert sides.has(title="edited")


def test_the_same_content_in_a_new_delivery_is_news(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}")
    for delivery, name in enumerate(("one", "two", "one"), 1):
        sides.client_says(f"delivery_{delivery}.json", name=name)
        sides.run()
        assert sides.has(title=name)


def test_a_delivery_that_comes_back_unchanged_is_no_news(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}")
    sides.client_says(name="one")
    sides.run()
    sides.technician_edits(7, title="edited")
    (sides.inbound / "7.json").unlink()
    sides.run()
    sides.client_says(name="one")
    assert sides.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {}}
    assert sides.has(title="edited")


def test_verify_counts_what_never_went_out_apart_from_what_agrees(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}")
    sides.client_says(name="a")
    sides.run(directions=INBOUND)
    (line,) = sides.etl("verify").stdout.splitlines()[-1:]
    assert line.startswith("0 agree"), line
    assert "1 wait" in line, line
    sides.run()
    assert sides.etl("verify").stdout == "1 agree\n"


def test_verify_names_a_file_that_is_not_what_was_sent(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}", "{client: label, from: title}")
    sides.client_says(name="a")
    sides.run()
    file = sides.outbound / "workorder_7.json"
    earlier = file.read_bytes()
    sides.technician_edits(7, title="b")
    sides.run()
    assert sides.etl("verify").returncode == 0
    file.write_bytes(earlier)
    verified = sides.etl("verify")
    assert verified.returncode == 1
    assert "workorder_7.json" in verified.stdout, verified.stdout


def test_verify_counts_files_that_were_taken_apart_and_calls_them_no_difference(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}")
    sides.client_says(name="a")
    sides.run()
    (sides.outbound / "workorder_7.json").unlink()
    verified = sides.etl("verify")
    assert verified.returncode == 0
    assert "1 taken" in verified.stdout, verified.stdout


def test_two_mappings_that_export_the_same_documents_are_found(sides: Sides) -> None:
    for name in ("b", "a"):
        sides.maps("{client: name, tracos: title}", name=name)
    files = [str(sides.folder / f"{name}.yaml") for name in ("a", "b")]
    found = etl("check", "--strict", *files, site=sides)
    said = [line for line in (found.stdout + found.stderr).splitlines() if "workorders" in line]
    assert said, found.stdout
    assert found.returncode == 3


def test_a_plan_after_an_export_says_nothing_of_values_that_nobody_touched(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}", "{client: place, tracos: place}", "{tracos: by, from: by}")
    sides.client_says(name="a", place="x", by="Ann")
    sides.run()
    sides.technician_edits(7, title="b")
    sides.run()
    sides.client_says(name="a", place="y", by="Ann")
    planned = sides.etl("plan", "--direction", "inbound").stdout
    assert "place" in planned
    assert "title" not in planned, planned
    assert "stays" not in planned, planned


def test_an_edit_that_goes_out_while_an_older_record_lies_there_is_not_undone(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}", "{client: place, tracos: place}")
    sides.client_says(name="a", place="x")
    sides.run()
    sides.technician_edits(7, title="b")
    sides.run(directions=OUTBOUND)
    sides.client_says(name="a", place="y")
    sides.run()
    assert sides.has(title="b", place="y")
    assert sides.conflicts() == []


def test_a_value_that_comes_back_inside_after_a_conflict_that_the_inside_won_is_a_change(sides: Sides) -> None:
    sides.maps("{tracos: closedBy, from: closedBy}", more="conflicts: {wins: tracos}", on_import="{isSynced: false}")
    sides.client_says(closedBy="Ann")
    sides.run()
    sides.technician_edits(7, closedBy="Cem")
    sides.client_says(closedBy="Bob")
    sides.run(directions=INBOUND)
    sides.technician_edits(7, closedBy="Ann")
    sides.client_says(closedBy=None)
    sides.run(directions=INBOUND)
    assert sides.has(closedBy="Ann")
    assert len(sides.conflicts()) == 2  # what lost is in the log, both times


@pytest.mark.parametrize("echo", [True, False])
def test_an_edit_that_was_sent_stays_where_the_client_first_says_what_it_was_told_before(
    sides: Sides, echo: bool
) -> None:
    sides.maps("{client: name, tracos: title}", "{client: note, tracos: remark}", echo=echo)
    sides.work_orders.insert_one({"number": 7, "title": "a"})
    sides.run()
    for title in ("b", "c"):
        sides.technician_edits(7, title=title, remark="ours")
        sides.run()
    sides.client_says(name="a")
    assert sides.etl("verify").returncode == 0
    sides.run()
    assert sides.has(title="c", remark="ours")
    assert sides.told() == {"id": 7, "name": "c", "note": "ours"}
    assert sides.etl("verify").stdout == "1 agree\n"
    sides.client_says(name="c", note="theirs")
    sides.run()
    assert sides.has(title="c", remark="theirs")
    sides.client_says(name="a", note="theirs")
    sides.run()
    assert sides.has(title="a"), "since it has said that it has the edit, that is one of its own"
    assert not sides.conflicts()


def test_a_file_that_is_as_it_was_sent_is_no_difference_once_the_client_says_otherwise_itself(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}", echo=False)
    sides.client_says(name="a")
    sides.run()
    sides.technician_edits(7, title="b")
    sides.run()
    sides.client_says(name="c")
    sides.run()
    assert sides.told() == {"id": 7, "name": "b"}
    assert sides.etl("verify").stdout == "1 agree\n"
    (sides.outbound / "workorder_7.json").write_text('{"id": 7, "name": "spoilt"}')
    verified = sides.etl("verify")
    assert verified.returncode == 1
    assert "workorder_7.json" in verified.stdout, verified.stdout


def test_a_superseded_delivery_is_no_news_after_what_is_remembered_was_made_anew(sides: Sides) -> None:
    sides.maps("{client: name, tracos: title}")
    sides.client_says("1.json", name="older")
    sides.client_says("2.json", name="newer")
    sides.run()
    sides.database["etl_state"].delete_many({})
    assert sides.etl("state", "rebuild").returncode == 0
    (sides.inbound / "2.json").unlink()
    sides.run()
    assert sides.has(title="newer")


def test_an_edit_of_one_field_of_a_table_is_not_mixed_with_what_the_client_says_of_another(sides: Sides) -> None:
    lines = (
        "{client: {code: closed}, tracos: {state: done, kept: closed}}, {client: {code: done}, tracos: {state: done}}"
    )
    sides.maps(
        f"{{cases: [{lines}, {{client: {{code: open}}, tracos: {{state: open}}}}]}}", more="conflicts: {wins: tracos}"
    )
    sides.client_says(code="done")
    sides.run()
    sides.client_says(code="open")
    with interrupted("before documents are updated", lambda: sides.technician_edits(7, kept="closed")):
        sides.run()
    assert sides.has(state="done", kept="closed")
    assert sides.told()["code"] == "closed"
