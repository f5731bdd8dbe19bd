"""What check proves of a mapping: no right one is refused, and none is called clean of which records are rejected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from etl.cli import cli
from etl.mapping.load import examine
from etl.mapping.terms import Side
from tests.support.proofs import DATE, NUMBER, SOME, TEXT, WHOLE, few, found, lists, mapping, of
from tests.support.waiting import NULLABLE

ONLY = {"additionalProperties": False}
VALUES = "{c: a, t: b, values: [{c: x, t: 1}, {c: z, t: 2}]%s}"

RIGHT: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a value that means absent, which the inside cannot be": ("{c: a, t: b, nulls: {c: ['']}}", of(a=TEXT), of(b=SOME)),
    "one that neither side can be": ("{c: a, t: b, nulls: {c: [''], t: ['']}}", of(a_=SOME), of(b_=SOME)),
    "one below the least number": (
        "{c: a, t: b, nulls: {c: [0]}}",
        of(a={"anyOf": [{"const": 0}, {"type": "number", "minimum": 1}]}),
        of(b={"type": "number", "minimum": 1}),
    ),
    "one that does not match the pattern": (
        "{c: a, t: b, nulls: {c: ['-']}}",
        of(a={"anyOf": [{"const": "-"}, {"type": "string", "pattern": "^[A-Z]+$"}]}),
        of(b={"type": "string", "pattern": "^[A-Z]+$"}),
    ),
    "one in capitals, before a codec that makes small letters of all others": (
        "{c: a, t: b, as: {text: {case: lower}}, nulls: {c: ['N/A']}}",
        of(a={"enum": ["open", "new", "N/A"]}),
        of(b={"enum": ["open", "new"]}),
    ),
    "one in capitals before a table": (
        "{c: a, t: b, as: {text: {case: lower}}, nulls: {c: ['N/A']}, values: [{c: open, t: 1}, {c: new, t: 2}]}",
        of(a={"enum": ["open", "new", "N/A"]}),
        of(b=few(1, 2)),
    ),
    "one that both sides have for absent": ("{c: a, t: b, nulls: {c: ['N/A'], t: ['N/A']}}", of(a=TEXT), of(b=TEXT)),
    "text, or false for none": (
        "{c: a, t: b, nulls: {c: [false]}, when_absent: {c: false}}",
        of(a_={"anyOf": [SOME, {"const": False}]}),
        of(b=SOME),
    ),
    "text, or a list of others for none": (
        "{c: a, t: b, nulls: {c: [false, 0]}, when_absent: {c: false}}",
        of(a_={"oneOf": [SOME, {"enum": [False, 0]}]}),
        of(b=SOME),
    ),
    "text of a length": (
        "{c: a, t: b}",
        of(a={"type": "string", "minLength": 2, "maxLength": 9}),
        of(b={"type": "string", "minLength": 2, "maxLength": 9}),
    ),
    "text of a pattern": (
        "{c: a, t: b}",
        of(a={"type": "string", "pattern": "^WO-[0-9]{4}$"}),
        of(b={"type": "string", "pattern": "^WO-[0-9]{4}$"}),
    ),
    "numbers between bounds": (
        "{c: a, t: b}",
        of(a={"type": "number", "exclusiveMinimum": 0}),
        of(b={"type": "number", "exclusiveMinimum": 0}),
    ),
    "multiples": (
        "{c: a, t: b}",
        of(a={"type": "number", "multipleOf": 0.01}),
        of(b={"type": "number", "multipleOf": 0.01}),
    ),
    "numbers that are listed on the other side": ("{c: a, t: b}", of(a=few(1, 3)), of(b={"enum": [1, 2, 3]})),
    "a type beside a list of values": (
        "{c: a, t: b}",
        of(a_={"type": ["string", "null"], "enum": ["x", "z"]}),
        of(b_={"enum": ["x", "z"]}),
    ),
    "a table over few numbers": (VALUES % "", of(a_={"enum": ["x", "z"]}), of(b_=few(1, 2))),
    "a table over a pattern": (VALUES % "", of(a_={"type": "string", "pattern": "^(x|z)$"}), of(b_=few(1, 2))),
    "an otherwise that takes in nothing": (
        VALUES % ", otherwise: {c: x}",
        of(a_={"enum": ["x", "z"]}),
        of(b_=few(1, 2)),
    ),
    "a table with a value that cannot be there for absent": (
        VALUES % ", nulls: {c: [''], t: [0]}",
        of(a_={"enum": ["x", "z"]}),
        of(b_=few(1, 2)),
    ),
    "a table that asks of what another one always writes": (
        (
            "{c: a, t: b, values: [{c: [x, z], t: true}, {c: [u, null], t: false}], lossy: {W163: o, W180: o}}\n"
            "{cases: [{c: {a: null}, t: {d: 1}}, {c: {a: {not: null}}, t: {d: 2}}]}"
        ),
        of(a={"enum": ["x", "u", "z"]}),
        of(b_={"type": "boolean"}, d_=few(1, 2)),
    ),
    "elements with dates, beside a text that means absent": (
        (
            "{c: l, t: m, each: [{c: a, t: a, when_absent: {c: null, t: null}}, "
            "{c: d, t: d, as: datetime, nulls: {t: [N/A]}, when_absent: {c: null}, lossy: o}, "
            "{c: e, t: e, values: [{c: 1, t: 2}]}]}"
        ),
        of(l=lists(a_=NULLABLE, d_=DATE, e_={"enum": [1]}) | {"minItems": 1}),
        of(m=lists(a_=NULLABLE, d_=DATE, e_={"enum": [2]}) | {"minItems": 1}),
    ),
    "one of several texts, all of which mean absent inside": (
        "{c: a, t: b, as: {boolean: [['1'], ['0', '-']]}, when_absent: {t: false}, lossy: {W180: none says no}}",
        of(a=TEXT),
        of(b={"type": "boolean"}),
    ),
    "one of several texts, the others of which mean absent outside": (
        "{c: a, t: b, as: {boolean: [['1'], ['0', '-']]}, nulls: {c: ['-']}}",
        of(a=TEXT),
        of(b={"type": "boolean"}),
    ),
    "the first of at least one": ("{c: 'a[0].id', t: b}", of(a_={**lists(id_=TEXT), "minItems": 1}), of(b_=TEXT)),
    "a date of a pattern": (
        "{c: a, t: b, as: date, lossy: a day is enough}",
        of(a={"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
        of(b=DATE),
    ),
    "a date or null": (
        "{c: a, t: b, as: datetime, lossy: BSON keeps UTC}",
        of(a={"type": ["string", "null"]}),
        of(b={"anyOf": [DATE, {"type": "null"}]}),
    ),
    "a date where text means absent, which no date is": (
        "{c: a, t: b, as: datetime, nulls: {t: ['', '0']}, lossy: BSON keeps UTC}",
        of(a_=TEXT),
        of(b_=DATE),
    ),
    "a required field in an object that is there with it": ("{c: a, t: d.a}", of(a=TEXT), of(d=ONLY | of(a_=TEXT))),
    "one that is not required, beside what another rule writes": (
        "{c: a, t: d.a, when_absent: {c: ''}}\n{c: b, t: d.b}",
        of(a_=TEXT, b=TEXT),
        of(d=ONLY | of(a=SOME, b=TEXT)),
    ),
    "two required fields that are absent together": (
        "{c: d.a, t: d.a}\n{c: d.b, t: d.b}",
        of(d=ONLY | of(a_=SOME, b=TEXT)),
        of(d=ONLY | of(a_=SOME, b=TEXT)),
    ),
    "a required field that only a creation writes": ("{c: a, t: d.a, write: once}", of(a=TEXT), of(d=of(a_=TEXT))),
    "a flag of which no false is accepted, whatever stands for it": (
        "{t: b, as: {boolean: [[1], [0, -1]]}, flags: [{c: a, t: 1}], lossy: {W164: ok}}",
        of(a_=WHOLE),
        of(b_=few(1, 1)),
    ),
    "an element without the one value of which all in it is made": (
        "{c: l, t: m, each: [{c: a, t: b}, {t: d, from: a, lossy: ok}]}",
        of(l=lists(a=TEXT)),
        of(m=lists(b_=TEXT, d_=TEXT)),
    ),
    "an element that has a value wherever it has a key": (
        "{c: l, t: m, each: [{c: a, t: d.b, key: true}, {c: e, t: d.f}]}",
        of(l=lists(a=SOME, e_=TEXT)),
        of(m=lists(d=of(b_=SOME, f_=TEXT))),
    ),
    "an element of a list that is there by flags which are absent": (
        "{c: l, t: m, each: [{t: s, flags: [{c: d, t: done}], otherwise: open}]}",
        of(l=lists(d={"type": ["boolean", "null"]})),
        of(m=lists(s_={"enum": ["done", "open"]})),
    ),
    "an expression that says what to do without a value": (
        "{c: a, t: b}\n{c: s, from: length(b || '')}",
        of(a=TEXT, s=WHOLE),
        of(b=TEXT),
    ),
}


@pytest.mark.parametrize("case", RIGHT)
def test_a_right_mapping_is_clean(tmp_path: Path, case: str) -> None:
    assert found(tmp_path, *RIGHT[case]) == []


def test_what_is_right_at_the_top_is_right_in_a_list_and_in_an_object(tmp_path: Path) -> None:
    a, b = {"anyOf": [SOME, {"const": False}]}, SOME
    rule = "{c: a, t: b, nulls: {c: [false]}}"
    assert found(tmp_path, f"{{c: l, t: m, each: [{rule}]}}", of(l=lists(a=a)), of(m=lists(b=b))) == []
    assert found(tmp_path, "{c: o.a, t: p.b, nulls: {c: [false]}}", of(o=of(a=a)), of(p=of(b=b))) == []


WRONG: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str]]] = {
    "text that comes back as none": (
        "{c: a, t: b, nulls: {c: ['N/A']}}",
        of(a=TEXT),
        of(b=TEXT),
        ['W180 "N/A" of t.b comes back as no value: "N/A" means absent in c'],
    ),
    "a number that does": (
        "{c: a, t: b, nulls: {c: [0]}}",
        of(a=NUMBER),
        of(b=NUMBER),
        ["W180 0 of t.b comes back as no value: 0 means absent in c"],
    ),
    "what is written for none": (
        "{c: a, t: b, when_absent: {c: none}}",
        of(a=TEXT),
        of(b=TEXT),
        ['W180 "none" of t.b comes back as no value: "none" means absent in c'],
    ),
    "a number as text that does": (
        "{c: a, t: b, as: integer_text, nulls: {c: ['0']}}",
        of(a=TEXT),
        of(b=WHOLE),
        ['W180 0 of t.b comes back as no value: "0" means absent in c'],
    ),
    "a moment that does": (
        "{c: a, t: b, as: epoch_ms, nulls: {c: [0]}}",
        of(a=WHOLE),
        of(b=DATE),
        ['W180 "1970-01-01T00:00:00Z" of t.b comes back as no value: 0 means absent in c'],
    ),
    "text of the outside that does": (
        "{c: a, t: b, nulls: {t: ['N/A']}}", of(a=TEXT), of(b=TEXT), ['W180 "N/A" of c.a comes back as no value: '],
    ),
    "another form of a text that means absent on both sides": (
        "{c: a, t: b, nulls: {c: ['false']}, when_absent: {t: false}, as: [{text: {trim: both}}, boolean_text]}",
        of(a=TEXT),
        of(b={"type": "boolean"}),
        ['W180 "false " of c.a comes back as no value: false means absent in t'],
    ),
    "one in a list that does": (
        "{c: l, t: m, each: [{c: a, t: b, nulls: {c: ['N/A']}}]}",
        of(l=lists(a=TEXT)),
        of(m=lists(b=TEXT)),
        ['W180 "N/A" of t.b comes back as no value: "N/A" means absent in c'],
    ),
    "text that may be a value that means absent": (
        "{c: a, t: b, nulls: {c: [false]}}",
        of(a_={"anyOf": [SOME, {"const": False}]}),
        of(b_=SOME),
        ["E122 c.a may be absent, but t.b is required"],
    ),
    "the second of at least one": (
        "{c: 'a[1].id', t: b}",
        of(a_={**lists(id_=TEXT), "minItems": 1}),
        of(b_=TEXT),
        ["E122 c.a[1].id may be absent, but t.b is required"],
    ),
    "a field of an object that may be null": (
        "{c: a.id, t: b}",
        of(a_={**of(id_=TEXT), "type": ["object", "null"]}),
        of(b_=TEXT),
        ["E122 c.a.id may be absent, but t.b is required"],
    ),
    "a number that the other side's list has not": (
        "{c: a, t: b}", of(a=few(1, 3)), of(b={"enum": [1, 2]}), ["W156 3 of c.a is refused by t.b: enum [1, 2]"],
    ),
    "a value that the other side's bounds have not": (
        "{c: a, t: b}", of(a={"enum": [1, 2, 3, 9]}), of(b=few(1, 3)), ["E153 9 of c.a is no value of t.b"],
    ),
    "a value of a table that is too short": (
        "{c: a, t: b, values: [{c: '', t: 1}, {c: z, t: 2}]}",
        of(a=SOME),
        of(b=few(1, 2)),
        ['E161 "" is no value of c.a'],
    ),
    "a number without a line": (
        VALUES % "", of(a_={"enum": ["x", "z"]}), of(b_=few(1, 3)), ["E160 3 of t.b has no line in the table"],
    ),
    "what is written for none and is too short": (
        "{c: a, t: b, when_absent: {c: ''}}",
        of(a=SOME),
        of(b=SOME),
        ['E123 "" is written to c.a when t.b is absent, which its schema refuses'],
    ),
    "text that is too short for the other side": (
        "{c: a, t: b}", of(a=TEXT), of(b=SOME),
        ['W156 "" of c.a is refused by t.b: minLength 1'],
    ),
    "a moment before the first": (
        "{c: a, t: b, as: epoch_ms}", of(a={"type": "integer", "minimum": 0}), of(b=DATE),
        ['W156 "1969-07-20T20:17:40Z" of t.b becomes -14182940000, which c.a refuses: minimum 0'],
    ),
    "a list that is too long for the other side": (
        "{c: l, t: m, each: [{c: a, t: b}]}", of(l={**lists(a=TEXT), "maxItems": 20}), of(m=lists(b=TEXT)),
        ["W156 21 elements of t.m are too many for c.l: maxItems 20"],
    ),
    "what is written for none and no number": (
        "{c: s, from: length(b), nulls: {t: [1]}, when_absent: {c: none}}\n{c: a, t: b}",
        of(s=WHOLE, a_=TEXT),
        of(b_=TEXT),
        ['E123 "none" is written to c.s where there is no value, as for a record with t.b "a": expected integer, '],
    ),
    "a number that is too small for the other side": (
        "{c: a, t: b}", of(a=WHOLE), of(b={"type": "integer", "minimum": 0}),
        ["W156 -1 of c.a is refused by t.b: minimum 0"],
    ),
    "a line of what no record lacks": (
        VALUES.replace("[{", "[{c: null, t: null}, {") % "", of(a_={"enum": ["x", "z"]}), of(b_=few(1, 2)),
        ["E162 this pair is never reached: no record of either system has what it names"],
    ),
    "elements of which one schema says nothing": (
        "{c: a, t: b}", of(a={"type": "array"}), of(b={"type": "array", "items": {"type": ["string", "integer"]}}),
        ["W156 [{}] of c.a is refused by t.b: items"],
    ),
    "numbers as text, some of which the other side's pattern refuses": (
        "{c: a, from: to_string(b)}\n{t: b, from: to_number(a)}",
        of(a_={"type": "string", "pattern": "^[1-9]{3}$"}),
        of(b_=WHOLE),
        [
            'W156 a record with t.b 7 is rejected, since in c.a "7" does not match ^[1-9]{3}$',
            "W174 this is the way back of the rule in line 10",
        ],
    ),
    "what an expression makes where nothing is listed as none": (
        "{t: b, from: 'a || `false`', when_absent: {c: false, t: null}}\n{c: a, t: d}",
        of(a={"type": "boolean"}),
        of(b={"type": "boolean"}, d={"type": "boolean"}),
        ["W167 t.b is overwritten by every import that changes it"],
    ),
    "a moment with a fraction that comes back without, and then means absent": (
        "{c: a, t: b, as: epoch_s, nulls: {c: [5]}, lossy: {W165: whole ones, W180: none then}}",
        of(a=NUMBER), of(b=DATE),
        ["E181 5.25 of c.a comes back as 5, and that as no value"],
    ),
    "a value that an import takes away from an element beside others": (
        (
            "{cases: [{c: {x: a}, t: {s: a}}, {c: {x: b}, t: {s: b, 'l[0].n': 1}}], otherwise: {c: {x: b}}, "
            "lossy: {W163: o, W180: o}}"
        ),
        of(x_={"enum": ["a", "b"]}), of(s_={"enum": ["a", "b"]}, l=lists(n_={"enum": [1]})),
        ["W156 a record with t.l a list comes back without t.l[0].n, beside which it has more, and is refused: is"],
    ),
    "a required value that an import takes away beside what no schema lists": (
        "{c: a, t: d.b}", of(a=TEXT), of(d=of(b_=TEXT)),
        ["W156 a record of c takes t.d.b away, and is rejected where more stands beside it: is required"],
    ),
    "a required value that may be absent beside what another rule writes": (
        "{c: a, t: d.a, when_absent: {c: ''}}\n{c: b, t: d.b}",
        of(a_=TEXT, b=TEXT), of(d=ONLY | of(a_=SOME, b=TEXT)),
        ['E122 this copy makes nothing of a record with c.a "", but t.d.a is required'],
    ),
    "one that goes out": (
        "{c: d.a, t: a, when_absent: {t: ''}}\n{c: d.b, t: b}",
        of(d=ONLY | of(a_=SOME, b=TEXT)), of(a_=TEXT, b=TEXT),
        ['E122 this copy makes nothing of a record with t.a "", but c.d.a is required'],
    ),
    "one beside what a table writes": (
        "{c: a, t: d.a, when_absent: {c: ''}}\n{c: s, t: d.b, values: [{c: x, t: 1}, {c: z, t: 2}]}",
        of(a_=TEXT, s={"enum": ["x", "z"]}), of(d=ONLY | of(a_=SOME, b=few(1, 2))),
        ['E122 this copy makes nothing of a record with c.a "", but t.d.a is required'],
    ),
    "a value that means absent in an element that a table has to take": (
        ("{c: l, t: m, each: [{c: s, t: k, values: [{c: x, t: 1}, {c: z, t: 2}]}, "
        "{t: e, from: \"a || 'none'\", nulls: {c: [N/A]}, lossy: ok}, {c: a, t: a}]}"),
        of(l_=lists(s_=TEXT, a_=TEXT)), of(m_=lists(k_=few(1, 2), e_=TEXT, a_=TEXT)),
        ["E122 from: \"a || 'none'\" makes nothing of a record with c.l[0].a \"N/A\", but t.m[0].e is required"],
    ),
    "a path through text that is no object": (
        "{c: a.b, t: b}", of(a_={"anyOf": [{"const": ""}, of(b_=TEXT)]}), of(b_=TEXT),
        ['W156 a record with c.a "" is rejected, since a.b leads through it'],
    ),
    "members of what may be something else than a list": (
        "{cases: [{c: {a: x}, t: {b: {has: h}}}, {c: {a: null}, t: {b: {not: {has: h}}}}]}",
        of(a={"enum": ["x"]}), of(b={"type": ["array", "string"]}),
        [
            'W156 a record with "x" of c.a is rejected where any other value of t.b was last, since this line wants',
            "W156 a record with no value of c.a is rejected where any other value of t.b was last, since this line",
        ],
    ),
    "an inside value that becomes another one with each round trip": (
        (
            "{c: a, t: b, values: [{c: [old, null], t: [b, a]}, {c: x, t: c}], lossy: {W163: o, W180: o}}\n"
            "{cases: [{c: {a: {not: [null, old]}}, t: {d: 1}}, {c: {a: {not: null}}, t: {d: 2}}, "
            "{c: {a: {not: x}}, t: {d: 3}}], lossy: {W163: o, W180: o, W164: o, W156: o}}"
        ),
        of(a={"enum": ["old", "x", None]}), of(b={"enum": ["b", "a", "c", None]}, d_={"enum": [1, 2, 3]}),
        ["E181 t.d is 3 after one round trip and 2 after two"],
    ),
    "elements of which nothing is left once each of several values is absent": (
        "{c: l, t: m, each: [{c: a, t: a}, {c: b, t: b}]}",
        of(l_=lists(a_=NULLABLE, b_=NULLABLE) | {"minItems": 1}), of(m_=lists(a=TEXT, b=TEXT) | {"minItems": 1}),
        [
            "W156 a record with c.l[0].a null, c.l[0].b null is rejected, since in t.m [] should be non-empty",
            "E122 t.a may be absent, but c.a is required",
            "E122 t.b may be absent, but c.b is required",
        ],
    ),
    "texts that mean absent, of which a codec makes the only value of a list": (
        "{c: [a, b], t: 'l[0].d', when_absent: {c: ''}, as: {datetime: {format: ['%Y-%m-%d', '%H:%M:%S']}}, lossy: s}",
        of(a_=TEXT, b_=TEXT), of(l_=lists(d=DATE) | {"minItems": 1}),
        ['E122 this copy makes nothing of a record with c.a "", c.b "", but t.l is required'],
    ),
    "elements without their key, where one at least has to be there": (
        "{c: l, t: m, each: [{c: k, t: k, key: true, nulls: {c: ['-']}}, {c: a, t: a}]}",
        of(l=lists(k_=SOME, a_=TEXT) | {"minItems": 1}), of(m=lists(k_=SOME, a_=TEXT) | {"minItems": 1}),
        [
            'W156 a record with c.l[0].k "-" is rejected, since in t.m [] should be non-empty',
            'W180 "-" of t.k comes back as no value: "-" means absent in c',
        ],
    ),
    "elements of which a codec joins all that there is": (
        "{c: l, t: m, each: [{c: [a, b], t: d, as: {datetime: {format: ['%Y-%m-%d', '%H:%M:%S']}}, lossy: seconds}]}",
        of(l_=lists(a_=NULLABLE, b_=NULLABLE) | {"minItems": 1}), of(m_=lists(d_=DATE) | {"minItems": 1}),
        ["W156 a record with c.l[0].a null, c.l[0].b null is rejected, since in t.m [] should be non-empty"],
    ),
    "one in an element of a list": (
        "{c: l, t: m, each: [{c: e, t: e}, {c: a, t: d.a, when_absent: {c: ''}}, {c: b, t: d.b}]}",
        of(l=lists(e_=TEXT, a_=TEXT, b=TEXT)), of(m=lists(e_=TEXT, d=ONLY | of(a_=SOME, b=TEXT))),
        ['E122 this copy makes nothing of a record with c.l[0].a "", but t.m[0].d.a is required'],
    ),
    "one beside what the schema lists and no rule writes": (
        "{c: a, t: d.b}", of(a=TEXT), of(d=ONLY | of(b_=TEXT, e=NUMBER)),
        ["W170 ", "W156 a record of c takes t.d.b away, and is rejected where more stands beside it: is required"],
    ),
    "one of an element before which others may stand": (
        "{c: a, t: 'l[0].n'}", of(a=TEXT), of(l={"type": "array", "items": ONLY | of(n_=TEXT)}),
        ["W156 a record of c takes t.l[0].n away, and is rejected where more stands beside it: is required"],
    ),
    "a value beside which the schema wants another one": (
        "{c: a, t: d.b}", of(a=TEXT), of(d=ONLY | {"dependentRequired": {"e": ["b"]}} | of(b=TEXT, e=NUMBER)),
        ["W170 ", "W156 a record of c takes t.d.b away, and is rejected where more stands beside it: "],
    ),
    "an expression over a value that means absent, beside a rule by which the smallest record does not come back": (
        ("{c: s, from: '!i'}\n{c: o, t: i, nulls: {t: ['N/A']}, lossy: {W180: o}}\n"
        "{c: v, from: to_string(w)}\n{t: w, from: to_number(v), lossy: o}"),
        of(s={"type": "boolean"}, o=TEXT, v_={"type": "string", "pattern": "^[0-9]{3}$"}), of(i=TEXT, w_=WHOLE),
        [
            "E181 c.s is false after one round trip and true after two",
            'W156 a record with t.w 7 is rejected, since in c.v "7" does not match ^[0-9]{3}$',
        ],
    ),
    "an expression of which everything is refused, whatever lossy says": (
        (
            "{c: l, t: m, each: [{t: b, c: a, as: datetime, lossy: {W165: o}}, "
            "{c: s, from: \"join(' ', [b, 'x'])\", lossy: o}]}"
        ),
        of(l=lists(a_=TEXT, s={"type": "string", "maxLength": 6})), of(m=lists(b_=DATE)),
        ['W156 a record with t.m a list is rejected, since in c.l[0].s "2024-02-29T23:59:58Z x" has 22 characters; '],
    ),
    "another text of the moment of a text that means absent": (
        ("{c: a, t: b, as: {datetime: {format: '%d-%b-%Y %H:%M:%S.%f%z'}}, "
        "nulls: {c: ['02-Jan-2025 03:04:05.000000+0000']}, lossy: ok}"),
        of(a=TEXT), of(b=DATE),
        ['E181 "02-JAN-2025 03:04:05.000000+0000" of c.a comes back as "02-Jan-2025 03:04:05.000000+0000", and that'],
    ),
    "an offset with a letter for a moment that means absent": (
        ("{c: a, t: b, as: {datetime: {format: '%Y-%jT%H:%M:%S.%L%:z'}}, "
        "nulls: {c: ['2025-002T03:04:05.000+00:00']}, lossy: ok}"),
        of(a={"type": "string", "pattern": "Z$|[+]00:00$"}), of(b=DATE),
        ['E181 "2025-002T03:04:05.000Z" of c.a comes back as "2025-002T03:04:05.000+00:00", and that as no value'],
    ),
    "a skipped local time that is read as one that means absent": (
        ("{c: a, t: b, as: {datetime: {zone: Europe/Berlin, format: '%Y-%m-%d %H:%M:%S.%L', gap: after, fold: first}}, "
        "nulls: {c: ['2026-03-29 03:30:00.000']}, lossy: ok}"),
        of(a=TEXT), of(b=DATE),
        ['E181 "2026-03-29 02:30:00.000" of c.a comes back as "2026-03-29 03:30:00.000", and that as no value'],
    ),
    "one of two fields of which something means absent, and the other one has a value": (
        "{c: [a, k], t: b, as: {datetime: {format: ['%Y-%m-%d', '%H:%M:%S']}}, nulls: {c: ['1900-01-01']}}",
        of(a=TEXT, k=TEXT), of(b=DATE),
        ['W156 "1900-01-01T23:59:58Z" of t.b goes out as "1900-01-01" and "23:59:58", which is rejected'],
    ),
    "a flag that is written as what means absent": (
        "{t: b, as: {boolean: [[X, x], ['']]}, nulls: {c: [X]}, flags: [{c: a, t: 1}], otherwise: 2, lossy: ok}",
        of(a=TEXT), of(b_=few(1, 2)),
        ['E161 "X" means absent in c.a, so that it never says true'],
    ),
    "text that is padded on its way out, and means absent then": (
        "{c: a, t: b, as: {text: {pad: 4, trim: right}}, nulls: {c: ['AB  ']}, lossy: {W156: o, W165: o, W180: o}}",
        of(a=TEXT), of(b=TEXT),
        ['E181 "AB" of c.a comes back as "AB  ", and that as no value'],
    ),
    "a number with its unit in another unit": (
        "{c: a, t: b, as: {quantity: {h: 60, min: 1}}, nulls: {c: ['1.5 h']}, lossy: {W156: o, W165: o, W180: o}}",
        of(a={"type": "string", "pattern": " min$|^1.5 h$"}), of(b=NUMBER),
        ['E181 "90 min" of c.a comes back as "1.5 h", and that as no value'],
    ),
    "a number that only the second of two codecs reads as the one that means absent": (
        "{c: a, t: b, as: [{text: {before: x}}, decimal], nulls: {c: [x5]}, lossy: {W156: o, W165: o, W180: o}}",
        of(a=TEXT), of(b=NUMBER),
        ['E181 "x5.0" of c.a comes back as "x5", and that as no value'],
    ),
    "what means absent on both sides beside what no schema lists": (
        "{c: a, t: d.b, nulls: {t: [0]}, lossy: {W180: o}}", of(a=WHOLE), of(d=of(b_=WHOLE)),
        ["W156 a record with t.d.b 0 comes back without t.d.b, beside which it has more, and is refused: is required"],
    ),
    "another text of a moment that means absent, which the schema lists": (
        "{c: a, t: b, as: datetime, nulls: {c: ['2025-01-02T03:04:05+00:00']}, lossy: {W156: o, W165: o, W180: o}}",
        of(a={"enum": ["2025-01-02T03:04:05+00:00", "2025-01-01T23:04:05-04:00"]}), of(b=DATE),
        ['E181 "2025-01-01T23:04:05-04:00" of c.a comes back as "2025-01-02T03:04:05+00:00", and that as no value'],
    ),
    "local times that come twice": (
        "{c: a, t: b, as: {datetime: {zone: Europe/Berlin, format: '%Y-%m-%d %H:%M:%S.%L'}}}", of(a=TEXT), of(b=DATE),
        ['W156 "2029-10-28T00:30:00Z" of t.b is not written: 2029-10-28 02:30:00 comes twice in Europe/Berlin; say'],
    ),
    "a flag that may be text": (
        "{t: b, flags: [{c: a, t: 1}], otherwise: 2, lossy: ok}",
        of(a={"anyOf": [{"type": "boolean"}, TEXT]}), of(b_=few(1, 2)),
        ["E150 c.a may be string; a flag is true or false"],
    ),
    "a field beside one that an expression reads": (
        "{t: b, from: 'o.p.q', lossy: ok}", of(o=of(p=of(q=TEXT, r=TEXT), s=TEXT)), of(b=TEXT),
        ["W170 no rule maps c.o.p.r", "W170 no rule maps c.o.s"],
    ),
    "no field beside a list of which an expression reads an element": (
        "{t: b, from: '!o[0]', lossy: ok}", of(o={"type": "array", "minItems": 1, "items": TEXT}, r=TEXT),
        of(b={"type": "boolean"}), ["W170 no rule maps c.r"],
    ),
    "a table whose absent value leaves out a required object": (
        "{c: a, t: b.d, nulls: {c: ['-']}, values: [{c: x, t: 1}], otherwise: {t: 1}, when_absent: {c: '-'}}",
        of(a_=TEXT), of(b_=of(d=few(1, 1))),
        ['E122 this values makes nothing of a record with c.a "-", but t.b is required', "W163"],
    ),
    "text that an expression reads of a member which is described but not listed": (
        "{t: b, from: 'o.p || `null`', lossy: ok}",
        of(o=of(q=TEXT) | {"additionalProperties": TEXT}), of(b={"type": "boolean"}),
        ["W170 no rule maps c.o.q", 'E150 from: "o.p || `null`" does not fit t.b, as for a record with c.o.p "a"'],
    ),
    "a number that means absent on both sides, which settles": (
        "{c: a, t: b, as: {quantity: {by: 4}}, nulls: {c: [0], t: [0]}, lossy: {W156: ok}}", of(a=NUMBER), of(b=NUMBER),
        ["W180 "],
    ),
    "a key of an element that means absent inside, so that the element is left out": (
        "{c: l, t: m, each: [{c: a, t: b, key: true, nulls: {t: ['0', '']}}]}",
        of(l=lists(a_=TEXT)), of(m=lists(b_=TEXT)),
        ['W180 "0" of c.a comes back as no value: "0" means absent in t'],
    ),
    "an element without a required value, where nothing else is ever written of it, so that it is left out": (
        "{c: l, t: m, each: [{c: a, t: b}, {c: s, t: s, values: [{c: [x, z], t: [null, w]}], lossy: ok}]}",
        of(l=lists(a=TEXT, s={"enum": ["x", "z"]})), of(m=lists(b_=TEXT, s={"enum": ["w"]})),
        ['W180 c.l [{"s": "x"}] comes back as []'],
    ),
    "a key of an element that means absent inside, beside a value that the elements lose": (
        "{c: l, t: m, each: [{c: a, t: b, key: true, when_absent: {t: ''}}, {c: e, t: e, values: [E], otherwise: E}]}"
        .replace("E", "{c: 1, t: 1}"),
        of(l=lists(a_=TEXT, e_=few(1, 2))), of(m=lists(b_=TEXT, e_=few(1, 2))),
        ["W180 c.l ", "W180 2 of t.e comes back as 1", "W163 2 of c.e comes back as 1"],
    ),
    "an element that a codec makes of a mark alone, which stands for none inside": (
        "{c: l, t: m, when_absent: {t: ''}, each: [{c: '@', t: '@', as: {text: {after: '#'}}}]}",
        of(l_={"type": "array", "items": TEXT}), of(m_={"type": "array", "items": TEXT}),
        ['W180 c.l ["#"] comes back as []'],
    ),
    "text between marks that is too short inside": (
        "{c: a, t: b, as: {text: {before: '<'}}}", of(a_=TEXT), of(b_={"type": "string", "minLength": 2}),
        ['W156 "<" of c.a becomes "", which t.b refuses: minLength 2'],
    ),
    "a number that is rounded to one that means absent the next time": (
        "{c: l, t: m, when_absent: {t: 0}, lossy: {W180: ok}, each: [NUMBERS]}"
        .replace("NUMBERS", "{c: o, t: '@', as: {quantity: {by: 60, places: 2}}, lossy: {W165: ok, W156: ok}}"),
        of(l_=lists(o_=NUMBER)), of(m_={"type": "array", "items": NUMBER}),
        ["E181 t.m is [0] after one round trip and [] after two"],
    ),
    "a number with a fraction of which a whole one is not made": (
        "{c: a, t: b, as: {quantity: {per: 100}}}", of(a=WHOLE), of(b=NUMBER),
        ["W156 0.001 of t.b becomes 0.1, which c.a refuses: type"],
    ),
    "a time that is too short inside": (
        "{c: a, t: b, as: duration, lossy: {W165: ok}}", of(a=TEXT), of(b={"type": "number", "minimum": 1}),
        ['W156 "PT0S" of c.a becomes 0, which t.b refuses: minimum 1'],
    ),
    "an expression of which a codec writes nothing": (
        "{c: a, from: 'not_null(b, b)', as: {split: ','}}", of(a=TEXT), of(b=TEXT),
        ['E151 codec split understands nothing that from: "not_null(b, b)" makes: a record with t.b'],
    ),
    "one of which it writes some": (
        "{c: a, from: 'not_null(b, b)', as: {text: {zeros: 4}}}", of(a=TEXT), of(b={"enum": ["47", "007"]}),
        ['W156 a record with t.b "007" is rejected: "007" is written as "0007"'],
    ),
    "a required field of an object that may be false": (
        "{c: d.a, from: to_string(b)}\n{c: d.e, t: f, when_absent: {c: false}}",
        of(d={"anyOf": [{"const": False}, of(a=TEXT, e_=TEXT)]}), of(b=DATE, f=TEXT),
        ["E122 this copy makes nothing of a record of t, but c.d.e is required"],
    ),
    "text of another pattern": (
        "{c: a, t: b}",
        of(a={"type": "string", "pattern": "^[A-Z]{2}[0-9]?$"}),
        of(b={"type": "string", "pattern": "^[A-Z]{2}$"}),
        ['W156 "AA0" of c.a is refused by t.b: pattern "^[A-Z]{2}$"'],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_mapping_is_found_by_the_smallest_value_that_shows_it(tmp_path: Path, case: str) -> None:
    rules, c, t, expected = WRONG[case]
    said = [one for one in found(tmp_path, rules, c, t) if not one.startswith("W165")]
    assert len(said) == len(expected), said
    assert all(one.startswith(start) for one, start in zip(said, expected, strict=True)), said


DEEP: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str]]] = {
    "unwritten in a required object": (
        "{c: u, t: d.u}", of(u_=TEXT), of(d_=of(u_=TEXT, creation_=TEXT)),
        ["E121 no rule writes t.d.creation, which its schema requires"],
    ),
    "unwritten in an object that may be missing": (
        "{c: u, t: d.u}", of(u=TEXT), of(d=of(u=TEXT, creation_=TEXT)),
        ["E121 no rule writes t.d.creation, which its schema requires"],
    ),
    "unwritten two levels down, outbound": (
        "{c: d.e.u, t: u}", of(d=of(e=of(u=TEXT, v_=TEXT))), of(u=TEXT),
        ["E121 no rule writes c.d.e.v, which its schema requires"],
    ),
    "unwritten in an element": (
        "{c: l, t: m, each: [{c: a, t: b}]}", of(l=lists(a=TEXT)), of(m=lists(b=TEXT, s_=TEXT)),
        ["E121 no rule writes t.m[0].s, which its schema requires"],
    ),
    "unwritten in an element of an element": (
        "{c: l, t: m, each: [{c: l, t: m, each: [{c: a, t: b}]}]}",
        of(l=lists(l=lists(a=TEXT))),
        of(m=lists(m=lists(b=TEXT, s_=TEXT))),
        ["E121 no rule writes t.m[0].m[0].s, which its schema requires"],
    ),
    "unwritten beside what is written to an index": (
        "{c: a, t: 'm[0].b'}", of(a=TEXT), of(m=lists(b=TEXT, s_=TEXT)),
        ["E121 no rule writes t.m[0].s, which its schema requires"],
    ),
    "not produced in a required object": (
        "{c: u, t: d.u}", of(u=TEXT), of(d_=of(u_=TEXT)), ["E122 c.u may be absent, but t.d.u is required"],
    ),
    "not produced, while another rule makes the object": (
        "{c: u, t: d.u}\n{c: v, t: d.v}", of(u=TEXT, v=TEXT), of(d=of(u_=TEXT, v=TEXT)),
        ['E122 this copy makes nothing of a record with c.v "a", but t.d.u is required'],
    ),
    "not produced in an element": (
        "{c: l, t: m, each: [{c: a, t: b}, {c: k, t: w}]}", of(l=lists(a=TEXT, k=TEXT)), of(m=lists(b_=TEXT, w=TEXT)),
        ["E122 c.a may be absent, but t.b is required"],
    ),
    "not produced by an expression that says null": (
        "{c: u, t: u}\n{c: k, from: u || `null`}", of(u=TEXT, k_=TEXT), of(u=TEXT),
        ['E122 from: "u || `null`" makes nothing of a record with no t.u, but c.k is required'],
    ),
    "not produced by an expression in an element": (
        "{c: l, t: m, each: [{c: a, t: b}, {c: k, from: b || `null`}]}",
        of(l=lists(a=TEXT, k_=TEXT)),
        of(m=lists(b=TEXT)),
        ['E122 from: "b || `null`" makes nothing of a record with t.m[0].b "", but c.l[0].k is required'],
    ),
    "forgotten beside what is mapped in an object": (
        "{c: o.a, t: p.b}", of(o=of(a=TEXT, x=TEXT)), of(p=of(b=TEXT, z=of(q=TEXT))),
        ["W170 no rule maps c.o.x", "W170 no rule maps t.p.z"],
    ),
    "forgotten and required, in an object that is only read": (
        "{c: a, from: length(o.x || '')}", of(a=WHOLE), of(o=of(x=TEXT, y_=TEXT)), ["W170 no rule maps t.o.y"],
    ),
    "forgotten beside what is mapped in an element": (
        "{c: l, t: m, each: [{c: a, t: b}]}", of(l=lists(a=TEXT, x=TEXT)), of(m=lists(b=TEXT)),
        ["W170 no rule maps c.l[0].x"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DEEP)
def test_required_and_forgotten_fields_are_found_to_any_depth(tmp_path: Path, case: str) -> None:
    rules, c, t, expected = DEEP[case]
    assert found(tmp_path, rules, c, t) == expected


def test_what_is_ignored_or_looked_at_below_an_object_is_not_forgotten(tmp_path: Path) -> None:
    file = mapping(
        tmp_path,
        "{c: o.a, t: p.b}\n{t: p.s, from: length(o.x || ''), lossy: why not}\n{c: l, t: m, each: [{c: a, t: b}]}",
        of(o=of(a=TEXT, x=TEXT), l=lists(a=TEXT, remark=TEXT)),
        of(p=of(b=TEXT, s=WHOLE, z=of(q=TEXT)), m=lists(b=TEXT)),
    )
    text = file.read_text().replace("schema: t.json", "schema: t.json\n  ignore: [p.z.q]")
    file.write_text(text.replace("schema: c.json", 'schema: c.json, ignore: ["l[0].remark"]'))
    assert examine(file)[1] == []


def test_where_every_record_is_rejected_nothing_is_proven_and_that_is_said(tmp_path: Path) -> None:
    rules = "{c: s, from: length(number)}"
    said = found(tmp_path, rules, of(s=WHOLE), of())
    assert [one[:4] for one in said] == ["W182", "W155"]
    assert said[0].startswith("W182 every record that was made of the schema of t is rejected, as for: number: length(")
    assert said[0].endswith("; so nothing is proven of outbound")
    strict = CliRunner().invoke(cli, ["check", "--strict", str(tmp_path / "m.yaml")])
    assert strict.exit_code != 0
    tested = CliRunner().invoke(cli, ["test", str(tmp_path / "m.yaml"), "--examples", "10"])
    assert tested.exit_code == 1
    assert "generated records of t is accepted" in tested.output


def test_a_schema_of_which_no_record_can_be_made_proves_nothing(tmp_path: Path) -> None:
    never = {"type": "string", "minLength": 3, "maxLength": 2}
    said = found(tmp_path, "{c: a, t: b}", of(a_=never), of(b_=never))
    assert {one[:4] for one in said} == {"W182"}
    assert any("no record could be made of the schema of c; so nothing is proven of inbound" in one for one in said)


def test_records_are_mended_until_one_is_accepted_so_that_one_refusal_hides_nothing_else(tmp_path: Path) -> None:
    """Each expression refuses every record without its field; another rule's loss is found all the same."""
    rules = """
{c: a, t: a}
{c: b, t: b}
{c: r, from: length(a)}
{c: s, from: length(b)}
{c: d, t: e, nulls: {c: ['N/A']}}
"""
    said = found(tmp_path, rules, of(a=TEXT, b=TEXT, r=WHOLE, s=WHOLE, d=TEXT), of(a=TEXT, b=TEXT, e=TEXT))
    assert [one[:4] for one in said] == ["W155", "W155", "W180"]


