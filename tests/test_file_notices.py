"""What a source leaves unread, or doubts, is said in the log and in the summary, and makes nothing wrong."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given
from hypothesis import strategies as st

from etl import load_mapping
from etl.app import letters, plan, replay, verify
from etl.app.opening import quiet_log
from etl.endpoints.files.csv_header import Columns, columns_of
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.local import LocalFolder
from etl.endpoints.files.location import Location, Url
from etl.endpoints.files.reader import QUIET_SECONDS, FilesReader
from etl.endpoints.files.remote import RemoteFolder
from etl.logs import make_log
from etl.mapping.files import CsvForm, FileFormat, FilesEndpoint
from etl.transfer.model import Doubt, Item, Notice
from tests.support.client_files import as_array, as_rows, kept, put, using
from tests.support.site import INBOUND, Site, client_record

CSV, LINES, ARRAY = FileFormat.CSV, FileFormat.JSON_LINES, FileFormat.JSON_ARRAY
ROWS = b"id,text\n1,x\n101,y"
DAY = 86_400


class Looked:
    """What a source says of a folder."""

    def __init__(
        self,
        folder: Location,
        kind: FileFormat,
        glob: str = "*",
        encoding: str = "utf-8",
        columns: Columns = Columns(),
    ) -> None:
        self.notices: list[Notice] = []
        endpoint = FilesEndpoint(glob, (), kind, kind, inbound_encoding=encoding)
        source = FilesReader(folder, endpoint, columns=columns, notify=self.hear)
        self.items: list[Item] = [item for batch in source.batches(10) for item in batch]

    def hear(self, notice: Notice) -> None:
        self.notices.append(notice)

    @property
    def origins(self) -> list[str]:
        return [item.origin for item in self.items]

    @property
    def texts(self) -> list[str]:
        return [notice.text for notice in self.notices]

    @property
    def reasons(self) -> list[str]:
        return [str(violation) for item in self.items for violation in item.violations]


CUT: dict[str, tuple[FileFormat, str, bytes, int, str]] = {
    "a row cut in its key": (CSV, "f", ROWS[:-4], 1, "f:3"),
    "a row cut after its key": (CSV, "f", ROWS[:-1], 1, "f:3"),
    "a whole last row without a line end": (CSV, "f", ROWS, 1, "f:3"),
    "a quote that is not closed yet": (CSV, "f", b'id,text\n1,x\n2,"a\nb', 1, "f:3"),
    "a quote that is not closed, at a line end": (CSV, "f", b'id,text\n1,x\n2,"a\n', 1, "f:3"),
    "a header that is not whole": (CSV, "f", b"id,", 0, "f"),
    "compressed rows that end early": (CSV, "f.gz", gzip.compress(ROWS)[:-8], 1, "f.gz:3"),
    "compressed lines that end early": (LINES, "f.gz", gzip.compress(b"{}\n")[:-8], 1, "f.gz:2"),
    "a line that is not closed": (LINES, "f", b'{"id":1}\n{"id":10', 1, "f:2"),
    "a line cut within a letter": (LINES, "f", b'{"id":1}\n{"id":"\xc3', 1, "f:2"),
    "an array that is not closed": (ARRAY, "f", b'[{"id":1},{"id":10', 1, "f[1]"),
    "an array cut behind a comma": (ARRAY, "f", b'[{"id":1},', 1, "f[1]"),
    "an array cut before its bracket": (ARRAY, "f", b'[{"id":1}', 0, "f[0]"),
    "an array that has not begun": (ARRAY, "f", b"", 0, "f[0]"),
}


@pytest.mark.parametrize("case", CUT)
def test_what_may_not_be_whole_waits_while_the_file_is_young_and_is_said(tmp_path: Path, case: str) -> None:
    kind, name, content, whole, origin = CUT[case]
    put(tmp_path, name, content)
    found = Looked(tmp_path, kind)
    assert found.reasons == []
    assert len(found.items) == whole
    assert found.texts == [f"{origin} may not be whole yet, and waits"]
    assert [notice.doubt for notice in found.notices] == [Doubt.WAITING]


@pytest.mark.parametrize("age", [QUIET_SECONDS + 1, 3 * DAY, -3 * DAY], ids=["some seconds", "days", "no clock's time"])
@pytest.mark.parametrize("case", CUT)
def test_once_the_file_has_stood_still_it_is_read_or_rejected(tmp_path: Path, case: str, age: float) -> None:
    kind, name, content, whole, _ = CUT[case]
    put(tmp_path, name, content, age)
    found = Looked(tmp_path, kind)
    assert found.texts == []
    assert len(found.items) == whole + 1
    assert (found.items[-1].record is not None) == (
        case in ("a whole last row without a line end", "a compressed row")
    ) or (case == "a row cut after its key")


@pytest.mark.parametrize("ahead", [1, 3600])
def test_a_clock_that_runs_ahead_makes_a_row_wait_and_not_be_taken_for_whole(tmp_path: Path, ahead: int) -> None:
    put(tmp_path, "f", ROWS, -ahead)
    assert Looked(tmp_path, CSV).origins == ["f:2"]


WHOLE = {
    "a line end": (CSV, b"id\n1\n"),
    "CRLF": (CSV, b"id\r\n1\r\n"),
    "half of a CRLF": (CSV, b"id\r\n1\r"),
    "a line that is closed": (LINES, b'{"id":1}'),
    "a line that is no object": (LINES, b"7 7"),
    "an array": (ARRAY, b'[{"id":1}]'),
    "an array that is broken in the middle": (ARRAY, b'[{"id":1} {"id":2},{"id":3}]'),
    "nothing": (CSV, b""),
    "compressed data with its end": (CSV, gzip.compress(b"id\n1")),
    "compressed data with an open quote": (CSV, gzip.compress(b'id\n"1\n')),
}


@pytest.mark.parametrize("case", WHOLE)
def test_what_is_surely_whole_or_surely_wrong_waits_for_nothing(tmp_path: Path, case: str) -> None:
    kind, content = WHOLE[case]
    put(tmp_path, "f.gz" if case.startswith("compressed") else "f", content)
    found = Looked(tmp_path, kind)
    assert found.texts == []
    assert len(found.items) == (0 if case == "nothing" else 1)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.text(st.sampled_from('a,"\n\ré'), max_size=5)), max_size=4), st.data()
)
def test_wherever_a_csv_file_is_cut_every_row_that_is_read_was_written(rows: list[tuple[int, str]], data: Any) -> None:
    form = make_format(CSV, columns=Columns((("id",), ("text",))))
    assert form is not None
    records = [{"id": str(number)} | ({"text": text} if text else {}) for number, text in rows]
    content = form.join([form.encode(record) for record in records])
    cut = content[: data.draw(st.integers(0, len(content)))]
    sure = [item for item in form.items([cut], "f") if type(item) is Item]
    assert [item.record for item in sure] == records[: len(sure)]


def test_a_work_order_is_not_made_of_a_row_that_is_still_being_written(site: Site) -> None:
    using(site, "csv")
    whole = as_rows(client_record(1), client_record(2))
    file = site.inbound / "a.csv"
    file.write_bytes(whole[:-3])
    made = plan(site.mapping, site.settings, quiet_log())
    assert made.reports[0].as_line() == "inbound: 1 read = 1 created; a.csv:3 may not be whole yet, and waits"
    (report,) = site.reports(directions=INBOUND)
    assert report.as_line() == "inbound: 1 read = 1 created; a.csv:3 may not be whole yet, and waits"
    assert report.is_clean
    assert kept(site) == []
    file.write_bytes(whole)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 2, "created": 1, "unchanged": 1}}


def test_a_file_that_never_ends_its_last_line_is_read_in_the_run_that_finds_it_still(site: Site) -> None:
    using(site, "csv")
    whole = as_rows(client_record(1), client_record(2)).rstrip()
    put(site.inbound, "a.csv", whole, QUIET_SECONDS + 1)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 2, "created": 2}}


def test_a_letter_whose_file_is_still_being_written_stays(site: Site) -> None:
    using(site, "json_array")
    whole = as_array(client_record(1), client_record(2))
    put(site.inbound, "a.json", whole[:-20], DAY)
    site.run(directions=INBOUND)
    put(site.inbound, "a.json", whole[:-20])
    (report,) = replay(site.mapping, site.settings, quiet_log())
    assert report.rejected == 1
    assert [notice.doubt for notice in report.notices] == [Doubt.WAITING]
    assert len(kept(site)) == 1


@pytest.fixture
def stores() -> Iterator[None]:
    yield
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]


@pytest.mark.usefixtures("stores")
def test_a_row_behind_a_url_waits_as_well_where_the_server_says_when_it_was_written(tmp_path: Path) -> None:
    files = fsspec.filesystem("memory")
    files.pipe_file("/in/f", ROWS)
    assert Looked(Url("memory://in"), CSV).texts == ["f:3 may not be whole yet, and waits"]
    put(tmp_path, "f", ROWS)
    assert Looked(Url(f"file://{tmp_path}"), CSV).origins == ["f:2"]
    put(tmp_path, "f", ROWS, DAY)
    assert Looked(Url(f"file://{tmp_path}"), CSV).origins == ["f:2", "f:3"]


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"modify": "20250102030405"}, 1735787045.0),
        ({"modify": "20250102030405.123"}, 1735787045.0),
        ({"modify": "yesterday"}, None),
        ({"size": 3}, None),
        ({"mtime": 7}, 7.0),
    ],
)
def test_times_of_servers_are_read_in_their_forms(
    info: dict[str, Any], expected: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryFileSystem, "info", lambda *_, **__: info)
    assert RemoteFolder(Url("memory://in")).touched("f") == expected


UNMATCHED: dict[str, tuple[str, list[str], str]] = {
    "capitals": ("*.json", ["2.JSON"], "2.JSON differs from *.json in capitals, blanks or accents, and so is not read"),
    "capitals beside what matches": (
        "*.json",
        ["1.json", "2.JSON", "3.Json"],
        "2.JSON, 3.Json differ from *.json in capitals, blanks or accents, and so is not read",
    ),
    "a form of accents": ("auftr\u00e4ge.csv", ["auftra\u0308ge.csv"], "auftra\u0308ge.csv differs from"),
    "a blank": ("*.csv", ["a.csv "], "a.csv  differs from *.csv"),
    "another ending": ("*.json", ["1.jsonl", "2.json.gz"], "no file matches *.json; what is there: 1.jsonl, 2.json.gz"),
    "many": ("*.json", [f"{n}.xml" for n in range(9)], "0.xml, 1.xml, 2.xml, 3.xml, 4.xml and 4 more"),
}


@pytest.mark.parametrize("case", UNMATCHED)
def test_a_pattern_that_matches_nothing_says_what_is_there_instead(tmp_path: Path, case: str) -> None:
    glob, names, text = UNMATCHED[case]
    for name in names:
        put(tmp_path, name, b"{}")
    found = Looked(tmp_path, FileFormat.JSON, glob)
    ((said),) = found.texts
    assert text in said
    assert len(found.items) == (1 if "1.json" in names else 0)


@pytest.mark.parametrize("names", [[], [".hidden"], ["1.json", "readme.txt"]])
def test_nothing_is_said_where_there_is_nothing_or_where_the_rest_is_something_else(
    tmp_path: Path, names: list[str]
) -> None:
    for name in names:
        put(tmp_path, name, b"{}")
    assert Looked(tmp_path, FileFormat.JSON, "*.json").texts == []


def test_the_summary_of_a_run_names_what_it_did_not_read(site: Site) -> None:
    site.client_sends(2, "2.JSON")
    (report,) = site.reports(directions=INBOUND)
    assert report.as_line().startswith("inbound: 0 read; 2.JSON differs from *.json in capitals")


def test_several_things_of_one_kind_are_counted_in_the_summary(site: Site) -> None:
    using(site, "csv")
    for name in ("a.csv", "b.csv"):
        (site.inbound / name).write_bytes(as_rows(client_record(1))[:-2])
    (report,) = site.reports(directions=INBOUND)
    assert report.as_line() == "inbound: 0 read; 2 may not be whole yet, and wait for the next run"


HEADERS: dict[str, tuple[str, str, str]] = {
    "a wrong delimiter": (
        "id;total.cost",
        "utf-8",
        'there is no column id; it has "id;total.cost"; its columns are separated by ";": write csv: {delimiter: ";"}',
    ),
    "a tab": ("id\ttotal.cost", "utf-8", 'separated by "\\t": write csv: {delimiter: "\\t"}'),
    "a zero-width blank in the key": (
        "\u200bid,total.cost",
        "utf-8",
        'column 1, "\\u200bid", is not id: it has a character that cannot be seen, U+200B; remove it',
    ),
    "a zero-width blank elsewhere": ("id,no\u200bte", "utf-8", "is not note: it has a character that cannot be seen"),
    "a second byte-order mark": ("\ufeff\ufeffid,note", "utf-8", "U+FEFF; remove it"),
    "capitals": ("id,Note", "utf-8", 'column 2, "Note", is not note: capitals, blanks, quotes and accents count'),
    "another name": ("ids,note", "utf-8", 'there is no column id; it has "ids", "note"; if ids is that column'),
    "no such name": ("x,note", "utf-8", 'it has "x", "note"; name it in the first row'),
    "no header": ("1,Pump", "utf-8", 'there is no column id; it has "1", "Pump"'),
    "a byte-order mark in cp1252": ("\ufeffid,note", "cp1252", "it starts as UTF-8 does"),
}
COLUMNS = Columns(
    (("id",), ("total.cost",), ("note",)), mapped=(("id",), ("total.cost",), ("note",)), needed=(("id",),)
)


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_that_does_not_fit_rejects_the_file_once_and_is_shown_with_the_likely_fix(
    tmp_path: Path, case: str
) -> None:
    header, encoding, reason = HEADERS[case]
    put(tmp_path, "f", f"{header}\n1,2\n3,4\n".encode())
    found = Looked(tmp_path, CSV, encoding=encoding, columns=COLUMNS)
    (said,) = found.reasons
    assert said.startswith("cannot be read: its header: ")
    assert reason in said
    assert found.origins == ["f"]


def test_a_file_in_utf_16_is_said_to_be_one(tmp_path: Path) -> None:
    put(tmp_path, "f", "id,note\n1,x\n".encode("utf-16"))
    for encoding in ("utf-8", "cp1252"):
        (said,) = Looked(tmp_path, CSV, encoding=encoding, columns=COLUMNS).reasons
        assert "it starts as UTF-16 does" in said


@pytest.mark.parametrize("header", ["id,total.cost", 'id,"total.cost"', 'id,"""total.cost"""', " id , total.cost "])
def test_a_name_with_a_dot_is_the_field_that_the_mapping_names(tmp_path: Path, header: str) -> None:
    put(tmp_path, "f", f"{header}\n1,2\n".encode())
    (item,) = Looked(tmp_path, CSV, columns=COLUMNS).items
    assert item.record == {"id": "1", "total.cost": "2"}


def test_a_header_of_a_path_stays_one_where_the_mapping_names_that(tmp_path: Path) -> None:
    put(tmp_path, "f", b'id,total.cost,"""total.cost"""\n1,2,3\n')
    both = Columns((("id",), ("total", "cost"), ("total.cost",)))
    (item,) = Looked(tmp_path, CSV, columns=both).items
    assert item.record == {"id": "1", "total": {"cost": "2"}, "total.cost": "3"}
    form = make_format(CSV, columns=both)
    assert form is not None
    assert form.join([]) == b'id,total.cost,"""total.cost"""\r\n'


def with_csv(site: Site, form: str = "") -> None:
    """Give the site a mapping of a flat CSV file whose header has a name with a dot."""
    text = {"type": ["string", "null"]}
    outside = {"required": ["id"], "properties": {"id": {"type": "string"}, "total.cost": text, "note": text}}
    inside = {"required": ["id"], "properties": {"id": {"type": "string"}, "cost": text, "note": text}}
    for name, schema in (("c", outside), ("t", inside)):
        (site.folder / f"{name}.json").write_text(
            json.dumps({"type": "object", "additionalProperties": True, **schema})
        )
    file = site.folder / "m.yaml"
    file.write_text(f"""mapping: columns
