"""`as` of a system: first on every text that comes, last on every text that goes, in every kind of rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl.errors import MappingError
from etl.mapping.load import examine
from etl.mapping.rules.selection import compile_selection
from etl.mapping.rules.sent import sent_form
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Direction, Sort
from etl.page.content import page_of
from etl.page.markdown import render
from tests.support import proofs
from tests.support.command_line import etl
from tests.support.proofs import SOME, TEXT, WHOLE, lists, of
from tests.support.text_forms import back, findings, inside, mapping, outside, refused, there, write

TRIM = "as: {text: {trim: right}}, keep: true"
TEXTS = {"type": "array", "items": TEXT}
PAD = "as: {text: {pad: true}}"


def padded(length: int) -> dict[str, Any]:
    return {"type": "string", "minLength": length, "maxLength": length}


KINDS: dict[str, tuple[str, Any, Any, Any, Any]] = {
    "a copy": ("{c: a, t: a}", TEXT, TEXT, "Pump  ", "Pump"),
    "a codec": ("{c: a, t: a, as: integer_text}", TEXT, WHOLE, "7  ", 7),
    "what may be a number too": (
        "{c: a, t: a}",
        {"type": ["string", "integer"]},
        {"type": ["string", "integer"]},
        "7  ",
        "7",
    ),
    "a list of texts": (
        "{c: a, t: a}",
        TEXTS,
        TEXTS,
        ["p "],
        ["p"],
    ),
    "elements that are texts": (
        "{c: a, t: a, each: [{c: '@', t: '@'}]}",
        TEXTS,
        TEXTS,
        ["p "],
        ["p"],
    ),
    "elements": (
        "{c: a, t: a, each: [{c: b, t: b}]}",
        lists(b=TEXT),
        lists(b=TEXT),
        [{"b": "p "}, {"b": "q"}],
        [{"b": "p"}, {"b": "q"}],
    ),
    "elements that are told apart": (
        "{c: a, t: a, each: [{c: b, t: b, key: true}, {c: d, t: d}]}",
        lists(b_=SOME, d=TEXT),
        lists(b_=SOME, d=TEXT),
        [{"b": "p ", "d": "x "}, {"b": "q", "d": "y"}],
        [{"b": "p", "d": "x"}, {"b": "q", "d": "y"}],
    ),
    "a table": ("{c: a, t: a, values: [{c: [A, C], t: x}, {c: B, t: w}]}", TEXT, {"enum": ["x", "w"]}, "C  ", "x"),
    "cases": (
        "{cases: [{c: {a: [A, C]}, t: {a: x}}, {c: {a: B}, t: {a: w}}, {c: {a: null}, t: {a: null}}]}",
        TEXT,
        {"enum": ["x", "w"]},
        "C  ",
        "x",
    ),
    "a listed text": (
        "{c: a, t: a, values: [{c: A, t: x}, {c: BB, t: w}]}",
        {"enum": ["A ", "BB"]},
        {"enum": ["x", "w"]},
        "A ",
        "x",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_text_is_read_in_its_form_and_goes_back_as_it_came(kind: str, tmp_path: Path) -> None:
    rule, c, t, lies, means = KINDS[kind]
    made = mapping(write(tmp_path, TRIM, rule, outside(a=c), inside(a=t)))
    record = {"id": 1, "a": lies}
    assert there(made, record) == {"number": 1, "a": means}
    assert back(made, {"number": 1, "a": means}, record) == record
    assert there(made, back(made, {"number": 1, "a": means})) == {"number": 1, "a": means}


@pytest.mark.parametrize("kind", ["a copy", "a codec", "a table", "cases"])
def test_text_is_written_in_its_form(kind: str, tmp_path: Path) -> None:
    rule, _, t, lies, means = KINDS[kind]
    made = mapping(write(tmp_path, PAD, rule, outside(a=padded(5)), inside(a=t)))
    written = back(made, {"number": 1, "a": means})["a"]
    assert len(written) == 5
    assert there(made, {"id": 1, "a": written}) == {"number": 1, "a": means}
    assert there(made, {"id": 1, "a": lies.strip().ljust(5)}) == {"number": 1, "a": means}
    assert there(made, {"id": 1, "a": "     "}) == {"number": 1}


@pytest.mark.parametrize("kind", ["a copy", "a codec", "a table", "cases", "what may be a number too"])
def test_text_that_is_not_in_its_form_rejects_its_record(kind: str, tmp_path: Path) -> None:
    rule, _, t, _, _ = KINDS[kind]
    c = {**padded(5), "type": ["string", "integer"]} if "number" in kind else padded(5)
    made = mapping(write(tmp_path, PAD, rule, outside(a=c), inside(a=t)))
    assert ("a", 'expected text of 5 characters, found "A"') in refused(made, {"id": 1, "a": "A"})


def test_text_that_has_no_room_rejects_its_record(tmp_path: Path) -> None:
    c, t = {**padded(5), "type": ["string", "integer"]}, {"type": ["string", "integer"]}
    made = mapping(write(tmp_path, PAD, "{c: a, t: a}", outside(a=c), inside(a=t)))
    (wrong,) = refused(made, {"number": 1, "a": "too long"}, Direction.OUTBOUND)
    assert wrong == ("a", '"too long" has more than 5 characters')


def test_several_fields_are_read_in_their_form(tmp_path: Path) -> None:
    rule = '{c: [day, time], t: at, as: {datetime: {format: ["%Y-%m-%d", "%H:%M"]}}}'
    c, t = outside(day=TEXT, time=TEXT), inside(at={"type": "string", "format": "date-time"})
    made = mapping(write(tmp_path, TRIM, rule, c, t))
    record = {"id": 1, "day": "2025-01-02  ", "time": "03:04 "}
    found = there(made, record)
    assert found["at"].isoformat() == "2025-01-02T03:04:00+00:00"
    assert back(made, found, record) == record


def test_a_from_reads_text_in_its_form_and_writes_it_so(tmp_path: Path) -> None:
    rules = """
{t: a, from: a, write: once}
{t: b, from: "join('-', [a, not_null(d, 'x')])", write: once}
{c: e, from: f}
{c: g, from: "join('', [f, '!'])"}
"""
    c = outside(a=TEXT, d=TEXT, e=padded(4), g=padded(4))
    made = mapping(write(tmp_path, "as: {text: {trim: right, pad: 4}}", rules, c, inside(a=TEXT, b=TEXT, f=TEXT)))
    assert there(made, {"id": 1, "a": "p ", "d": "q  "}) == {"number": 1, "a": "p", "b": "p-q"}
    assert back(made, {"number": 1, "f": "z"}) == {"id": 1, "e": "z   ", "g": "z!  "}


@pytest.mark.parametrize(
    ("rule", "t"),
    [
        ("{c: a, t: a}", TEXT),
        ("{c: a, t: a, as: integer_text}", WHOLE),
        ("{t: a, from: a, write: once}", TEXT),
        ("{c: a, t: a, values: [{c: A, t: x}]}", TEXT),
    ],
)
def test_nulls_are_asked_of_the_value_after_it(rule: str, t: Any, tmp_path: Path) -> None:
    made = mapping(write(tmp_path, f'{TRIM}, nulls: ["N/A"]', rule, outside(a=TEXT), inside(a=t)))
    assert there(made, {"id": 1, "a": "N/A  "}) == {"number": 1}
    assert there(made, {"id": 1, "a": "   "}) == {"number": 1}


def test_nulls_of_a_rule_outrank_those_of_its_system(tmp_path: Path) -> None:
    rule = "{c: a, t: a, nulls: {c: [none]}}"
    made = mapping(write(tmp_path, f'{TRIM}, nulls: ["N/A"]', rule, outside(a=TEXT), inside(a=TEXT)))
    assert there(made, {"id": 1, "a": "N/A "}) == {"number": 1, "a": "N/A"}
    assert there(made, {"id": 1, "a": "none "}) == {"number": 1}


def test_what_is_written_for_an_absent_value_has_the_form_too(tmp_path: Path) -> None:
    rule = '{c: a, t: a, when_absent: {c: "-"}}'
    made = mapping(write(tmp_path, PAD, rule, outside(a=padded(3)), inside(a=TEXT)))
    assert back(made, {"number": 1}) == {"id": 1, "a": "-  "}
    assert there(made, {"id": 1, "a": "-  "}) == {"number": 1}


def test_a_key_is_read_in_its_form_and_no_two_are_written_alike(tmp_path: Path) -> None:
    rule = "{c: id, t: number, key: true, lossy: {W165: blanks say nothing, W156: no number ends in one}}"
    made = mapping(write(tmp_path, TRIM, rule, of(id_=SOME), inside(SOME)))
    assert compile_mapping(made, Direction.INBOUND)({"id": "A1  "})[1] == ("A1",)
    assert back(made, {"number": "A1"}) == {"id": "A1"}
    (wrong,) = refused(made, {"number": "A1 "}, Direction.OUTBOUND)
    assert wrong == ("number", '"A1 " would be written as "A1", and come back as "A1"')
    assert refused(made, {"id": "  "}) == [("id", "is required: it identifies the record")]


def test_import_when_and_deleted_when_ask_for_what_text_means(tmp_path: Path) -> None:
    said = f"{TRIM}, import_when: {{kind: [A, B]}}, deleted_when: {{kind: X, ref: $key}}"
    c = of(id_=SOME, kind=TEXT, ref=TEXT)
    made = mapping(write(tmp_path, said, "{c: id, t: number, key: true, lossy: blanks}", c, inside(SOME)))
    selection = compile_selection(made)
    assert selection is not None
    assert selection.sort_of({"id": "1", "kind": "B  "}) is Sort.RECORD
    assert selection.sort_of({"id": "1", "kind": "C  "}) is Sort.ASIDE
    gone = {"kind": "X ", "ref": "A1  "}
    assert selection.sort_of(gone) is Sort.GONE
    assert selection.key_of(gone, Sort.GONE) == (("A1",), [])


def test_an_element_is_found_by_what_its_key_means(tmp_path: Path) -> None:
    rule, c, t, _, _ = KINDS["elements that are told apart"]
    made = mapping(write(tmp_path, TRIM, rule, outside(a=c), inside(a=t)))
    last = {"id": 1, "a": [{"b": "p ", "d": "x", "other": 1}]}
    expected = back(made, {"number": 1, "a": [{"b": "p", "d": "new"}]}, last)
    assert [(one["b"].strip(), one["d"], one["other"]) for one in expected["a"]] == [("p", "new", 1)]


def test_an_element_whose_key_is_refused_rejects_its_record(tmp_path: Path) -> None:
    rule, c, t, _, _ = KINDS["elements that are told apart"]
    made = mapping(write(tmp_path, TRIM, rule, outside(a=c), inside(a=t)))
    (wrong,) = refused(made, {"number": 1, "a": [{"b": "0"}, {"b": "p "}]}, Direction.OUTBOUND)
    assert wrong == ("a[1].b", '"p " would be written as "p", and come back as "p"')


def test_what_a_copied_list_loses_is_told_on_both_sides(tmp_path: Path) -> None:
    texts = {"type": "array", "items": SOME}
    file = write(tmp_path, "as: {text: {trim: right}}", "{c: a, t: a}", outside(a=texts), inside(a=texts))
    lost = [one for one in findings(file) if "W165" in one]
    assert lost == [f"W165 {name} comes back without blanks at its end" for name in ("c.a", "t.a")]


def test_what_is_sent_otherwise_is_not_in_that_form(tmp_path: Path) -> None:
    said = f"{PAD}, written: {{a: {{to: b, as: []}}}}"
    made = mapping(write(tmp_path, said, KINDS["a table"][0], outside(a=padded(5)), inside(a={"enum": ["x", "w"]})))
    form = sent_form(made)
    assert form is not None
    expected = back(made, {"number": 1, "a": "w"})
    assert expected == {"id": 1, "a": "B    "}
    assert form(expected, {"number": 1, "a": "w"})[0] == {"id": 1, "b": "B"}


def test_what_is_lost_is_told_where_it_is_lost(tmp_path: Path) -> None:
    rules = """
{c: a, t: a}
{c: b, t: b, as: integer_text}
{c: d, t: d, values: [{c: A, t: x}, {c: B, t: w}], otherwise: {t: x, c: A}}
"""
    c = outside(a={**SOME, "maxLength": 5}, b=TEXT, d=TEXT)
    t = inside(a={**SOME, "maxLength": 5}, b=WHOLE, d={"enum": ["x", "w"]})
    kept = [one for one in findings(write(tmp_path, TRIM, rules, c, t)) if one.startswith("W165")]
    assert kept == ["W165 t.a comes back without blanks at its end"]
    lost = [one for one in findings(write(tmp_path, "as: {text: {trim: right}}", rules, c, t)) if "W165" in one]
    assert lost == [
        "W165 c.a comes back without blanks at its end",
        "W165 t.a comes back without blanks at its end",
        "W165 c.d comes back without blanks at its end",
    ]


def test_a_reason_is_given_once_for_all(tmp_path: Path) -> None:
    c, t = outside(a=SOME, b=WHOLE), inside(a=SOME, b=WHOLE)
    lossy = "{W156: nobody enters blanks, W165: columns are padded, W180: nobody enters it}"
    more = f"codecs: {{column: {{as: {{text: {{trim: right}}}}, lossy: {lossy}}}}}\n"
    file = write(tmp_path, "as: column", "{c: a, t: a}\n{c: b, t: b}", c, t, more)
    assert findings(file) == []
    assert etl("check", "--strict", str(file)).returncode == 0 or "gone" in etl("check", "--strict", str(file)).stdout


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("as: datetime", "codec datetime does not make text of text"),
        ("as: integer_text", "codec integer_text does not make text of text"),
        ('as: {split: ","}', "codec split does not make text of text"),
        ("as: textt", "textt"),
        ("as: {text: {pad: true}}", "as of the system does not go with a: the schema has no maxLength"),
    ],
)
def test_as_of_a_system_is_for_text(said: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MappingError) as caught:
        examine(write(tmp_path, said, "{c: a, t: a}", outside(a=TEXT), inside(a=TEXT)))
    (finding,) = caught.value.findings
    assert finding.code == "E114"
    assert message in finding.message
    assert finding.line in {3, 11}


def test_what_means_absent_is_said_at_the_system(tmp_path: Path) -> None:
    more = 'codecs: {column: {as: {text: {trim: right}}, nulls: {c: ["-"]}}}\n'
    with pytest.raises(MappingError) as caught:
        examine(write(tmp_path, "as: column", "{c: a, t: a}", outside(a=TEXT), inside(a=TEXT), more))
    assert [one.message for one in caught.value.findings] == ["codec column says nulls as well"]


def test_the_page_says_it(tmp_path: Path) -> None:
    made = mapping(write(tmp_path, TRIM, "{c: a, t: a}", outside(a=TEXT), inside(a=TEXT)))
    assert "Every text of c is read and written so" in render(page_of(made))


def test_explain_says_what_became_of_a_text(tmp_path: Path) -> None:
    file = write(tmp_path, TRIM, KINDS["a table"][0], outside(a=TEXT), inside(a={"enum": ["x", "w"]}))
    (tmp_path / "7.json").write_text(json.dumps({"id": 7, "a": "C  "}))
    said = etl("explain", "--mapping", str(file), str(tmp_path / "7.json"))
    assert said.returncode == 0, said.stderr
    assert "C  " in said.stdout
    assert "x" in said.stdout


@pytest.mark.parametrize("said", ["cut: 1", "pad: 1", "pad: {left: 1}"])
def test_one_is_a_length_as_any_other_number(tmp_path: Path, said: str) -> None:
    letter = {"type": "string", "minLength": 1, "maxLength": 1}
    rule = f"{{c: w, t: note, as: {{text: {{{said}}}}}, lossy: so}}"
    file = proofs.mapping(tmp_path, rule, of(w=TEXT), of(note=letter))
    assert [one.message for one in examine(file)[1] if one.code == "E114"] == []


@pytest.mark.parametrize("is_list", [False, True])
def test_of_a_list_members_stay_as_they_stand_there_but_in_what_is_made_anew(tmp_path: Path, *, is_list: bool) -> None:
    texts, state = {"type": "array", "items": SOME}, {"enum": ["doing", "open"]}
    table = "{cases: [{c: {a: {has: do}}, t: {b: doing}}, {c: {a: {not: {has: do}}}, t: {b: open}}]}"
    rule = f"{{c: l, t: l, lossy: {{W180: x, W164: x}}, each: [{table}]}}" if is_list else table
    c, t = of(a=texts), of(b_=state)
    fields = ({"l": {"type": "array", "items": c}}, {"l": {"type": "array", "items": t}})
    c, t = (outside(**fields[0]), inside(**fields[1])) if is_list else (outside(a=texts), inside(b_=state))
    lost = [one for one in findings(write(tmp_path, "as: {text: {cut: 2}}", rule, c, t)) if "W165" in one]
    assert lost == ["W165 c.a comes back without what is longer than 2 characters"] * is_list


@pytest.mark.parametrize("is_list", [False, True])
def test_blank_text_where_a_group_or_a_list_may_stand_says_that_there_is_none(tmp_path: Path, *, is_list: bool) -> None:
    one = of(b_=WHOLE)
    held = {"type": "array", "items": one} if is_list else one
    rule = "{c: a, t: a, each: [{c: b, t: b}]}"
    c, t = outside(a={"anyOf": [held, {"const": " " * 5}]}), inside(a=held)
    file = write(tmp_path, "as: {text: {pad: 5}}", rule, c, t)
    assert [one for one in findings(file) if not one.startswith("W")] == []
    made = mapping(file)
    assert there(made, {"id": 1, "a": " " * 5}) == {"number": 1}
    assert there(made, {"id": 1, "a": [{"b": 2}] if is_list else {"b": 2}})["a"] == (
        [{"b": 2}] if is_list else {"b": 2}
    )
