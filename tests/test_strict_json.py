"""JSON of users is read strictly wherever it is read: every name once, every number as it stands there."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from etl import load_mapping
from etl.app import letters
from etl.app.opening import quiet_log
from etl.cli import cli
from etl.endpoints.files.csv_header import Columns
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.json_object import encode_json, parse_json
from etl.errors import MappingError, PlanError
from etl.mapping.files import FileFormat
from etl.plan_file import from_json
from etl.strict_json import glimpse, loads
from tests.support.site import INBOUND, MAPPING_FILE, OUTBOUND, ROOT, Site

TWICE = b'{"orderNo": 2, "orderNo": 3}'


@pytest.mark.parametrize(
    ("text", "place", "name"),
    [
        ('{"orderNo": 2, "orderNo": 3}', "line 1, column 16", "orderNo"),
        ('{"a": 1,\n "b": {"c": 1,\n  "c": 1}}', "line 3, column 3", "c"),
        ('{"a": [{"b": 1}, {"b": 1, "b": 1}]}', "line 1, column 27", "b"),
        ('{"a": 1, "\\u0061": 2}', "line 1, column 10", "a"),
        ('{"é": 1, "b": ":", "é" \n : 2}', "line 1, column 20", "é"),
        ('{"": 1, "": 2}', "line 1, column 9", ""),
        ('{"a\\"": 1, "a\\"" : 2}', "line 1, column 12", 'a\\"'),
        ('{"a":{"a":1},"a":[]}', "line 1, column 14", "a"),
    ],
)
def test_a_name_that_an_object_has_twice_is_refused_with_its_place(text: str, place: str, name: str) -> None:
    with pytest.raises(ValueError, match="is there twice") as caught:
        loads(text.encode())
    assert str(caught.value) == f'{place}: "{name}" is there twice; keep one of them'


@pytest.mark.parametrize(
    "text",
    [
        '{"a": ":", "b": "\\":", "c" : ": :"}',
        '{"a": {"a": {"a": [{"a": 1}, {"a": 1}]}}}',
        '{"a": "\\"a\\": 1"}',
        "[]",
        "7",
    ],
)
def test_the_same_name_in_another_object_or_in_text_is_fine(text: str) -> None:
    assert loads(text.encode()) == json.loads(text)


ROUNDED = [
    "1234567890123456.78",
    "9007199254740993.0",
    "9007199254740993e0",
    "1e-400",
    "-1E-400",
    "1.2345e-320",
    "3.14159265358979323846",
    "0.1000000000000000055511151231257827",
    "9223372036854775808.5",
    "123456789012345678e-17",
    "1e-99999999999999999999999",
]
HELD = [
    "0",
    "-0.0",
    "0.1",
    "1e22",
    "1E+5",
    "123456789012.345",
    "0.30000000000000004",
    "0.10000000000000001",
    "1e-300",
    "5e-324",
    "9007199254740992.0",
    "0.1000000000000000055511151231257827021181583404541015625",
    "0.50000000000000000000",
    "0e-400",
    "0e-99999999999999999999999",
    "1.7976931348623157e308",
    "12345678901234567890",
    "-9223372036854775808",
]


@pytest.mark.parametrize("number", ROUNDED)
@pytest.mark.parametrize("form", ["%s", '{"a": %s}', '{"a": [{"b": "x", "c": %s }]}'])
def test_a_number_that_would_be_rounded_is_refused_by_name(number: str, form: str) -> None:
    with pytest.raises(ValueError, match="would be rounded to") as caught:
        loads((form % number).encode())
    assert f"the number {number} would be rounded" in str(caught.value)


@pytest.mark.parametrize("number", HELD)
def test_a_number_that_is_kept_as_it_stands_is_read(number: str) -> None:
    assert loads(f'{{"a": {number}}}'.encode())["a"] == json.loads(number)


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([repr, "{:.17g}".format, "{:.16e}".format]))
def test_every_number_of_64_bits_is_read_back_however_a_program_writes_it(number: float, write: Any) -> None:
    text = write(number)
    found = loads(f"[{text}]".encode())
    assert [float(value) for value in found] == [number]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**14), max_value=10**14))
def test_what_is_read_is_what_was_written_or_it_is_refused(number: Decimal) -> None:
    try:
        (found,) = loads(f"[{number}]".encode())
    except ValueError as error:
        assert "would be rounded" in str(error)
        assert Decimal(repr(float(number))) != number
    else:
        assert Decimal(repr(found)) == number or Decimal(f"{found:.16e}") == number


NAMES = st.sampled_from(["a", "b", ":", '"', "a:", ' "', "\u00e9"])
TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers(-5, 5) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(NAMES, inner), max_size=4).map(tuple),
    max_leaves=12,
)


@given(TREES, st.sampled_from([":", " :", "\n: ", ": ", "\t:"]))
def test_an_object_is_read_just_where_python_finds_no_name_twice(tree: Any, colon: str) -> None:
    def write(node: Any) -> str:
        if isinstance(node, tuple):
            return "{" + ",".join(json.dumps(name) + colon + write(child) for name, child in node) + "}"
        return "[" + ",".join(map(write, node)) + "]" if isinstance(node, list) else json.dumps(node)

    repeated = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        repeated = repeated or len(dict(pairs)) < len(pairs)
        return dict(pairs)

    text = write(tree)
    expected = json.loads(text, object_pairs_hook=collect)
    if repeated:
        with pytest.raises(ValueError, match="is there twice"):
            loads(text.encode())
    else:
        assert loads(text.encode()) == expected


@pytest.mark.parametrize("kind", ["json", "json_lines", "json_array"])
@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_document_with_nan_in_an_untyped_list_is_rejected_and_stays_unsynced(
    site: Site, kind: str, number: float
) -> None:
    outbound = "{id}.json" if kind == "json" else "{run}_{part}.json"
    schema = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "readings": {}}}
    (site.folder / "s.json").write_text(json.dumps({**schema, "additionalProperties": True}))
    file = site.folder / "m.yaml"
    file.write_text(f"""mapping: readings
