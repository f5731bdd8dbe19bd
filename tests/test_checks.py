"""What check says of mappings over small schemas: what is wrong is found, and what is right is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl.errors import MappingError
from etl.mapping.load import examine

TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
DATE: dict[str, Any] = {"type": "string", "format": "date-time"}
FLAG: dict[str, Any] = {"type": "boolean"}
FILES = 'files: {inbound: "*.json", outbound: "{id}.json"}'
MONGODB = "mongodb: {collection: x, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}"


class Tried:
    """A mapping of systems `c` and `t`, whose key is `id` and `number`, with some rules and fields."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.outside: dict[str, Any] = {}
        self.inside: dict[str, Any] = {}
        self.required: tuple[str, ...] = ()
        self.more = {"c": "", "t": ""}
        self.key = "{c: id, t: number, key: true}"
        self.keys: dict[str, Any] = {"c": {**WHOLE, "minimum": 1}, "t": {**WHOLE, "minimum": 1}}

    def __call__(self, *rules: str) -> list[str]:
        """Return the code and the message of each finding."""
        self._schema("c", {"id": self.keys["c"], **self.outside}, "id")
        self._schema("t", {"number": self.keys["t"], **self.inside, "isSynced": FLAG}, "number")
        file = self._folder / "m.yaml"
        lines = [
            "mapping: m",
            "language: 1",
            f"outside: {{name: c, schema: c.json, {FILES}{self.more['c']}}}",
            f"inside: {{name: t, schema: t.json, {MONGODB}{self.more['t']}}}",
            "rules:",
            *(f"  - {rule}" for rule in (self.key, *rules)),
        ]
        file.write_text("\n".join(lines) + "\n")
        try:
            _, found = examine(file)
        except MappingError as error:
            found = list(error.findings)
        return [f"{finding.code} {finding.message}" for finding in found]

    def codes(self, *rules: str) -> list[str]:
        return [finding[:4] for finding in self(*rules)]

    def _schema(self, name: str, properties: dict[str, Any], key: str) -> None:
        required = [key, *(field for field in self.required if field in properties)]
        schema = {"type": "object", "required": required, "properties": properties}
        (self._folder / f"{name}.json").write_text(json.dumps(schema))


@pytest.fixture
def tried(tmp_path: Path) -> Tried:
    return Tried(tmp_path)


# ---- tables


def cases_of(*lines: str, rest: str = "") -> str:
    return f"{{cases: [{', '.join(lines)}]{rest}}}"


def test_a_case_that_accepts_two_values_and_writes_one_loses_the_other(tried: Tried) -> None:
    tried.outside, tried.inside = {"code": {"enum": ["OPEN", "NEW"]}}, {"status": {"enum": ["pending"]}}
    tried.required = ("code", "status")
    line = "{c: {code: [OPEN, NEW]}, t: {status: pending}}"
    assert tried(cases_of(line)) == ['W163 "NEW" of c.code comes back as "OPEN"']
    assert tried(cases_of(line, rest=", lossy: they are one")) == []


def test_every_value_of_an_inside_enum_is_tried_in_cases(tried: Tried) -> None:
    tried.outside, tried.inside = {"st": {"enum": ["C"]}}, {"status": {"enum": ["cancelled", "deleted"]}}
    tried.required = ("st", "status")
    line = "{c: {st: C}, t: {status: [cancelled, deleted]}}"
    assert tried(cases_of(line)) == ['W163 "deleted" of t.status comes back as "cancelled"']


def test_a_status_that_no_case_over_two_fields_names_is_found(tried: Tried) -> None:
    tried.outside = {"st": {"enum": ["A", "B"]}}
    tried.inside = {"status": {"enum": ["open", "done", "held"]}, "kind": {"enum": ["x"]}}
    tried.required = ("st", "status", "kind")
    lines = ("{c: {st: A}, t: {status: open, kind: x}}", "{c: {st: B}, t: {status: done, kind: x}}")
    assert tried(cases_of(*lines)) == ['E160 "held" of t.status has no line in the table']


def test_a_line_that_is_hidden_on_the_way_out_is_found(tried: Tried) -> None:
    tried.outside, tried.inside = {"st": {"enum": ["A", "B"]}}, {"status": {"enum": ["open", "done"]}}
    tried.required = ("st", "status")
    lines = ("{c: {st: A}, t: {status: [open, done]}}", "{c: {st: B}, t: {status: done}}")
    found = tried(cases_of(*lines, rest=", lossy: so it is"))
    assert found == ["E162 this case is never reached outbound: line 7 matches whatever it matches"]


def test_otherwise_that_takes_in_a_value_with_another_meaning_is_found(tried: Tried) -> None:
    tried.outside, tried.inside = {"st": {"enum": ["A", "B"]}}, {"status": {"enum": ["open", "cancelled", "deleted"]}}
    tried.required = ("st", "status")
    lines = ("{c: {st: A}, t: {status: open}}", "{c: {st: B}, t: {status: cancelled}}")
    found = tried(cases_of(*lines, rest=", otherwise: {c: {st: B}}"))
    assert found == ['W180 "deleted" of t.status comes back as "cancelled"']


