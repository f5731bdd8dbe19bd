"""JSON documents in which records lie at a path: found on one way through, named by their place, in flat memory."""

from __future__ import annotations

import json
import os
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.endpoints.files.content import BLOCK, compressor
from etl.endpoints.files.formats import Format, make_format
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.reader import FilesReader
from etl.mapping.files import FileFormat, FilesEndpoint
from etl.mapping.paths import Path as RecordPath
from etl.mapping.paths import parse_path
from etl.transfer.model import Item
from tests.support.site import ROOT

SMALL = FileLimits(max_bytes=1000, max_depth=10)
JSON, LINES = FileFormat.JSON, FileFormat.JSON_LINES
ODATA = ("d.results", "d")
A, B = {"id": "1"}, {"id": "2"}


def paths(*texts: str) -> tuple[RecordPath, ...]:
    return tuple(() if text == "$" else parse_path(text) for text in texts)


def document(*records: str, kind: FileFormat = JSON, limits: FileLimits = SMALL) -> Format:
    made = make_format(kind, limits=limits, records=paths(*records))
    assert made is not None
    return made


def found(items: list[Item]) -> dict[str, Any]:
    """Return the record, or the reasons, under the name of each."""
    assert len({item.origin for item in items}) == len(items)
    assert all((item.record is None) == bool(item.violations) for item in items)
    return {i.origin: i.record if i.record is not None else " ".join(map(str, i.violations)) for i in items}


def read(content: bytes | str, *records: str, **how: Any) -> dict[str, Any]:
    raw = content.encode() if isinstance(content, str) else content
    return found(list(document(*records, **how).items((raw,), "f")))


DOCUMENTS: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "an array many": (
        '{"d": {"results": [{"id":"1"}, {"id":"2"}]}}',
        ODATA,
        {"f:d.results[0]": A, "f:d.results[1]": B},
    ),
    "an object one": ('{"d": {"results": {"id":"1"}}}', ODATA, {"f:d.results": A}),
    "the second path": ('{"d": {"id":"1"}}', ODATA, {"f:d": A}),
    "the second path, an array": ('{"d": [{"id":"1"}]}', ODATA, {"f:d[0]": A}),
    "what is null is not there": ('{"d": {"id": "1", "results": null}}', ODATA, {"f:d": {"id": "1", "results": None}}),
    "what is text is not there": ('{"d": {"id": "1", "results": "x"}}', ODATA, {"f:d": {"id": "1", "results": "x"}}),
    "no records are none": ('{"d": {"results": []}}', ODATA, {}),
    "an empty list counts before what follows": ('{"b": {"id":"1"}, "a": []}', ("a", "b"), {}),
    "the order of the paths counts, not that of the document": (
        '{"b": [{"id":"2"}], "a": [{"id":"1"}]}',
        ("a", "b"),
        {"f:a[0]": A},
    ),
    "the first that is there comes first": ('{"a": 7, "b": [{"id":"2"}]}', ("a", "b"), {"f:b[0]": B}),
    "of three the one that is there": ('{"c": [{"id":"2"}], "b": null}', ("a", "b", "c"), {"f:c[0]": B}),
    "what stands around them is passed over": (
        '{"x": [1, {"d": [{"results": [{}]}]}, "]}"], "d": {"n": {}, "results": [{"id":"1"}], "n": [[]]}, "z": 1.5}',
        ODATA,
        {"f:d.results[0]": A},
    ),
    "a name that is no word": ('{"@odata.x": 1, "a.b": [{"id":"1"}]}', ('"a.b"',), {'f:"a.b"[0]': A}),
    "an escaped name": ('{"\\u0064": {"id":"1"}}', ("d",), {"f:d": A}),
    "elements of the document itself": ('[0, {"id":"1"}]', ("x[0]", "$"), {"f[0]": None, "f[1]": A}),
    "a path through a list": ('{"pages": [7, {"list": [{"id":"1"}]}]}', ("pages[1].list",), {"f:pages[1].list[0]": A}),
    "the document itself": ('{"id":"1"}', ("d", "$"), {"f": A}),
    "the document itself, a list": ('[{"id":"1"},{"id":"2"}]', ("d", "$"), {"f[0]": A, "f[1]": B}),
    "the document, where nothing else is there": ('{"d": 7}', ("d", "$"), {"f": {"d": 7}}),
    "not the document, where something else is there": ('{"d": {"id":"1"}}', ("d", "$"), {"f:d": A}),
    "elements that are no records": (
        '{"d": [1, {"id":"2"}, [], null]}',
        ("d",),
        {"f:d[0]": "expected a JSON object, found 1", "f:d[1]": B, "f:d[2]": None, "f:d[3]": None},
    ),
    "a name twice in a record": (
        '{"d": [{"a": 1, "a": 2}, {"id":"2"}]}',
        ("d",),
        {"f:d[0]": 'line 1, column 10: "a" is there twice; keep one of them', "f:d[1]": B},
    ),
    "a record of too many bytes": (
        '{"d": [{"id":"%s"}, {"id":"2"}]}' % ("x" * 2000),
        ("d",),
        {"f:d[0]": None, "f:d[1]": B},
    ),
    "a record too deep": (
        '{"d": [%s, {"id":"2"}]}' % ('{"a":' * 11 + "1" + "}" * 11),
        ("d",),
        {"f:d[0]": None, "f:d[1]": B},
    ),
}


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("case", DOCUMENTS)
def test_records_are_read_where_they_lie(case: str, size: int) -> None:
    text, where, expected = DOCUMENTS[case]
    blocks = [text.encode()[at : at + size] for at in range(0, len(text), size)]
    items = list(document(*where).items(blocks, "f"))
    made = found(items)
    assert list(made) == list(expected)
    assert all(
        isinstance(made[name], str) if value is None else made[name] == value for name, value in expected.items()
    )
    assert all(item.part_of == ("f" if item.origin != "f" else "") for item in items)


