"""`when_absent` with {path} in it: what is written outside for an absent value, and read as none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from etl.mapping.explain import explain
from etl.mapping.load import examine
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.terms import Direction
from etl.page.content import page_of
from etl.page.markdown import render
from tests.support import proofs
from tests.support.mappings import inward, make, outward
from tests.support.proofs import TEXT, WHOLE, of

RULES = """
  - {client: title, tracos: title, when_absent: {client: "WO {code}/{id}"}}
  - {client: code,  tracos: code}
  - {client: owner, tracos: owner, when_absent: {client: "{id}"}}
  - client: state
    tracos: status
    values: [{client: O, tracos: open}]
    when_absent: {client: "none of {code}"}
  - client: lines
    tracos: tasks
    each:
      - {client: nr,   tracos: number}
      - {client: text, tracos: title, when_absent: {client: "line {nr}"}}
"""


def test_a_text_of_other_fields_is_written_for_no_value_and_read_as_none(tmp_path: Path) -> None:
    mapping = make(tmp_path, RULES)
    stands = {"title": "WO A/1", "code": "A", "owner": 1, "state": "none of A"}
    assert outward(mapping, code="A") == stands
    assert inward(mapping, **stands) == {"code": "A"}
    assert inward(mapping, title="WO B/1", code="A", owner="1") == {"title": "WO B/1", "code": "A", "owner": "1"}
    assert outward(mapping) == {"owner": 1}, "a text is not made of what is absent"
    assert outward(mapping, tasks=[{"number": 7}])["lines"] == [{"nr": 7, "text": "line 7"}]
    assert inward(mapping, lines=[{"nr": 7, "text": "line 7"}])["tasks"] == [{"number": 7}]
    said = [one.did for one in explain(mapping, Direction.OUTBOUND, {"number": 1, "code": "A"})]
    assert said[1] == 'absent, so "WO A/1" is written'
    assert '`"WO {code}/{id}"` written' in render(page_of(mapping))


def test_what_is_kept_names_what_the_record_is_now(tmp_path: Path) -> None:
    rules = '{c: code, t: code}\n{c: title, t: title, when_absent: {c: "WO {code}"}, lossy: no title says so}'
    file = proofs.mapping(tmp_path, rules, of(code_=TEXT, title_=TEXT), of(code_=TEXT, title=TEXT))
    file.write_text(file.read_text().replace("schema: c.json,", "schema: c.json, keep: true,"))
    mapping, findings = examine(file)
    assert findings == []
    assert mapping is not None
    outbound, last = compile_mapping(mapping, Direction.OUTBOUND), {"id": 1, "code": "A", "title": "WO A"}
    for title, written in ((None, "WO B"), ("WO A", "WO A")):
        made, _, wrong = outbound({"number": 1, "code": "B", **({"title": title} if title else {})}, last)
        assert (made["title"], wrong) == (written, [])


WRONG = {
    '{c: a, t: a, when_absent: {c: "x {b}"}}': "no other rule writes c.b",
    '{c: a, t: a, when_absent: {c: "x {a}"}}': "no other rule writes c.a",
    '{c: a, t: a, when_absent: {c: "x {o}"}}\n{c: o, t: o}': "c.o is no single value",
    '{c: a, t: a, when_absent: {c: "x {b}"}}\n{c: b, t: b, when_absent: {c: "{id}"}}': "c.b has such a text itself",
    '{c: a, t: a, when_absent: {c: "x {b}"}, send: changed}\n{c: b, t: b}': "may change where this is not sent again",
}


@pytest.mark.parametrize("rules", WRONG)
def test_a_text_that_could_not_be_made_is_refused(tmp_path: Path, rules: str) -> None:
    fields = dict.fromkeys("ab", TEXT) | {"o": of(x=WHOLE)}
    found = proofs.found(tmp_path, rules, of(**fields), of(**fields))
    assert next(one for one in found if one.startswith("E126")).endswith(WRONG[rules])


def test_a_required_field_has_a_text_where_it_is_made_of_what_is_always_there(tmp_path: Path) -> None:
    def found(rule: str) -> list[str]:
        c, t = of(title_=TEXT, code=TEXT), of(title=TEXT, code=TEXT)
        return [one[:4] for one in proofs.found(tmp_path, f"{rule}\n{{c: code, t: code}}", c, t)]

    assert found('{c: title, t: title, when_absent: {c: "WO {id}"}}') == ["W180"]
    assert "E122" in found('{c: title, t: title, when_absent: {c: "WO {code}"}, lossy: so}')
    assert json.loads((tmp_path / "c.json").read_text())["required"] == ["id", "title"]


TABLE = """\
{c: state, t: status, AS when_absent: {c: "WO {id}"}, values: [{c: VALUE, t: open}, {c: b, t: done}]}
"""


@pytest.mark.parametrize(
    ("form", "value", "is_told"),
    [
        ("", "WO 7", True),
        ("", "WO 07", False),
        ("", "WO x", False),
        ("as: {text: {after: x}},", "WO 7", False),
        ("as: {text: {before: W}},", "O 7", True),
    ],
)
def test_a_value_of_a_line_that_stands_for_no_value_in_some_record_is_named(
    tmp_path: Path, form: str, value: str, *, is_told: bool
) -> None:
    rule = TABLE.replace("AS", form).replace("VALUE", value)
    found = proofs.found(tmp_path, rule, of(state=TEXT), of(status={"enum": ["open", "done"]}))
    laid = f"W{value}" if "before" in form else value
    assert found == ([f'W180 "{laid}" of c.state is no value where it is what "WO {{id}}" says'] if is_told else [])


def test_a_listed_or_converted_value_that_stands_for_no_value_is_named_as_well(tmp_path: Path) -> None:
    def found(rule: str, inside: Any) -> list[str]:
        told = proofs.found(tmp_path, rule, of(a=TEXT), of(a=inside))
        return [one[:4] for one in told if not one.startswith("W156")]

    rule = '{c: a, t: a, when_absent: {c: "TEXT"}}'
    assert found(rule.replace("TEXT", "WO {id}"), {"enum": ["WO 7", "x"]}) == ["W180"]
    assert found(rule.replace("TEXT", "WO {id}"), {"enum": ["WO x", "x"]}) == []
    number = rule.replace("when", "as: integer_text, when")
    assert found(number.replace("TEXT", "1{id}"), WHOLE) == ["W180"]
    assert found(number.replace("TEXT", "WO {id}"), WHOLE) == []


def test_what_stands_for_no_value_has_the_form_of_its_system_and_none_of_a_table(tmp_path: Path) -> None:
    rules = (
        TABLE.replace("AS", 'as: {text: {before: "s:"}},').replace("VALUE", "a")
        + '{c: x, t: x, when_absent: {c: "X {id}"}}'
    )
    c, t = of(state=TEXT, x=TEXT), of(status={"enum": ["open", "done"]}, x={"enum": ["y"]})
    file = proofs.mapping(tmp_path, rules, c, t)
    file.write_text(file.read_text().replace("outside: {", 'outside: {as: {text: {before: "n:"}}, '))
    mapping, findings = examine(file)
    assert {one.code for one in findings} == {"W156"}  # other texts than y
    assert mapping is not None
    inbound, outbound = (compile_mapping(mapping, way) for way in Direction)
    stands = {"id": 1, "state": "n:WO 1", "x": "n:X 1"}
    assert outbound({"number": 1})[0] == stands
    assert inbound(stands) == ({"number": 1}, (1,), [])
    assert inbound({"id": 1, "state": "n:s:a", "x": "n:y"})[0] == {"number": 1, "status": "open", "x": "y"}
    assert [one.path for one in inbound({"id": 1, "state": "n:WO 2"})[2]] == ["state"]
