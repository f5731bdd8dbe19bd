"""What check proves of a mapping whose records are rows of CSV files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl import Direction
from etl.app import compile_pipeline
from etl.mapping.load import examine
from etl.testing.cases import Judge
from etl.testing.laws import check_laws
from tests.support.proofs import SOME, TEXT, WHOLE, few, mapping, of

CAPITALS = {"type": "string", "pattern": "^[A-Z]{2}$"}
TICK, DONE = {"enum": ["X", ""]}, of(b_={"enum": ["done", "waiting"]})
FLAGS = "{t: b, as: {boolean: [[X], ['']]}, flags: [{c: a, t: done}], otherwise: waiting}"
ROWS = 'files: {inbound: "*.csv", outbound: "{run}_{part}.csv", format: csv, csv: {spreadsheet: false}}'


@pytest.mark.parametrize(
    ("rules", "c", "t", "expected"),
    [
        ("{c: a, t: b}", of(a_={"type": ["string", "null"]}), of(b_=SOME), []),
        ("{c: a, t: b, when_absent: {c: null}}", of(a={"type": ["string", "null"]}), of(b=SOME), []),
        (
            "{c: a, t: b, as: {boolean: [[S], [M]]}, values: [{c: true, t: 1}, {c: false, t: 2}]}",
            of(a_=TEXT),
            of(b_=few(1, 2)),
            [],
        ),
        (
            "{c: a, t: b, as: [{text: {trim: right}}, integer_text], values: [{c: 3, t: 3}, {c: 4, t: 4}]}",
            of(a_=TEXT),
            of(b_=few(3, 4)),
            ["E122 c.a may be nothing but blanks, but t.b is required"],
        ),
        (
            "{c: a, t: b, as: boolean_text, when_absent: {c: ''}}",
            of(a_=TEXT),
            of(b={"type": "boolean"}),
            ["E122 t.b may be absent, but c.a is required"],
        ),
        (
            "{c: a, t: b, values: [{c: x, t: 1}, {c: null, t: 2}], when_absent: {c: null}}",
            of(a_={"enum": ["x", None]}),
            of(b_={"enum": [1, 2]}),
            ["E122 this pair leaves c.a absent, but it is required"],
        ),
        (
            "{c: a, t: b}",
            of(a=TEXT),
            of(b=TEXT),
            ['W180 "" of t.b comes back as no value: "" means absent in c'],
        ),
        (
            "{c: a, t: b}\n{c: d, from: length(b)}",
            of(a_=TEXT, d=WHOLE),
            of(b_=TEXT),
            [
                'W156 "" of t.b is an empty cell of c.a, which is required',
                "E145 c.d cannot be text, and every value of a CSV file is",
            ],
        ),
        (
            "{c: a, t: b, values: [{c: '', t: 1}, {c: z, t: 2}]}",
            of(a_={"enum": ["", "z"]}),
            of(b_=few(1, 2)),
            ['E161 "" means absent in c.a, so that no record has it there', "W163 1 of t.b comes back as no value"],
        ),
        (
            "{c: a, t: b, values: [{c: true, t: 1}, {c: z, t: 2}]}",
            of(a_={"enum": [True, "z"]}),
            of(b_=few(1, 2)),
            ["E161 true is no text, and every value of c.a is in a CSV file"],
        ),
        (
            "{c: a, t: b, as: integer_text}\n{c: d, from: b}",
            of(a_=TEXT, d={"type": ["string", "integer"]}),
            of(b_=WHOLE),
            [],
        ),
        (
            "{c: s.a, t: b, values: [{c: x, t: 1}]}",
            of(s_={"oneOf": [{"const": ""}, of(a_={"enum": ["x"]})]}),
            of(b_=few(1, 1)),
            [],
        ),
        (
            "{c: s.a, t: b, values: [{c: x, t: 1}]}",
            of(s={"oneOf": [{"const": ""}, of(a_={"enum": ["x"]})]}),
            of(b_=few(1, 1)),
            ["E122 c.s.a may be absent, but t.b is required"],
        ),
        (FLAGS, of(a_=TICK), DONE, ['W156 "waiting" of t.b is an empty cell of c.a, which is required']),
        (FLAGS, of(a=TICK), DONE, []),
        (
            "{c: a, t: b, as: {boolean: [[X], ['']]}, values: [{c: true, t: done}, {c: false, t: waiting}]}",
            of(a=TICK),
            DONE,
            [
                "E122 c.a may be absent, but t.b is required",
                "E161 false means absent in c.a, so that no record has it there",
                'W163 "waiting" of t.b comes back as no value',
            ],
        ),
        (
            "{c: a, from: \"(b == 'done' && 'X') || ''\"}\n{t: b, from: \"(a && 'done') || 'waiting'\"}",
            of(a_=TICK),
            DONE,
            [
                'W156 "waiting" of t.b is an empty cell of c.a, which is required',
                "W174 this is the way back of the rule",
            ],
        ),
        (
            "{t: b, from: to_number(s.a)}",
            of(s_=of(a={"type": "string", "pattern": "^[0-9]{3}$"})),
            of(b_={"type": "integer"}),
            ["E121 no rule writes c.s", "W167 ", 'E122 from: "to_number(s.a)" makes nothing of a record with no c.s.a'],
        ),
        (
            "{t: b, from: to_number(s.a)}",
            of(s_={**of(a={"type": "string", "pattern": "^[0-9]{3}$"}), "additionalProperties": False}),
            of(b_={"type": "integer"}),
            ["E121 no rule writes c.s", "W167 "],
        ),
    ],
    ids=[
        "null never comes",
        "null is an empty value",
        "a column of a table in a form has a value in every row",
        "and that may be blanks, which say nothing",
        "an empty value of a required field is none",
        "nor is one of a line",
        "empty text is none",
        "empty text where there has to be a value, and a number that is computed",
        "in a table",
        "true in a table",
        "numbers are text",
        "an object that a row has to have",
        "an object that a row may lack",
        "a flag that is written as nothing, where there has to be a value",
        "a flag that is written as nothing",
        "a value of a table that is written as nothing",
        "nothing that is computed, where there has to be a value",
        "nothing that is computed of an object that has another column",
        "an object that can have no other column",
    ],
)
def test_what_a_row_of_a_file_cannot_have_is_no_witness_and_what_it_does_not_give_back_is_one(
    tmp_path: Path, rules: str, c: dict[str, Any], t: dict[str, Any], expected: list[str]
) -> None:
    said = [f"{one.code} {one.message}" for one in examine(of_rows(tmp_path, rules, c, t))[1]]
    assert len(said) == len(expected), said
    assert all(one.startswith(start) for one, start in zip(said, expected, strict=True)), said


def of_rows(folder: Path, rules: str, c: dict[str, Any], t: dict[str, Any]) -> Path:
    """Return a mapping whose outside files are CSV."""
    file = mapping(folder, rules, c, t)
    text = file.read_text().replace('files: {inbound: "*.json", outbound: "o_{id}.json"}', ROWS)
    file.write_text(text.replace("{c: id, t: number, key: true}", "{c: id, t: number, key: true, as: integer_text}"))
    schema = json.loads((folder / "c.json").read_text())
    schema["properties"]["id"] = TEXT
    (folder / "c.json").write_text(json.dumps(schema))
    return file


@pytest.mark.parametrize("why", [", lossy: no work order is without", ""], ids=["said", "not said"])
def test_what_fails_since_another_rule_may_reject_the_record_is_no_fault_of_a_law(tmp_path: Path, why: str) -> None:
    rules = f"{{c: s.a, t: b{why}}}\n{{t: d, from: length(s.a), write: once}}"
    file = of_rows(tmp_path, rules, of(s_=of(a_=TEXT)), of(b_=TEXT, d=WHOLE))
    found, warned = examine(file)
    tally = check_laws(Judge(found, {way: compile_pipeline(found, way) for way in Direction}), 20, 0)
    assert bool(warned) is bool(tally.verdicts) is not bool(why)
    assert not why or tally.accepted


@pytest.mark.parametrize(
    ("rule", "c", "t", "runs"),
    [
        ("{c: a, t: b}", TEXT, SOME, True),
        ("{c: a, t: b}", {"type": "string", "maxLength": 2}, TEXT, True),
        (
            "{c: a, t: b}",
            {"type": "string", "pattern": "^[A-Z]{2}$"},
            {"type": "string", "pattern": "^[A-Z]{2}$"},
            False,
        ),
        ("{c: a, t: b, as: {text: {trim: right}}}", TEXT, {"type": "string", "pattern": "^x"}, False),
        ("{c: a, t: b, as: {text: {trim: right}}}", TEXT, SOME, True),
        ("{c: a, t: b, as: integer_text}", TEXT, WHOLE, False),
        ("{c: a, t: b, values: [{c: x, t: 1}, {c: z, t: 2}]}", TEXT, few(1, 2), False),
        ("{c: a, t: b, values: [{c: '-', t: 1}, {c: '+', t: 2}]}", TEXT, few(1, 2), True),
        ("{c: a, t: b, as: duration}", TEXT, {"type": "number"}, True),
        ("{c: a, t: b, as: duration}", TEXT, {"type": "number", "minimum": 0}, False),
        ("{c: a, from: to_string(b)}", TEXT, WHOLE, False),
        ("{c: a, from: \"join('', [to_string(b), '='])\"}", TEXT, WHOLE, True),
        ("{c: a, from: \"join('', [b, 'x'])\"}", TEXT, TEXT, True),
    ],
)
def test_only_text_that_a_spreadsheet_may_run_is_asked_about(
    tmp_path: Path, rule: str, c: dict[str, Any], t: dict[str, Any], *, runs: bool
) -> None:
    file = mapping(tmp_path, rule, of(a=c), of(b=t))
    text = file.read_text().replace('files: {inbound: "*.json", outbound: "o_{id}.json"}', ROWS)
    file.write_text(text.replace(", csv: {spreadsheet: false}", ""))
    assert any(one.code == "W148" for one in examine(file)[1]) is runs


@pytest.mark.parametrize(("inside", "codes"), [(SOME, []), ({"type": ["string", "integer"], "minLength": 1}, ["E143"])])
def test_a_key_of_rows_is_text_though_the_schema_allows_numbers(
    tmp_path: Path, inside: dict[str, Any], codes: list[str]
) -> None:
    file = mapping(tmp_path, "{c: a, t: b}", of(a=SOME), of(b=SOME))
    file.write_text(file.read_text().replace('files: {inbound: "*.json", outbound: "o_{id}.json"}', ROWS))
    for name, key, schema in (("c", "id", {"type": ["string", "integer"], "minLength": 1}), ("t", "number", inside)):
        changed = json.loads((tmp_path / f"{name}.json").read_text())
        changed["properties"][key] = schema
        (tmp_path / f"{name}.json").write_text(json.dumps(changed))
    assert [one.code for one in examine(file)[1] if one.code == "E143"] == codes


@pytest.mark.parametrize(("to", "is_refused"), [("remark", True), ("extra", False), ("null", False)])
def test_a_field_has_a_column_where_it_is_sent(tmp_path: Path, to: str, *, is_refused: bool) -> None:
    file = mapping(tmp_path, "{c: note, t: note, lossy: W}", of(note=TEXT, extra=TEXT), of(note=TEXT))
    files = f"written: {{note: {to}}}, {ROWS.replace('format: csv', 'format: {inbound: json, outbound: csv}')}"
    text = file.read_text()
    file.write_text(text.replace('files: {inbound: "*.json", outbound: "o_{id}.json"}', files))
    said = [one.message for one in examine(file)[1] if one.code == "E145"]
    assert [one[: len("c.remark has no column")] for one in said] == ["c.remark has no column"] * is_refused


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("{note: {as: []}}", ["E151"]),  # a list
        ("{note: {as: {split: ';'}}}", []),
    ],
)
def test_what_is_sent_in_a_column_is_a_single_value(tmp_path: Path, written: str, codes: list[str]) -> None:
    file = mapping(
        tmp_path, "{c: note, t: note, as: split, lossy: W}", of(note=TEXT), of(note={"type": "array", "items": TEXT})
    )
    said = f"written: {written}, {ROWS.replace('format: csv', 'format: {inbound: json, outbound: csv}')}"
    file.write_text(file.read_text().replace('files: {inbound: "*.json", outbound: "o_{id}.json"}', said))
    assert [one.code for one in examine(file)[1] if one.code == "E151"] == codes


@pytest.mark.parametrize(
    ("written", "is_said"),
    [
        ("{note: null}", False),
        ("{note: {as: {text: {before: 'u:'}}}}", False),
        ("{note: {as: {text: {trim: right}}}}", True),
        ("{note: {as: []}}", True),
    ],
)
def test_text_is_a_formula_in_the_form_in_which_it_is_sent(tmp_path: Path, written: str, *, is_said: bool) -> None:
    file = mapping(tmp_path, "{c: note, t: note}", of(note=TEXT), of(note=TEXT))
    rows = ROWS.replace("format: csv", "format: {inbound: json, outbound: csv}").replace(
        ", csv: {spreadsheet: false}", ""
    )
    said = f"written: {written}, {rows}"
    file.write_text(file.read_text().replace('files: {inbound: "*.json", outbound: "o_{id}.json"}', said))
    assert ("W148" in [one.code for one in examine(file)[1]]) is is_said


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("", ['W180 t.b false comes back as "false"']),
        (
            'as: {text: {before: "u:"}}, ',
            [
                (
                    "W156 false of t.b is refused when it comes back in c.a: "
                    'expected text that begins with "u:", found "false"'
                )
            ],
        ),
    ],
)
def test_what_is_no_text_comes_back_from_a_row_as_text(tmp_path: Path, said: str, expected: list[str]) -> None:
    both = {"type": ["string", "boolean"], "minLength": 1}
    file = mapping(tmp_path, "{c: a, t: b}", of(a=both), of(b=both))
    text = file.read_text().replace('files: {inbound: "*.json", outbound: "o_{id}.json"}', said + ROWS)
    file.write_text(text.replace("key: true", "key: true, as: integer_text"))
    schema = json.loads((tmp_path / "c.json").read_text())
    schema["properties"]["id"] = TEXT
    (tmp_path / "c.json").write_text(json.dumps(schema))
    found_ = [f"{one.code} {one.message}" for one in examine(file)[1] if "id" not in one.message]
    assert found_ == expected