def test_values_that_no_line_has_come_back_as_what_otherwise_writes_also_of_an_open_type(tried: Tried) -> None:
    tried.outside, tried.inside = {"st": TEXT}, {"status": {"enum": ["open", "done"]}}
    tried.required = ("st", "status")
    values = "{c: st, t: status, values: [{c: A, t: open}, {c: B, t: done}], otherwise: {t: open}}"
    assert tried(values) == ['W163 any other value of c.st comes back as "A"']


def test_a_field_that_a_line_does_not_name_is_dropped_and_so_is_one_that_is_only_written(tried: Tried) -> None:
    tried.outside = {"st": {"enum": ["A"]}, "why": {"enum": ["x", "y"]}}
    tried.inside = {"status": {"enum": ["open"]}}
    tried.required = ("st", "status")
    found = tried(cases_of("{c: {st: A}, t: {status: open}}", rest=", otherwise: {c: {st: A, why: x}}"))
    assert 'W163 "x" of c.why comes back as no value' in found


@pytest.mark.parametrize("at", ["a", "a.b"])
def test_a_truth_value_without_its_other_half_is_found_at_any_depth(tried: Tried, at: str) -> None:
    below = FLAG if at == "a" else {"type": "object", "required": ["b"], "properties": {"b": FLAG}}
    tried.outside, tried.inside, tried.required = {"a": below}, {"st": {"enum": [1]}}, ("a", "st")
    assert tried(f"{{c: {at}, t: st, values: [{{c: true, t: 1}}]}}") == [
        f"E160 false of c.{at} has no line in the table"
    ]


def test_the_elements_of_a_list_are_tried_although_only_one_schema_describes_them(tried: Tried) -> None:
    tried.outside = {"xs": {"type": "array"}}
    tried.inside = {"ys": {"type": "array", "items": {"type": "object", "properties": {"b": FLAG}}}}
    tried.required = ("xs", "ys")
    found = tried("{c: xs, t: ys, each: [{c: a, t: b, values: [{c: false, t: false}]}]}")
    assert "E160 true of t.b has no line in the table" in found
    assert any(finding.startswith("W156 c.xs may have elements that are no objects") for finding in found)


def test_flags_whose_value_may_be_absent_say_so(tried: Tried) -> None:
    tried.outside, tried.inside = {"done": FLAG}, {"status": TEXT}
    found = tried("{t: status, flags: [{c: done, t: done}], otherwise: open, lossy: one flag}")
    assert found == []
    found = tried("{t: status, flags: [{c: done, t: done}], otherwise: open}")
    assert found == ["W164 a record with no value of t.status is rejected: the table has no line for that"]


def test_named_values_in_a_combination_that_no_line_has_are_found(tried: Tried) -> None:
    tried.outside = {"a": TEXT, "b": TEXT}
    tried.inside = {"status": {"enum": ["open", "done"]}}
    tried.required = ("a", "b", "status")
    lines = ("{c: {a: x, b: x}, t: {status: open}}", "{c: {a: z, b: z}, t: {status: done}}")
    further = "and 1 more"
    assert tried(cases_of(*lines)) == [
        f'W156 a record with c.a "x", c.b "z" is rejected: the table has no line for that, {further}'
    ]
    assert tried(cases_of(*lines, rest=", lossy: there are no others")) == []
    tried.outside = {"a": {"enum": ["x", "z"]}, "b": {"enum": ["x", "z"]}}
    assert tried(cases_of(*lines)) == [
        'E160 c.a "x", c.b "z" has no line in the table',
        'E160 c.a "z", c.b "x" has no line in the table',
    ]


def test_a_table_that_does_not_settle_is_found(tried: Tried) -> None:
    tried.outside = {"a": {"enum": ["b", "c"]}}
    tried.inside = {"s": {"enum": [1, 2, 3]}}
    tried.required = ("a", "s")
    found = tried(cases_of("{c: {a: b}, t: {s: [1, 3]}}", rest=", otherwise: {c: {a: c}, t: {s: 3}}, lossy: yes it is"))
    assert found == ["E181 2 of t.s comes back as 3 of t.s, and that as 1 of t.s"]