REST = "cannot be read, nor can what follows in the file: "
BROKEN: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "no records": (
        '{"error": {"code": 7}, "status": 500}',
        ODATA,
        {
            "f": "cannot be read: no object and no list is at any of d.results, d: the document has error, status; "
            "correct records in the mapping, or the file"
        },
    ),
    "no field at all": (
        "{}",
        ("d",),
        {"f": "cannot be read: no object and no list is at d: the document has no field"},
    ),
    "a list where an object is meant": ('[{"d": {}}]', ("d",), {"f": "no object and no list is at d"}),
    "many other names": ('{"a":1,"b":1,"c":1,"e":1,"f":1,"g":1}', ("d",), {"f": "the document has a, b, c, e, f, …"}),
    "the envelope twice": (
        '{"d": {"results": [{"id":"1"}]}, "d": {"results": [{"id":"2"}]}}',
        ODATA,
        {"f:d.results[0]": A, "f": f'{REST}not JSON at byte 38: "d" is there twice; keep one of them'},
    ),
    "the envelope twice, by an escape": ('{"d": null, "\\u0064": []}', ("d",), {"f": '"d" is there twice'}),
    "broken before the records": ('{"x": [1,}, "d": []}', ("d",), {"f": "expected another bracket"}),
    "no JSON before the records": (
        '{"x": {"y": nul}, "d": []}',
        ("d",),
        {"f": f"{REST}not JSON at byte 13: Expecting"},
    ),
    "broken inside the array": (
        '{"d": [{"id":"1"}, {"id" "2"}, {"id":"3"}]}',
        ("d",),
        {"f:d[0]": A, "f:d[1]": "Expecting ':' delimiter"},
    ),
    "a comma too many": ('{"d": [{"id":"1"},]}', ("d",), {"f:d[0]": A, "f:d[1]": REST}),
    "a comma too few": ('{"d": [{"id":"1"} {"id":"2"}]}', ("d",), {"f:d[0]": "expected , or ]"}),
    "broken behind the array": ('{"d": [{"id":"1"}], }', ("d",), {"f:d[0]": A, "f": "expected a name in quotes"}),
    "cut behind the array": ('{"d": [{"id":"1"}]', ("d",), {"f:d[0]": A, "f": "expected , or }, found the end"}),
    "cut in the array": ('{"d": [{"id":"1"}, {"id"', ("d",), {"f:d[0]": A, "f:d[1]": REST}),
    "cut before the records": ('{"x": [1, 2', ("d",), {"f": "an element has no end"}),
    "cut in a name": ('{"x": 1, "d', ("d",), {"f": "Unterminated string"}),
    "more behind the document": (
        '{"d": [{"id":"1"}]} 7',
        ("d",),
        {"f:d[0]": A, "f": 'expected the end after the document, found "7"'},
    ),
    "more behind the bare record": ('{"id":"1"} 7', ("$",), {"f": "expected the end after the document"}),
    "a number": ("7", ("d", "$"), {"f": 'expected an object or a list, found "7"'}),
    "nothing": ("", ("d", "$"), {"f": "found the end"}),
    "deep beside the records": (
        '{"x": %s, "d": []}' % ("[" * 12 + "]" * 12),
        ("d",),
        {"f": "nested deeper than 10 levels"},
    ),
    "deep without an end": ('{"x": ' + "[" * 100_000, ("d",), {"f": "nested deeper than 10 levels"}),
    "a record without an end": ('{"d": ' + '{"a":' * 100_000, ("d",), {"f:d": REST}),
}


