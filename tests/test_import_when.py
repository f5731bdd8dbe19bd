"""`import_when`: which records of the outside are imported; others are skipped, and their work orders left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl import MappingError
from etl.app import plan, rebuild_state, verify
from etl.app.workers import Workers
from etl.mapping.load import examine
from etl.transfer.model import Note, Outcome
from tests.support import proofs
from tests.support.plans import LOG, applied, everything
from tests.support.site import INBOUND, OUTBOUND, Site
from tests.support.whose import Selected

WHEN = "  import_when: {kind: [1, 2], template: {not: true}}"


@pytest.fixture
def selected(site: Site) -> Selected:
    site.__class__ = Selected
    assert isinstance(site, Selected)
    site.maps(WHEN)
    return site


def test_what_does_not_match_is_skipped_whatever_else_is_in_it(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.says("8.json", id=8, kind=3, name="Valve")
    selected.says("9.json", id=9, kind=2, template=True)
    selected.says("10.json", id=10, name="Of no kind")
    selected.says("11.json", id="no key", kind=3, surplus="against the schema")
    selected.says("12.json", id=12, kind=1, surplus="against the schema")
    assert selected.run(directions=INBOUND)["inbound"] == {"read": 6, "created": 1, "skipped": 4, "rejected": 1}
    assert [order["number"] for order in selected.work_orders.find()] == [7]
    assert selected.database["etl_state"].count_documents({}) == 1


def test_a_skipped_record_is_no_failure_in_the_report_and_in_the_exit_code(selected: Selected) -> None:
    selected.says(kind=3)
    (report,) = selected.reports(directions=INBOUND)
    assert report.is_clean
    assert report.as_dict()["skipped"] == 1
    assert "1 skipped" in report.as_line()
    result = selected.etl("run", "--direction", "inbound")
    assert result.returncode == 0
    assert "inbound: 1 read = 1 skipped" in result.stdout


@pytest.mark.parametrize(
    ("when", "taken", "left"),
    [
        ("kind: 1", [1], [2, None, 0]),
        ("kind: [1, null]", [1, None], [2]),
        ("kind: null", [None], [1]),
        ("kind: {not: null}", [1, 0], [None]),
        ("kind: {not: 1}", [2, None], [1]),
        ("kind: {not: [1, 2]}", [3, None], [1, 2]),
        ("kind: [null, {not: [1, 2, null]}]", [None, 3], [1, 2]),
    ],
)
def test_a_condition_is_a_value_a_list_null_or_not(
    selected: Selected, when: str, taken: list[Any], left: list[Any]
) -> None:
    selected.maps(f"  import_when: {{{when}}}")
    for number, kind in enumerate([*taken, *left], 1):
        selected.says(f"{number}.json", id=number, kind=kind)
    selected.run(directions=INBOUND)
    assert [order["number"] for order in selected.work_orders.find().sort("number")] == list(range(1, len(taken) + 1))


def test_what_means_absent_outside_is_null_for_a_condition(selected: Selected) -> None:
    selected.maps('  nulls: ["-"]\n  import_when: {note: null}')
    selected.says(note="-")
    selected.says("8.json", id=8, note="x")
    selected.run(directions=INBOUND)
    assert [order["number"] for order in selected.work_orders.find()] == [7]


def test_a_known_record_that_does_not_match_any_more_is_left_alone_and_counted_apart(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.says(kind=3, name="Changed")
    selected.says("8.json", id=8, kind=3)
    (inbound, _) = selected.reports()
    assert inbound.counts[Outcome.SKIPPED] == 2
    assert inbound.notes == {Note.ASIDE: 1}
    assert selected.work_order(7)["title"] == "Pump"


def test_edits_of_a_record_that_does_not_match_wait_and_go_out_once_it_does(selected: Selected) -> None:
    selected.says(kind=1, name="Pump", note="a")
    selected.run()
    selected.says(kind=3, name="Pump")
    selected.technician_edits(7, title="Edited")
    reports = selected.reports()
    assert reports[1].counts == {Outcome.SKIPPED: 1}
    assert reports[1].notes == {Note.WAITS_ASIDE: 1}
    assert selected.client_gets(7)["name"] == "Pump"
    assert not selected.work_order(7)["isSynced"]
    selected.says(kind=1, name="Pump")
    assert selected.run()["outbound"] == {"read": 1, "updated": 1}
    assert selected.client_gets(7)["name"] == "Edited"
    assert selected.work_order(7)["title"] == "Edited"


def test_what_was_said_meanwhile_is_compared_once_the_record_matches_again(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.says(kind=3, name="Other")
    selected.run()
    selected.says(kind=1, name="Other")
    assert selected.run()["inbound"] == {"read": 1, "updated": 1}
    assert selected.work_order(7)["title"] == "Other"


def test_the_same_content_as_before_lets_edits_go_again(selected: Selected) -> None:
    for kind in (1, 3, 1):
        selected.says(kind=kind, name="Pump")
        selected.run()
    selected.technician_edits(7, title="Edited")
    assert selected.run()["outbound"] == {"read": 1, "updated": 1}


def test_an_earlier_delivery_that_matches_does_not_bring_a_record_back(selected: Selected) -> None:
    selected.says("7_a.json", kind=1, name="Pump")
    selected.run()
    selected.says("7_b.json", kind=3, name="Pump")
    for _ in range(3):
        selected.technician_edits(7, title="Edited")
        assert selected.run()["outbound"] == {"read": 1, "skipped": 1}


def test_of_two_records_with_one_key_the_later_one_counts_whether_it_matches_or_not(selected: Selected) -> None:
    selected.says("7_a.json", kind=1, name="First")
    selected.says("7_b.json", kind=3, name="Second")
    assert selected.run(directions=INBOUND)["inbound"] == {"read": 2, "superseded": 1, "skipped": 1}
    assert selected.work_orders.count_documents({}) == 0
    selected.says("7_c.json", kind=2, name="Third")
    assert selected.run(directions=INBOUND)["inbound"] == {"read": 3, "superseded": 2, "created": 1}


def test_a_work_order_that_nothing_is_remembered_of_waits_as_well(selected: Selected) -> None:
    selected.work_orders.insert_one({"number": 7, "title": "Ours"})
    selected.says(kind=3, name="Theirs")
    assert selected.run() == {"inbound": {"read": 1, "skipped": 1}, "outbound": {"read": 1, "skipped": 1}}
    selected.says(kind=1, name="Theirs")
    selected.run()
    assert selected.work_order(7)["title"] == "Theirs"


def test_a_condition_that_was_edited_takes_effect_on_records_that_lie_there(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.maps("  import_when: {kind: 2}")
    assert selected.run(directions=INBOUND)["inbound"] == {"read": 1, "skipped": 1}
    selected.technician_edits(7, title="Edited")
    assert selected.run()["outbound"] == {"read": 1, "skipped": 1}
    selected.maps("  import_when: {kind: 1}")
    assert selected.run() == {"inbound": {"read": 1, "unchanged": 1}, "outbound": {"read": 1, "updated": 1}}


def test_a_mapping_without_the_condition_lets_all_go(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.says(kind=3, name="Pump")
    selected.run()
    selected.technician_edits(7, title="Edited")
    selected.maps("")
    assert selected.run()["outbound"] == {"read": 1, "updated": 1}


@pytest.mark.untouched
def test_a_plan_says_what_a_run_does(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.says(kind=3, name="Pump")
    selected.says("8.json", id=8, kind=3)
    selected.says("9.json", id=9, kind=1)
    selected.technician_edits(7, title="Edited")
    before = everything(selected)
    made = plan(selected.mapping, selected.settings, LOG)
    assert everything(selected) == before
    notes = {(record.direction.value, record.note) for record in made.records if record.outcome is Outcome.SKIPPED}
    assert notes == {("inbound", Note.ASIDE.value), ("outbound", Note.WAITS_ASIDE.value)}
    shown = selected.etl("plan").stdout
    assert "- 7.json (7)" in shown
    assert Note.ASIDE.value in shown
    document = json.loads(selected.etl("plan", "--json").stdout)
    assert [counts["skipped"] for counts in document["directions"]] == [2, 1]
    assert [report.as_dict() for report in made.reports] == [report.as_dict() for report in selected.reports()]


def test_an_applied_plan_sends_what_is_imported_again_and_says_nothing_new(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.says(kind=3, name="Pump")
    selected.run()
    selected.technician_edits(7, title="Valve")
    selected.says(kind=1, name="Valve", note="news")
    assert applied(selected) == ([{"read": 1, "unchanged": 1}, {"read": 1, "updated": 1}], [])
    assert selected.client_gets(7)["name"] == "Valve"


def test_an_applied_plan_leaves_alone_what_is_skipped(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.says(kind=3, name="Other")
    selected.says("9.json", id=9, kind=1)
    selected.technician_edits(7, title="Edited")
    applied(selected)
    assert selected.work_order(7)["title"] == "Edited"
    assert selected.client_gets(7)["name"] == "Pump"
    assert selected.work_order(9)["isSynced"]


def test_verify_counts_what_is_skipped_and_finds_no_difference_in_it(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.says(kind=3, name="Other")
    selected.says("8.json", id=8, kind=3)
    selected.run()
    results = list(verify(selected.mapping, selected.settings, LOG))
    assert [result.outcome for result in results] == [Outcome.SKIPPED] * 2
    result = selected.etl("verify")
    assert (result.returncode, result.stdout.strip()) == (0, "0 agree, 2 skipped")
    (selected.inbound / "7.json").unlink()
    assert selected.etl("verify").stdout.strip() == "0 agree, 2 skipped"


def test_a_run_that_only_sends_leaves_what_does_not_match_any_more(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.technician_edits(7, title="Edited")
    selected.says(kind=3, name="Pump")
    (report,) = selected.reports(directions=OUTBOUND)
    assert report.read == 0
    assert "wait" in report.notices[0].text
    selected.run(directions=INBOUND)
    assert selected.run(directions=OUTBOUND)["outbound"] == {"read": 1, "skipped": 1}


def test_memory_that_is_made_anew_knows_what_does_not_match(selected: Selected) -> None:
    selected.says(kind=1, name="Pump")
    selected.run()
    selected.says(kind=3, name="Pump")
    selected.database["etl_state"].drop()
    rebuild_state(selected.mapping, selected.settings, LOG)
    selected.technician_edits(7, title="Edited")
    assert selected.run() == {"inbound": {"read": 1, "skipped": 1}, "outbound": {"read": 1, "skipped": 1}}


def test_a_letter_of_a_record_goes_once_that_is_skipped(selected: Selected) -> None:
    selected.says(kind=1, name=5)
    assert selected.run(directions=INBOUND)["inbound"] == {"read": 1, "rejected": 1}
    selected.says(kind=3, name=5)
    selected.run(directions=INBOUND)
    assert selected.database["etl_dead_letters"].count_documents({}) == 0


def test_batches_and_workers_make_no_difference(selected: Selected) -> None:
    for number in range(1, 13):
        selected.says(f"{number}.json", id=number, kind=number % 4, name=f"Pump {number}")
    assert selected.run(directions=INBOUND, batch_size=2, workers=Workers(1))["inbound"] == {
        "read": 12,
        "created": 6,
        "skipped": 6,
    }


def test_tables_need_no_line_for_what_no_imported_record_has(selected: Selected) -> None:
    kinds = {"enum": [1, 2, 3, None]}
    status = "{client: kind, tracos: status, values: [{client: 1, tracos: a}, {client: 2, tracos: b}]}"
    selected.maps("  import_when: {kind: [1, 2]}", "", status, kind=kinds)
    assert not any("W164" in line or "E160" in line for line in selected.etl("check").stdout.splitlines())
    with pytest.raises(MappingError, match="E160 3 of client\\.kind has no line in the table"):
        selected.maps("", "", status, kind=kinds)


@pytest.mark.parametrize("when", ["{not: X}", "{not: [X, Z]}", "[null, {not: X}]"])
def test_nor_do_they_for_a_text_that_is_not_to_be_there_and_that_their_lines_name(
    selected: Selected, when: str
) -> None:
    others = "{client: [{not: [O, X, null]}, P], tracos: b}"
    status = f"{{client: kind, tracos: status, values: [{{client: O, tracos: a}}, {others}]}}"
    kinds = {"type": "string", "minLength": 1}
    selected.maps(f"  import_when: {{kind: {when}}}", "", status, kind=kinds)
    assert "W156" not in selected.etl("check").stdout
    selected.maps("", "", status, kind=kinds)
    assert 'W156 a record with "X" of client.kind is rejected' in selected.etl("check").stdout


def test_nor_for_a_list_without_the_member_that_import_when_asks_for(selected: Selected) -> None:
    rule = "{cases: [{client: {kind: {has: ours}}, tracos: {status: a}}]}"
    kinds = {"type": "array", "items": {"type": "string"}}
    for asked, is_named in (("ours", False), ("[ours, theirs]", True)):
        selected.maps(f"  import_when: {{kind: {{has: {asked}}}}}", "", rule, kind=kinds)
        assert ("W156 a record with [] of client.kind" in selected.etl("check").stdout) is is_named


def test_a_rule_that_writes_what_is_not_imported_again_is_named_until_somebody_says_why(selected: Selected) -> None:
    rule = "{client: kind, tracos: status, values: [{client: 1, tracos: a}, {client: 2, tracos: b}]LOSSY}"
    when, kinds = "  import_when: {kind: [1, null]}", {"enum": [1, 2, None]}
    selected.maps(when, "", rule.replace("LOSSY", ""), kind=kinds)
    assert "W183" in selected.etl("check").stdout
    selected.maps(when, "", rule.replace("LOSSY", ", lossy: {W183: b is ours alone}"), kind=kinds)
    assert "W183" not in selected.etl("check").stdout


@pytest.mark.parametrize("year", [{"enum": ["2024", "2018"]}, {"type": "string"}], ids=["listed", "named"])
def test_a_date_of_which_a_part_is_not_imported_again_is_named_too(tmp_path: Path, year: dict[str, Any]) -> None:
    rule = "{c: [day, year], t: at, as: {datetime: {format: ['%j', '%Y']}}, lossy: {W165: ok, W156: ok}}"
    file = proofs.mapping(tmp_path, rule, proofs.of(day_=proofs.TEXT, year_=year), proofs.of(at_=proofs.DATE))
    file.write_text(file.read_text().replace("schema: c.json,", "schema: c.json, import_when: {year: {not: '2018'}},"))
    assert ["W183" for one in examine(file)[1] if one.code == "W183"] == ["W183"]


def test_an_example_says_that_a_record_is_skipped(selected: Selected) -> None:
    text = selected.mapping.file.read_text()
    skipped = "examples:\n  - {name: of another kind, client: {id: 7, kind: 3}, skips: true}\n"
    selected.mapping.file.write_text(text + skipped)
    assert selected.etl("test").returncode == 0
    selected.mapping.file.write_text(text + skipped.replace("kind: 3", "kind: 1"))
    assert "is imported, and was to be skipped" in selected.etl("test").stdout
    selected.mapping.file.write_text(text + skipped.replace(", skips: true", ""))
    assert "is skipped: kind is 3, and import_when asks for 1 or 2" in selected.etl("test").stdout


def test_explain_and_translate_say_why_a_record_is_skipped(selected: Selected) -> None:
    selected.says(kind=3, template=True)
    file = str(selected.inbound / "7.json")
    why = "kind is 3, and import_when asks for 1 or 2; template is true, and import_when asks for {not: true}"
    assert selected.etl("explain", file).stdout == f"skipped: {why}\n"
    assert json.loads(selected.etl("explain", "--json", file).stdout)["skipped"] == why
    translated = selected.etl("translate", "--direction", "inbound", file)
    assert (translated.returncode, translated.stdout) == (0, "")
    assert f"line 1: skipped: {why}" in translated.stderr


def test_the_page_says_which_records_are_imported(selected: Selected) -> None:
    page = selected.etl("docs").stdout
    assert "is imported only while `kind` is 1 or 2 and `template` is {not: true}" in page


def test_a_csv_file_without_a_column_that_is_asked_is_refused(selected: Selected) -> None:
    text = ["string", "null"]
    files = '{inbound: "*.csv", outbound: "{run}_{part}.csv", format: csv, csv: {spreadsheet: false}}'
    selected.maps('  import_when: {note: "x"}', id="string", kind=text, template=text, files=files)
    (selected.inbound / "a.csv").write_text("id,name,note\n7,Pump,x\n8,Valve,y\n")
    (selected.inbound / "b.csv").write_text("id,name\n9,Fan\n")
    assert selected.run(directions=INBOUND)["inbound"] == {"read": 3, "created": 1, "skipped": 1, "rejected": 1}


@pytest.mark.parametrize(
    "asked",
    [
        "{word: REL}",
        "{word: [REL, TECO]}",
        "{word: REL, not: {word: DLFL}}",
        "[{word: REL}, X]",
        '{word: "C++"}',
        "{not: {word: DLFL}}",
    ],
)
@pytest.mark.parametrize("text", [{"type": "string"}, {"type": ["string", "null"], "maxLength": 4}])
def test_records_with_a_word_that_is_asked_are_made_to_try_the_mapping_with(
    selected: Selected, asked: str, text: dict[str, Any]
) -> None:
    selected.maps(f"  ignore: [kind]\n  import_when: {{kind: {asked}}}", kind=text)
    assert "W182" not in selected.etl("check", "--strict").stdout
    tested = selected.etl("test")
    assert (tested.returncode, "all hold" in tested.stdout) == (0, True), tested.stdout


def test_so_are_they_where_a_rule_maps_the_text(selected: Selected) -> None:
    rule = "{client: kind, tracos: status, lossy: {W183: we close what is ours}}"
    selected.maps("  import_when: {kind: {word: REL}}", "", rule, kind={"type": "string"})
    assert "W182" not in selected.etl("check", "--strict").stdout
    tested = selected.etl("test")
    assert (tested.returncode, "all hold" in tested.stdout) == (0, True), tested.stdout
