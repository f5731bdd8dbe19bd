"""Lines of a table that lie in a CSV file: they are the lines of the mapping, and every finding has its cell."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl import Direction, MappingError, load_mapping
from etl.app.mapping_hash import mapping_hash
from etl.app.workers import make_task
from etl.errors import Finding
from etl.mapping.explain import explain
from etl.mapping.formatter.format import format_mapping
from etl.mapping.language.csv_lines import read_rows
from etl.mapping.load import examine
from tests.support.mappings import inward, outward

OUTSIDE: dict[str, Any] = {
    "id": {"type": "integer", "minimum": 1},
    "a": {"type": ["string", "null"], "enum": ["O", "W", "C", None]},
    "b": {"enum": [1, 2, 2.5, True, "x", None]},
    "d": {"type": ["string", "number"]},
}
INSIDE: dict[str, Any] = {
    "number": {"type": "integer", "minimum": 1},
    "status": {"type": "string", "enum": ["pending", "completed"]},
    "level": {"type": "string", "enum": ["low", "high", "$any", "top", "none"]},
    "isSynced": {"type": "boolean"},
}


Fields: TypeAlias = dict[str, Any]


class Folder:
    """A mapping with one table, and what lies beside it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder

    def __call__(self, rule: str, name: str = "m", fields: tuple[Fields, Fields] = (OUTSIDE, INSIDE)) -> Path:
        for file, known in zip("ct", fields, strict=True):
            schema = {"type": "object", "required": [next(iter(known))], "properties": known}
            (self.path / f"{file}.json").write_text(json.dumps(schema))
        made = self.path / f"{name}.yaml"
        made.write_text(
            f"""mapping: {name}
language: 1
outside: {{name: erp, schema: c.json, ignore: [a, b, d], files: {{inbound: "*.json", outbound: "{{id}}.json"}}}}
inside:
  name: tracos
  schema: t.json
  ignore: [isSynced, status, level]
  mongodb: {{collection: orders, export_when: {{isSynced: {{$ne: true}}}}, on_export: {{isSynced: true}}}}
rules:
  - {{erp: id, tracos: number, key: true}}
  - {rule}
"""
        )
        return made

    def csv(self, text: str, name: str = "lines.csv", encoding: str = "utf-8") -> None:
        (self.path / name).write_bytes(text.encode(encoding))

    def found(self, rule: str) -> list[str]:
        file = self(rule)
        try:
            _, found = examine(file)
        except MappingError as error:
            found = list(error.findings)
        return [self.said(finding) for finding in found]

    def said(self, finding: Finding) -> str:
        return str(finding).replace(f"{self.path}/", "")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


STATUS = "{erp: a, tracos: status, values: lines.csv, lossy: W is O to us}"
LINES = "erp,tracos\nO,pending\nW,pending\nC,completed\n"


def test_lines_in_a_file_are_the_lines_of_the_table(folder: Folder) -> None:
    folder.csv(LINES)
    assert folder.found(STATUS) == []
    mapping = load_mapping(folder(STATUS))
    assert [inward(mapping, a=code).get("status") for code in ("O", "W", "C", None)] == [
        *("pending", "pending", "completed"),
        None,
    ]
    assert [outward(mapping, status=value)["a"] for value in ("pending", "completed")] == ["O", "C"]
    lines = "values: [{erp: O, tracos: pending}, {erp: W, tracos: pending}, {erp: C, tracos: completed}]"
    written = load_mapping(folder(STATUS.replace("values: lines.csv", lines)))
    assert [(line.outside, line.inside) for line in mapping.rules[1].lines] == [
        (line.outside, line.inside) for line in written.rules[1].lines
    ]


def test_a_cell_has_the_type_that_the_schema_has_at_its_path_and_an_empty_one_is_no_value(folder: Folder) -> None:
    folder.csv("erp,tracos\n1,low\n2.5,high\nTRUE,top\nx,$any\n,none\n")
    mapping = load_mapping(folder("{erp: b, tracos: level, values: lines.csv, otherwise: {tracos: low}, lossy: so}"))
    values = [1, 2.5, True, "x", None]
    assert [inward(mapping, b=value)["level"] for value in values] == ["low", "high", "top", "$any", "none"]
    assert [outward(mapping, level=level).get("b") for level in ("low", "high", "top", "$any", "none")] == values


