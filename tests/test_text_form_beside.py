"""`as` of a system beside what a rule says of its texts: its codec, its nulls, its expression, and what is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.proofs import SOME, TEXT, WHOLE, lists, of
from tests.support.text_forms import back, findings, inside, mapping, outside, refused, there, write

TEXTS = {"type": "array", "items": TEXT}
SIGNED = "as: {text: {before: '<', after: '>'}}"
PADDED = "as: {text: {pad: 4}}"
EITHER = {"type": ["string", "integer"]}
DATE = {"type": "string", "format": "date-time"}
COLUMN = "codecs: {column: {as: {text: {trim: right}}, lossy: columns are padded}}\n"


@pytest.mark.parametrize(("said", "text"), [(SIGNED, "N/A"), (PADDED, "  "), (PADDED, "")])
def test_what_means_absent_as_it_stands_is_not_refused(said: str, text: str, tmp_path: Path) -> None:
    rule = "{c: a, t: a, nulls: {c: [N/A]}}"
    made = mapping(write(tmp_path, said, rule, outside(a=EITHER), inside(a=EITHER)))
    assert there(made, {"id": 1, "a": text}) == {"number": 1}


def test_a_text_that_its_form_never_makes_is_no_absent_value(tmp_path: Path) -> None:
    rule = "{c: a, t: a, nulls: {c: [N/A]}, as: boolean_text, lossy: {W165: ok}}"
    file = write(tmp_path, "as: {text: {case: lower}}", rule, outside(a_=TEXT), inside(a_={"type": "boolean"}))
    assert [one for one in findings(file) if one.startswith("E12")] == []
    assert refused(mapping(file), {"id": 1, "a": "N/A"})


def test_a_value_that_is_no_text_is_the_first_that_is_there_beside_texts_in_a_form(tmp_path: Path) -> None:
    rule = "{c: {first: [a, b]}, t: a, lossy: {W180: blanks are none, W165: ok}}"
    either = {"type": ["string", "number"]}
    file = write(tmp_path, PADDED, rule, outside(a=TEXT, b={"type": "number"}), inside(a=either))
    made = mapping(file)
    assert there(made, {"id": 1, "b": 7}) == {"number": 1, "a": 7}
    assert back(made, {"number": 1, "a": "x"}) == {"id": 1, "a": "x   "}


def test_blanks_mean_absent_where_a_table_has_a_form_of_its_own(tmp_path: Path) -> None:
    rule = "{c: a, t: a, as: boolean_text, nulls: {c: [N/A]}, when_absent: {c: N/A}, values: [{c: true, t: 1}]}"
    made = mapping(write(tmp_path, "as: {text: {pad: 5, trim: right}}", rule, outside(a=TEXT), inside(a={"enum": [1]})))
    assert there(made, {"id": 1, "a": "  "}) == {"number": 1}
    assert there(made, {"id": 1, "a": "true "}) == {"number": 1, "a": 1}
    assert back(made, {"number": 1}) == {"id": 1, "a": "N/A  "}


def test_blanks_mean_absent_to_the_codec_of_a_rule(tmp_path: Path) -> None:
    rule = "{c: a, t: a, as: {text: {pad: 6}}, lossy: {W165: pads, W156: long}}"
    made = mapping(write(tmp_path, "as: {text: {case: lower}}", rule, outside(a=TEXT), inside(a=TEXT)))
    assert there(made, {"id": 1, "a": "  "}) == {"number": 1}


@pytest.mark.parametrize("said", ["as: column", "as: {text: {trim: right}}", "as: {text: {pad: 6, trim: right}}"])
def test_a_key_in_digits_is_one_key_whatever_blanks_are_behind_it(said: str, tmp_path: Path) -> None:
    rule = "{c: id, t: number, key: true, as: integer_text}"
    made = write(tmp_path, said, rule, of(id_=TEXT), inside(), COLUMN)  # of six digits at most
    assert not [one for one in findings(made) if "W156" not in one]


def test_a_from_asks_nothing_of_a_text_that_it_does_not_read(tmp_path: Path) -> None:
    rule = "{t: a, from: \"join('-', [b.c, b.d[0]])\", lossy: made}"
    there_ = outside(more=SOME, b=of(c_=TEXT, d_=TEXTS, e=SOME))
    made = mapping(write(tmp_path, f"{SIGNED}, ignore: [more]", rule, there_, inside(a=TEXT)))
    record = {"id": 1, "more": "x", "b": {"c": "<c>", "d": ["<d>"], "e": "x"}}
    assert there(made, record)["a"] == "c-d"
    assert refused(made, {**record, "b": {"c": "c", "d": ["<d>"]}})


@pytest.mark.parametrize(
    "rule",
    [
        "{t: a, as: {boolean: [[X], ['']]}, flags: [{c: a, t: 1}], otherwise: 2}",
        "{c: a, t: a, as: {text: {after: X}}, values: [{c: a, t: 1}]}",
    ],
)
def test_what_a_table_writes_and_would_not_be_read_rejects_its_record(rule: str, tmp_path: Path) -> None:
    file = write(tmp_path, "as: {text: {case: lower}}", rule, outside(a=TEXT), inside(a={"enum": [1, 2]}))
    assert any(one.startswith(("E", "W156")) for one in findings(file))


def test_what_is_written_to_several_fields_and_would_not_be_read_rejects_its_record(tmp_path: Path) -> None:
    rule = "{c: [a, b], t: a, as: {datetime: {format: ['%Y-%m-%dT', '%H:%M:%S']}}}"
    file = write(tmp_path, "as: {text: {case: lower}}", rule, outside(a_=TEXT, b_=TEXT), inside(a_=DATE))
    assert [one for one in findings(file) if one.startswith("E154")], findings(file)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": {"enum": ["a", "b"]}},
        {"type": "array", "items": {"type": "boolean"}},
        {"type": "object", "properties": {"p": {"enum": ["a", 1]}, "q": WHOLE}, "additionalProperties": False},
        {"anyOf": [{"enum": ["a", "b"]}, {"enum": [-1]}]},
    ],
)
def test_nothing_is_lost_where_the_schemas_leave_nothing_to_lose(schema: dict[str, object], tmp_path: Path) -> None:
    rule, trim = "{c: a, t: a}", "as: {text: {trim: right}}"
    assert not findings(write(tmp_path, trim, rule, outside(a=schema), inside(a=schema)))
    assert findings(write(tmp_path, trim, rule, outside(a=TEXTS), inside(a=TEXTS)))


def test_the_reason_for_all_texts_is_none_for_what_the_codec_of_a_rule_loses(tmp_path: Path) -> None:
    rules = "{c: a, t: a, as: dotnet_date}\n{c: b, t: b}\n{c: d, t: d, as: integer_text}"
    fields = {"a": TEXT, "b": {"type": "string", "minLength": 1}, "d": TEXT}
    file = write(tmp_path, "as: column", rules, outside(**fields), inside(**{**fields, "a": DATE, "d": WHOLE}), COLUMN)
    told = [one for one in findings(file) if "W165" in one]
    assert len(told) == 1
    assert "c.a" in told[0]


def test_nothing_of_a_text_is_lost_where_a_codec_makes_something_else_of_the_first_that_is_there(
    tmp_path: Path,
) -> None:
    rules = "{c: {first: [a, b]}, t: a, as: integer_text}\n{c: {first: [d, e]}, t: d, as: datetime, lossy: micro}"
    fields = {"a": TEXT, "b": TEXT, "d": TEXT, "e": TEXT}
    upper = "as: {text: {case: upper}}"
    file = write(tmp_path, upper, rules, outside(**fields), inside(a=WHOLE, d=DATE))
    assert [one for one in findings(file) if "letters" in one] == []


def test_an_element_whose_key_is_empty_text_is_lost_and_no_key_is(tmp_path: Path) -> None:
    rule = "{c: a, t: a, each: [{c: k, t: k, key: true}, {c: m, t: m}]}"
    of_each = lists(k_=TEXT, m=WHOLE)
    file = write(tmp_path, "as: {text: {pad: 6}}", rule, outside(a=of_each), inside(a=of_each))
    assert [one for one in findings(file) if "W180" in one] == ['W180 t.a [{"k": ""}] comes back as []']


def test_what_comes_back_as_what_means_absent_is_found_in_its_form(tmp_path: Path) -> None:
    rule = "{c: a, t: a, as: {text: {case: upper}}, nulls: {c: [NA]}, lossy: {W165: small, W156: long}}"
    file = write(tmp_path, "as: {text: {pad: 4, trim: right}}", rule, outside(a=TEXT), inside(a=TEXT))
    assert [one for one in findings(file) if one.startswith("E181")]


def test_text_that_is_the_mark_of_a_form_is_another_one_behind_that_mark(tmp_path: Path) -> None:
    rule = "{c: {first: [a, b]}, t: a, as: {text: {case: lower}}, nulls: {c: ['-']}, lossy: {W165: small, W180: ok}}"
    file = write(tmp_path, "as: {text: {before: 'u:'}}", rule, outside(a=TEXT, b=TEXT), inside(a=TEXT))
    assert findings(file) == []  # "U:-" is in no such form, and never comes


def test_a_listed_text_is_copied_as_its_form_reads_it_beside_values_of_another_type(tmp_path: Path) -> None:
    there, here = ({"anyOf": [{"type": "number"}, {"const": text}]} for text in ("<shut>", "shut"))
    assert findings(write(tmp_path, SIGNED, "{c: a, t: a}", outside(a=there), inside(a=here))) == []


def test_what_is_written_for_no_word_has_its_form_once(tmp_path: Path) -> None:
    lines = "{c: {a: {word: done}}, t: {a: 1}}, {c: {a: {not: {word: done}}}, t: {a: 2}}"
    rule = f"{{as: {{text: {{}}}}, when_absent: {{c: NONE}}, cases: [{lines}]}}"
    file = write(tmp_path, "as: {text: {before: 'u:'}}", rule, outside(a=TEXT), inside(a={"enum": [1, 2]}))
    assert back(mapping(file), {"number": 1, "a": 2}) == {"id": 1, "a": "u:NONE"}


def test_a_member_that_its_form_never_makes_is_refused(tmp_path: Path) -> None:
    rule = "{cases: [{c: {a: {has: hot}}, t: {a: 1}}, {c: {a: {not: {has: hot}}}, t: {a: 2}}]}"
    file = write(tmp_path, "as: {text: {case: upper}}", rule, outside(a=TEXTS), inside(a={"enum": [1, 2]}))
    assert [one for one in findings(file) if one.startswith("E161")]


def test_what_stands_above_a_path_is_in_its_form(tmp_path: Path) -> None:
    rules = "{c: a.p, t: p, when_absent: {c: ''}}\n{c: a.q, t: q, when_absent: {c: ''}}"
    none = {"oneOf": [{"const": "<>"}, of(p=SOME, q={"type": "boolean"})]}
    made = mapping(write(tmp_path, SIGNED, rules, outside(a=none), inside(p=SOME, q={"type": "boolean"})))
    assert there(made, {"id": 1, "a": "<>"}) == {"number": 1}
    assert back(made, {"number": 1}) == {"id": 1, "a": "<>"}
    assert back(made, {"number": 1, "p": "x"}) == {"id": 1, "a": {"p": "<x>"}}


def test_nothing_is_cut_where_a_pattern_has_no_longer_text(tmp_path: Path) -> None:
    short = {"type": "string", "pattern": "^[A-Z]{2}$"}
    assert not findings(write(tmp_path, "as: {text: {cut: 3}}", "{c: a, t: a}", outside(a=short), inside(a=short)))
    assert findings(write(tmp_path, "as: {text: {cut: 1}}", "{c: a, t: a}", outside(a=short), inside(a=short)))


def test_dates_that_are_never_written_so_that_they_are_read_are_refused(tmp_path: Path) -> None:
    rule = "{c: a, t: a, as: dotnet_date, lossy: no offset}"
    file = write(tmp_path, "as: {text: {case: lower}}", rule, outside(a=TEXT), inside(a=DATE))
    assert [one for one in findings(file) if one.startswith("E154")]


@pytest.mark.parametrize(("read", "field"), [("a == 'x'", "a"), ("b[0].c && 'x' == 'x'", "b")])
def test_a_listed_text_that_is_not_in_its_form_is_told_where_an_expression_reads_it(
    read: str, field: str, tmp_path: Path
) -> None:
    listed = {"enum": ["<x>", "y"]}
    schema = outside(**{field: listed if field == "a" else lists(c=listed)})
    rule = f'{{t: a, from: "{read}", lossy: {{W167: made}}}}'
    file = write(tmp_path, SIGNED, rule, schema, inside(a={"type": ["boolean", "string"]}))
    assert [one for one in findings(file) if one.startswith("W156") and '"y"' in one]


def test_an_expression_is_tried_on_texts_in_their_form(tmp_path: Path) -> None:
    rule = "{t: a, from: to_number(a), lossy: made}"
    said = findings(write(tmp_path, SIGNED, rule, outside(a=TEXT), inside(a=WHOLE)))
    assert [one for one in said if one.startswith("W155")]


def test_blanks_mean_absent_where_members_stand_in_a_text(tmp_path: Path) -> None:
    rule = "{as: {split: ','}, cases: [{c: {a: {has: x}}, t: {b: 1}}, {c: {a: {not: {has: x}}}, t: {b: 2}}]}"
    made = mapping(write(tmp_path, PADDED, rule, outside(a=TEXT), inside(b_={"enum": [1, 2]})))
    assert there(made, {"id": 1, "a": "  "}) == {"number": 1, "b": 2}
    assert there(made, {"id": 1, "a": "x,y "}) == {"number": 1, "b": 1}


def test_an_expression_reads_each_field_in_the_form_of_its_own_length(tmp_path: Path) -> None:
    rule = "{t: a, from: \"join('+', [a, b])\"}"
    two = {name: {"type": "string", "maxLength": length} for name, length in (("a_", 4), ("b_", 6))}
    made = mapping(write(tmp_path, "as: {text: {pad: true}}", rule, outside(**two), inside(a=TEXT)))
    assert there(made, {"id": 1, "a": "x   ", "b": "y     "}) == {"number": 1, "a": "x+y"}
    assert refused(made, {"id": 1, "a": "x ", "b": "y     "})


def test_a_table_loses_nothing_of_values_that_the_form_has_read_before(tmp_path: Path) -> None:
    rule = "{c: a, t: a, as: {text: {trim: right}}, values: [{c: old, t: 1}, {c: new, t: 2}]}"
    said = outside(a_={"enum": ["old ", "new "]})
    assert findings(write(tmp_path, PADDED, rule, said, inside(a_={"enum": [1, 2]}))) == []


def test_a_word_that_its_own_form_reads_again_is_read_whatever_letters_the_system_has(tmp_path: Path) -> None:
    rule = (
        "{as: {text: {after: '#', case: lower}}, lossy: so it is,"
        " cases: [{c: {a: {word: hot}}, t: {b: 1}}, {c: {a: {not: {word: hot}}}, t: {b: 2}}]}"
    )
    file = write(tmp_path, "as: {text: {case: upper}}", rule, outside(a=TEXT), inside(b_={"enum": [1, 2]}))
    assert [one for one in findings(file) if one.startswith("E161")] == []
    assert there(mapping(file), {"id": 1, "a": "HOT# x"}) == {"number": 1, "b": 1}