@pytest.mark.parametrize("size", [1, 10_000_000])
@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_rejected_and_says_so(case: str, size: int) -> None:
    text, where, expected = BROKEN[case]
    if len(text) > 1000 * size:
        size = 100
    blocks = [text.encode()[at : at + size] for at in range(0, len(text), size)]
    made = found(list(document(*where).items(blocks, "f")))
    assert list(made) == list(expected)
    for name, value in expected.items():
        if isinstance(value, str):
            assert value in made[name]
        else:
            assert made[name] == value


def test_every_line_is_a_document_of_its_own() -> None:
    lines = (
        '{"d": [{"id":"1"},{"id":"2"}]}\n\n{"x": 1}\n{"d": {"id":"3"}}\n'
        '{"d": [{"id":"4"}}\n{"d": []}\n{"d": [{"id":"5"}]}'
    )
    assert read(lines, "d", kind=LINES) == {
        "f:1:d[0]": A,
        "f:1:d[1]": B,
        "f:3": "no object and no list is at d: the document has x; correct records in the mapping, or the file",
        "f:4:d": {"id": "3"},
        "f:5": 'not JSON at byte 18: expected , or ], found "}"',
        "f:7:d[0]": {"id": "5"},
    }
    assert read('{"id":"1"}\n[{"id":"2"}]\n', "d", "$", kind=LINES) == {"f:1": A, "f:2[0]": B}


def test_a_record_of_too_many_values_costs_itself_alone() -> None:
    large = '{"id":1,"v":[' + ("[]," * 300_000)[:-1] + "]}"
    raw = f'{{"d": [{{"id":"1"}},{large},{{"id":"2"}}], "x": {large}}}'
    made = read(raw, "d", limits=FileLimits(max_values=5000))
    assert "more than 5000 values" in made.pop("f:d[1]")
    assert made == {"f:d[0]": A, "f:d[2]": B}


@pytest.mark.parametrize("where", [("d.results", "d"), ("x", "d.results")])
def test_what_is_kept_is_enough_to_read_it_again(tmp_path: Path, where: tuple[str, ...]) -> None:
    (tmp_path / "f").write_text('{"d": {"results": [{"id":"1"}, 7, {"id":"2"}]}}')
    reader = FilesReader(tmp_path, FilesEndpoint("*", (), records=paths(*where)))
    form = document(*where)
    items = list(reader.read("f"))
    assert len(items) == 3
    for item in items:
        assert item.content is not None
        assert [(one.origin, one.record) for one in form.again(item.origin, item.content)] == [
            (item.origin, item.record)
        ]
    whole = (tmp_path / "f").read_bytes()
    assert [one.record for one in form.again("f", whole)] == [A, None, B]


DOCS = (ROOT / "docs" / "language.md").read_text().partition("### Envelopes")[2].partition("### mongodb")[0]
ROWS = re.findall(r"^\| `([{\[].*?)` \| (\w+).*? \| (.*?)\|$", DOCS, re.MULTILINE)


def test_the_table_of_the_language_reference_says_what_is_read() -> None:
    where = re.findall(r"records: \[(.*?)\]", DOCS)[0].split(", ")
    assert len(ROWS) == 5
    for text, count, names in ROWS:
        items = list(document(*where).items((text.encode(),), "page_1.json"))
        assert [item.origin for item in items] == re.findall(r"`(.*?)`", names)
        assert len(items) == {"none": 0, "one": 1, "two": 2}[count]
        assert all(item.record is not None for item in items)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT | st.sampled_from("ab"), inner, max_size=3),
    max_leaves=6,
)


def expected(value: Any, where: tuple[RecordPath, ...]) -> list[Any] | None:
    """Return what lies where the records do, as plain Python says it."""
    for path in where:
        node = value
        for step in path:
            fits = (
                isinstance(node, dict) and step in node
                if isinstance(step, str)
                else isinstance(node, list) and isinstance(step, int) and step < len(node)
            )
            node = node[step] if fits else None
        if isinstance(node, dict | list):
            return node if isinstance(node, list) else [node]
    return None


