"""Files of many records: every record is named by its place, what is broken costs no other one, memory stays flat."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import sys
import tracemalloc
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import Direction, EndpointError, SettingsError
from etl.endpoints.files.batch_files import BatchFiles
from etl.endpoints.files.content import BLOCK, compressor, read_blocks
from etl.endpoints.files.csv_header import Columns
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.formats import Format, make_format
from etl.endpoints.files.json_lines import JsonLines
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.reader import FilesReader
from etl.mapping.entries import Entry
from etl.mapping.files import CsvForm, FileFormat, FilesEndpoint
from etl.mapping.paths import Path as RecordPath
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.model import Candidate, Item, Outcome

STARTED = datetime(2025, 1, 2, 3, 4, 5, 678_000, UTC)
SMALL = FileLimits(max_bytes=1000)
MANY = [kind for kind in FileFormat if kind.many]
RECORDS: list[dict[str, Any]] = [{"id": str(number), "text": f"Pump {number}"} for number in range(3)]


def source(folder: Path, kind: FileFormat, form: CsvForm = CsvForm(), limits: FileLimits = FileLimits()) -> FilesReader:
    return FilesReader(folder, FilesEndpoint("*", (), kind, kind, form), limits)


def read(
    folder: Path,
    name: str,
    content: bytes,
    kind: FileFormat,
    form: CsvForm = CsvForm(),
    limits: FileLimits = SMALL,
) -> dict[str, Any]:
    """Return what is read of a file: the record, or the reasons, under the name of each."""
    (folder / name).write_bytes(content)
    os.utime(folder / name, (0, 0))  # nobody is writing to it any more
    items = [item for batch in source(folder, kind, form, limits).batches(2) for item in batch]
    assert len({item.origin for item in items}) == len(items)
    return {item.origin: item.record if item.record is not None else said(item) for item in items}


def said(item: Item) -> str:
    assert item.violations
    return " ".join(map(str, item.violations))


def encoded(kind: FileFormat, records: list[dict[str, Any]]) -> bytes:
    form = make_format(kind, columns=Columns((("id",), ("text",))))
    assert form is not None
    return form.join([form.encode(record) for record in records])


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
@pytest.mark.parametrize("kind", MANY)
def test_what_is_written_reads_back_in_its_order(tmp_path: Path, kind: FileFormat, ending: str) -> None:
    name = f"orders{ending}"
    content = compressor(name)(encoded(kind, RECORDS))
    assert list(read(tmp_path, name, content, kind).values()) == RECORDS


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_a_file_of_one_record_may_be_compressed_as_well(tmp_path: Path, ending: str) -> None:
    content = compressor(f"1.json{ending}")(b'{"id": "1"}')
    assert read(tmp_path, f"1.json{ending}", content, FileFormat.JSON) == {f"1.json{ending}": {"id": "1"}}
    bomb = compressor(f"2.json{ending}")(b" " * 1_000_000)
    assert "MAX_RECORD_BYTES" in read(tmp_path, f"2.json{ending}", bomb, FileFormat.JSON)[f"2.json{ending}"]


LINES: dict[str, tuple[bytes, dict[str, Any]]] = {
    "a last line without its end": (b'{"id":"1"}\n{"id":"2"}', {"f:1": {"id": "1"}, "f:2": {"id": "2"}}),
    "CRLF": (b'{"id":"1"}\r\n{"id":"2"}\r\n', {"f:1": {"id": "1"}, "f:2": {"id": "2"}}),
    "a byte-order mark": (b'\xef\xbb\xbf{"id":"1"}\n', {"f:1": {"id": "1"}}),
    "an empty file": (b"", {}),
    "nothing but a byte-order mark": (b"\xef\xbb\xbf", {}),
    "blank lines": (b'\n \r\n{"id":"1"}\n\n', {"f:3": {"id": "1"}}),
    "a line that is not JSON": (
        b'{"id":"1"}\n{"id"\n{"id":"3"}\n',
        {"f:1": {"id": "1"}, "f:2": "not JSON: line 1, column 6: unexpected end of data", "f:3": {"id": "3"}},
    ),
    "a line that is no object": (b"[]\n7\n", {"f:1": "expected a JSON object, found a list", "f:2": None}),
    "a line that is not UTF-8": (b'{"id":"\xe9"}\n{"id":"2"}', {"f:1": None, "f:2": {"id": "2"}}),
    "a huge line": (
        b'{"id":"%b"}\n{"id":"2"}\n' % (b"x" * 2000),
        {"f:1": None, "f:2": {"id": "2"}},
    ),
    "a line of many blocks": (
        b'{"id":"1"}\n%b\n{"id":"3"}\n' % (b"x" * 3 * BLOCK),
        {
            "f:1": {"id": "1"},
            "f:2": "cannot be read: it has more than 1000 bytes; MAX_RECORD_BYTES says how many it may have",
            "f:3": {"id": "3"},
        },
    ),
    "a huge last line without its end": (b'{"id":"1"}\n' + b"x" * 3 * BLOCK, {"f:1": {"id": "1"}, "f:2": None}),
}


def check(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Compare; an expected None stands for any reason."""
    assert list(found) == list(expected)
    for origin, value in expected.items():
        assert isinstance(found[origin], str) if value is None else found[origin] == value, origin


