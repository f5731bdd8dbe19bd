"""A path selects an element of a list by what stands in it; its neighbours are left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.database import Database

from etl import Direction, Mapping
from etl.mapping.load import examine
from etl.mapping.paths import PathError, assign, format_path, get, parse_path, take_away
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.selectors import Selector, select
from etl.record import ABSENT, Record
from tests.support.mappings import inward, make, outward, reasons
from tests.support.proofs import TEXT, WHOLE, found, lists, of
from tests.support.proofs import mapping as written
from tests.support.site import INBOUND, OUTBOUND, Site

FHIR = """
  - {client: "identifier[system='urn:x'].value", tracos: erp}
  - {client: "identifier[system='urn:y', use='official'].value", tracos: mrn}
  - {client: "custom_fields[id=360].value", tracos: floor}
"""

NAMES = st.text(min_size=1, max_size=6)
VALUES = st.one_of(st.text(max_size=6), st.booleans(), st.integers(-(10**17), 10**17))
SELECTORS = st.lists(st.tuples(st.tuples(NAMES) | st.tuples(NAMES, NAMES), VALUES), min_size=1, max_size=3)


@pytest.fixture
def fhir(tmp_path: Path) -> Mapping:
    return make(tmp_path, FHIR)


def expected(mapping: Mapping, last: Record, **inside: Any) -> Record:
    """Return what the outside is expected to have, where it was known to have something before."""
    made, _, violations = compile_mapping(mapping, Direction.OUTBOUND)({"number": 1, **inside}, last)
    assert not violations
    return {name: value for name, value in made.items() if name != "id"}


@given(SELECTORS, NAMES)
def test_a_path_is_its_text_whatever_it_selects(wanted: list[tuple[tuple[str, ...], Any]], name: str) -> None:
    path = ("items", select(*wanted), name)
    assert parse_path(format_path(path)) == path
    found = parse_path(format_path(path))[1]
    assert isinstance(found, Selector)
    assert [(names, type(value), value) for names, value in found.wanted] == [(n, type(v), v) for n, v in wanted]


@pytest.mark.parametrize(
    ("text", "column"),
    [("a[b]", 1), ("a[b=]", 1), ("a[b=c]", 1), ("a[b='c]", 1), ("a[b='c'", 1), ("[b='c']", 0), ("a[b='c']d", 8)],
)
def test_half_a_selector_is_no_path(text: str, column: int) -> None:
    with pytest.raises(PathError) as caught:
        parse_path(text)
    assert caught.value.column == column


def test_a_value_is_read_from_the_element_in_which_all_of_the_selector_stands(fhir: Mapping) -> None:
    identifier = [
        {"system": "urn:y", "value": "without use"},
        {"system": "urn:x", "value": "A"},
        {"system": "urn:y", "use": "official", "value": "B"},
        None,
        "no object",
    ]
    assert inward(fhir, identifier=identifier) == {"erp": "A", "mrn": "B"}
    assert inward(fhir, custom_fields=[{"id": "360", "value": 1}, {"id": 360.0, "value": 2}, {"id": True}]) == {}
    assert inward(fhir, custom_fields=[{"id": 361}, {"id": 360, "value": False}]) == {"floor": False}


@pytest.mark.parametrize("nothing", [{}, {"identifier": None}, {"identifier": []}, {"identifier": {}}])
def test_a_list_that_is_not_there_has_no_such_element(fhir: Mapping, nothing: Record) -> None:
    assert inward(fhir, **nothing) == {}


def test_two_elements_that_fit_reject_the_record(fhir: Mapping) -> None:
    twice = [{"system": "urn:x", "value": "A"}, {"system": "urn:x"}]
    assert reasons(fhir, Direction.INBOUND, identifier=twice) == [
        "identifier: expected one element with [system='urn:x'], found 2"
    ]


def test_what_is_no_list_rejects_the_record(fhir: Mapping) -> None:
    assert reasons(fhir, Direction.INBOUND, identifier="A", custom_fields={"id": 360}) == [
        "identifier: expected a list with identifier[system='urn:x'].value in it, found \"A\"",
        "identifier: expected a list with identifier[system='urn:y', use='official'].value in it, found \"A\"",
        "custom_fields: expected a list with custom_fields[id=360].value in it, found an object",
    ]


def test_a_missing_element_is_made_and_an_absent_value_makes_none(fhir: Mapping) -> None:
    assert outward(fhir, mrn="B") == {"identifier": [{"system": "urn:y", "use": "official", "value": "B"}]}
    assert outward(fhir) == {}


def test_the_other_elements_stay_and_so_does_what_else_an_element_has(fhir: Mapping) -> None:
    last = {
        "identifier": [
            {"system": "urn:z", "value": "Z"},
            {"system": "urn:x", "value": "A", "period": "2025"},
        ],
        "custom_fields": [{"id": 1, "value": "one"}, {"id": 360, "value": "old"}],
        "other": 1,
    }
    before = json.dumps(last)
    assert expected(fhir, last, erp="B", mrn="M", floor="new") == {
        "identifier": [
            {"system": "urn:z", "value": "Z"},
            {"system": "urn:x", "value": "B", "period": "2025"},
            {"system": "urn:y", "use": "official", "value": "M"},
        ],
        "custom_fields": [{"id": 1, "value": "one"}, {"id": 360, "value": "new"}],
    }
    assert json.dumps(last) == before


def test_an_absent_value_takes_its_element_away_if_nothing_else_is_in_it(fhir: Mapping) -> None:
    last = {
        "identifier": [{"system": "urn:x", "value": "A", "period": "2025"}, {"system": "urn:z", "value": "Z"}],
        "custom_fields": [{"id": 360, "value": "old"}],
    }
    assert expected(fhir, last) == {
        "identifier": [{"system": "urn:x", "period": "2025"}, {"system": "urn:z", "value": "Z"}]
    }


def test_an_absent_value_is_written_as_its_rule_says(tmp_path: Path) -> None:
    rule = '  - {client: "custom_fields[id=360].value", tracos: floor, when_absent: {client: null}}'
    mapping = make(tmp_path, rule)
    assert outward(mapping) == {"custom_fields": [{"id": 360, "value": None}]}
    assert inward(mapping, custom_fields=[{"id": 360, "value": None}]) == {}


@pytest.mark.parametrize("keep", ["true", "whole"])
def test_an_element_without_a_value_goes_back_where_it_stood_when_what_came_is_kept(tmp_path: Path, keep: str) -> None:
    rules = (
        "  - {client: \"custom[id='date'].text\", tracos: due, when_absent: {client: ''}}\n"
        "  - {client: \"custom[id='note'].text\", tracos: note, nulls: {client: ['']}}\n"
        "  - {client: \"custom[id='size'].value.text\", tracos: size}"
    )
    mapping = make(tmp_path, rules, outside=f"  keep: {keep}")
    size: Record = {"id": "size", "value": {"text": None}}
    for date in ({"id": "date"}, {"id": "date", "text": ""}, {"id": "date", "text": None}):
        last = {"custom": [date, {"id": "note", "text": ""}, size, {"id": "status", "text": "Done"}]}
        assert expected(mapping, last) == last
        came = [{**date, "text": "today"}, *last["custom"][1:]]
        assert expected(mapping, last, due="today") == {"custom": came}
        assert expected(mapping, {"custom": came}) == {"custom": [{"id": "date", "text": ""}, *came[1:]]}
    assert expected(mapping, {"custom": [{"id": "other"}]}) == {"custom": [{"id": "other"}]}
    assert expected(mapping, {"id": 1}) == {}


def test_what_goes_out_comes_back_from_whatever_there_was_last(fhir: Mapping) -> None:
    inside = {"erp": "A", "floor": 2}
    for last in ({}, {"identifier": [{"system": "urn:y", "use": "official", "value": "B"}]}, {"identifier": "odd"}):
        assert inward(fhir, **expected(fhir, last, **inside)) == inside


def test_selectors_look_below_and_lists_may_stand_in_elements(tmp_path: Path) -> None:
    mapping = make(
        tmp_path,
        """
  - {client: "ids[type.code='MR'].value", tracos: mrn}
  - {client: "ext[url='u'].ext[url='v'].value", tracos: deep}