def test_columns_have_names_of_their_own_and_other_columns_say_nothing(folder: Folder) -> None:
    folder.csv("ours;note;code;why\npending;é;O;\npending;;W;W is O\ncompleted;;C;\n", "x.csv", "cp1252")
    options = '{file: x.csv, tracos: ours, erp: code, lossy: why, delimiter: ";", encoding: cp1252}'
    rule = f"{{erp: a, tracos: status, values: {options}}}"
    assert folder.found(rule) == []
    lossy = [line.lossy.text for line in load_mapping(folder(rule)).rules[1].lines if line.lossy]
    assert lossy == ["W is O"]


def test_lines_of_a_file_stand_among_others(folder: Folder) -> None:
    folder.csv("erp,tracos\nO,pending\n")
    rule = "{erp: a, tracos: status, values: [{erp: [C, W], tracos: completed, lossy: so}, {file: lines.csv}]}"
    assert folder.found(rule) == []
    assert outward(load_mapping(folder(rule)), status="pending") == {"a": "O"}


WRONG = [
    ("", "lines.csv:1:1 E016 there are no lines; write a header with the names of the columns"),
    ("erp,tracos\n", "lines.csv:1:1 E016 there are no lines"),
    ("erp,ours\nO,x\n", "lines.csv:1:1 E016 there is no column tracos; say which it is, as in {file: lines.csv, trac"),
    ("erp;tracos\nO;x\n", "lines.csv:1:1 E016 there is no column erp; say what stands between the columns: {file: lin"),
    ("erp,tracos,erp\nO,x,O\n", "lines.csv:1:1 E016 column erp is there twice; keep one of them"),
    ("erp,tracos\nO,pending,\n", "lines.csv:2:1 E016 3 cells here, and the header has 2; write as many cells as there"),
    ('erp,tracos\n"O,pending\n', "lines.csv:2:1 E016 this quote is never closed; stand text"),
    ('erp,tracos\n"O"x,pending\n', "lines.csv:2:4 E016 x follows the end of a cell in quotes; stand text"),
    (f"{LINES}C,pend\n", "lines.csv:5:1 E162 "),
    (f"{LINES}\n\nX,pending\n", "lines.csv:7:1 E161 "),
]


@pytest.mark.parametrize(("text", "expected"), WRONG)
def test_what_is_wrong_in_the_file_is_told_at_its_place_there(folder: Folder, text: str, expected: str) -> None:
    folder.csv(text)
    assert [one for one in folder.found(STATUS) if one.startswith(expected)] != []


def test_a_cell_that_is_no_value_of_its_path_or_two_of_them_is_refused(folder: Folder) -> None:
    folder.csv("erp,tracos\nA,low\n7,high\n")
    assert folder.found("{erp: id, tracos: level, values: lines.csv}")[0].startswith(
        "lines.csv:2:1 E016 A is no integer, as erp has it"
    )
    assert folder.found("{erp: d, tracos: level, values: lines.csv}")[0].startswith(
        'lines.csv:3:1 E016 erp may have "7" and 7, and a cell does not say which'
    )


def test_a_file_that_cannot_be_read_is_told_where_it_is_named(folder: Folder) -> None:
    (told,) = folder.found(STATUS)
    assert told.startswith("m.yaml:11:38 E016 lines.csv cannot be read: No such file")
    folder.csv(LINES + "é,x\n", encoding="cp1252")
    (told,) = folder.found(STATUS)
    assert told == "m.yaml:11:38 E016 byte 43 of lines.csv is not utf-8; say its encoding:"
    (folder.path / "lines.csv").write_bytes(b"x" * 1_000_001)
    assert "has 1000001 bytes" in folder.found(STATUS)[0]
    (told,) = folder.found('{erp: a, tracos: status, values: "a\\0b"}')
    assert " E016 " in told
    folder.csv(LINES)
    (told,) = folder.found("{erp: a, tracos: status, values: {file: lines.csv, epr: a}}")
    assert told == "m.yaml:11:56 E010 unknown key epr; did you mean erp?"


def test_what_extends_a_mapping_has_its_file_and_its_lines(folder: Folder) -> None:
    (folder.path / "base").mkdir()
    base = Folder(folder.path / "base")
    base.csv("erp,tracos\nO,pending\nW,pending\nC,completed\n")
    base("{erp: a, tracos: status, values: lines.csv, lossy: so}", "base")
    own = folder.path / "own.yaml"
    own.write_text("mapping: own\nlanguage: 1\nextends: base/base.yaml\n")
    assert outward(load_mapping(own), status="completed") == {"a": "C"}
    base.csv("erp,tracos\nO,pending\nC,completed\n")
    own.write_text(
        own.read_text()
        + """\
rules:
  - erp: a
    tracos: status
    values:
      - {erp: W, tracos: pending}
      - $base
    lossy: so
"""
    )
    mapping = load_mapping(own)
    assert outward(mapping, status="pending") == {"a": "W"}
    assert inward(mapping, a="O") == {"status": "pending"}
    assert mapping.lines_files == (base.path / "lines.csv",)
    base("{erp: a, tracos: status, values: {file: lines.csv, tracos: tracos}, lossy: so}", "base")
    assert inward(load_mapping(own), a="O") == {"status": "pending"}