@pytest.mark.parametrize("case", LINES)
def test_json_lines_are_read_line_by_line(tmp_path: Path, case: str) -> None:
    content, expected = LINES[case]
    check(read(tmp_path, "f", content, FileFormat.JSON_LINES), expected)


ARRAYS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "an empty array": (b" [ ] \n", {}),
    "a byte-order mark, and blanks anywhere": (
        b'\xef\xbb\xbf\n[ {"id": "1"} ,\r\n{"id":"2"}\t]',
        {"f[0]": {"id": "1"}, "f[1]": {"id": "2"}},
    ),
    "nested elements": (b'[{"a":[{"b":"]},{"}]},{"c":{}}]', {"f[0]": {"a": [{"b": "]},{"}]}, "f[1]": {"c": {}}}),
    "text beyond ASCII": ('[{"id":"é💥"},{"id":"2"}]'.encode(), {"f[0]": {"id": "é💥"}, "f[1]": {"id": "2"}}),
    "elements that are no objects": (
        b'[1, {"id":"2"}, null]',
        {"f[0]": "expected a JSON object, found 1", "f[1]": {"id": "2"}, "f[2]": None},
    ),
    "an element that is not UTF-8": (b'[{"id":"\xe9"},{"id":"2"}]', {"f[0]": None, "f[1]": {"id": "2"}}),
    "an element with NaN": (b'[{"id":NaN},{"id":"2"}]', {"f[0]": None, "f[1]": {"id": "2"}}),
    "a number of many digits": (
        b'[{"id":%b},{"id":"2"}]' % (b"9" * 900),
        {"f[0]": None, "f[1]": {"id": "2"}},
    ),
    "a huge element": (
        b'[{"id":"%b"},{"id":"2"}]' % (b"x" * 2000),
        {
            "f[0]": "cannot be read: it has 2009 bytes, more than 1000; MAX_RECORD_BYTES says how many it may",
            "f[1]": {"id": "2"},
        },
    ),
    "an element of many blocks": (
        b'[{"id":"1"},{"id":"%b"},{"id":"3"}]' % (b"x" * 4 * BLOCK),
        {
            "f[0]": {"id": "1"},
            "f[1]": "cannot be read, nor can what follows in the file: it has more than 1000 bytes; "
            "MAX_RECORD_BYTES says how many it may have",
        },
    ),
    "an array that ends early": (
        b'[{"id":"1"},\n{"id":"2"',
        {
            "f[0]": {"id": "1"},
            "f[1]": "cannot be read, nor can what follows in the file: not JSON at byte 23: Expecting ',' delimiter",
        },
    ),
    "an array without its end": (b'[{"id":"1"}', {"f[0]": None}),
    "a comma too many": (b'[{"id":"1"},]', {"f[0]": {"id": "1"}, "f[1]": None}),
    "a comma too few": (b'[{"id":"1"} {"id":"2"}]', {"f[0]": None}),
    "more behind the array": (b'[{"id":"1"}] {', {"f[0]": None}),
    "no array": (
        b'{"id":"1"}',
        {
            "f[0]": "cannot be read, nor can what follows in the file: "
            'not JSON at byte 1: expected a JSON array, found "{"',
        },
    ),
    "an empty file": (
        b"",
        {
            "f[0]": "cannot be read, nor can what follows in the file: "
            "not JSON at byte 1: expected a JSON array, found the end",
        },
    ),
    "brackets without end": (b"[" * 100_000, {"f[0]": None}),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_a_json_array_is_read_element_by_element(tmp_path: Path, case: str) -> None:
    content, expected = ARRAYS[case]
    check(read(tmp_path, "f", content, FileFormat.JSON_ARRAY), expected)


