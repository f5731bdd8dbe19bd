"""Text of files: strictly in the encoding that the mapping names, in every format, and told where it seems another."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from etl import load_mapping
from etl.app import replay
from etl.app.opening import quiet_log
from etl.endpoints.files.csv_header import Columns
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.reader import FilesReader
from etl.mapping.files import FileFormat, FilesEndpoint
from etl.mapping.paths import Path as RecordPath
from etl.transfer.model import Item, Notice
from tests.support.client_files import MAPPINGS, as_rows, kept, with_files
from tests.support.command_line import etl
from tests.support.site import ROOT, Site, client_record

WITHIN: tuple[RecordPath, ...] = (("d",), ())
COLUMNS = Columns((("id",), ("text",)))
KINDS: dict[str, tuple[FileFormat, tuple[RecordPath, ...], bytes, tuple[str, str]]] = {
    "json": (FileFormat.JSON, (), b'{"id":"1","text":"%b"}', ("f", "f")),
    "json_array": (FileFormat.JSON_ARRAY, (), b'[{"id":"1","text":"%b"},{"id":"2"}]', ("f[0]", "f[1]")),
    "json_lines": (FileFormat.JSON_LINES, (), b'{"id":"1","text":"%b"}\n{"id":"2"}\n', ("f:1", "f:2")),
    "records": (FileFormat.JSON, WITHIN, b'{"d":[{"id":"1","text":"%b"},{"id":"2"}]}', ("f:d[0]", "f:d[1]")),
    "records in lines": (
        FileFormat.JSON_LINES,
        WITHIN,
        b'{"d":[{"id":"1","text":"%b"}]}\n{"id":"2"}\n',
        ("f:1:d[0]", "f:2"),
    ),
    "csv": (FileFormat.CSV, (), b"id,text\n1,%b\n2,\n", ("f:2", "f:3")),
}


def read(folder: Path, case: str, text: bytes, encoding: str, ending: str = "") -> tuple[list[Item], list[str]]:
    """Return what is read of a file with this text in it, and what is said of it."""
    kind, records, template, _ = KINDS[case]
    content = template % text
    (folder / f"f{ending}").write_bytes(gzip.compress(content) if ending else content)
    os.utime(folder / f"f{ending}", (0, 0))
    notices: list[Notice] = []
    endpoint = FilesEndpoint("*", (), kind, kind, records=records, inbound_encoding=encoding)
    reader = FilesReader(folder, endpoint, columns=COLUMNS, notify=notices.append)
    return list(reader.read(f"f{ending}")), [notice.text for notice in notices]


@pytest.mark.parametrize("case", KINDS)
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8", "utf-8-sig"])
def test_text_of_every_format_is_read_in_the_encoding_that_is_named(tmp_path: Path, case: str, encoding: str) -> None:
    items, said = read(tmp_path, case, "Öl für Café".encode(encoding.removesuffix("-sig")), encoding)
    assert items[0].record == {"id": "1", "text": "Öl für Café"}
    assert said == []


@pytest.mark.parametrize("case", KINDS)
@pytest.mark.parametrize(
    ("raw", "encoding", "reason"),
    [
        (b"caf\x81", "cp1252", "not cp1252: byte 0x81 at position"),
        (b"caf\xe9", "utf-8", "not UTF-8: byte 0xe9 at position"),
        (b"caf\xe9", "utf-8-sig", "save the file as UTF-8, or say as encoding in the mapping what it is"),
    ],
)
def test_bytes_that_do_not_fit_reject_their_record_and_no_other_one(
    tmp_path: Path, case: str, raw: bytes, encoding: str, reason: str
) -> None:
    items, _ = read(tmp_path, case, raw, encoding)
    first, second = KINDS[case][3]
    assert [item.origin for item in items] == ([first] if first == second else [first, second])
    assert items[0].record is None
    assert reason in str(items[0].violations[0])
    assert all(item.record == {"id": "2"} for item in items[1:])


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("case", KINDS)
def test_text_that_seems_to_be_in_another_encoding_is_said(tmp_path: Path, case: str, ending: str) -> None:
    for raw, encoding, why in (
        ("café".encode(), "cp1252", "seems to be UTF-8, and is read as cp1252"),
        ("café".encode(), "latin-1", "seems to be UTF-8, and is read as latin-1"),
        ("5 €".encode("cp1252"), "latin-1", "has bytes that are characters in cp1252, and none in latin-1"),
    ):
        items, said = read(tmp_path, case, raw, encoding, ending)
        assert said == [f"f{ending} {why}"]
        assert items[0].record is not None


@pytest.mark.parametrize("case", [case for case in KINDS if case != "csv"])
def test_the_mark_of_another_encoding_is_told(tmp_path: Path, case: str) -> None:
    kind, records, template, _ = KINDS[case]
    for mark, encoding, fix in (
        (b"\xef\xbb\xbf", "cp1252", "starts as UTF-8 does, and is read as cp1252; write encoding: utf-8"),
        (b"\xff\xfe", "utf-8", "starts as UTF-16 does, and is read as utf-8; save the file as UTF-8"),
    ):
        (tmp_path / "f").write_bytes(mark + template % b"x")
        endpoint = FilesEndpoint("*", (), kind, kind, records=records, inbound_encoding=encoding)
        assert fix in str(next(FilesReader(tmp_path, endpoint).read("f")).violations[0])


@pytest.mark.parametrize("kind", [FileFormat.JSON_ARRAY, FileFormat.JSON_LINES])
def test_what_an_encoding_has_not_is_escaped_in_json(kind: FileFormat) -> None:
    form = make_format(kind, encoding="latin-1")
    assert form is not None
    record: dict[str, Any] = {"Größe": "5 € 💥"}
    content = form.join([form.encode(record)])
    assert b"Gr\xf6\xdfe" in content
    assert b"5 \\u20ac \\ud83d\\udca5" in content
    assert [item.record for item in form.items((content,), "f")] == [record]


def test_files_of_one_record_go_there_and_back_in_their_encodings(site: Site) -> None:
    with_files(
        site,
        '{inbound: "*.json", outbound: "workorder_{orderNo}.json", encoding: {inbound: cp1252, outbound: latin-1}}',
    )
    text = json.dumps(client_record(1, summary="Öl für 5 €"), ensure_ascii=False)
    (site.inbound / "1.json").write_bytes(text.encode("cp1252"))
    done = etl("run", "--mapping", "mapping.yaml", site=site)
    assert done.stdout == "inbound: 1 read = 1 created\noutbound: 1 read = 1 created\n"
    assert site.work_order(1)["title"] == "Öl für 5 €"
    written = (site.outbound / "workorder_1.json").read_bytes()
    assert b"\xd6l f\xfcr 5 \\u20ac" in written
    explained = etl("explain", "--mapping", "mapping.yaml", "inbound/1.json", site=site)
    assert '"title": "Öl für 5 €"' in explained.stdout
    site.technician_edits(1, status="completed")
    assert "1 updated" in etl("run", "--mapping", "mapping.yaml", site=site).stdout
    assert "1 read = 1 unchanged" in etl("run", "--mapping", "mapping.yaml", site=site).stdout
    assert etl("verify", "--mapping", "mapping.yaml", site=site).returncode == 0


def test_what_was_not_utf_8_is_replayed_once_the_mapping_names_its_encoding(site: Site) -> None:
    files = '{inbound: "*.json", outbound: "workorder_{orderNo}.json"}'
    with_files(site, files)
    text = json.dumps(client_record(1, summary="Öl"), ensure_ascii=False)
    (site.inbound / "1.json").write_bytes(text.encode("cp1252"))
    done = etl("run", "--mapping", "mapping.yaml", "--direction", "inbound", site=site)
    assert "say as encoding in the mapping what it is" in done.stderr
    (letter,) = kept(site)
    assert letter.content == text.encode("cp1252")
    with_files(site, files.replace('json"}', 'json", encoding: cp1252}'))
    (report,) = replay(site.mapping, site.settings, quiet_log())
    assert report.as_line() == "inbound: 1 read = 1 created"
    assert kept(site) == []
    assert site.work_order(1)["title"] == "Öl"


OLD = 'csv: {delimiter: ";", encoding: utf-8-sig, spreadsheet: true}'
OF_CSV = {
    "in its own place": 'encoding: cp1252, csv: {delimiter: ";", spreadsheet: true}',
    "the short way": 'csv: {delimiter: ";", encoding: cp1252, spreadsheet: true}',
}


def with_rows(site: Site, said: str, outbound: str = "csv") -> None:
    """Give the site the mapping of CSV files with other words for them."""
    text = (MAPPINGS / "csv.yaml").read_text()
    assert OLD in text
    text = re.sub(r"format: csv\b", f"format: {{inbound: csv, outbound: {outbound}}}", text.replace(OLD, said))
    text = text.replace("../../schemas", str(ROOT / "schemas")).replace("schema: client", f"schema: {MAPPINGS}/client")
    (site.folder / "mapping.yaml").write_text(text)
    site.mapping = load_mapping(site.folder / "mapping.yaml")


@pytest.mark.parametrize("case", OF_CSV)
def test_the_encoding_of_csv_files_may_be_said_in_either_place(site: Site, case: str) -> None:
    with_rows(site, OF_CSV[case].replace(", csv:", "\n    csv:"))
    rows = as_rows(client_record(1), client_record(2, summary="Öl")).decode("utf-8-sig").encode("cp1252")
    (site.inbound / "a.csv").write_bytes(rows)
    done = etl("run", "--mapping", "mapping.yaml", site=site)
    assert done.stdout == "inbound: 2 read = 2 created\noutbound: 2 read = 2 created\n"
    assert site.work_order(2)["title"] == "Öl"
    (written,) = site.outbound.iterdir()
    assert b"\xd6l" in written.read_bytes()
    explained = etl("explain", "--mapping", "mapping.yaml", "inbound/a.csv:3", site=site)
    assert '"title": "Öl"' in explained.stdout
    made = etl("translate", "--mapping", "mapping.yaml", "--direction", "inbound", "inbound/a.csv", site=site)
    assert [json.loads(line)["title"] for line in made.stdout.splitlines()] == ["Pump 1", "Öl"]


def test_the_short_word_for_csv_files_says_nothing_of_others(site: Site) -> None:
    with_rows(site, OF_CSV["the short way"], outbound="json_lines")
    assert (site.mapping.files.inbound_encoding, site.mapping.files.outbound_encoding) == ("cp1252", "utf-8")