@given(
    st.dictionaries(st.sampled_from("abc"), VALUES | st.dictionaries(st.sampled_from("abc"), VALUES))
    | st.lists(VALUES),
    st.lists(
        st.sampled_from(["a", "b", "a.b", "a.c.b", "c[1]", "c[0].a", "b.a", "c"]), min_size=1, max_size=4, unique=True
    ),
    st.booleans(),
    st.integers(1, 30),
)
def test_any_document_has_the_records_that_plain_python_finds_wherever_its_blocks_end(
    value: Any, where: list[str], bare: bool, size: int
) -> None:
    named = paths(*where, *(["$"] if bare else []))
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        raw = text.encode()
        form = make_format(JSON, records=named)
        assert form is not None
        items = list(form.items([raw[at : at + size] for at in range(0, len(raw), size)], "f"))
        wanted = expected(value, named)
        if wanted is None:
            (item,) = items
            assert "no object and no list is at" in str(item.violations[0])
        else:
            assert [item.record for item in items] == [one if isinstance(one, dict) else None for one in wanted]


@given(
    st.text(st.sampled_from('[]{},:"\\\n1adbe \ufeffé'))
    | st.binary(max_size=100).map(lambda raw: raw.decode("latin-1")),
    st.integers(1, 20),
)
def test_any_bytes_are_read_or_refused_under_their_place(text: str, size: int) -> None:
    raw = text.encode()
    for kind in (JSON, LINES):
        form = document("a.b", "a", "$", kind=kind, limits=FileLimits(max_bytes=60, max_depth=5))
        cut = list(form.items([raw[at : at + size] for at in range(0, len(raw), size)], "f"))
        assert [(item.origin, item.record) for item in cut] == [(i.origin, i.record) for i in form.items((raw,), "f")]
        assert len(found(cut)) == len(cut)


@pytest.mark.long
@pytest.mark.parametrize("where", [("d.results", "d"), ("zz", "d.results"), ("d.other", "$")])
def test_reading_a_large_document_takes_no_more_memory_than_a_small_one(tmp_path: Path, where: tuple[str, ...]) -> None:
    def peak(count: int) -> int:
        folder = tmp_path / str(count)
        folder.mkdir()
        beside = json.dumps({"x": [{"y": "z" * 50}] * count, "text": "w" * 400 * count})
        records = ",".join(json.dumps({"id": str(number), "text": "Pump " * 100}) for number in range(count))
        (folder / "f").write_text(f'{{"beside": {beside}, "d": {{"results": [{records}], "n": {beside}}}}}')
        os.utime(folder / "f", (0, 0))
        reader = FilesReader(folder, FilesEndpoint("*", (), records=paths(*where)))
        tracemalloc.start()
        try:
            read = sum(len(batch) for batch in reader.batches(500))
            assert read == (1 if where[-1] == "$" else count)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small = peak(4_000)
    assert peak(20_000) < 1.5 * max(small, 8 * BLOCK)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_compressed_document_is_gone_through_twice_where_that_has_to_be(tmp_path: Path, ending: str) -> None:
    content = json.dumps({"b": [A] * 50_000, "a": None}).encode()
    (tmp_path / f"f{ending}").write_bytes(compressor(ending)(content))
    reader = FilesReader(tmp_path, FilesEndpoint("*", (), records=paths("a", "b")))
    assert [item.record for item in reader.read(f"f{ending}")] == [A] * 50_000


def test_a_document_that_is_replaced_between_the_two_ways_is_not_taken_for_the_first() -> None:
    class Replaced:
        """Blocks that are others the second time."""

        def __init__(self) -> None:
            self.contents = [b'{"b": [{"id":"2"}]}', b'{"a": [{"id":"1"}], "b": [{"id":"2"}]}']

        def __iter__(self) -> Any:
            return iter([self.contents.pop(0)])

    (item,) = document("a", "b").items(Replaced(), "f")
    assert "it has changed while it was read" in str(item.violations[0])


def test_what_is_written_for_a_trial_lies_where_it_is_read() -> None:
    for kind in (JSON, LINES):
        form = document("d.list[1].x", "d", kind=kind)
        content = form.join([form.encode(record) for record in (A, B)])
        assert [item.record for item in form.items((content,), "f")] == [A, B]
