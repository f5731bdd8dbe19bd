"""What check proves of a table with conditions: every state is decided, written, read back; and what it says else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from etl.mapping.load import examine
from tests.support.proofs import DATE, TEXT, few, found, lists, mapping, of

LABELS: dict[str, Any] = {"type": "array", "items": {"enum": ["urgent", "other"]}}
STATUS = {"enum": ["open", "done"]}
REJECTED = (
    '{} a record with "done" of t.status is rejected where {} of c.at was last, since this line wants c.at {{not: {}}}'
)
LAW = "lossy: {W163: the client's codes say nothing more}"


def cases(*lines: str, more: str = "") -> str:
    return f"{{cases: [{', '.join(lines)}]{more and ', ' + more}}}"


@pytest.mark.parametrize(
    ("rule", "c", "t"),
    [
        (
            cases(
                "{c: {state: 7, code: [HOLD, $any]}, t: {status: open}}",
                "{c: {state: 3, code: [$any, OK]}, t: {status: done}}",
                more=LAW,
            ),
            of(state_={"enum": [3, 7]}, code=TEXT),
            of(status_=STATUS),
        ),
        (
            cases(
                "{c: {at: [{not: null}, now]}, t: {status: done}}",
                "{c: {at: null}, t: {status: open}}",
            ),
            of(at=TEXT),
            of(status_=STATUS),
        ),
        (
            cases(
                "{c: {labels: {has: urgent}}, t: {level: 1}}",
                "{c: {labels: {not: {has: urgent}}}, t: {level: 2}}",
            ),
            of(labels=LABELS),
            of(level_=few(1, 2)),
        ),
        (
            cases(
                "{c: {sys: {word: DLFL}}, t: {status: gone}}",
                "{c: {sys: {word: TECO, not: {word: DLFL}}}, t: {status: done}}",
                "{c: {sys: {not: {word: [TECO, DLFL]}}}, t: {status: open}}",
            ),
            of(sys=TEXT),
            of(status_={"enum": ["open", "done", "gone"]}),
        ),
        (
            cases(
                "{c: {state: closed}, t: {status: done, reason: $any}}",
                "{c: {state: open}, t: {status: open, reason: $any}}",
            ),
            of(state_={"enum": ["open", "closed"]}),
            of(status_=STATUS, reason=TEXT),
        ),
        (
            cases(
                "{c: {state: [a, b], sub: [{not: x}, null]}, t: {status: open}, lossy: a and b are one to them}",
                "{c: {state: [a, b], sub: x}, t: {status: done}, lossy: a and b are one to them}",
            ),
            of(state_={"enum": ["a", "b"]}, sub={"enum": ["x"]}),
            of(status_=STATUS),
        ),
    ],
)
def test_a_table_of_conditions_that_is_right_needs_no_word(
    tmp_path: Path, rule: str, c: dict[str, Any], t: dict[str, Any]
) -> None:
    assert found(tmp_path, rule, c, t) == []


@pytest.mark.parametrize(
    ("rule", "c", "t", "findings"),
    [
        (
            cases("{c: {at: {not: null}}, t: {status: done}}", "{c: {at: null}, t: {status: open}}"),
            of(at=TEXT),
            of(status_=STATUS),
            [REJECTED.format("W164", "no value", "null")],
        ),
        (
            cases("{c: {at: {not: x}}, t: {status: done}}", "{c: {at: x}, t: {status: open}}"),
            of(at=TEXT),
            of(status_=STATUS),
            [REJECTED.format("W156", '"x"', '"x"')],
        ),
        (
            cases("{c: {at: {not: x}}, t: {status: done}}", "{c: {at: [x, z]}, t: {status: open}}"),
            of(at={"enum": ["x", "z"]}),
            of(status_=STATUS),
            [
                REJECTED.format("W156", '"x"', '"x"'),
            ],
        ),
        (
            cases("{c: {state: closed}, t: {status: done, reason: $any}}", "{c: {state: open}, t: {status: open}}"),
            of(state_={"enum": ["open", "closed"]}),
            of(status_=STATUS, reason=TEXT),
            ["W163 any other value of t.reason comes back as no value"],
        ),
        (
            cases("{c: {labels: {has: urgnt}}, t: {level: 1}}", "{c: {labels: $any}, t: {level: 2}}"),
            of(labels=LABELS),
            of(level_=few(1, 2)),
            ['E161 "urgnt" is no value of c.labels[]'],
        ),
        (
            cases("{c: {labels: {has: urgent}}, t: {level: 1}}", "{c: {labels: {not: {has: urgent}}}, t: {level: 2}}"),
            of(labels=TEXT),
            of(level_=few(1, 2)),
            ["E150 c.labels is no array; has asks for the members of a list"],
        ),
        (
            cases("{c: {state: a, code: $any}, t: {status: open}}", "{c: {state: b, code: X}, t: {status: done}}"),
            of(state_={"enum": ["a", "b"]}, code_=TEXT),
            of(status_=STATUS),
            [
                'W156 a record with c.state "b", c.code any other value is rejected: the table has no line for that',
                "E122 this case leaves c.code absent, but it is required",
            ],
        ),
        (
            "{c: s, t: status, values: [{c: [a, b], t: open, lossy: one to them}, {c: d, t: done, lossy: nothing}]}",
            of(s_={"enum": ["a", "b", "d"]}),
            of(status_=STATUS),
            ["W171 this line says lossy, but nothing is lost by it"],
        ),
        (
            "{c: s, t: status, values: [{c: [a, b], t: open, lossy: {W180: none}}, {c: d, t: done}]}",
            of(s_={"enum": ["a", "b", "d"]}),
            of(status_=STATUS),
            [
                'W163 "b" of c.s comes back as "a"',
                "W171 lossy gives a reason for W180, but nothing of that kind is lost by this line",
            ],
        ),
    ],
)
def test_check_names_the_state_that_a_condition_leaves_open(
    tmp_path: Path, rule: str, c: dict[str, Any], t: dict[str, Any], findings: list[str]
) -> None:
    assert [one for one in found(tmp_path, rule, c, t) if not one.startswith("W156 a record of")][: len(findings)] == (
        findings
    )


CLOSED = cases("{c: {s: c}, t: {status: done}}", "{c: {s: o, closed: null}, t: {status: open}}")
OPEN = cases("{c: {s: c}, t: {status: done}}", "{c: {s: o, closed: 5}, t: {status: open}}")
STATE = {"enum": ["o", "c"]}
LATER = {
    "if": {"required": ["s"], "properties": {"s": {"const": "o"}}},
    "then": {"not": {"required": ["closed"]}},
}


@pytest.mark.parametrize(
    ("rule", "c", "states"),
    [
        (CLOSED, of(s_=STATE, closed={"type": "integer"}), ['c.s "o", c.closed any other value']),
        (CLOSED, of(s_=STATE, closed=TEXT), ['c.s "o", c.closed any other value']),
        (CLOSED, of(s_=STATE, closed={"const": 5}), ['c.s "o", c.closed 5']),
        (OPEN, of(s_=STATE, closed_={"type": "integer"}), ['c.s "o", c.closed any other value']),
        (
            cases("{c: {s: c, closed: null}, t: {status: done}}", "{c: {s: o, closed: null}, t: {status: open}}"),
            of(s_=STATE, closed={"type": "integer"}),
            ["any other value of c.closed"],
        ),
        (f"{CLOSED[:-1]}, otherwise: {{t: {{status: open}}}}}}", of(s_=STATE, closed={"type": "integer"}), []),
        (f"{CLOSED[:-1]}, lossy: {{W156: none is both, W163: none}}}}", of(s_=STATE, closed={"type": "integer"}), []),
        (CLOSED, {**of(s_=STATE, closed={"type": "integer"}), **LATER}, []),
        (CLOSED, of(s_=STATE, closed={"type": "null"}), []),
        (
            cases("{c: {s: c, code: [X, Z]}, t: {status: done}}", "{c: {s: o, code: [Z, X]}, t: {status: open}}"),
            of(s_=STATE, code_=TEXT),
            [],
        ),
        ("{c: s, t: status, values: [{c: o, t: open}, {c: c, t: done}]}", of(s_=TEXT), []),
    ],
)
def test_any_other_value_of_a_field_that_a_line_takes_is_read_in_every_state(
    tmp_path: Path, rule: str, c: dict[str, Any], states: list[str]
) -> None:
    told = [one for one in found(tmp_path, rule, c, of(status_=STATUS)) if "is rejected" in one or "has no line" in one]
    told = [one.removeprefix("W156 a record with ").removeprefix("E160 ") for one in told]
    assert [one.split(" is rejected")[0].split(" has no line")[0] for one in told] == states


def test_any_other_value_is_written_in_every_state(tmp_path: Path) -> None:
    lines = '{c: {s: "1", why: null}, t: {status: open, reason: null}}', '{c: {s: "2"}, t: {status: done}}'
    rules = f"{{c: why, t: reason}}\n{cases(*lines)}"
    text = {"type": ["string", "null"]}
    assert found(tmp_path, rules, of(s_={"enum": ["1", "2"]}, why=text), of(status_=STATUS, reason=text)) == [
        f"W156 a record with {state} is rejected: the table has no line for that"
        for state in ('c.s "1", c.why any other value', 't.status "open", t.reason any other value')
    ]


def test_a_state_is_left_open_beside_a_date_of_which_any_is_read(tmp_path: Path) -> None:
    rules = """
{c: at, t: at, as: datetime, lossy: {W165: ok}}
{cases: [{t: {of: 0}, c: {s: a}}, {t: {at: {not: null}, of: 1}, c: {s: b}}]}
"""
    c, t = of(at_=DATE, s_={"enum": ["a", "b"]}), of(at_=DATE, of={"enum": [0, 1]})
    assert found(tmp_path, rules, c, t) == [
        "W164 a record with no value of t.of is rejected: the table has no line for that"
    ]
    t["required"].append("of")
    assert found(tmp_path, rules, c, t) == []


def test_a_line_of_which_nothing_is_left_in_an_element_writes_no_null_there(tmp_path: Path) -> None:
    lines = "{c: {e: 2}, t: {i: 2, j: c}}, {c: {e: 3}, t: {i: null, j: null}}"
    rules = f"{{c: l, t: m, each: [{{cases: [{lines}], when_absent: {{t: null}}}}]}}"
    c, t = of(l=lists(e_={"enum": [2, 3]})), of(m=lists(i=few(1, 3), j={"enum": ["c", None]}))
    assert [one for one in found(tmp_path, rules, c, t) if one.startswith("E123")] == []


def test_a_codec_that_makes_no_empty_text_always_writes_what_a_table_asks_for(tmp_path: Path) -> None:
    rules = """
{c: a, t: b, as: integer_text}
{cases: [{c: {a: {not: null}}, t: {s: c}}, {c: {a: null}, t: {s: d}}]}
"""
    file = mapping(tmp_path, rules, of(a_=TEXT), of(b_={"type": "integer"}, s_={"enum": ["c", "d"]}))
    file.write_text(file.read_text().replace("schema: c.json,", 'when_absent: "", schema: c.json,'))
    assert [one.message for one in examine(file)[1] if one.code == "W164"] == []


def test_a_table_always_writes_what_another_asks_for_where_a_line_above_decides_all_that_a_line_would_leave(
    tmp_path: Path,
) -> None:
    lines = "{c: [null, $any], t: false}, {c: null, t: {not: true}}, {c: {not: [null, x]}, t: {not: null}}"
    rules = f"""
{{c: a, t: f, otherwise: {{t: false}}, values: [{lines}]}}
{{cases: [{{t: {{f: null}}, c: {{b: one}}}}, {{t: {{f: $any}}, c: {{b: two}}}}]}}
"""
    c, t = of(a={"enum": ["x", None]}, b_={"enum": ["one", "two"]}), of(f={"type": ["boolean", "null"]})
    assert [one for one in found(tmp_path, rules, c, t) if "of c.b" in one and "comes back as" in one] == []


def test_a_flag_may_be_false_in_its_form_whatever_is_written_for_nothing(tmp_path: Path) -> None:
    flags = "{t: st, flags: [{c: a, t: done}, {c: b, t: open}], otherwise: {t: held, c: false}"
    rule = f"{flags}, as: {{boolean: [[S], [X]]}}, when_absent: {{c: false}}}}"
    c, t = of(a_={"enum": ["S", "X"]}, b={"enum": ["S", "X", False]}), of(st_={"enum": ["done", "open", "held"]})
    assert [one for one in found(tmp_path, rule, c, t) if one.startswith("E")] == []


def test_a_line_that_is_hidden_is_told_with_the_condition_that_would_tell_it_apart(tmp_path: Path) -> None:
    rule = cases("{c: {state: a}, t: {status: done}}", "{c: {state: a, sub: x}, t: {status: open}}")
    file = mapping(tmp_path, rule, of(state_={"enum": ["a"]}, sub={"enum": ["x"]}), of(status_=STATUS))
    fixes = {one.code: one.fix for one in examine(file)[1]}
    assert fixes["E162"] == 'name c.sub: [{not: "x"}, null] in line 10, put the narrower case first, or remove one'
    assert "line 10 reads first what this one writes: name c.sub" in fixes["W163"]


ONE_WAY = {
    "written alone": (
        cases(
            "{c: {s: O}, t: {d: open}}",
            "{c: {s: O}, t: {d: paused}, lossy: no pause outside}",
            "{c: {s: C}, t: {d: closed}}",
        ),
        "",
    ),
    "written alone, of values": (
        "{c: s, t: d, values: [{c: O, t: open}, {c: O, t: paused, lossy: no pause outside}, {c: C, t: closed}]}",
        "",
    ),
    "read alone": (
        cases(
            "{c: {s: O}, t: {d: [open, paused]}, lossy: {W163: no pause outside}}",
            "{c: {s: P}, t: {d: paused}, lossy: P is not sent}",
            "{c: {s: C}, t: {d: closed}}",
        ),
        "",
    ),
    "read alone, and kept": (
        cases(
            "{c: {s: O}, t: {d: [open, paused]}, lossy: {W163: no pause outside}}",
            "{c: {s: P}, t: {d: paused}}",
            "{c: {s: C}, t: {d: closed}}",
        ),
        "keep: true, ",
    ),
}


@pytest.mark.parametrize(("rule", "said"), ONE_WAY.values(), ids=ONE_WAY)
def test_a_line_may_be_there_for_one_direction_alone_where_it_says_what_is_lost(
    tmp_path: Path, rule: str, said: str
) -> None:
    states = {"enum": ["O", "P", "C"] if "P}" in rule else ["O", "C"]}
    file = mapping(tmp_path, rule, of(s_=states), of(d_={"enum": ["open", "paused", "closed"]}))
    file.write_text(file.read_text().replace("schema: c.json, ", f"schema: c.json, {said}"))
    assert [str(one) for one in examine(file)[1]] == []


def test_a_line_that_is_reached_in_no_direction_is_refused_whatever_it_says(tmp_path: Path) -> None:
    rule = cases("{c: {s: O}, t: {d: open}}", "{c: {s: O}, t: {d: open}, lossy: none}", "{c: {s: C}, t: {d: closed}}")
    said = found(tmp_path, rule, of(s_={"enum": ["O", "C"]}), of(d_={"enum": ["open", "closed"]}))
    assert [one for one in said if one.startswith("E162 this case is never reached inbound")]


def test_a_table_of_too_many_members_is_told(tmp_path: Path) -> None:
    members = ", ".join(f"m{number}" for number in range(14))
    rule = cases(f"{{c: {{l: {{has: [{members}]}}}}, t: {{status: done}}}}", "{c: {l: $any}, t: {status: open}}")
    labels = {"type": "array", "items": TEXT}
    assert found(tmp_path, rule, of(l=labels), of(status_=STATUS))[0].startswith("W168 the fields of c have more than")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{c: {a: {nt: x}}, t: {status: open}}", "E010"),
        ("{c: {a: {}}, t: {status: open}}", "E013"),
        ("{c: {a: {has: x, word: b}}, t: {status: open}}", "E101"),
        ("{c: {a: {word: two words}}, t: {status: open}}", "E013"),
        ("{c: {a: {not: $any}}, t: {status: open}}", "E011"),
        ("{c: {a: {not: {nt: x}}}, t: {status: open}}", "E010"),
        ("{c: {a: [[x]]}, t: {status: open}}", "E011"),
        ("{c: {a: x}, lossy: because}", "E012"),
    ],
)
def test_a_condition_that_is_none_is_refused_at_its_place(tmp_path: Path, line: str, code: str) -> None:
    from etl.errors import MappingError  # noqa: PLC0415 - only here

    with pytest.raises(MappingError) as caught:
        found(tmp_path, cases(line), of(a=TEXT), of(status_=STATUS))
    assert {one.code for one in caught.value.findings} == {code}
    assert all(one.line == 10 and one.column > 12 for one in caught.value.findings)