ROWS: dict[str, tuple[bytes, CsvForm, dict[str, Any]]] = {
    "an empty value is absent": (b"id,text\n1,\n,x\n", CsvForm(), {"f:2": {"id": "1"}, "f:3": {"text": "x"}}),
    "every value is text": (b"id,text\n007,true\n", CsvForm(), {"f:2": {"id": "007", "text": "true"}}),
    "a header of paths": (
        b'asset.code,"asset.location.id","""a.b""",Order No,"lines[0].qty"\n1,2,3,4,5\n',
        CsvForm(),
        {
            "f:2": {
                "asset": {"code": "1", "location": {"id": "2"}},
                "a.b": "3",
                "Order No": "4",
                "lines": [{"qty": "5"}],
            }
        },
    ),
    "a byte-order mark, and CRLF": (b"\xef\xbb\xbfid,text\r\n1,x\r\n", CsvForm(), {"f:2": {"id": "1", "text": "x"}}),
    "another delimiter": (b"id;text\n1;a,b\n", CsvForm(";"), {"f:2": {"id": "1", "text": "a,b"}}),
    "quotes, and lines inside them": (
        b'id,text\n1,"say ""a,\r\nb"""\n2,x\n',
        CsvForm(),
        {"f:2": {"id": "1", "text": 'say "a,\r\nb"'}, "f:4": {"id": "2", "text": "x"}},
    ),
    "a last row without its end": (b"id\n1", CsvForm(), {"f:2": {"id": "1"}}),
    "blank lines": (b"\nid,text\n\n1,x\n\n", CsvForm(), {"f:4": {"id": "1", "text": "x"}}),
    "an empty file": (b"", CsvForm(), {}),
    "a header alone": (b"id\n", CsvForm(), {}),
    "values without a column, and columns without a value": (
        b"id,text\n1,2,3\n1\n1,2\n",
        CsvForm(),
        {
            "f:2": "it has 3 values, and the header has 2",
            "f:3": "it has 1 values, and the header has 2",
            "f:4": {"id": "1", "text": "2"},
        },
    ),
    "a row that is not UTF-8": (
        b"id,text\n1,\xe9\n2,x\n",
        CsvForm(),
        {
            "f:2": "cannot be read: not UTF-8: byte 0xe9 at position 2 of line 2; "
            "save the file as UTF-8, or say as encoding in the mapping what it is",
            "f:3": {"id": "2", "text": "x"},
        },
    ),
    "a quote in the wrong place": (
        b'id,text\n"1"x,2\n2,x\n',
        CsvForm(),
        {"f:2": None, "f:3": {"id": "2", "text": "x"}},
    ),
    "a quote that is not closed": (
        b'id,text\n1,x\n2,"y\n3,z\n4,z\n',
        CsvForm(),
        {
            "f:2": {"id": "1", "text": "x"},
            "f:3": "cannot be read, nor can what follows in the file: unexpected end of data",
        },
    ),
    "a quote that is not closed in a large file": (
        b'id,text\n2,"y\n' + b"3,z\n" * 1000,
        CsvForm(),
        {
            "f:2": "cannot be read, nor can what follows in the file: it has more than 1000 bytes; "
            "MAX_RECORD_BYTES says how many it may have",
        },
    ),
    "a huge row": (
        b'id,text\n1,"%b"\n2,x\n' % (b"x" * 300_000),
        CsvForm(),
        {"f:2": None, "f:3": {"id": "2", "text": "x"}},
    ),
    "a column without a name": (
        b"id,,text\n1,2,3\n",
        CsvForm(),
        {"f": "cannot be read: its header: column 2 has no name"},
    ),
    "a column that is there twice": (
        b"id,text, id\n1,2,3\n",
        CsvForm(),
        {"f": 'cannot be read: its header: column 3, " id", is there already, or lies in another one'},
    ),
    "a column inside another": (b"asset,asset.code\n1,2\n", CsvForm(), {"f": None}),
    "a column far into a list": (b"lines[9999]\n1\n", CsvForm(), {"f": None}),
    "a column of absurd depth": (b"a" + b".a" * 200 + b"\n1\n", CsvForm(), {"f": None}),
    "a header that is not UTF-8": (b"id,\xe9\n1,2\n", CsvForm(), {"f": None}),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_csv_file_is_read_row_by_row(tmp_path: Path, case: str) -> None:
    content, form, expected = ROWS[case]
    check(read(tmp_path, "f", content, FileFormat.CSV, form), expected)


def test_a_long_value_of_a_csv_file_is_no_reason_to_reject_it(tmp_path: Path) -> None:
    text = "x" * 300_000
    found = read(tmp_path, "f", b"id\n%b\n" % text.encode(), FileFormat.CSV, limits=FileLimits())
    assert found == {"f:2": {"id": text}}


@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("kind", MANY)
def test_of_a_file_that_was_cut_off_what_is_whole_is_read_and_the_rest_is_rejected_once(
    tmp_path: Path, kind: FileFormat, ending: str
) -> None:
    records = [{"id": str(number * 7919 % 10007), "text": str(number)} for number in range(30_000)]
    content = compressor(f"f{ending}")(encoded(kind, records))
    cut = content[: len(content) // 2]
    found = list(read(tmp_path, f"f{ending}", cut, kind).items())
    assert 0 < len(found) - 1 < len(records)
    if ending == ".gz":
        lines = zlib.decompressobj(wbits=31).decompress(cut).count(b"\n")
        assert len(found) - 1 == lines - (0 if kind is FileFormat.JSON_LINES else 1)
    assert [record for _, record in found[:-1]] == records[: len(found) - 1]
    assert found[-1][1] == "cannot be read, nor can what follows in the file: the compressed data ends early"
    first = {FileFormat.JSON_LINES: 1, FileFormat.CSV: 2, FileFormat.JSON_ARRAY: 0}[kind]
    place = first + len(found) - 1
    assert found[-1][0] == (f"f{ending}[{place}]" if kind is FileFormat.JSON_ARRAY else f"f{ending}:{place}")


@pytest.mark.parametrize("content", [b"", b"not compressed"], ids=["empty", "text"])
@pytest.mark.parametrize("ending", [".gz", ".zst"])
@pytest.mark.parametrize("kind", MANY)
def test_a_file_that_is_not_what_its_name_says_is_rejected_once(
    tmp_path: Path, kind: FileFormat, ending: str, content: bytes
) -> None:
    (reason,) = read(tmp_path, f"f{ending}", content, kind).values()
    assert "the compressed data" in reason


def test_compressed_data_may_be_in_several_pieces(tmp_path: Path) -> None:
    pieces = gzip.compress(b'{"id":"1"}\n{"i') + gzip.compress(b'd":"2"}\n')
    assert list(read(tmp_path, "f.gz", pieces, FileFormat.JSON_LINES)) == ["f.gz:1", "f.gz:2"]


def test_a_bomb_does_not_fill_the_memory(tmp_path: Path) -> None:
    bomb = gzip.compress(b'{"id":"1"}\n' + b"x" * 20_000_000 + b'\n{"id":"3"}\n', 1)
    tracemalloc.start()
    try:
        found = read(tmp_path, "f.gz", bomb, FileFormat.JSON_LINES)
        assert tracemalloc.get_traced_memory()[1] < len(bomb) + 8_000_000
    finally:
        tracemalloc.stop()
    assert [type(value) for value in found.values()] == [dict, str, dict]


@pytest.mark.parametrize("kind", MANY)
def test_what_is_not_a_readable_file_is_rejected_under_its_name(tmp_path: Path, kind: FileFormat) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/etc/passwd")
    found = read(tmp_path, "none", encoded(kind, []), kind)
    assert found == {
        "folder": "cannot be read: Is a directory",
        "link": "cannot be read: a link that leads out of the folder",
    }


def test_files_are_read_in_natural_order_then_line_by_line(tmp_path: Path) -> None:
    for name in ("10.jsonl", "9.jsonl"):
        (tmp_path / name).write_bytes(encoded(FileFormat.JSON_LINES, RECORDS))
    batches = [[item.origin for item in batch] for batch in source(tmp_path, FileFormat.JSON_LINES).batches(4)]
    assert batches == [["9.jsonl:1", "9.jsonl:2", "9.jsonl:3", "10.jsonl:1"], ["10.jsonl:2", "10.jsonl:3"]]


@pytest.mark.parametrize("kind", MANY)
def test_what_is_kept_of_a_record_is_enough_to_read_it_again(tmp_path: Path, kind: FileFormat) -> None:
    (tmp_path / "f").write_bytes(b"\n" + encoded(kind, [{"id": 'a,"\r\nb', "text": "é"}, *RECORDS]))
    files = source(tmp_path, kind)
    for item in files.read("f"):
        assert item.content is not None
        for content in (item.content, None):  # as it was kept, and as it lies there
            (again,) = files.again([letter(item.origin, content)])
            assert (again.origin, again.record, again.content) == (item.origin, item.record, item.content)
        assert item.part_of == "f"


def letter(origin: str, content: bytes | None) -> DeadLetter:
    return DeadLetter("0", Direction.INBOUND, origin, (), "read", (), content, "0", STARTED, STARTED, 1)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=4,
)


@given(st.lists(st.dictionaries(TEXT, TREES, max_size=4), max_size=5), st.integers(1, 40))
def test_any_json_array_is_read_as_it_was_written_wherever_its_blocks_end(
    records: list[dict[str, Any]], size: int
) -> None:
    form = make_format(FileFormat.JSON_ARRAY)
    assert form is not None
    for content in (json.dumps(records, indent=1).encode(), json.dumps(records, ensure_ascii=False).encode()):
        blocks = [content[start : start + size] for start in range(0, len(content), size)]
        assert [item.record for item in form.items(blocks, "f")] == records


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5), st.integers(1, 40))
def test_any_text_goes_through_a_csv_file(rows: list[tuple[str, str, str]], size: int) -> None:
    columns: tuple[RecordPath, ...] = (("a",), ("b", "c"), ("Order No.",))
    form = make_format(FileFormat.CSV, columns=Columns(columns))
    assert form is not None
    records = [{"a": a, "b": {"c": b}, "Order No.": c} for a, b, c in rows if a and b and c]
    content = form.join([form.encode(record) for record in records])
    blocks = [content[start : start + size] for start in range(0, len(content), size)]
    assert [item.record for item in form.items(blocks, "f")] == records