def test_what_a_line_writes_for_no_value_is_a_value_of_the_field(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": {"enum": ["x"]}}, {"s": {"enum": ["open", "none"]}}
    tried.required = ("s",)
    table = "{c: a, t: s, when_absent: {c: null}, values: [{c: x, t: open}, {c: null, t: none}]}"
    assert tried(table) == ["E123 null is written to c.a by a pair that leaves it absent, which its schema refuses"]


def test_a_cell_that_means_absent_is_read_by_no_line(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": {"enum": ["x", ""]}}, {"s": {"enum": ["open", "none"]}}
    table = '{c: a, t: s, nulls: {c: [""]}, values: [{c: x, t: open}, {c: "", t: none}], lossy: it may be}'
    assert tried(table) == ['E161 "" means absent in c.a, so that no record has it there']


def test_a_field_of_which_every_value_means_absent_has_none_that_could_be_refused(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": {"enum": ["-"]}}, {"b": {"enum": ["x"]}}
    assert tried('{c: a, t: b, nulls: {c: ["-"]}}') == ['E153 "x" of t.b is no value of c.a']


def test_a_cell_is_judged_by_the_whole_schema_of_its_field(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": {**TEXT, "minLength": 2}}, {"s": {**TEXT, "pattern": "^x"}}
    table = "{c: a, t: s, values: [{c: q, t: xy}, {c: qq, t: z}]}"
    assert [finding for finding in tried(table) if finding.startswith("E161")] == [
        'E161 "q" is no value of c.a',
        'E161 "z" is no value of t.s',
    ]


def test_words_of_a_schema_that_only_say_something_refuse_nothing(tried: Tried) -> None:
    said = {"x-private": True, "x-unit": "kg", "example": "Pump", "externalDocs": {"url": "https://example.org"}}
    tried.outside, tried.inside = {"a": TEXT}, {"b": TEXT | said}
    assert tried("{c: a, t: b}") == []
    tried.outside, tried.inside = {"a": TEXT | said}, {"b": TEXT | {"x-private": False}}
    assert tried("{c: a, t: b}") == []


def test_text_in_the_place_of_a_date_is_refused(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": TEXT, "b": TEXT}, {"at": DATE, "day": DATE}
    found = tried(
        '{c: a, t: at, as: datetime, when_absent: {t: ""}, lossy: as it is}',
        "{c: b, t: day, values: [{c: x, t: z}]}",
    )
    assert 'E123 "" is written to t.at when c.a is absent, which its schema refuses' in found
    assert 'E161 "z" is no value of t.day' in found


# ---- what goes from one field to another


REFUSED = [
    (TEXT, {**TEXT, "maxLength": 6}, 'W156 "xxxxxxx" of c.a is refused by t.b: maxLength 6'),
    (TEXT, {**TEXT, "minLength": 2}, 'W156 "" of c.a is refused by t.b: minLength 2'),
    (TEXT, {**TEXT, "pattern": "^x"}, 'W156 "" of c.a is refused by t.b: pattern "^x"'),
    (TEXT, {"enum": ["p", "q"]}, 'W156 "" of c.a is refused by t.b: enum ["p", "q"]'),
    (WHOLE, {**WHOLE, "minimum": 1}, "W156 0 of c.a is refused by t.b: minimum 1"),
    (NUMBER, {**NUMBER, "exclusiveMaximum": 5}, "W156 7 of c.a is refused by t.b: exclusiveMaximum 5"),
    (WHOLE, {**WHOLE, "multipleOf": 5}, "W156 7 of c.a is refused by t.b: multipleOf 5"),
    ({**WHOLE, "maximum": 0}, {**WHOLE, "minimum": 1}, "E154 no value of c.a is one of t.b, as 0 is not: minimum 1"),
    ({"enum": ["p", "q"]}, {**TEXT, "pattern": "^p"}, 'E153 "q" of c.a is no value of t.b'),
    (FLAG, {"const": True}, "E153 false of c.a is no value of t.b"),
    ({"type": ["string", "integer"]}, TEXT, "E150 c.a may be integer, which t.b may not"),
    ({"anyOf": [TEXT, WHOLE]}, {"anyOf": [TEXT, FLAG]}, "E150 c.a may be integer, which t.b may not"),
    (
        {"type": "array", "items": TEXT},
        {"type": "array", "items": WHOLE},
        "E150 an element of c.a may be string, which one of t.b may not",
    ),
    (
        {"type": "array", "items": TEXT},
        {"type": "array", "items": TEXT, "maxItems": 1},
        'W156 ["a", ""] of c.a is refused',
    ),
    (
        {"type": "object", "properties": {"p": TEXT}},
        {"type": "object", "properties": {"p": TEXT}, "required": ["p"]},
        'W156 {} of c.a is refused by t.b: required ["p"]',
    ),
    (
        {"type": "object", "properties": {"p": TEXT, "q": WHOLE}, "additionalProperties": False},
        {"type": "object", "properties": {"p": TEXT}, "additionalProperties": TEXT},
        'W156 {"q": 7} of c.a is refused by t.b: additionalProperties',
    ),
    (
        {"type": "object", "properties": {"p": TEXT}},
        {"type": "object", "properties": {"p": {**TEXT, "maxLength": 2}}},
        'W156 {"p": "Pump P-17"} of c.a is refused by t.b: properties',
    ),
    (
        {**TEXT, "pattern": "^xy"},
        {**TEXT, "pattern": "^x"},
        "W156 whether t.b takes every value of c.a is undecided: pattern",
    ),
    (TEXT, {**TEXT, "not": {"const": "unheard"}}, "W156 whether t.b takes every value of c.a is undecided: not"),
]


def is_inbound(finding: str) -> bool:
    """Return whether a finding is about what comes in."""
    if "whether" in finding:
        return finding.index("t.b") < finding.index("c.a")
    return finding.index("c.a") < finding.index("t.b")


@pytest.mark.parametrize(("source", "target", "message"), REFUSED, ids=[message[:60] for *_, message in REFUSED])
def test_a_value_that_the_other_schema_refuses_is_shown(tried: Tried, source: Any, target: Any, message: str) -> None:
    tried.outside, tried.inside, tried.required = {"a": source}, {"b": target}, ("a", "b")
    inbound = [finding for finding in tried("{c: a, t: b}") if is_inbound(finding)]
    assert len(inbound) == 1
    assert inbound[0].startswith(message)
    if message.startswith("W"):
        assert [finding for finding in tried("{c: a, t: b, lossy: it may be}") if finding.startswith("W")] == []


TAKEN = [
    ({**TEXT, "maxLength": 5}, {**TEXT, "maxLength": 6}),
    ({**TEXT, "pattern": "^[A-Z]{2}$"}, {**TEXT, "pattern": "^[A-Z]{2}$", "minLength": 2, "maxLength": 2}),
    ({**WHOLE, "minimum": 2}, {**WHOLE, "exclusiveMinimum": 1}),
    ({**WHOLE, "multipleOf": 10}, {**NUMBER, "multipleOf": 5}),
    (WHOLE, {**WHOLE, "maximum": 2**63 - 1}),
    ({"enum": ["xa", "xb"]}, {**TEXT, "pattern": "^x", "minLength": 1}),
    ({"anyOf": [TEXT, {"const": False}]}, {"anyOf": [TEXT, FLAG]}),
    (TEXT, {**TEXT, "format": "email"}),
    ({"type": "array", "items": {**TEXT, "maxLength": 3}, "minItems": 1}, {"type": "array", "items": TEXT}),
    (
        {"type": "object", "properties": {"p": WHOLE}, "required": ["p"], "additionalProperties": False},
        {"type": "object", "properties": {"p": NUMBER}},
    ),
    ({"not": {"const": 1}, "type": "integer"}, {"not": {"const": 1}, "type": "integer"}),
]


@pytest.mark.parametrize(("source", "target"), TAKEN, ids=[str(source)[:60] for source, _ in TAKEN])
def test_a_schema_that_takes_whatever_comes_is_left_alone(tried: Tried, source: Any, target: Any) -> None:
    tried.outside, tried.inside, tried.required = {"a": source}, {"b": target}, ("a", "b")
    assert [finding for finding in tried("{c: a, t: b}") if is_inbound(finding)] == []


def test_references_are_looked_through(tried: Tried) -> None:
    short = {"$ref": "#/properties/b"}
    tried.outside, tried.inside = {"a": TEXT}, {"b": {**TEXT, "maxLength": 2}, "d": short}
    assert tried("{c: a, t: d}", "{t: b, from: a, lossy: {W156: it is short, W167: it repeats}}") == [
        'W156 "xxx" of c.a is refused by t.d: maxLength 2'
    ]


def test_a_from_that_is_a_path_is_judged_like_a_copy(tried: Tried) -> None:
    tried.outside, tried.inside = {"num": WHOLE, "far": TEXT}, {"num": TEXT, "near": {**TEXT, "maxLength": 2}}
    found = tried("{t: num, from: num, lossy: the client owns it}", "{t: near, from: far, write: once}")
    assert found == [
        "E150 c.num may be integer, which t.num may not",
        'W156 "xxx" of c.far is refused by t.near: maxLength 2',
    ]


def test_a_list_is_as_long_as_the_other_side_has_it(tried: Tried) -> None:
    element = {"type": "object", "properties": {"p": TEXT}}
    tried.outside = {"xs": {"type": "array", "items": element}}
    tried.inside = {"ys": {"type": "array", "items": element, "minItems": 1}}
    tried.required = ("xs", "ys")
    assert tried("{c: xs, t: ys, each: [{c: p, t: p}]}") == ["W156 [] of c.xs is refused by t.ys: minItems 1"]


def test_what_a_codec_writes_and_makes_is_taken(tried: Tried) -> None:
    tried.outside = {"a": {**TEXT, "pattern": "^x"}, "d": {**TEXT, "maxLength": 25}}
    tried.inside = {"m": WHOLE, "at": DATE}
    found = tried("{c: a, t: m, as: integer_text}", "{c: d, t: at, as: datetime, lossy: as it is}")
    assert found == ['E154 "7", made of t.m, is no value of c.a, and no other is: pattern "^x"']
    found = tried("{c: d, t: at, as: datetime}")
    assert 'W156 "2024-02-29T23:59:58.120000Z" of t.at becomes "2024-02-29T23:59:58.120000+00:00"' in found[-1]
    tried.outside, tried.inside = {"a": TEXT}, {"m": {**WHOLE, "minimum": 1}}
    assert tried("{c: a, t: m, as: integer_text}") == ['W156 "0" of c.a becomes 0, which t.m refuses: minimum 1']


@pytest.mark.parametrize(
    "listed", [{"enum": ["S", "T", "X", None]}, {"anyOf": [{"enum": ["X"]}, {"enum": ["S", "T"]}]}]
)
def test_a_codec_reads_every_value_that_is_listed(tried: Tried, listed: dict[str, Any]) -> None:
    tried.outside, tried.inside = {"a": listed}, {"m": {"type": ["boolean", "null"]}}
    rule = "{c: a, t: m, as: {boolean: [[S], [T]]}}"
    assert tried(rule) == ['W156 a record with c.a "X" is rejected: expected "S" or "T", found "X"']
    tried.outside = {"a": {"type": ["string", "null"]}}
    assert not tried(rule), "what is not listed is the content of a record"
    tried.outside = {"a": {"enum": ["S", "T", None]}}
    assert not tried(rule)


@pytest.mark.parametrize(
    "rule",
    [
        "{c: a, t: m, as: {boolean: [[S], [T]]}, values: [{c: true, t: one}, {c: false, t: other}]}",
        "{as: {boolean: [[S], [T]]}, cases: [{c: {a: true}, t: {m: one}}, {c: {a: false}, t: {m: other}}]}",
        "{t: m, as: {boolean: [[S], [T]]}, flags: [{c: a, t: one}], otherwise: other}",
    ],
)
def test_the_form_of_a_table_reads_every_value_that_is_listed(tried: Tried, rule: str) -> None:
    tried.outside, tried.inside = {"a": {"enum": ["S", "T", "X"]}}, {"m": {"enum": ["one", "other"]}}
    tried.required = ("a", "m")
    rejected = 'W156 a record with c.a "X" is rejected: expected "S" or "T", found "X"'
    assert tried(rule) == [rejected]
    tried.more["c"] = ', nulls: ["X"]'
    assert rejected not in tried(rule)
    tried.more["c"], tried.outside = "", {"a": {"enum": ["S", "T"]}}
    assert tried(rule) == []


def test_the_form_of_a_system_reads_every_value_that_is_listed(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": {"enum": ["u:a", "u:b", "x"]}}, {"m": {"enum": ["a", "b"]}}
    tried.more["c"] = ", as: {text: {before: 'u:'}}"
    tried.required = ("a", "m")
    rejected = 'W156 a record with c.a "x" is rejected: expected text that begins with "u:", found "x"'
    assert tried("{c: a, t: m}") == [rejected]
    assert tried("{c: a, t: m, values: [{c: a, t: b}, {c: b, t: a}]}") == [rejected]


def test_codecs_of_several_fields_read_every_value_that_is_listed_beside_some_others(tried: Tried) -> None:
    tried.outside, tried.inside = {"count": NUMBER, "unit": {"enum": ["H", "MIN", "D"]}}, {"m": NUMBER}
    rule = "{c: [count, unit], t: m, as: {quantity: {H: 60, MIN: 1}}, lossy: {W165: so it is}}"
    assert tried(rule) == ['W156 a record with c.unit "D" is rejected: expected the unit "H" or "MIN", found "D"']
    days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    tried.outside, tried.inside = {"date": TEXT, "name": {"enum": days}}, {"m": DATE}
    rule = "{c: [date, name], t: m, as: {datetime: {format: ['%Y-%m-%d', '%A']}}, lossy: {W165: so it is}}"
    assert tried(rule) == []
    tried.outside = {"date": TEXT, "name": {"enum": [*days, "Someday"]}}
    assert tried(rule)[0].startswith('W156 a record with c.name "Someday" is rejected: expected a date')


def test_what_is_written_of_a_value_that_means_absent_may_be_read_as_one_that_does_not(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": {"type": ["string", "null"]}}, {"m": {"type": ["string", "null"]}}
    rule = "{c: a, t: m, as: {text: {before: 'u:', case: lower}}, nulls: {t: ['%s']}, lossy: as the client has it}"
    assert tried(rule % "N/A") == []
    assert tried.codes(rule % "n/a") == ["W172"]


def test_a_text_that_is_cut_to_one_that_means_absent_comes_back_as_none(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": {**TEXT, "maxLength": 3}}, {"m": TEXT}
    tried.more["c"] = ", keep: true"
    found = tried("{c: a, t: m, as: {text: {cut: 3}}, nulls: {t: [N/A]}, lossy: {W165: it may be longer}}")
    assert found == ['W180 "N/A " of t.m comes back as no value: "N/A" means absent in t']


def test_of_a_list_in_one_element_that_is_not_sent_nothing_is_written(tried: Tried) -> None:
    fields = {"num": WHOLE, "p": TEXT}
    inner = {"type": "array", "items": {"type": "object", "properties": fields, "required": [*fields]}}
    tried.outside = {"xs": {"type": "array", "items": {"type": "object", "properties": {"ys": inner}}}}
    tried.inside = {"zs": {"type": "array", "items": {"type": "object", "properties": fields}}}
    tried.more["c"] = ', when_absent: null, written: {"xs[0].ys": null}'
    assert tried("{c: 'xs[0].ys', t: zs, each: [{c: num, t: num}, {c: p, t: p}]}") == []


def test_a_number_may_stand_where_a_date_may_as_well(tried: Tried) -> None:
    tried.outside = tried.inside = {"gone": {"type": ["string", "integer"], "format": "date-time"}}
    tried.more["t"] = ", deleted_when: {gone: 1}"
    assert "E161" not in tried.codes("{c: gone, t: gone}")
    tried.more["t"] = ", deleted_when: {gone: '2025-01-02T03:04:05Z'}"
    assert "E161" in tried.codes("{c: gone, t: gone}")


@pytest.mark.parametrize(
    ("codec", "bound", "finding"),
    [
        ("text: {trim: both}", {"minLength": 3}, '"a  " of c.a becomes "a", which t.m refuses: minLength 3'),
        ("text: {case: upper}", {"maxLength": 4}, '"ßßßß" of c.a becomes "SSSSSSSS", which t.m refuses: maxLength 4'),
        ("html", {"maxLength": 9}, f'"{"&" * 9}" of t.m becomes "{"&amp;" * 9}", which c.a refuses: maxLength 9'),
    ],
)
def test_a_text_that_a_codec_makes_too_short_or_too_long_is_named(
    tried: Tried, codec: str, bound: dict[str, int], finding: str
) -> None:
    tried.outside, tried.inside = {"a": TEXT | bound}, {"m": TEXT | bound}
    name, _, options = codec.partition(": ")
    said = f"{{{name}: {options}}}" if options else name
    assert tried(f"{{c: a, t: m, as: {said}, lossy: {{W165: so it is}}}}") == [f"W156 {finding}"]


def test_a_line_that_takes_away_one_of_two_fields_of_a_value_is_refused(tried: Tried) -> None:
    tried.outside, tried.inside = {"day": TEXT, "time": TEXT}, {"at": DATE, "status": {"enum": ["done", "open"]}}
    tried.required = ("status",)
    joined = "{c: [day, time], t: at, as: {datetime: {format: ['%Y-%m-%d', '%H:%M:%S']}}, lossy: so it is}"
    line = "{c: {day: {not: null}}, t: {status: done}}"
    found = tried(joined, cases_of(line, "{c: {day: null}, t: {status: open}}", rest=", lossy: so it is"))
    assert "E124 this line takes c.day away and leaves c.time, which is no value without it" in found
    both = "{c: {day: null, time: null}, t: {status: open}}"
    assert "E124" not in tried.codes(joined, cases_of(line, both, rest=", lossy: so it is"))


def test_a_key_of_elements_that_is_in_no_schema_is_named(tried: Tried) -> None:
    elements = {"type": "object", "properties": {"num": WHOLE, "p": TEXT}}
    tried.outside, tried.inside = ({name: {"type": "array", "items": elements}} for name in ("xs", "ys"))
    found = tried("{c: xs, t: ys, each: [{c: deep.num, t: num, key: true}, {c: deep.p, t: p}]}")
    assert [one for one in found if one.startswith("E")] == ['E110 c has no field "deep"'] * 2


def test_a_codec_of_several_fields_is_judged_in_each_of_them(tried: Tried) -> None:
    tried.outside = {"day": TEXT, "time": {"type": ["string", "integer"]}}
    tried.inside = {"at": DATE}
    rule = '{c: [day, time], t: at, as: {datetime: {format: ["%Y-%m-%d", "%H:%M:%S"]}}, lossy: no milliseconds}'
    assert tried(rule) == ["E151 c.time may be integer, which codec datetime does not read"]
    tried.outside = {"day": TEXT, "time": {**TEXT, "maxLength": 6}}
    assert tried(rule) == ['E154 "23:59:58", made of t.at, is no value of c.time, and no other is: maxLength 6']


# ---- absent values


@pytest.mark.parametrize(
    ("rule", "outside", "inside", "message"),
    [
        (
            '{c: a, t: b, nulls: {c: ["N/A"]}}',
            TEXT,
            TEXT,
            '"N/A" of t.b comes back as no value: "N/A" means absent in c',
        ),
        ("{c: a, t: b, when_absent: {c: 0}}", NUMBER, NUMBER, "0 of t.b comes back as no value: 0 means absent in c"),
        (
            "{c: a, t: b, as: epoch_ms, nulls: {c: [0]}}",
            WHOLE,
            DATE,
            '"1970-01-01T00:00:00Z" of t.b comes back as no value: 0 means absent in c',
        ),
        (
            '{c: a, t: b, as: date, nulls: {c: ["0001-01-01"]}}',
            TEXT,
            DATE,
            '"0001-01-01T00:00:00Z" of t.b comes back as no value: "0001-01-01" means absent in c',
        ),
        ('{c: a, t: b, nulls: {t: ["-"]}}', TEXT, TEXT, '"-" of c.a comes back as no value: "-" means absent in t'),
    ],
    ids=["text", "number", "epoch", "a date", "inside"],
)
def test_a_value_that_means_absent_on_the_other_side_is_lost(
    tried: Tried, rule: str, outside: Any, inside: Any, message: str
) -> None:
    tried.outside, tried.inside = {"a": outside}, {"b": inside}
    said = tried(rule)
    assert f"W180 {message}" in said
    reasons = ", ".join(f"{code}: nobody writes that" for code in {finding[:4] for finding in said})
    assert tried(rule.replace("}}", f"}}, lossy: {{{reasons}}}}}")) == []


def test_one_reason_is_for_one_kind_of_loss(tried: Tried) -> None:
    """What was acknowledged of a rule says nothing of what a later change of it, or of a schema, loses."""
    tried.outside, tried.inside = {"a": TEXT}, {"b": DATE}
    rule = '{c: a, t: b, as: date, nulls: {c: ["2025-01-01"]}, lossy: %s}'
    assert [finding[:4] for finding in tried(rule % "a day is enough")] == ["W172"]
    (finding,) = tried(rule % "{W165: a day is enough}")
    assert finding.startswith("W180 ")
    (finding,) = tried(rule % "{W180: nobody writes that}")
    assert finding.startswith("W165 ")
    assert tried(rule % "{W165: a day is enough, W180: nobody writes that}") == []
    stale = "W171 lossy gives a reason for W156, but nothing of that kind is lost by this rule"
    assert tried(rule % "{W165: a day is enough, W180: nobody writes that, W156: ok}") == [stale]


def test_a_reason_for_flags_that_normalise_is_none_for_what_is_rejected(tried: Tried) -> None:
    flags = {"type": "boolean"}
    tried.outside, tried.inside, tried.required = {"x": flags, "z": flags}, {"s": {"enum": ["p", "q"]}}, ("s",)
    table = "{t: s, flags: [{c: x, t: p}, {c: z, t: q}], lossy: %s}"
    assert [finding[:4] for finding in tried(table % "{W166: the first counts}")] == ["W164"]
    assert tried(table % "{W166: the first counts, W164: one of them is always set}") == []


def test_a_value_that_means_absent_on_both_sides_or_cannot_come_is_no_loss(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": TEXT}, {"b": TEXT}
    assert tried('{c: a, t: b, nulls: {c: ["N/A"], t: ["N/A"]}}') == []
    tried.inside = {"b": {"enum": ["x"]}}
    tried.outside = {"a": {"enum": ["x", "N/A"]}}
    assert tried('{c: a, t: b, nulls: {c: ["N/A"]}}') == []


def test_a_key_that_means_absent_is_told(tried: Tried) -> None:
    tried.keys, tried.more["c"] = {"c": TEXT, "t": TEXT}, ', nulls: ["", "N/A"]'
    assert tried() == [
        'W156 a record whose key c.id is "N/A" is rejected: it means absent, as nulls or when_absent says',
    ]
    tried.key = "{c: id, t: number, key: true, nulls: {c: []}}"
    assert tried() == []
    tried.keys = {"c": {**TEXT, "pattern": "^[0-9]+$"}, "t": {**TEXT, "pattern": "^[0-9]+$"}}
    tried.key = "{c: id, t: number, key: true}"
    assert tried() == []


# ---- expressions


def test_an_expression_is_tried_on_what_its_schema_allows(tried: Tried) -> None:
    tried.outside, tried.inside = {"note": TEXT}, {"size": {**WHOLE, "maximum": 3}, "title": TEXT}
    tried.required = ("title",)
    found = tried(
        "{t: size, from: length(note), write: once}",
        '{t: title, from: "note || `null`", write: once}',
    )
    assert any(message.startswith("W155 a record with no c.note is rejected: length(note) fails") for message in found)
    assert any(message.startswith("W156 a record with c.note") and "is more than 3" in message for message in found)
    assert any(message.startswith("E122 from:") and "t.title is required" in message for message in found)


def test_a_text_that_says_a_number_which_means_absent_is_tried(tried: Tried) -> None:
    tried.outside, tried.inside = {"amount": {**TEXT, "pattern": "^[0-9]{3}$"}}, {"cost": NUMBER}
    tried.more = {"c": ", nulls: [1]", "t": ', when_absent: ""'}
    tried.required = ("amount",)
    found = tried("{t: cost, from: to_number(amount), write: once}")
    assert any(one.startswith('E123 "" is written to t.cost') and '"001"' in one for one in found)


def test_an_expression_that_always_makes_what_is_required_is_left_alone(tried: Tried) -> None:
    tried.outside, tried.inside, tried.required = {"note": TEXT}, {"title": {**TEXT, "minLength": 1}}, ("title",)
    assert tried("{t: title, from: \"note || 'none'\", write: once}") == []


# ---- what lossy says


def test_a_pair_of_expressions_that_is_exact_loses_no_edit(tried: Tried) -> None:
    tried.outside, tried.inside = {"amount": TEXT}, {"cost": NUMBER}
    inward, outward = "{t: cost, from: to_number(amount)}", "{c: amount, from: to_string(cost)}"
    assert not [finding for finding in tried(inward, outward) if finding.startswith("W167")]
    assert [finding for finding in tried(inward) if finding.startswith("W167")]
    assert [
        finding for finding in tried(inward, "{c: amount, from: \"join('', ['x'])\"}") if finding.startswith("W167")
    ]


def test_a_pair_of_expressions_is_exact_where_no_value_comes_back_as_what_is_written_for_it(tried: Tried) -> None:
    tried.outside, tried.inside = {"amount": TEXT}, {"cost": NUMBER}
    tried.more["t"] = ', when_absent: 0, nulls: ["0", 0]'
    inward, outward = "{t: cost, from: to_number(amount)}", "{c: amount, from: to_string(cost)}"
    assert not [finding for finding in tried(inward, outward) if finding.startswith("W167")]
    tried.more["t"] = ', when_absent: 1, nulls: ["0", 0]'
    assert [finding for finding in tried(inward, outward) if finding.startswith("W167")]


def test_what_is_rejected_when_it_comes_back_overwrites_nothing(tried: Tried) -> None:
    tried.outside, tried.inside = {"amount": TEXT}, {"cost": WHOLE}
    tried.more = {"c": ', when_absent: ""', "t": ', nulls: ["0", 0]'}
    inward, outward = "{t: cost, from: to_number(amount)}", "{c: amount, from: to_string(cost)}"
    assert tried.codes(inward, outward) == ["W155", "W174"]
    outward = "{c: amount, from: \"join('', [to_string(cost), ' EUR'])\"}"
    assert "W167" in tried.codes(inward, outward)


def test_what_a_rule_for_elements_gives_a_reason_for_is_no_loss_of_the_list(tried: Tried) -> None:
    tried.outside = {"a": {"type": "array", "minItems": 1, "items": {"type": "object", "properties": {"x": TEXT}}}}
    tried.inside = {"b": {"type": "array", "items": {"type": "object", "properties": {"z": TEXT}}}}
    rule = '{c: a, t: b, lossy: "%s", each: [{c: x, t: z, nulls: {c: [N/A]}%s}]}'
    assert tried(rule % ("the client has no empty lists", ", lossy: no order has it")) == []
    assert tried.codes(rule % ("the client has no empty lists", "")) == ["W180"]


def test_a_field_that_nobody_edits_is_not_overwritten(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": TEXT}, {"copyOfA": {**TEXT, "readOnly": True}}
    assert tried("{t: copyOfA, from: a}") == []
    only = {"const": "x"}
    tried.outside, tried.inside, tried.required = {"a": only}, {"b": only, "d": only}, ("a", "b", "d")
    assert tried("{c: a, t: d}", "{t: b, from: a}") == []
    tried.required = ("a", "d")
    assert tried.codes("{c: a, t: d}", "{t: b, from: a}") == ["W167"]


def test_lossy_without_a_loss_is_told(tried: Tried) -> None:
    tried.outside, tried.inside = {"a": TEXT, "d": TEXT}, {"b": TEXT, "at": DATE}
    assert tried("{c: a, t: b, lossy: it is long}", "{c: d, t: at, as: date, lossy: a day is enough}") == [
        "W171 this rule says lossy, but nothing is lost by it"
    ]


@pytest.mark.parametrize(("deleted", "is_told"), [("asset: null", True), ("asset.spare: null", False)])
def test_who_asks_for_an_object_does_not_map_what_lies_in_it(tried: Tried, deleted: str, *, is_told: bool) -> None:
    tried.inside = {"asset": {"type": "object", "properties": {"code": WHOLE, "spare": WHOLE}}}
    tried.outside = {"code": WHOLE}
    tried.more["t"] = f", deleted_when: {{{deleted}}}"
    assert ("W170 no rule maps t.asset.spare" in tried("{c: code, t: asset.code}")) is is_told