language: 1
outside:
  name: c
  schema: c.json
  files: {{inbound: "*.csv", outbound: "{{run}}_{{part}}.csv", format: csv{form}}}
inside:
  name: t
  schema: t.json
  mongodb: {{collection: workorders, export_when: {{isSynced: {{$ne: true}}}}, on_export: {{isSynced: true}}}}
rules:
  - {{c: id, t: id, key: true}}
  - {{c: '"total.cost"', t: cost}}
  - {{c: note, t: note}}
""")
    site.mapping = load_mapping(file)


def test_a_column_whose_name_has_a_dot_comes_in_and_goes_out_under_it(site: Site) -> None:
    with_csv(site)
    (site.inbound / "a.csv").write_bytes(b"id,total.cost,note\n1,12.50,x\n")
    assert site.run() == {"inbound": {"read": 1, "created": 1}, "outbound": {"read": 1, "created": 1}}
    (order,) = site.work_orders.find()
    assert order["cost"] == "12.50"
    (file,) = site.outbound.iterdir()
    assert file.read_bytes() == b"id,total.cost,note\r\n1,12.50,x\r\n"


def test_a_mapping_says_which_columns_it_needs(site: Site) -> None:
    with_csv(site)
    columns = columns_of(site.mapping)
    assert columns.needed == (("id",),)
    assert columns.mapped == (("id",), ("total.cost",), ("note",))


GARBLED: dict[str, tuple[bytes, str, list[str]]] = {
    "UTF-8 as cp1252": ("café".encode(), "cp1252", ["f seems to be UTF-8, and is read as cp1252"]),
    "UTF-8 as latin-1": ("café".encode(), "latin-1", ["f seems to be UTF-8, and is read as latin-1"]),
    "cp1252 as latin-1": (
        "caf\u00e9 \u2013 \u20ac".encode("cp1252"),
        "latin-1",
        ["f has bytes that are characters in cp1252, and none in latin-1"],
    ),
    "cp1252": ("caf\u00e9 \u2013 \u20ac".encode("cp1252"), "cp1252", []),
    "latin-1": ("café".encode("latin-1"), "latin-1", []),
    "ASCII": (b"cafe", "cp1252", []),
    "UTF-8": ("café".encode(), "utf-8", []),
}


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("case", GARBLED)
def test_text_that_seems_to_be_in_another_encoding_is_said_once_a_file(tmp_path: Path, case: str, ending: str) -> None:
    text, encoding, expected = GARBLED[case]
    content = b"id,note\n1,x\n2,%b\n3,%b\n" % (text, text)
    put(tmp_path, f"f{ending}", gzip.compress(content) if ending else content)
    found = Looked(tmp_path, CSV, encoding=encoding, columns=COLUMNS)
    assert [said.replace(f"f{ending} ", "f ") for said in found.texts] == expected
    assert len(found.items) == 3


def test_garbled_text_is_said_in_the_summary_and_the_log(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    with_csv(site, ", csv: {encoding: cp1252}")
    (site.inbound / "a.csv").write_bytes("id,total.cost,note\n1,2,café\n".encode())
    (report,) = site.reports(log=make_log("info", "text", lambda text: text), directions=INBOUND)
    assert report.as_line() == "inbound: 1 read = 1 created; a.csv seems to be UTF-8, and is read as cp1252"
    assert "a.csv seems to be UTF-8, and is read as cp1252" in capsys.readouterr().err


KINDS: dict[FileFormat, bytes] = {
    FileFormat.JSON: b'{"id":"1"}',
    LINES: b'{"id":"1"}\n',
    ARRAY: b'[{"id":"1"}]',
    CSV: b"id\n1\n",
}


def vanishing(monkeypatch: pytest.MonkeyPatch, kind: type, name: str, remove: Callable[[], object]) -> None:
    """Let the first file that is opened take another one with it, as a client does that clears its folder."""
    opened = getattr(kind, name)

    def open_and_remove(*arguments: Any, **options: Any) -> Any:
        made = opened(*arguments, **options)
        remove()
        return made

    monkeypatch.setattr(kind, name, open_and_remove)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_gone_when_it_would_be_read_is_passed_over_and_said(
    tmp_path: Path, kind: FileFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("1", "2", "3"):
        put(tmp_path, name, KINDS[kind])
    vanishing(monkeypatch, LocalFolder, "_open", lambda: (tmp_path / "2").unlink(missing_ok=True))
    found = Looked(tmp_path, kind)
    assert found.reasons == []
    assert len(found.items) == 2
    assert found.texts == ["2 was gone before it was read"]


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("kind", KINDS)
def test_so_is_one_behind_a_url(kind: FileFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    files = fsspec.filesystem("memory")
    for name in ("1", "2", "3"):
        files.pipe_file(f"/in/{name}", KINDS[kind])
    vanishing(monkeypatch, RemoteFolder, "open", lambda: files.store.pop("/in/2", None))
    found = Looked(Url("memory://in"), kind)
    assert found.reasons == []
    assert len(found.items) == 2
    assert found.texts == ["2 was gone before it was read"]


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_goes_while_it_is_read_is_no_letter_that_could_not_be_replayed(
    kind: FileFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = fsspec.filesystem("memory")
    files.pipe_file("/in/1", KINDS[kind])

    class Gone:
        def read(self, _: int) -> bytes:
            raise FileNotFoundError

        def close(self) -> None: ...

    monkeypatch.setattr(MemoryFileSystem, "open", lambda *_, **__: Gone())
    found = Looked(Url("memory://in"), kind)
    assert (found.items, found.texts) == ([], ["1 was gone before it was read"])


def test_a_link_that_leads_nowhere_is_no_file_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "1").symlink_to(tmp_path / "nowhere")
    found = Looked(tmp_path, LINES)
    assert (found.reasons, found.texts) == (["cannot be read: No such file or directory"], [])


def test_a_run_plan_and_verify_pass_over_a_file_that_is_gone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.client_sends(1)
    listed = LocalFolder.names
    monkeypatch.setattr(LocalFolder, "names", lambda self: [*listed(self), "2.json"])
    (report,) = site.reports(directions=INBOUND)
    assert report.as_line() == "inbound: 1 read = 1 created; 2.json was gone before it was read"
    assert report.is_clean
    with letters(site.mapping, site.settings, quiet_log()) as found:
        assert list(found) == []
    made = plan(site.mapping, site.settings, quiet_log())
    assert made.reports[0].as_line() == "inbound: 1 read = 1 unchanged; 2.json was gone before it was read"
    assert len(list(verify(site.mapping, site.settings, quiet_log()))) == 1


RUN = ["=cmd|'/c calc'!A1", "+1+1", "-1+1", "@SUM(1)", "\tx", "\rx", "\nx", "\uff1d1"]
LEFT = ["-5", "+49", "-1.5", "-1,5", "a=1", " =1", "'", "'a"]
APOSTROPHES = ["'=1", "''@x", "'-5"]


def spreadsheet() -> Any:
    return make_format(CSV, CsvForm(spreadsheet=True), Columns((("id",), ("=x",))))


def sent_for_a_spreadsheet(text: str) -> str:
    (cell, _) = next(csv.reader(io.StringIO(spreadsheet().encode({"id": text}).decode(), newline="")))
    return cell


@pytest.mark.parametrize("text", [*RUN, *APOSTROPHES])
def test_text_that_a_spreadsheet_would_run_goes_out_behind_an_apostrophe(text: str) -> None:
    assert sent_for_a_spreadsheet(text) == f"'{text}"
    assert spreadsheet().join([]).startswith(b"id,'=x\r\n")


@pytest.mark.parametrize("text", LEFT)
def test_numbers_and_other_text_go_out_as_they_are(text: str) -> None:
    assert sent_for_a_spreadsheet(text) == text
    assert spreadsheet().encode({"id": -5}) == b"-5,\r\n"


@given(st.text(st.sampled_from("'=+-@\t\r\n1a,;\"\uff1d"), min_size=1, max_size=6))
def test_what_is_written_for_a_spreadsheet_comes_back_as_it_was(text: str) -> None:
    form = spreadsheet()
    content = form.join([form.encode({"id": text, "=x": text})])
    (item,) = form.items([content], "f")
    assert item.record == {"id": text, "=x": text}


def test_without_the_option_text_goes_out_as_it_is() -> None:
    form = make_format(CSV, columns=Columns((("id",),)))
    assert form is not None
    assert form.encode({"id": "=1"}) == b"=1\r\n"


def test_an_export_for_a_spreadsheet_comes_back_as_no_change(site: Site) -> None:
    with_csv(site, ", csv: {spreadsheet: true}")
    (site.inbound / "a.csv").write_bytes(b"id,total.cost,note\n1,-5,x\n")
    site.run()
    site.work_orders.update_one({}, {"$set": {"note": "=1+1", "isSynced": False}})
    site.run()
    _, file = sorted(site.outbound.iterdir())
    assert file.read_bytes() == b"id,total.cost,note\r\n1,-5,'=1+1\r\n"
    (site.inbound / "b.csv").write_bytes(file.read_bytes())
    (site.inbound / "a.csv").unlink()
    assert site.run()["inbound"] == {"read": 1, "unchanged": 1}
    (order,) = site.work_orders.find()
    assert order["note"] == "=1+1"