language: 1
outside:
  name: c
  schema: s.json
  files: {{inbound: "*.json", outbound: "{outbound}", format: {{inbound: json, outbound: {kind}}}}}
inside:
  name: t
  schema: s.json
  mongodb: {{collection: workorders, export_when: {{isSynced: {{$ne: true}}}}, on_export: {{isSynced: true}}}}
rules:
  - {{c: id, t: id, key: true}}
  - {{c: readings, t: readings}}
""")
    site.mapping = load_mapping(file)
    site.work_orders.insert_many([{"id": 1, "readings": [1.5, {"a": number}]}, {"id": 2, "readings": [1.5, None]}])
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 2, "created": 1, "rejected": 1}}
    assert site.work_orders.count_documents({"isSynced": True}) == 1
    with letters(site.mapping, site.settings, quiet_log()) as found:
        (letter,) = found
    assert str(letter.violations[0]).startswith(f"readings[1].a is {number}, for which JSON has no form")
    if kind == "json":
        assert [file.name for file in site.outbound.iterdir()] == ["2.json"]


WRONG = {"a name twice": (b'{"a": {"b": 1, "b": 2}}', "is there twice"), "a number": (b'{"a": [1e-400]}', "be rounded")}


@pytest.mark.parametrize("case", WRONG)
def test_every_format_refuses_it_and_costs_no_other_record(case: str) -> None:
    content, reason = WRONG[case]
    with pytest.raises(ValueError, match=reason):
        parse_json(content)
    files = {FileFormat.JSON_LINES: content + b"\n{}\n", FileFormat.JSON_ARRAY: b"[" + content + b",{}]"}
    for kind, whole in files.items():
        form = make_format(kind)
        assert form is not None
        wrong, right = form.items([whole], "f")
        assert reason in str(wrong.violations[0])
        assert right.record == {}
        assert wrong.content is not None
        (again,) = form.again(wrong.origin, wrong.content)
        assert reason in str(again.violations[0])


def test_a_client_file_with_a_number_twice_is_rejected_and_nothing_is_made_of_it(site: Site) -> None:
    (site.inbound / "1.json").write_bytes(TWICE)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 1, "rejected": 1}}
    assert site.work_orders.count_documents({}) == 0


@pytest.mark.parametrize("command", ["translate", "explain"])
@pytest.mark.parametrize("case", WRONG)
def test_commands_that_take_records_refuse_it(command: str, case: str) -> None:
    content, reason = WRONG[case]
    done = CliRunner().invoke(
        cli, [command, "--mapping", str(MAPPING_FILE), "--direction", "inbound", "-"], input=content
    )
    assert done.exit_code == 1
    assert reason in done.output


@pytest.mark.parametrize("case", WRONG)
def test_goldens_schemas_and_plans_refuse_it(tmp_path: Path, case: str) -> None:
    content, reason = WRONG[case]
    (tmp_path / "some.jsonl").write_bytes(b'{"name": "x", "client": %b}\n' % content)
    done = CliRunner().invoke(cli, ["test", "--no-laws", "--golden", str(tmp_path), str(MAPPING_FILE)])
    assert done.exit_code == 3
    assert "some.jsonl:1: " in done.output
    assert reason in done.output

    (tmp_path / "s.json").write_bytes(b'{"default": %b}' % content)
    text = MAPPING_FILE.read_text().replace("../schemas/client_workorder.schema.json", "s.json")
    (tmp_path / "m.yaml").write_text(text.replace("../schemas", str(ROOT / "schemas")))
    with pytest.raises(MappingError, match=f"E131 .*{reason}"):
        load_mapping(tmp_path / "m.yaml")

    with pytest.raises(PlanError, match=reason):
        from_json(b'{"plan": %b}' % content)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", list(FileFormat))
def test_a_number_that_json_has_not_is_refused_with_its_path(kind: FileFormat, number: float) -> None:
    form = make_format(kind, columns=Columns((("a",),)))
    encode = encode_json if form is None else form.encode
    with pytest.raises(ValueError, match=rf"a.* is {number}, for which"):
        encode({"n": None, "a": number if kind is FileFormat.CSV else {"b": [1.5, {"c d": number}]}})


GLIMPSES: dict[str, dict[str, Any] | None] = {
    '{"id": 7, "name": "cl': {"id": 7},
    '{"id": 7': None,
    '{"id": 7}x': {"id": 7},
    '{"k": {"id": "7", "x": 1, "x": 2}, "name": "c"}': {"k": {"id": "7", "x": 2}, "name": "c"},
    '{"k": {"id": "7", "name": "c': {"k": {"id": "7"}},
    '{"k": {"id": "7", "w": 123456789012345678901}, "n": null, x}': {"k": {"id": "7"}, "n": None},
    '{"n": 123456789012345678901, "m": 1}': {"m": 1},
    '[{"id": 7}]': None,
    "": None,
}


@pytest.mark.parametrize(("text", "whole"), GLIMPSES.items())
def test_of_what_is_refused_what_is_whole_can_be_read(text: str, whole: dict[str, Any] | None) -> None:
    assert glimpse(text.encode()) == whole


TREES = st.recursive(
    st.none() | st.integers(-9, 9) | st.text('a"\\{}:,', max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), TREES, max_size=3), st.data())
def test_what_has_begun_is_part_of_the_whole(record: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(record)
    cut = data.draw(st.integers(0, len(text)))
    assert is_part(glimpse(text[:cut].encode()) or {}, record)


def is_part(some: dict[str, Any], whole: dict[str, Any]) -> bool:
    return all(
        name in whole and (value == whole[name] or (isinstance(value, dict) and is_part(value, whole[name])))
        for name, value in some.items()
    )
