"""What a schema says of a place is what its own validation says there; references are followed, also in rings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.mapping.paths import parse_path
from etl.mapping.schemas.references import Document
from etl.mapping.schemas.shapes import Schema, UnknownFieldError
from etl.mapping.schemas.validation import RecordSchema, native_form

TEXT: dict[str, Any] = {"type": "string"}
DATE = {"type": "string", "format": "date-time"}
SAID: list[dict[str, Any]] = [
    {},
    {"type": "string", "minLength": 1},
    {"type": "string", "maxLength": 3, "pattern": "^a"},
    {"type": ["string", "null"], "enum": ["a", "b"]},
    {"type": "integer", "minimum": 1, "exclusiveMaximum": 4},
    {"type": "number", "multipleOf": 0.5},
    {"const": False},
    {"enum": [1, "1", True, None]},
    {"anyOf": [TEXT, {"const": False}]},
    {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]},
    {"allOf": [{"type": "number"}, {"type": "integer", "minimum": 2}]},
    {"type": "string", "not": {"const": "a"}},
    {"minLength": 2},
    {"anyOf": [{"type": "string", "maxLength": 1}, {"type": "null"}], "enum": ["a", "aa", None]},
    {"$ref": "#/$defs/short", "minLength": 1},
    {"if": {"type": "string"}, "then": {"minLength": 2}},
]
VALUES: list[Any] = [
    "", "a", "aa", "b", "bbbb", "1", 0, 1, 2, 3, 4, 1.0, 1.5, 0.3, True, False, None, [], {}, 2**70, float("nan"),
]  # fmt: skip


def root(said: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": said}, "$defs": {"short": {"type": "string", "maxLength": 2}}, **more}


@pytest.mark.parametrize("said", SAID, ids=json.dumps)
def test_a_value_may_stand_at_a_path_exactly_if_the_schema_takes_it_there(said: dict[str, Any]) -> None:
    shape, whole = Schema(root(said)).shape(("a",)), RecordSchema(root(said))
    for value in VALUES:
        assert shape.accepts(value) == (not whole.violations({"a": value})), value
    assert shape.nullable == shape.accepts(None)


@given(st.sampled_from(SAID), st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4))
def test_no_value_is_judged_otherwise_than_in_its_record(said: dict[str, Any], value: Any) -> None:
    assert Schema(root(said)).shape(("a",)).accepts(value) == (not RecordSchema(root(said)).violations({"a": value}))


@pytest.mark.parametrize(
    ("said", "types", "listed"),
    [
        ({"anyOf": [TEXT, {"const": False}]}, ["boolean", "string"], None),
        ({"anyOf": [{"const": "x"}, {"const": False}]}, ["boolean", "string"], ("x", False)),
        ({"type": ["string", "null"], "enum": ["a"]}, ["string"], ("a",)),
        ({"type": "integer", "minimum": 1, "maximum": 3}, ["integer"], (1, 2, 3)),
        ({"type": "integer", "minimum": 1, "maximum": 300}, ["integer"], None),
        ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 4}, ["integer"], (2, 3)),
        ({"type": "integer", "minimum": 1, "maximum": 4, "multipleOf": 2}, ["integer"], (2, 4)),
        ({"type": "string", "pattern": "^(open|done)$"}, ["string"], ("open", "done")),
        ({"type": "string", "pattern": "^[A-C]$", "not": {"const": "B"}}, ["string"], ("A", "C")),
        ({"type": "string", "pattern": "open|done"}, ["string"], None),
        ({"type": "string", "pattern": "^[A-Z]+$"}, ["string"], None),
        ({"type": ["boolean", "null"]}, ["boolean", "null"], (True, False)),
        ({"allOf": [{"type": "number"}, {"type": "integer"}]}, ["integer"], None),
        ({"type": "object", "properties": {}, "anyOf": [{"required": ["b"]}, {"required": ["c"]}]}, ["object"], None),
    ],
    ids=str,
)
def test_every_alternative_counts_and_values_that_can_be_told_are(
    said: dict[str, Any], types: list[str], listed: tuple[Any, ...] | None
) -> None:
    shape = Schema(root(said)).shape(("a",))
    assert sorted(shape.types) == types
    assert shape.listed == listed


def test_what_means_absent_is_no_value() -> None:
    shape = Schema(root({"anyOf": [TEXT, {"const": False}]}, required=["a"])).shape(("a",))
    assert shape.without([False]).types == {"string"}
    assert shape.always
    assert shape.may_be_absent([False])
    assert not shape.may_be_absent([0, True])


LIST = {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["id"], "properties": {"id": TEXT}}}


@pytest.mark.parametrize(
    ("said", "path", "always"),
    [
        (LIST, "a[0].id", True),
        (LIST, "a[1].id", False),
        ({**LIST, "type": ["array", "null"]}, "a[0].id", False),
        ({"anyOf": [LIST, {"type": "null"}]}, "a[0].id", False),
        ({"allOf": [LIST, {"minItems": 2}]}, "a[1].id", True),
        ({"$ref": "#/$defs/list"}, "a[0].id", True),
        ({"type": "object", "required": ["b"], "properties": {"b": TEXT}}, "a.b", True),
        ({"type": ["object", "null"], "required": ["b"], "properties": {"b": TEXT}}, "a.b", False),
        ({"type": "object", "properties": {"b": TEXT}}, "a.b", False),
    ],
    ids=str,
)
def test_a_value_is_always_there_where_all_on_the_way_is(said: dict[str, Any], path: str, always: bool) -> None:
    schema = {"required": ["a"], "properties": {"a": said}, "$defs": {"list": LIST}}
    assert Schema(schema).shape(parse_path(path)).always is always


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        ("#/$defs/a~1b", {"$defs": {"a/b": TEXT}}),
        ("#/$defs/a~0b", {"$defs": {"a~b": TEXT}}),
        ("#/$defs/a%20b", {"$defs": {"a b": TEXT}}),
        ("#/$defs/a%25b", {"$defs": {"a%b": TEXT}}),
        ("#/definitions/~01", {"definitions": {"~1": TEXT}}),
        ("#/$defs/list/prefixItems/1", {"$defs": {"list": {"prefixItems": [True, TEXT]}}}),
        ("#/$defs/one", {"$defs": {"one": {"$ref": "#/$defs/two"}, "two": {"$ref": "#/$defs/three"}, "three": TEXT}}),
        ("#named", {"$defs": {"x": {"$anchor": "named", **TEXT}}}),
        ("https://example.org/order.json#/$defs/x", {"$id": "https://example.org/order.json", "$defs": {"x": TEXT}}),
        ("order.json#/$defs/x", {"$id": "https://example.org/order.json", "$defs": {"x": TEXT}}),
    ],
)
def test_a_reference_is_followed_however_it_is_written(reference: str, place: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": reference}}, **place}
    shape = Schema(schema).shape(("a",))
    assert shape.types == {"string"}
    assert shape.accepts("x")
    assert not shape.accepts(1)
    assert RecordSchema(schema).violations({"a": 1})


def test_nothing_stands_beside_a_reference_in_older_drafts() -> None:
    beside = {"$ref": "#/definitions/x", "minLength": 3}
    new = {"properties": {"a": beside}, "definitions": {"x": TEXT}}
    old = {"$schema": "http://json-schema.org/draft-07/schema#", **new}
    assert not Schema(new).shape(("a",)).accepts("ab")
    assert Schema(old).shape(("a",)).accepts("ab")


def test_a_schema_that_contains_itself_has_paths_of_any_length() -> None:
    tree = {
        "type": "object",
        "properties": {"name": TEXT, "under": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
    }
    schema = Schema({"$ref": "#/$defs/tree", "$defs": {"tree": tree}})
    assert schema.shape(("under", 0) * 9 + ("name",)).types == {"string"}
    with pytest.raises(UnknownFieldError, match="nam"):
        schema.shape(("under", 0, "nam"))


def test_a_reference_to_nowhere_leaves_a_part_as_it_is() -> None:
    document = Document({"properties": {"a": {"$ref": "#/$defs/missing/3"}}})
    assert document.resolve("#/$defs/missing/3") is None
    assert document.resolve("https://example.org/other.json") is None


@pytest.mark.parametrize(
    "said",
    [
        DATE,
        {"$ref": "#/$defs/day"},
        {"anyOf": [DATE, {"type": "null"}]},
        {"allOf": [TEXT, {"format": "date-time"}]},
    ],
    ids=str,
)
def test_a_date_is_one_wherever_the_schema_says_so(said: dict[str, Any]) -> None:
    schema = {"properties": {"a": said, "l": {"items": {"properties": {"a": said}}}}, "$defs": {"day": DATE}}
    assert Schema(schema).shape(("a",)).date_time
    text = "2025-01-02T03:04:05Z"
    native = native_form(schema)({"a": text, "l": [{"a": text}], "other": text})
    assert type(native["a"]).__name__ == type(native["l"][0]["a"]).__name__ == "datetime"
    assert native["other"] == text