@pytest.mark.parametrize("kind", MANY)
@given(
    content=st.binary(max_size=200) | st.text(st.sampled_from('[]{},:"\\\n\r1ae \ufeffé')).map(str.encode),
    size=st.integers(1, 50),
)
def test_any_bytes_are_read_or_refused_under_their_place(kind: FileFormat, content: bytes, size: int) -> None:
    form = make_format(kind, limits=FileLimits(max_bytes=60, max_depth=5))
    assert form is not None
    items = list(form.items([content[start : start + size] for start in range(0, len(content), size)], "f"))
    assert all((item.record is None) == bool(item.violations) for item in items)
    assert len({item.origin for item in items}) == len(items)
    assert all(str(violation).isprintable() for item in items for violation in item.violations)
    for item in items:
        if item.content is not None:
            assert [again.record for again in form.again(item.origin, item.content)] == [item.record]


def test_a_byte_order_mark_behind_blank_lines_is_one_as_well() -> None:
    form = make_format(FileFormat.CSV)
    assert form is not None
    (item,) = form.items([b"\n\xef\xbb\xbfid\n1\n"], "f")
    assert item.record == {"id": "1"}
    assert item.content is not None
    assert [again.record for again in form.again(item.origin, item.content)] == [item.record]


@given(st.binary(min_size=1, max_size=3), st.integers(0, 400), st.sampled_from([".gz", ".zst"]))
def test_damaged_compressed_data_is_read_or_refused(damage: bytes, at: int, ending: str) -> None:
    packed = compressor(ending)(b"".join(b'{"id":%d}\n' % (number * 7919 % 1009) for number in range(100)))
    stream = io.BytesIO(packed[:at] + damage + packed[at + len(damage) :])
    items = list(JsonLines(SMALL).items(read_blocks(stream, ending), "f"))
    assert all((item.record is None) == bool(item.violations) for item in items)


