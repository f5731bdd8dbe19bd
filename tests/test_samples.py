"""Sample records: one maker, whoever chooses; what it makes is right by the schema, and reaches all that rules know."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl import Mapping, load_mapping
from etl.mapping.load import examine
from etl.mapping.paths import Path as RecordPath
from etl.mapping.paths import get
from etl.mapping.samples.choices import Counting, Varied, systematic
from etl.mapping.samples.maker import Maker
from etl.mapping.schemas.validation import RecordSchema, json_form
from etl.mapping.terms import Side
from etl.record import ABSENT
from etl.sample import Sampler
from etl.testing.records import records
from tests.support.site import MAPPING_FILE

SMALL = """\
mapping: small
language: 1
outside: {name: erp, schema: erp.json, files: {inbound: "*.json", outbound: "o_{id}.json"}}
inside:
  name: ours
  schema: ours.json
  mongodb: {collection: c, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
  - {erp: id, ours: number, key: true}
"""
TEXT: dict[str, Any] = {"type": "string"}
DATE = {"type": "string", "format": "date-time"}


def small(folder: Path, rules: str, erp: dict[str, Any], ours: dict[str, Any], *, required: bool = True) -> Mapping:
    """Return a mapping with some rules beside its key, between schemas with these fields; what check says is let be."""
    for name, key, fields in (("erp", "id", erp), ("ours", "number", ours)):
        properties = {key: {"type": "integer"}, "isSynced": {"type": "boolean"}, **fields}
        schema = {"type": "object", "required": [key, *(fields if required else ())], "properties": properties}
        schema["$defs"] = {"short": {"type": "string", "minLength": 2, "maxLength": 4}}
        (folder / f"{name}.json").write_text(json.dumps(schema))
    (folder / "small.yaml").write_text(SMALL + rules)
    return examine(folder / "small.yaml")[0]


SAID: list[dict[str, Any]] = [
    {"type": "string", "minLength": 30},
    {"type": "string", "maxLength": 2},
    {"type": "string", "pattern": "^WO-[0-9]{6}$"},
    {"type": "string", "pattern": "^[a-z]+$", "minLength": 12},
    {"type": "string", "pattern": "^\\p{L}+$"},
    {"type": "string", "pattern": "^(?!x).{3}$"},
    {"type": "string", "format": "date"},
    {"type": "string", "format": "email"},
    DATE,
    {"type": ["string", "null"], "format": "date-time"},
    {"type": "integer", "minimum": 1_000_000},
    {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
    {"type": "integer", "multipleOf": 7},
    {"type": "number", "minimum": 0.5, "maximum": 0.75},
    {"type": "number", "multipleOf": 0.01, "minimum": 1},
    {"type": "number", "minimum": 2e9},
    {"const": False},
    {"const": {"a": [1]}},
    {"enum": [None, "a", 7]},
    {"enum": ["a", "bb", "ccc"], "minLength": 2},
    {"anyOf": [{"type": "string", "minLength": 1}, {"const": False}]},
    {"oneOf": [{"type": "integer", "maximum": 3}, {"type": "boolean"}]},
    {"allOf": [{"type": "number"}, {"type": "integer", "minimum": 9}]},
    {"$ref": "#/$defs/short"},
    {"$ref": "#/$defs/short", "pattern": "b$"},
    {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/short"}},
    {"type": "array", "prefixItems": [{"const": 1}, TEXT], "minItems": 2},
    {"type": "object", "required": ["b"], "properties": {"b": {"$ref": "#/$defs/short"}, "c": DATE}},
    {"type": "object", "required": ["x"], "additionalProperties": {"type": "integer"}},
    {"type": "object", "properties": {"b": TEXT, "c": TEXT}, "anyOf": [{"required": ["b"]}, {"required": ["c"]}]},
    {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}},
    {"type": "string", "not": {"enum": ["a", ""]}},
    {},
]


@pytest.mark.parametrize("said", SAID, ids=json.dumps)
@pytest.mark.parametrize("side", Side)
def test_whoever_chooses_what_is_made_is_right_by_the_schema(tmp_path: Path, said: dict[str, Any], side: Side) -> None:
    mapping = small(tmp_path, "  - {erp: a, ours: a}\n", {"a": said}, {"a": said})
    schema = RecordSchema(mapping.system(side).schema)
    maker = Maker(mapping, side)
    for number in range(1, 9):
        record = maker.record(Counting(number))
        assert not schema.violations(json_form(record)), record
        assert record["id" if side is Side.OUTSIDE else "number"] == number
    varied = [one.record for one in systematic(maker.record, lambda _: True, 300)]
    assert not schema.violations(json_form(varied[0])), varied[0]
    wrong = [record for record in varied if schema.violations(json_form(record))]
    assert len(wrong) * 4 <= len(varied), wrong[:3]

    @settings(max_examples=settings().max_examples // 4, database=None, suppress_health_check=list(HealthCheck))
    @given(records(mapping, side))
    def check(record: dict[str, Any]) -> None:
        assert not schema.violations(json_form(record)), record

    check()


def varied(mapping: Mapping, side: Side, path: RecordPath) -> list[Any]:
    """Return the values that a place has in the records that are tried, in JSON form, the smallest one's first."""
    maker = Maker(mapping, side)
    found: list[Varied] = list(systematic(maker.record, lambda _: True, 500))
    values = [get(one.record, path) for one in found]
    return list({repr(value): value if value is ABSENT else json_form(value) for value in values}.values())


@pytest.mark.parametrize("step", [3, 5, 7, 0.5])
def test_no_multiple_that_is_made_has_more_than_64_bits(tmp_path: Path, step: float) -> None:
    said = {"type": "integer", "multipleOf": step}
    made = varied(small(tmp_path, "  - {erp: a, ours: a}\n", {"a": said}, {"a": said}), Side.OUTSIDE, ("a",))
    numbers = [value for value in made if isinstance(value, int)]
    assert max(numbers) > 2**62
    assert all(-(2**63) <= number < 2**63 and number % step == 0 for number in numbers), numbers


@pytest.mark.parametrize(
    ("said", "tried"),
    [
        ({"type": "string"}, ["a", "", "é\n", "7"]),
        ({"type": "string", "minLength": 3}, ["aaa", "777"]),
        ({"type": "string", "maxLength": 5}, ["a", "", "aaaaa"]),
        ({"type": "integer", "minimum": 3, "maximum": 9}, [7, 3, 9]),
        ({"type": "integer"}, [7, 0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]),
        ({"type": "number", "minimum": -1, "maximum": 0}, [-1, 0, -0.25, -0.5]),
        ({"type": ["boolean", "null"]}, [False, True, None]),
        ({"enum": ["x", None, 2]}, ["x", 2, None]),
        ({"anyOf": [{"const": False}, {"type": "string", "minLength": 2}]}, [False, "aa"]),
        ({"type": "string", "pattern": "^[AB]$"}, ["A", "B"]),
        (
            DATE,
            [
                "2024-02-29T23:59:58Z",
                "2024-02-29T23:59:58.001000Z",
                "1999-12-31T00:00:00Z",
                "1969-12-31T23:59:59.500000Z",
            ],
        ),
    ],
    ids=str,
)
def test_check_tries_the_edges_of_what_the_schema_allows_and_nothing_else(
    tmp_path: Path, said: dict[str, Any], tried: list[Any]
) -> None:
    mapping = small(tmp_path, "", {"a": said}, {"a": said}, required=False)
    found = varied(mapping, Side.INSIDE, ("a",))
    assert found[0] is ABSENT
    assert not [value for value in tried if value not in found], found
    schema = RecordSchema({"properties": {"a": said}})
    assert not [value for value in found[1:] if schema.violations({"a": value})]


def test_one_choice_is_varied_at_a_time_and_what_it_leads_to_in_its_turn(tmp_path: Path) -> None:
    deep = {"type": "object", "properties": {"c": {"type": "object", "properties": {"d": {"enum": [1, 2]}}}}}
    mapping = small(tmp_path, "", {}, {"a": {"enum": ["x", "z"]}, "b": deep}, required=False)
    found = [one.record for one in systematic(Maker(mapping, Side.INSIDE).record, lambda at: at[:1] != ("number",), 99)]
    smallest = {"number": 7}
    expected: list[dict[str, Any]] = [
        {}, {"isSynced": False}, {"isSynced": True}, {"a": "x"}, {"a": "z"}, {"b": {}},
        {"b": {"c": {}}}, {"b": {"c": {"d": 1}}}, {"b": {"c": {"d": 2}}},
    ]  # fmt: skip
    assert sorted(map(repr, found)) == sorted(repr({**smallest, **more}) for more in expected)


def test_values_that_mean_absent_on_either_side_are_tried_and_lines_of_tables(tmp_path: Path) -> None:
    rules = """\
  - {erp: a, ours: a, nulls: {erp: ["N/A", "way too long"], ours: ["-"]}, when_absent: {erp: none}}
  - {erp: at, ours: at, as: epoch_s, nulls: {erp: [0]}}
  - {erp: state, ours: status, values: [{erp: [new, open], ours: 1}, {erp: done, ours: 2}]}
"""
    short = {"type": "string", "maxLength": 4}
    erp = {"a": short, "at": {"type": "integer"}, "state": TEXT}
    mapping = small(tmp_path, rules, erp, {"a": short, "at": DATE, "status": {"type": "integer"}})
    assert {"N/A", "-", "none"} <= set(varied(mapping, Side.INSIDE, ("a",)))
    assert "way too long" not in varied(mapping, Side.INSIDE, ("a",))
    assert "1970-01-01T00:00:00Z" in varied(mapping, Side.INSIDE, ("at",))
    assert {1, 2} <= set(varied(mapping, Side.INSIDE, ("status",)))
    assert {"new", "open", "done"} <= set(varied(mapping, Side.OUTSIDE, ("state",)))


CODECS = {
    "datetime": DATE,
    "{datetime: {format: '%d/%m/%Y %H:%M:%S'}}": DATE,
    "date": DATE,
    "dotnet_date": DATE,
    "integer_text": {"type": "integer", "minimum": 5},
    "boolean_text": {"type": "boolean"},
}


@pytest.mark.parametrize("codec", CODECS)
def test_text_that_a_codec_reads_has_its_form_and_stays_within_the_inside_schema(tmp_path: Path, codec: str) -> None:
    rules = f"""\
  - {{erp: a, ours: a, as: {codec}, lossy: why not}}
  - {{erp: l, ours: l, each: [{{erp: b, ours: b, as: {codec}, lossy: why not}}]}}
"""
    said = CODECS[codec]
    lists = [{"type": "array", "minItems": 1, "items": {"type": "object", "required": ["b"], "properties": {"b": one}}}
             for one in (TEXT, said)]  # fmt: skip
    mapping = small(tmp_path, rules, {"a": TEXT, "l": lists[0]}, {"a": said, "l": lists[1]})
    inner = next(rule for rule in mapping.every_rule() if rule.paths(Side.OUTSIDE) == (("b",),))
    schema = RecordSchema({"properties": {"a": said}})
    for path in (("a",), ("l", 0, "b")):
        texts = [text for text in varied(mapping, Side.OUTSIDE, path) if text is not ABSENT]
        assert texts
        for text in texts:
            assert not schema.violations({"a": inner.codec.decode(text)})  # type: ignore[union-attr]  # a copy with a codec


def test_samples_have_the_numbers_from_1_on_every_status_and_are_the_same_every_time() -> None:
    mapping = load_mapping(MAPPING_FILE)
    one, other = Sampler(mapping), Sampler(mapping)
    made = [one.inside(number) for number in range(1, 13)]
    assert made == [other.inside(number) for number in range(1, 13)]
    assert [record["number"] for record in made] == list(range(1, 13))
    assert {record["status"] for record in made} == set(mapping.inside.schema["properties"]["status"]["enum"])
    assert one.outside(3)["summary"] == "Example workorder #3"
    assert one.inside(3)["createdAt"] == datetime(2025, 1, 1, 11, tzinfo=UTC)


def test_samples_have_a_key_where_the_schema_does_not_ask_for_one_and_one_of_its_form(tmp_path: Path) -> None:
    mapping = small(tmp_path, "", {}, {})
    for name, key in (("erp", "id"), ("ours", "number")):
        schema = {"type": "object", "properties": {key: {"type": "string", "pattern": "^[0-9]{5}$", "minLength": 5}}}
        (tmp_path / f"{name}.json").write_text(json.dumps(schema))
    mapping = examine(tmp_path / "small.yaml")[0]
    assert [Maker(mapping, Side.INSIDE).record(Counting(number)) for number in (7, 12)] == [
        {"number": "00007"},
        {"number": "00012"},
    ]


def test_neither_check_nor_sample_needs_hypothesis() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from etl import load_mapping; from etl.sample import Sampler\n"
        f"print(Sampler(load_mapping({str(MAPPING_FILE)!r})).outside(1)['orderNo'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("1\n", "")


PARTS: list[Any] = [TEXT, DATE, {"type": "integer"}, {"$ref": "#"}, {"$ref": "#/properties/a"}, {}, True]


def composed(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(lambda each: {"anyOf": each}),
        several.map(lambda each: {"allOf": each}),
        inner.map(lambda items: {"type": "array", "minItems": 1, "items": items}),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(
            lambda fields: {"type": "object", "required": list(fields), "properties": fields}
        ),
    )


@given(st.recursive(st.sampled_from(PARTS), composed, max_leaves=6))
@settings(max_examples=settings().max_examples // 4, suppress_health_check=list(HealthCheck))
def test_records_of_any_schema_even_one_in_rings_end(mapping: Mapping, said: Any) -> None:
    schema = {"type": "object", "properties": {"number": {"type": "integer"}, "a": said}, "required": ["number", "a"]}
    system = type(mapping.inside)(Side.INSIDE, "ours", mapping.inside.files, schema, schema)
    mapping = type(mapping)(
        mapping.file, "m", mapping.outside, system, mapping.files, mapping.mongodb, mapping.rules[:1]
    )
    maker = Maker(mapping, Side.INSIDE)
    assert maker.record(Counting(1))["number"] == 1
    assert len(list(systematic(maker.record, lambda _: True, 50))) <= 50