def test_the_file_is_part_of_the_mapping(folder: Folder) -> None:
    folder.csv(LINES)
    mapping = load_mapping(folder(STATUS))
    before = mapping_hash(mapping)
    task = make_task(mapping, Direction.INBOUND)
    folder.csv(LINES.replace("W,pending", "W,completed"))
    assert mapping_hash(load_mapping(folder(STATUS))) != before
    record = {"id": 1, "a": "W"}
    assert [name for name, _ in task.files] == ["m.yaml", "c.json", "t.json", "lines.csv"]
    assert dict(task.files)["lines.csv"].decode() == LINES
    assert task([]) == []
    said = explain(load_mapping(folder(STATUS)), Direction.INBOUND, record)
    assert any('"W" -> "completed"' in str(one.decided) for one in said)


def test_a_mapping_with_such_a_file_is_formatted_as_it_is(folder: Folder) -> None:
    folder.csv(LINES)
    rule = "{tracos: status,  erp: a, values: {tracos: tracos, file: lines.csv}, lossy: so}"
    made = format_mapping(folder(rule).read_text(), str(folder.path / "m.yaml"))
    assert "  - {erp: a,  tracos: status, values: {file: lines.csv, tracos: tracos}, lossy: so}\n" in made
    assert format_mapping(made, str(folder.path / "m.yaml")) == made


CELLS = st.lists(st.lists(st.text(alphabet='a",;\n\r é', max_size=4), min_size=2, max_size=2), max_size=5)


@given(CELLS)
def test_rows_are_read_as_they_were_written_and_every_cell_starts_where_it_is_said_to(rows: list[list[str]]) -> None:
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    read = list(read_rows(text, ","))
    assert [[cell.text for cell in row] for row in read] == rows
    lines = re.split(r"\r\n|\n|\r", text)
    assert all(lines[cell.line - 1][cell.column - 1] == '"' for row in read for cell in row)


VALUES: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "integer": ({"type": ["integer", "null"]}, st.integers(-3, 12) | st.none()),
    "number": ({"type": ["number", "null"]}, st.sampled_from([0, 1, 1.5, -2.25, None])),
    "boolean": ({"type": ["boolean", "null"]}, st.booleans() | st.none()),
    "text": ({"type": ["string", "null"]}, st.text(alphabet='1tru e",;\n$', min_size=1, max_size=5) | st.none()),
    "listed": ({"enum": [1, "one", True, "x", None]}, st.sampled_from([1, "one", True, "x", None])),
}


LINE = re.compile(r"line [0-9]+( of [^ ]+)?")


def cell(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return '"' + text.replace('"', '""') + '"' if text else ""


@given(st.sampled_from(sorted(VALUES)), st.sampled_from(sorted(VALUES)), st.data())
@settings(max_examples=settings().max_examples // 2)
def test_a_table_says_the_same_wherever_its_lines_lie(one: str, other: str, data: st.DataObject) -> None:
    (outside, left), (inside, right) = VALUES[one], VALUES[other]
    lines = data.draw(st.lists(st.tuples(left, right), min_size=1, max_size=6))
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.csv("erp,tracos\n" + "".join(f"{cell(a)},{cell(b)}\n" for a, b in lines))
        written = ", ".join(f"{{erp: {json.dumps(a)}, tracos: {json.dumps(b)}}}" for a, b in lines)
        found = []
        fields = {**OUTSIDE, "a": outside}, {**INSIDE, "status": inside}
        for said in ("lines.csv", f"[{written}]"):
            try:
                mapping, findings = examine(folder(f"{{erp: a, tracos: status, values: {said}}}", fields=fields))
                table = [(line.outside, line.inside) for line in mapping.rules[1].lines]
            except MappingError as error:
                table, findings = [], list(error.findings)
            found.append((table, sorted(f"{one.code} {LINE.sub('line', one.message)}" for one in findings)))
        assert found[0] == found[1]