def csv_of(*columns: RecordPath, encoding: str, delimiter: str = ",") -> Format:
    made = make_format(FileFormat.CSV, CsvForm(delimiter), Columns(columns), encoding=encoding)
    assert made is not None
    return made


def test_a_csv_file_has_a_header_and_the_columns_in_their_order() -> None:
    form = csv_of(("id",), ("asset", "code"), ("Order No",), ("a.b",), encoding="utf-8-sig", delimiter=";")
    rows = [
        form.encode({"asset": {"code": "x;y"}, "id": 7, "other": "z"}),
        form.encode({"Order No": True, "a.b": None}),
    ]
    assert form.join(rows) == b'\xef\xbb\xbfid;asset.code;Order No;a.b\r\n7;"x;y";;\r\n;;true;\r\n'


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["x"], "id is a list, which has no place in a CSV file"),
        ({"a": 1}, "id is an object, which has no place in a CSV file"),
        ("→", 'cannot be written in cp1252: "→"'),
    ],
)
def test_what_a_csv_file_cannot_hold_is_refused(value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        csv_of(("id",), encoding="cp1252").encode({"id": value})


def sink(folder: Path, kind: FileFormat = FileFormat.JSON_LINES, name: str = "out_{run}_{part}.jsonl") -> BatchFiles:
    form = make_format(kind, columns=Columns((("id",), ("text",))))
    assert form is not None
    return BatchFiles(open_folder(folder), FilesEndpoint("*", (Entry(name),), kind, kind), form, STARTED)


def send(to: BatchFiles, *records: dict[str, Any]) -> list[Outcome]:
    candidates = [Candidate(Item("x", record), (1,), {}, record) for record in records]
    return [result.outcome for result in to.apply(to.compare(candidates))]


def test_every_batch_is_a_file_of_its_own_and_an_empty_one_is_none(tmp_path: Path) -> None:
    to = sink(tmp_path / "out")
    assert send(to) == []
    assert not (tmp_path / "out").exists()
    assert send(to, {"id": 1}, {"id": 2}) == [Outcome.CREATED] * 2
    assert send(to, {"id": object()}) == [Outcome.REJECTED]
    assert send(to, {"id": object()}, {"id": 3}) == [Outcome.REJECTED, Outcome.CREATED]
    assert {file.name: file.read_text() for file in (tmp_path / "out").iterdir()} == {
        "out_20250102T030405678Z_00001.jsonl": '{"id":1}\n{"id":2}\n',
        "out_20250102T030405678Z_00002.jsonl": '{"id":3}\n',
    }


def test_no_file_of_many_records_is_ever_replaced(tmp_path: Path) -> None:
    for _ in range(2):
        send(sink(tmp_path), {"id": 1})
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_of_many_records_is_whole_or_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    to = sink(tmp_path)
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(EndpointError, match=r"_00001\.jsonl cannot be written: No space left on device"):
        send(to, {"id": 1})
    assert list(tmp_path.iterdir()) == []


def lines(count: int) -> Iterator[dict[str, Any]]:
    return ({"id": str(number), "text": f"Work order {number:09}" * 50} for number in range(count))


@pytest.mark.long
@pytest.mark.parametrize("kind", MANY)
def test_reading_ten_times_as_many_records_takes_no_more_memory(tmp_path: Path, kind: FileFormat) -> None:
    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        (folder / "f").write_bytes(encoded(kind, list(lines(count))))
        tracemalloc.start()
        try:
            assert sum(len(batch) for batch in source(folder, kind).batches(500)) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) < 1.5 * peak(2_000)


@pytest.mark.long
@pytest.mark.parametrize("kind", MANY)
def test_writing_ten_times_as_many_records_takes_no_more_memory(tmp_path: Path, kind: FileFormat) -> None:
    def peak(count: int) -> int:
        to, records = sink(tmp_path / str(count), kind), lines(count)
        tracemalloc.start()
        try:
            for _ in range(count // 500):
                send(to, *(next(records) for _ in range(500)))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(20_000) < 1.5 * peak(2_000)


def test_the_package_for_zstd_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("backports", "backports.zstd", "compression.zstd"):
        monkeypatch.setitem(sys.modules, module, None)
    (reason,) = read(tmp_path, "f.zst", b"x", FileFormat.JSON_LINES).values()
    assert "pip install 'tracos-etl[zstd]'" in reason
    with pytest.raises(SettingsError, match=r"pip install 'tracos-etl\[zstd\]'"):
        compressor("f.zst")