@pytest.mark.parametrize(
    ("rules", "c", "t", "code"),
    [
        ("{c: s, from: length(b)}\n{c: a, t: b}", of(a=TEXT, s=WHOLE), of(b=TEXT), "W155"),
        ("{t: s, from: length(a), lossy: it repeats a}\n{c: a, t: b}", of(a=TEXT), of(b=TEXT, s=WHOLE), "W155"),
        ("{c: s, from: length(b)}\n{c: a, t: b}", of(a_=TEXT, s=TEXT), of(b_=TEXT), "E150"),
        ("{c: s, from: b && 'no'}\n{c: a, t: b}", of(a_=TEXT, s={"enum": ["yes"]}), of(b_=TEXT), "E153"),
        ("{c: s, from: \"join('', [b, b])\"}\n{c: a, t: b}", of(a_=TEXT, s=SOME), of(b_=TEXT), "W156"),
    ],
)
def test_expressions_are_tried_as_every_other_rule_is(
    tmp_path: Path, rules: str, c: dict[str, Any], t: dict[str, Any], code: str
) -> None:
    assert [one[:4] for one in found(tmp_path, rules, c, t)] == [code]


def test_proofs_do_not_stop_at_the_first_expression(tmp_path: Path) -> None:
    rules = "{c: s, from: length(b)}\n{c: k, from: length(b)}\n{c: a, t: b}\n{c: d, t: e, nulls: {c: ['-']}}"
    said = found(tmp_path, rules, of(a=TEXT, s=TEXT, k_=TEXT, d=TEXT), of(b=TEXT, e=TEXT))
    assert sorted(one[:4] for one in said) == ["E150", "E150", "W155", "W155", "W180"]


