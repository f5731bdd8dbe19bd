"""What fuzzing found, one test for each: it crashed, hung, forged a line, commanded a terminal or showed a secret."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bson
import pytest

from etl import Direction, SettingsError, load_mapping
from etl.app import compile_pipeline
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.location import parse_location
from etl.endpoints.mongodb.uri import check_uri, redact, shown_uri
from etl.errors import Finding
from etl.mapping.files import FileFormat
from etl.mapping.load import examine
from etl.mapping.paths import format_path, parse_path
from etl.mapping.schemas.shapes import Schema, UnknownFieldError
from etl.mapping.schemas.validation import RecordSchema
from etl.record import Violation
from etl.testing.cases import Judge
from etl.testing.laws import check_laws
from tests.support.command_line import Done
from tests.support.command_line import etl as run_etl
from tests.support.site import MAPPING_FILE, OUTBOUND, Site

MAPPING = """
mapping: m
language: 1
outside: {name: client, schema: client.json, files: {inbound: "*.json", outbound: "{id}.json"}}
inside:
  name: tracos
  schema: tracos.json
  mongodb: {collection: c, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
  - {client: id, tracos: id, key: true}
"""
OBJECT: dict[str, Any] = {"type": "object", "required": ["id"]}


def mapping_file(folder: Path, client: dict[str, Any], tracos: dict[str, Any] | None = None) -> Path:
    """Write a small mapping with its schemas; `client` and `tracos` are added to what an object with an id is."""
    for name, more in {"client": client, "tracos": tracos or {}}.items():
        properties = {"id": {"type": "integer"}, "isSynced": {"type": "boolean"}} | more.pop("properties", {})
        (folder / f"{name}.json").write_text(json.dumps(OBJECT | {"properties": properties} | more))
    file = folder / "m.yaml"
    file.write_text(MAPPING)
    return file


def judge(file: Path) -> Judge:
    mapping = load_mapping(file)
    return Judge(mapping, {direction: compile_pipeline(mapping, direction) for direction in Direction})


def etl(*arguments: str, site: Site | None = None, **environment: str) -> Done:
    done = run_etl(*arguments, site=site, settings=environment)
    assert "Traceback" not in done.stderr
    return done


def test_a_schema_with_properties_of_what_is_no_object_is_told_from_one_that_has_the_field(tmp_path: Path) -> None:
    file = mapping_file(tmp_path, {"type": "string"})
    _, findings = examine(file)
    assert "E110" in {finding.code for finding in findings}


def test_a_schema_whose_property_allows_nothing_has_no_such_field() -> None:
    schema = Schema({"type": "object", "properties": {"a": {"anyOf": [False]}, "b": {}}})
    assert list(schema.properties()) == ["b"]


@pytest.mark.parametrize("alternatives", [[{"$ref": "#"}], [{"$ref": "#"}, {"$ref": "#/properties/a"}]])
def test_a_schema_that_is_its_own_alternative_ends(alternatives: list[dict[str, Any]]) -> None:
    root = {"anyOf": alternatives, "properties": {"a": {"anyOf": alternatives}}}
    with pytest.raises(UnknownFieldError):
        Schema(root).shape(("a",))


def test_a_long_path_into_a_schema_that_contains_itself_twice_ends() -> None:
    one, other = ({"type": "object", "properties": {"a": {"$ref": "#"}}} for _ in range(2))
    assert Schema({"anyOf": [one, other]}).shape(("a",) * 60).types == {"object"}


def test_generated_records_of_a_schema_that_contains_itself_end(tmp_path: Path) -> None:
    itself = {"left": {"$ref": "#"}, "right": {"anyOf": [{"$ref": "#"}, {"type": "null"}, True]}}
    several = {"all": {"type": "array", "items": {"$ref": "#"}}}
    tally = check_laws(judge(mapping_file(tmp_path, {"properties": itself | several})), 20, 1)
    assert tally.verdicts == []
    assert tally.accepted == 40


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "array", "minItems": 5},
        {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
        {"type": "number", "minimum": 2e9},
        {"type": "number", "maximum": -2e9},
        {"type": "integer", "minimum": 2, "maximum": 1},
        {"type": "string", "minLength": 50},
        {"type": "string", "minLength": 50, "maxLength": 10},
        {"type": "string", "pattern": r"^\p{L}+$"},
        {"enum": []},
    ],
    ids=json.dumps,
)
def test_generated_records_keep_to_any_bounds_or_leave_the_field_out(tmp_path: Path, odd: dict[str, Any]) -> None:
    tally = check_laws(judge(mapping_file(tmp_path, {"properties": {"odd": odd}})), 20, 1)
    assert tally.verdicts == []
    assert tally.notes == []
    assert tally.accepted == 40


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_mapping_cannot_forge_a_finding_or_command_a_terminal(tmp_path: Path, form: str) -> None:
    file = mapping_file(tmp_path, {})
    forged = r'"\e[2J\n::error::forged\ud800": 1'
    file.write_text(f"{MAPPING}{forged}\n")
    done = etl("check", "--format", form, str(file))
    assert done.returncode == 3
    assert "\x1b" not in done.stdout
    assert "\n::error::forged" not in done.stdout
    assert r"\x1b[2J\n::error::forged\ud800" in done.stdout.replace(r"\\", "\\")


def test_a_finding_and_a_violation_are_of_one_printable_line() -> None:
    odd, same = "a\n\x1b\ud800é", r"a\n\x1b\ud800é"
    assert str(Finding(odd, 1, 1, "E001", odd, odd)) == f"{same}:1:1 E001 {same}; {same}"
    assert str(Violation("a", "b", odd)) == f"a: {same}"


def test_a_name_with_the_one_control_character_that_json_leaves_is_shown_escaped() -> None:
    assert format_path(("a\x7f",)) == r'"a\u007f"'
    assert parse_path(format_path(("a\x7f",))) == ("a\x7f",)


def test_a_file_name_cannot_forge_a_line_of_the_log_or_command_a_terminal(site: Site) -> None:
    (site.inbound / "\x1b[31mred\nforged.json").write_text("{")
    done = etl("run", "--mapping", str(MAPPING_FILE), "--log-level", "debug", site=site)
    assert done.returncode == 1
    assert "\x1b" not in done.stderr
    assert "\nforged" not in done.stderr
    assert r"\x1b[31mred\nforged.json" in done.stderr.replace(r"\\", "\\")


SLOW_RECORDS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a text against a pattern": (
        {"properties": {"a": {"pattern": "^(a+)+$"}}},
        {"a": "a" * 50 + "!"},
        f'a: "{"a" * 50}!" does not match ^(a+)+$',
    ),
    "a name against a pattern": (
        {"patternProperties": {"^(a+)+$": True}, "additionalProperties": {"type": "string"}},
        {"a" * 60 + "_": 7},
        f"{'a' * 60}_: expected string, found 7",
    ),
    "many objects that differ": (
        {"properties": {"a": {"uniqueItems": True}, "b": {"type": "string"}}},
        {"a": [{"id": number} for number in range(20_000)], "b": 7},
        "b: expected string, found 7",
    ),
}


@pytest.mark.parametrize("name", SLOW_RECORDS)
def test_a_record_that_is_made_to_be_slow_is_rejected_like_any_other(name: str) -> None:
    schema, record, said = SLOW_RECORDS[name]
    assert [str(violation) for violation in RecordSchema(schema).violations(record)] == [said]


def test_what_is_checked_in_another_way_is_told_as_before() -> None:
    schema = RecordSchema(
        {
            "properties": {
                "upper": {"pattern": r"^\p{Lu}+$"},
                "all": {"uniqueItems": True},
                "any": {"uniqueItems": False},
            },
            "patternProperties": {"^n_": {"type": "integer"}},
            "additionalProperties": False,
        }
    )
    assert schema.violations({"upper": "ÄÖ", "all": [1, True, "1"], "any": [1, 1], "n_1": 1}) == []
    record = {"upper": "aÖ", "all": [{"a": 1}, {"a": 1}], "n_1": "1", "further": 1}
    assert {violation.path: violation.message for violation in schema.violations(record)} == {
        "upper": r'"aÖ" does not match ^\p{Lu}+$',
        "all": "has an element twice",
        "n_1": 'expected integer, found "1"',
        "further": "is not a field of the schema",
    }


def test_a_csv_file_of_very_many_columns_is_read_like_any_other() -> None:
    names = [f"c{number}" for number in range(20_000)]
    content = f"{','.join(names)}\n{','.join('1' for _ in names)}\n".encode()
    form = make_format(FileFormat.CSV)
    assert form is not None
    (item,) = form.items([content], "f")
    assert item.record == dict.fromkeys(names, "1")


@pytest.mark.parametrize("header", ["a,b,a", "a.b,a", "a,a.b", "a[0],a"])
def test_columns_that_lie_in_each_others_way_are_refused(header: str) -> None:
    form = make_format(FileFormat.CSV)
    assert form is not None
    (item,) = form.items([f"{header}\n1,1\n".encode()], "f")
    assert "is there already, or lies in another one" in str(item.violations[0])


def test_a_csv_header_that_would_be_kept_with_every_row_has_a_limit() -> None:
    form = make_format(FileFormat.CSV)
    assert form is not None
    (item,) = form.items([b"x" * 300_000 + b"\n1\n2\n"], "f")
    assert str(item.violations[0]) == "cannot be read: its header: it has more than 262144 bytes"


@pytest.mark.parametrize("code", [bson.Code("pending"), bson.Code("pending", {"a": 1})], ids=["code", "with a scope"])
@pytest.mark.parametrize("field", ["status", "title"])
def test_code_in_a_work_order_is_no_text_and_rejects_it_alone(site: Site, field: str, code: bson.Code) -> None:
    order = {"title": "Odd", "status": "pending", "createdAt": datetime(2025, 1, 1, tzinfo=UTC)}
    site.work_orders.insert_many([{**order, "number": 1, field: code}, {**order, "number": 2}])
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 2, "created": 1, "rejected": 1}}


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")], ids=["pipe", "device"])
def test_a_schema_that_is_no_file_is_not_waited_for(tmp_path: Path, make: Any) -> None:
    file = mapping_file(tmp_path, {})
    (tmp_path / "client.json").unlink()
    make(tmp_path / "client.json")
    done = etl("check", str(file))
    assert done.returncode == 3
    assert "client.json cannot be read: it is not a regular file" in done.stdout


@pytest.mark.parametrize("sign", ["/", "?", "@", "?x=", "/y?x=", "@h?x="])
def test_a_sign_of_a_uri_in_a_password_is_refused_and_no_part_of_the_password_is_shown(sign: str) -> None:
    uri = f"mongodb://ana:s3cr{sign}etword@host:27017/db?tls=true"
    with pytest.raises(SettingsError, match="percent-encode it") as caught:
        check_uri(uri)
    for said in (str(caught.value), shown_uri(uri), redact(f"cannot use {uri}", uri)):
        assert "s3cr" not in said
        assert "etword" not in said


@pytest.mark.parametrize("sign", ["?", "?x=", "/", "@", "@h?x=", "/y?x="])
def test_a_sign_of_a_url_in_a_password_of_a_folder_is_refused(sign: str) -> None:
    with pytest.raises(ValueError, match="percent-encode it") as caught:
        parse_location(f"ftp://ana:s3cr{sign}etword@host/in")
    assert "s3cr" not in str(caught.value)
    assert "etword" not in str(caught.value)


@pytest.mark.parametrize(
    "uri", ["mongodb://h", "mongodb://h?tls=true", "mongodb://a:b@h,i:1/d?authSource=x", "mongodb://[::1]/?a=%40"]
)
def test_a_uri_of_the_right_form_is_taken(uri: str) -> None:
    check_uri(uri)


@pytest.mark.parametrize("password", ["my s3cret", "a b", "a b%20c", "my+s3cret", "%2B+%2b secret"])
def test_a_password_with_a_blank_or_a_plus_is_hidden_in_every_form(password: str) -> None:
    uri = f"mongodb://ana:{password}@host/?tls=true"
    assert shown_uri(uri) == "mongodb://***@host/"
    assert password not in redact(f"cannot use {uri}", uri)


def test_a_password_is_hidden_as_the_driver_decodes_it() -> None:
    assert redact("refused: my s3cret", "mongodb://ana:my+s3cret@host") == "refused: ***"
