"""Two `from` that are each other's way back: which one rule is named in their place, and when nothing is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl.errors import Finding, MappingError
from etl.mapping.load import examine

HEAD = """
mapping: m
language: 1
outside:
  name: c
  schema: c.json
  files: {inbound: "*.json", outbound: "{id}.json"}
inside:
  name: t
  schema: t.json
  mongodb: {collection: x, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
"""
TEXT: dict[str, Any] = {"type": ["string", "null"]}
LIST: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
DATE: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
FLAG: dict[str, Any] = {"type": "boolean"}
NUMBER: dict[str, Any] = {"type": ["number", "null"]}
WHOLE: dict[str, Any] = {"type": ["integer", "null"]}


def told(folder: Path, a: dict[str, Any], b: dict[str, Any], *rules: str, more: str = "") -> list[Finding]:
    """Return what is said of pairs, with a the schema of the field `a` outside, and b of `b` inside."""
    for name, key, fields in (("c", "id", {"a": a, "a2": a}), ("t", "number", {"b": b, "isSynced": FLAG})):
        schema = {"type": "object", "required": [key], "properties": {key: {"type": "integer"}, **fields}}
        (folder / f"{name}.json").write_text(json.dumps(schema))
    lines = ["rules:", "- {c: id, t: number, key: true}", *(f"- {rule}" for rule in rules)]
    (folder / "m.yaml").write_text("\n".join([HEAD.strip(), more, *lines]) + "\n")
    _, findings = examine(folder / "m.yaml")
    return [finding for finding in findings if finding.code == "W174"]


BERLIN = "{datetime: {zone: Europe/Berlin, gap: after, fold: first}}"
PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any], str, str, str]] = {
    "the zone of a date": (
        *(TEXT, DATE, f"{{t: b, from: a, as: {BERLIN}}}", f"{{c: a, from: b, as: {BERLIN}}}"),
        '{c: a, t: b, as: {datetime: {zone: "Europe/Berlin", gap: after, fold: first}}}',
    ),
    "a number in text": (
        *(TEXT, NUMBER, "{t: b, from: to_number(a)}", "{c: a, from: 'b && to_string(b) || `null`'}"),
        "{c: a, t: b, as: decimal}",
    ),
    "a whole number in text": (
        *(TEXT, WHOLE, "{t: b, from: a && to_number(a)}", "{c: a, from: to_string(b)}"),
        "{c: a, t: b, as: integer_text}",
    ),
    "what stands for no value": (
        *(TEXT, TEXT, "{t: b, from: a, nulls: {c: ['-']}}", "{c: a, from: \"b || 'none'\"}"),
        '{c: a, t: b, when_absent: {c: none}, nulls: {c: ["-"]}}',
    ),
    "a text that is a list": (
        *(TEXT, LIST, "{t: b, from: a, as: {split: ';'}}", "{c: a, from: \"join(';', b)\"}"),
        '{c: a, t: b, as: {split: ";"}}',
    ),
    "a word that is a truth value": (
        *({"enum": ["open", "closed", "gone"]}, FLAG),
        *("{t: b, from: \"a == 'open'\"}", "{c: a, from: \"b && 'open' || 'closed'\"}"),
        "{c: a, t: b, values: [{c: open, t: true}, {c: [closed, gone, null], t: false}]}",
    ),
    "a choice of which a word is no constant": (
        *(TEXT, {"enum": ["x", "y"]}),
        *("{t: b, from: \"a == 'A' || a == 'B' && 'x' || 'y'\"}", "{c: a, from: \"b == 'x' && 'B' || 'Z'\"}"),
        "",
    ),
    "two words for one value": (
        *(TEXT, {"enum": ["x", "y"]}),
        *("{t: b, from: \"(a == 'A' || a == 'B') && 'x' || 'y'\"}", "{c: a, from: \"b == 'x' && 'B' || 'Z'\"}"),
        '{c: a, t: b, values: [{c: [B, A], t: x}, {c: [{not: [A, B]}, Z], t: "y"}]}',
    ),
    "what no one rule says": (
        *(TEXT, TEXT, "{t: b, from: \"join('-', [a, a])\"}", "{c: a, from: \"join('+', [b, b])\"}"),
        "",
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_the_rule_that_says_both_is_named_in_their_place(tmp_path: Path, case: str) -> None:
    a, b, inward, outward, rule = PAIRS[case]
    for rules in ((inward, outward), (outward, inward)):
        (finding,) = told(tmp_path, a, b, *rules)
        assert finding.message == "this is the way back of the rule in line 14: halves are neither proven nor merged"
        named = rule or "one rule of c: a and t: b, with as, values, cases or each (see etl check --explain W174),"
        assert finding.fix == f"write {named} in the place of both, or say lossy: and why that is right"


def test_an_as_that_has_a_name_is_repeated_by_it(tmp_path: Path) -> None:
    more = f"codecs: {{local: {BERLIN}}}"
    (finding,) = told(tmp_path, TEXT, DATE, "{t: b, from: a, as: local}", f"{{c: a, from: b, as: {BERLIN}}}", more=more)
    assert finding.fix.startswith("write {c: a, t: b, as: local} in the place of both")


def test_flags_are_a_table_of_three_rules(tmp_path: Path) -> None:
    rules = (
        "{t: b, from: \"a && 'x' || a2 && 'z' || 'w'\"}",
        "{c: a, from: \"b == 'x'\"}",
        "{c: a2, from: \"b == 'z'\"}",
    )
    (finding,) = told(tmp_path, FLAG, {"enum": ["x", "z", "w"]}, *rules)
    assert finding.message.startswith("this, and what lines 14 and 15 say, are the two ways of one rule")
    assert finding.fix.startswith(
        "write {cases: [{c: {a: true, a2: [$any, false]}, t: {b: x}}, {c: {a: [false, null], a2: true}, t: {b: z}}, "
        "{c: {a: [false, null], a2: [false, null]}, t: {b: w}}]} in the place of all of these"
    )


MEANT: dict[str, tuple[str, str]] = {
    "one zone in and another one out": (
        "{t: b, from: a, as: {datetime: {zone: Europe/Berlin}}}",
        "{c: a, from: b, as: datetime}",
    ),
    "made once": ("{t: b, from: a, as: datetime, write: once}", "{c: a, from: b, as: datetime}"),
    "said on the first": (
        "{t: b, from: a, as: datetime, lossy: {W174: two, W167: one}}",
        "{c: a, from: b, as: datetime}",
    ),
    "said on the second": ("{t: b, from: a, as: datetime}", "{c: a, from: b, as: datetime, lossy: theirs is another}"),
    "no way back": ("{t: b, from: a, as: datetime}", "{c: a2, from: b, as: datetime}"),
    "a constant": ("{t: b, from: a, as: datetime}", "{c: a, from: \"'x'\"}"),
}


@pytest.mark.parametrize("case", MEANT)
def test_nothing_is_said_of(tmp_path: Path, case: str) -> None:
    assert told(tmp_path, TEXT, DATE, *MEANT[case]) == []


def test_a_reason_of_something_else_does_not_say_that_two_are_meant(tmp_path: Path) -> None:
    rules = "{t: b, from: a, as: datetime, lossy: {W167: theirs counts}}", "{c: a, from: b, as: datetime}"
    assert len(told(tmp_path, TEXT, DATE, *rules)) == 1
    rules = rules[0].replace("}}", ", W174: both}}"), rules[1]
    assert told(tmp_path, TEXT, DATE, *rules) == []


def test_one_element_of_a_list_that_others_write_too_is_named_by_its_path(tmp_path: Path) -> None:
    items = {"type": "array", "items": {"type": "object", "properties": {"id": WHOLE, "v": TEXT}}}
    two = "{c: 'a[id=2].v', t: b}", "{c: a, from: '[{id: `1`, v: b}]'}"
    with pytest.raises(MappingError) as refused:
        told(tmp_path, items, TEXT, *two)
    (finding,) = refused.value.findings
    assert finding.fix == "name the element that it writes, a[id=1].v, in a rule of two paths"