""",
    )
    outside = {
        "ids": [{"type": {"code": "MR"}, "value": "7"}],
        "ext": [{"url": "u", "ext": [{"url": "v", "value": True}]}],
    }
    assert outward(mapping, mrn="7", deep=True) == outside
    assert inward(mapping, **outside) == {"mrn": "7", "deep": True}


def test_a_from_that_is_a_path_may_select(tmp_path: Path) -> None:
    mapping = make(tmp_path, "  - {tracos: phone, from: \"telecom[system='phone'].value\"}")
    assert inward(mapping, telecom=[{"system": "mail", "value": "a@b"}, {"system": "phone", "value": "1"}]) == {
        "phone": "1"
    }


def test_a_from_that_names_no_field_is_a_constant(tmp_path: Path) -> None:
    rules = "  - {client: kind, from: 7}\n  - {client: live, from: true}\n  - {client: source, from: \"'tracos'\"}\n"
    mapping = make(tmp_path, rules + "  - {tracos: rate, from: -0.5}")
    assert outward(mapping) == {"kind": 7, "live": True, "source": "tracos"}
    assert inward(mapping) == {"rate": -0.5}


def test_what_means_absent_means_so_on_the_way_to_a_field_as_well(tmp_path: Path) -> None:
    rules = '  - {client: assigned.value, tracos: who, nulls: {client: ["", false]}}\n'
    mapping = make(tmp_path, rules + '  - {client: "pair[0]", tracos: first, when_absent: {client: false}}')
    assert inward(mapping, assigned="", pair=False) == {}
    assert inward(mapping, assigned={}, pair={}) == {}
    assert inward(mapping, assigned={"value": ""}, pair=[]) == {}
    assert inward(mapping, assigned={"value": "u1"}, pair=[2, "In Progress"]) == {"who": "u1", "first": 2}
    assert reasons(mapping, Direction.INBOUND, assigned="u1") == [
        'assigned: expected an object with assigned.value in it, found "u1"'
    ]


def test_one_element_taken_away_leaves_the_others_where_they_are() -> None:
    record: Record = {"a": [{"n": 1, "v": 1}, {"n": 2, "v": 2}, {"n": 3, "v": 3}]}
    take_away(record, parse_path("a[n=2].v"))
    assert record == {"a": [{"n": 1, "v": 1}, {"n": 3, "v": 3}]}
    assign(record, parse_path("a[n=3].v"), ABSENT)
    assert record == {"a": [{"n": 1, "v": 1}, {"n": 3}]}
    assert get(record, parse_path("a[n=2].v")) is ABSENT


def test_two_selectors_of_different_elements_are_no_field_that_is_written_twice(tmp_path: Path) -> None:
    make(tmp_path, "  - {client: \"a[k='x'].v\", tracos: x}\n  - {client: \"a[k='z'].v\", tracos: z}")
    with pytest.raises(Exception, match="written twice"):
        make(tmp_path, "  - {client: \"a[k='x'].v\", tracos: x}\n  - {client: \"a[j='z'].v\", tracos: z}")


RULES = """
{c: "ids[system='urn:x'].value", t: erp}
{c: "ids[system='urn:y', use='official'].value", t: mrn}
{c: "fields[id=360].value", t: floor}
"""
IDS = lists(system_=TEXT, use=TEXT, value=TEXT)
INSIDE = of(erp=TEXT, mrn=TEXT, floor=TEXT)


def test_a_check_looks_into_the_elements_that_are_selected(tmp_path: Path) -> None:
    assert found(tmp_path, RULES, of(ids=IDS, fields=lists(id_=WHOLE, value=TEXT)), INSIDE) == []
    period = lists(system_=TEXT, use=TEXT, value=TEXT, period=TEXT)
    assert found(tmp_path, RULES, of(ids=period, fields=lists(id=WHOLE, value=TEXT)), INSIDE) == [
        "W170 no rule maps c.ids[0].period"
    ]
    required = lists(system_=TEXT, use=TEXT, value=TEXT, kind_=TEXT)
    assert "E121" in "".join(found(tmp_path, RULES, of(ids=required, fields=lists(id=WHOLE, value=TEXT)), INSIDE))
    assert found(tmp_path, RULES, of(ids=IDS, fields=lists(id=WHOLE, value=WHOLE)), INSIDE)[0].startswith("E150")


def test_a_check_names_what_no_element_can_have(tmp_path: Path) -> None:
    few_systems = lists(system_={"enum": ["urn:x", "urn:z"]}, used=TEXT, value=TEXT)
    never = "c.ids[system='urn:y', use='official'].system is never \"urn:y\""
    assert found(tmp_path, RULES, of(ids=few_systems, fields=lists(id=TEXT, value=TEXT)), INSIDE) == [
        "W170 no rule maps c.ids[0].used",
        'E110 c has no field "use"',
        f"E161 {never}, so [system='urn:y', use='official'] selects nothing",
        "E161 c.fields[id=360].id is never 360, so [id=360] selects nothing",
    ]


def test_a_required_field_that_an_element_may_lack_is_named(tmp_path: Path) -> None:
    """A list may be there without the element, whatever its schema says of its length."""
    ids = {**IDS, "minItems": 1}
    said = found(tmp_path, "{c: \"ids[system='urn:x'].value\", t: erp}", of(ids_=ids), of(erp_=TEXT))
    assert "E122 c.ids[system='urn:x'].value may be absent, but t.erp is required" in said


def test_edits_of_single_elements_inside_meet_in_one_list(database: Database[dict[str, Any]], tmp_path: Path) -> None:
    mapping = make(
        tmp_path,
        "  - {client: floor, tracos: \"details[name='floor'].value\"}\n"
        "  - {client: room, tracos: \"details[name='room'].value\"}",
    )
    site = Site(database, tmp_path, mapping, os.environ["ETL_TEST_MONGO_URI"])
    orders = database["orders"]

    def client_sends(**fields: Any) -> dict[str, int]:
        (site.inbound / "1.json").write_text(json.dumps({"id": 1, **fields}))
        return site.run(directions=INBOUND)["inbound"]

    assert client_sends(floor="2", room="a")["created"] == 1
    orders.update_one({}, {"$push": {"details": {"name": "own", "value": "x"}}})
    orders.update_one({}, {"$set": {"details.1.value": "b", "details.0.note": "n", "isSynced": False}})
    assert client_sends(floor="3", room="a")["updated"] == 1
    details = orders.find_one({}, {"_id": 0, "details": 1})
    assert details == {
        "details": [
            {"name": "floor", "value": "3", "note": "n"},
            {"name": "room", "value": "b"},
            {"name": "own", "value": "x"},
        ]
    }
    site.run(directions=OUTBOUND)
    assert json.loads((site.outbound / "1.json").read_text()) == {"id": 1, "floor": "3", "room": "b"}


@pytest.mark.parametrize("formats", ["csv", "{inbound: csv, outbound: json}", "{inbound: json, outbound: csv}"])
def test_in_a_csv_file_there_is_no_list_to_select_from(tmp_path: Path, formats: str) -> None:
    rules = "{c: \"fields[id='7'].value\", t: floor}"
    file = written(tmp_path, rules, of(fields=lists(id=TEXT, value=TEXT)), of(floor=TEXT))
    outbound = "o_{id}.json" if "outbound: json" in formats else "o_{run}_{part}.csv"
    file.write_text(file.read_text().replace('outbound: "o_{id}.json"', f'outbound: "{outbound}", format: {formats}'))
    said = [str(one) for one in examine(file)[1] if "selects" in one.message]
    message = "E145 c.fields[id='7'].value selects an element of a list, and a CSV file has columns"
    fix = "name the column in which its value is, and let the schema have that; or choose another format"
    assert [one.partition("m.yaml")[2] for one in said] == [f":10:9 {message}; {fix}"]


ONLY = {"additionalProperties": False}
PHONE = "{c: \"l[kind='phone'].value\", t: phone}"
TAKEN = "W156 a record of t takes c.l[kind='phone'].value away, and is rejected where more stays beside it: is required"
LEFT = {
    "beside what no schema lists": (lists(kind_=TEXT, value_=TEXT), [TAKEN]),
    "beside what the schema lists and no rule writes": (
        {"type": "array", "items": ONLY | of(kind_=TEXT, value_=TEXT, use=TEXT)},
        ["W170 no rule maps c.l[0].use", TAKEN],
    ),
    "where nothing else may stand": ({"type": "array", "items": ONLY | of(kind_=TEXT, value_=TEXT)}, []),
    "that is not required": (lists(kind_=TEXT, value=TEXT), []),
}


@pytest.mark.parametrize("what", LEFT)
def test_a_value_that_leaves_an_element_which_requires_it_is_named(tmp_path: Path, what: str) -> None:
    items, said = LEFT[what]
    assert found(tmp_path, PHONE, of(l=items), of(phone=TEXT)) == said


def test_of_several_selected_values_each_that_may_be_taken_away_is_named_at_its_own_rule(tmp_path: Path) -> None:
    rules = """{c: "l[nr=1].v", t: "m[code='x'].v"}\n{c: "l[nr=2].v", t: "m[code='y'].v", when_absent: {c: ""}}"""
    outside, inside = lists(nr={"type": "integer"}, v=TEXT), lists(code=TEXT, v_=TEXT)
    said = [one for one in found(tmp_path, rules, of(l=outside), of(m=inside)) if one.startswith("W156")]
    assert len(said) == 2
    assert "t.m[code='x'].v" in said[0]
    assert "t.m[code='y'].v" in said[1]


def test_a_required_value_that_may_be_absent_beside_another_one_of_its_element_is_named(tmp_path: Path) -> None:
    rules = f"{PHONE[:-1]}, when_absent: {{t: ''}}}}\n{{c: \"l[kind='phone'].use\", t: use}}"
    items = {"type": "array", "items": ONLY | of(kind_=TEXT, value_={"type": "string", "minLength": 1}, use=TEXT)}
    assert found(tmp_path, rules, of(l=items), of(phone_=TEXT, use=TEXT)) == [
        'E122 this copy makes nothing of a record with t.phone "", but c.l[0].value is required',
    ]


def test_each_rule_of_two_elements_is_named(tmp_path: Path) -> None:
    rules = "{c: \"l[kind='phone'].value\", t: phone, lossy: the client has to take it away}\n"
    rules += "{c: \"l[kind='mail'].value\", t: mail}"
    assert found(tmp_path, rules, of(l=lists(kind_=TEXT, value_=TEXT)), of(phone=TEXT, mail=TEXT)) == [
        TAKEN.replace("phone", "mail"),
    ]


def test_a_value_that_may_be_taken_away_is_named_beside_one_that_means_absent(tmp_path: Path) -> None:
    rules = "{c: \"l[kind='phone'].value\", t: phone, as: boolean_text, nulls: {c: ['false']}}"
    said = found(tmp_path, rules, of(l=lists(kind_=TEXT, value_=TEXT)), of(phone={"type": "boolean"}))
    assert said == [TAKEN, 'W180 false of t.phone comes back as no value: "false" means absent in c']


def test_a_second_element_is_tried_where_not_every_value_of_the_first_is_read(tmp_path: Path) -> None:
    rules = "{c: \"l[kind='phone'].value\", t: phone, as: integer_text, values: [{c: 1, t: 0}]}\n"
    rules += "{c: \"l[kind='mail'].value\", t: mail}"
    items = {**lists(kind_=TEXT, value_=TEXT), "minItems": 1}
    said = found(tmp_path, rules, of(l=items), of(phone={}, mail=TEXT))
    assert said == [TAKEN, TAKEN.replace("phone", "mail")]


def test_an_object_that_is_missing_is_named_where_a_field_that_it_requires_is_written(tmp_path: Path) -> None:
    rules = "{c: d.a, t: a}\n{c: \"d.l[kind='x'].value\", t: v}"
    outside = of(d_=of(a_=TEXT, l=lists(kind_=TEXT, value=TEXT)))
    assert found(tmp_path, rules, outside, of(a=TEXT, v=TEXT)) == ["E122 t.a may be absent, but c.d.a is required"]