def test_lossy_says_that_a_record_may_be_rejected_and_keeps_silent_of_nothing_else(tmp_path: Path) -> None:
    assert found(tmp_path, "{c: a, t: b, lossy: too long is refused}", of(a=TEXT), of(b=SOME)) == []
    said = found(tmp_path, "{c: a, t: b, lossy: why not}", of(a=TEXT), of(b_=SOME))
    assert said == ["E122 c.a may be absent, but t.b is required"]


def test_a_codec_whose_every_value_is_refused_is_found_though_it_says_lossy(tmp_path: Path) -> None:
    never = {"type": "string", "pattern": "^x"}
    said = found(tmp_path, "{c: a, t: b, as: dotnet_date, lossy: why not}", of(a=never), of(b=DATE))
    assert [one[:4] for one in said] == ["E154"]


def test_a_file_has_no_object_and_no_last_element_of_which_nothing_is_left(tmp_path: Path) -> None:
    rules = "{c: o.p.a, t: a}\n{c: 'l[0].b', t: b}\n{c: 'm[1].d', t: d}"
    c = of(o=of(p=of(a=TEXT), q=TEXT), l=lists(b=TEXT), m=lists(d=TEXT))
    loaded = examine(mapping(tmp_path, rules, c, of(a=TEXT, b=TEXT, d=TEXT)))[0]
    record = {"id": 1, "o": {"p": {"a": "x"}, "q": "y"}, "l": [{"b": "x"}], "m": [{"d": "x"}, {"d": "y"}]}
    assert loaded.written_into(record, Side.OUTSIDE, {"id": 1}) == {"id": 1, "o": {"q": "y"}, "m": [{"d": "x"}]}
    document = {"number": 1, "a": "x"}
    assert loaded.written_into(document, Side.INSIDE, {"number": 1}) == {"number": 1}


def test_what_an_import_would_leave_is_left_where_a_law_is_tried(tmp_path: Path) -> None:
    loaded = examine(
        mapping(tmp_path, "{c: a, t: o.a}\n{c: b, t: p.b}", of(a=TEXT, b=TEXT), of(o=of(a=TEXT), p=of(b=TEXT)))
    )[0]
    document = {"number": 1, "o": {"a": None}, "p": {"b": "x"}}
    assert loaded.written_into(document, Side.INSIDE, {"number": 1}) == {"number": 1, "o": {"a": None}}
