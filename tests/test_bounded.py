"""What is large, deep or endless is bounded: rejected by name, said once, and in nobody's way."""

from __future__ import annotations

import gzip
import json
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from etl import Limit, LimitError, load_mapping
from etl.app import open_session, plan, rebuild_state, verify
from etl.app.replaying import Selection, replay
from etl.endpoints.embedded import embedded_server, find_servers
from etl.endpoints.files import content
from etl.endpoints.files.formats import make_format
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.location import Url
from etl.endpoints.files.text_lines import BLANKS, split_lines
from etl.endpoints.private import write_private
from etl.logs import make_log
from etl.mapping.files import FileFormat
from etl.strict_json import has_more_values
from etl.transfer import batches, letters
from etl.transfer.importing import Import
from etl.transfer.model import Candidate, Item, Outcome
from tests.support.command_line import MAPPING, etl
from tests.support.site import INBOUND, OUTBOUND, ROOT, Site, client_record

LOG = make_log("error", "text", str)
LINES = ROOT / "tests" / "mappings" / "json_lines.yaml"


def test_a_record_of_too_many_values_is_rejected_by_name_in_every_command(site: Site) -> None:
    site.settings = replace(site.settings, max_record_values=50)
    site.client_sends(1)
    site.client_sends(2, extra=[[[], {"a": "b"}]] * 20)
    said = "it has more than 50 values; MAX_RECORD_VALUES says how many it may have"
    (rejected,) = [r for r in plan(site.mapping, site.settings, LOG).records if r.outcome is Outcome.REJECTED]
    assert (rejected.origin, rejected.reasons) == ("2.json", (said,))
    assert site.run()["inbound"] == {"read": 2, "created": 1, "rejected": 1}
    (letter,) = site.database["etl_dead_letters"].find()
    assert (letter["origin"], letter["violations"][0]["message"]) == ("2.json", said)
    assert rebuild_state(site.mapping, site.settings, LOG) == 1
    assert [r.outcome for r in verify(site.mapping, site.settings, LOG)] == [Outcome.UNCHANGED, Outcome.REJECTED]
    assert [report.rejected for report in replay(site.mapping, site.settings, LOG)] == [1]
    site.settings = replace(site.settings, max_record_values=100_000)
    assert [report.rejected for report in replay(site.mapping, site.settings, LOG)] == [0]


@pytest.mark.parametrize(
    ("raw", "most", "more"),
    [
        (b"[" + b"[]," * 10 + b"[]]", 10, True),
        (b"[" + b"[]," * 10 + b"[]]", 30, False),
        (b'{"a": "' + b"[,{" * 100 + b'"}', 10, False),
        (b'{"a": "' + b'\\",[' * 100 + b'"}', 10, False),
        (b'{"a": "' + b'\\",[' * 100, 10, False),
        (b'{"a": "\\\\", "b": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]}', 10, True),
        (b'"' * 41 + b"," * 50, 10, False),
        (b"," * 11, 10, True),
    ],
)
def test_values_are_counted_outside_of_texts(raw: bytes, most: int, more: bool) -> None:
    assert has_more_values(raw, most) is more


@pytest.mark.slow
@pytest.mark.parametrize("value", ["[],", "[[]],", '{"a":[1]},', '"x",', "1,", '{"b":"]}"},'])
@pytest.mark.parametrize("block", [1000, 262_144])
def test_an_element_of_an_array_that_has_too_many_values_costs_no_other_one(value: str, block: int) -> None:
    large = '{"id":1,"v":[' + (value * (900_000 // len(value)))[:-1] + "]}"
    raw = f'[{{"id":0}},{large},{{"id":2}}, {large} ,{{"id":3}}]'.encode()
    form = make_format(FileFormat.JSON_ARRAY, limits=FileLimits(max_values=5000))
    assert form is not None
    blocks = (raw[at : at + block] for at in range(0, len(raw), block))
    items = list(form.items(blocks, "f"))
    assert [item.record for item in items] == [{"id": 0}, None, {"id": 2}, None, {"id": 3}]
    assert [item.origin for item in items if item.record is None] == ["f[1]", "f[3]"]
    assert all("more than 5000 values" in str(item.violations[0]) for item in items if item.record is None)


def test_an_element_that_never_ends_is_given_up() -> None:
    form = make_format(FileFormat.JSON_ARRAY, limits=FileLimits(max_bytes=1_000_000))
    assert form is not None
    (item,) = form.items((b'[{"v":[', *[b'"x",[1],' * 20_000] * 20), "f")
    assert "more than 1000000 bytes" in str(item.violations[0])


def test_a_row_of_too_many_values_is_rejected_alone() -> None:
    form = make_format(FileFormat.CSV, limits=FileLimits(max_values=3))
    assert form is not None
    items = list(form.items([b"a,b\n1,2\n1,2,3,4\n3,4\n"], "f"))
    assert [item.record for item in items] == [{"a": "1", "b": "2"}, None, {"a": "3", "b": "4"}]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([10] * 7, [3, 3, 1]),
        ([batches.BYTES, 10, 10, 10, 10], [1, 3, 1]),
        ([batches.BYTES // 2 + 1] * 3, [1, 1, 1]),
        ([batches.BYTES // 2] * 3, [2, 1]),
        ([10, 10, 3 * batches.BYTES, 10], [2, 1, 1]),
        ([], []),
    ],
)
def test_a_batch_ends_where_it_has_enough_records_or_bytes(sizes: Sequence[int], expected: Sequence[int]) -> None:
    items = [Item(str(number), {}, content=b" " * size) for number, size in enumerate(sizes)]
    found = list(batches.batched(items, 3))
    assert [len(batch) for batch in found] == expected
    assert [item for batch in found for item in batch] == items


def test_a_batch_ends_where_it_has_enough_values() -> None:
    items = [Item(str(number), {}, content=b"[" * (batches.VALUES // 2 + 1)) for number in range(5)]
    assert [len(batch) for batch in batches.batched(items, 100)] == [1] * 5


def test_documents_are_read_in_batches_of_so_many_bytes(site: Site) -> None:
    size = batches.BYTES // 3
    site.run()
    order = {"title": "t" * size, "status": "pending", "createdAt": datetime(2025, 1, 1, tzinfo=UTC)}
    site.work_orders.insert_many([{**order, "number": number} for number in range(1, 9)])
    with open_session(site.mapping, site.settings, LOG) as session:
        pages = [[item.origin for item in batch] for batch in session.inside_reader().batches(500)]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [origin for page in pages for origin in page] == [f"number {number}" for number in range(1, 9)]
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 8, "created": 8}}


@pytest.mark.parametrize("echo", [True, False])
def test_what_meets_large_work_orders_is_moved_a_few_at_a_time(
    site: Site, monkeypatch: pytest.MonkeyPatch, policy: Any, echo: bool
) -> None:
    """By what comes in, by what goes out, and by what is remembered of it; nothing is left out or done twice."""
    monkeypatch.setattr(batches, "BYTES", 2_000)
    monkeypatch.setattr("etl.endpoints.mongodb.decoding._WHOLE", 0)  # what is small here counts as large
    site = policy("{wins: client}")
    if not echo:
        text = site.mapping.file.read_text().replace("  files:", "  echo: false\n  files:", 1)
        site.mapping.file.write_text(text)
        site.mapping = load_mapping(site.mapping.file)
    numbers = range(1, 10)
    for number in numbers:
        site.client_sends(number, summary=f"{number}" * 1_000)
    site.run(batch_size=1)
    for number in numbers:
        site.client_sends(number, summary=f"Small {number}")
    planned = plan(site.mapping, site.settings, LOG)
    assert [report.as_dict()["updated"] for report in planned.reports] == [9, 9 if echo else 0]
    assert site.run()["inbound"] == {"read": 9, "updated": 9}
    for number in numbers:
        site.client_sends(number, summary=f"{number}" * 1_000)
    site.run(batch_size=1)
    for number in numbers:
        site.technician_edits(number, title=f"Smaller {number}")
    assert site.run()["outbound"]["read"] == 9
    assert [site.client_gets(number)["summary"] for number in numbers] == [f"Smaller {number}" for number in numbers]
    assert {r.outcome for r in verify(site.mapping, site.settings, LOG)} == {Outcome.UNCHANGED}
    assert site.run() == {"inbound": {"read": 9, "unchanged": 9}, "outbound": {}}


def test_empty_lines_are_counted_and_not_read_one_by_one() -> None:
    blocks = [b"a\n", b"\n" * 1000, b" \n\t\r\n" * 10, b"\n\n", b"b\n", b"\n", b"c"]
    found = list(split_lines(blocks, 100, BLANKS))
    assert [(number, line) for number, line, _ in found if line] == [(1, b"a"), (1024, b"b"), (1026, b"c")]
    assert len(found) == 3


def test_empty_lines_within_quotes_are_text() -> None:
    form = make_format(FileFormat.CSV)
    assert form is not None
    blocks = [b"a,b\n", b"\n" * 10, b'1,"x\n', b"\n" * 10, b'y"\n']
    (item,) = form.items(blocks, "f")
    assert item.record == {"a": "1", "b": "x" + "\n" * 11 + "y"}
    assert item.origin == "f:12"


def test_an_open_quote_of_empty_lines_is_too_large_as_any_other() -> None:
    form = make_format(FileFormat.CSV, limits=FileLimits(max_bytes=1000))
    assert form is not None
    (item,) = form.items([b'a,b\n1,"', *[b"\n" * 100] * 100], "f")
    assert "more than 1000 bytes" in str(item.violations[0])


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_what_grows_beyond_all_measure_is_given_up_and_said_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "_FREE", 1_000_000)
    packed = content.compressor(name)(b"\n" * 20_000_000)
    blocks: list[bytes] = []
    with pytest.raises(content.BrokenFileError, match="grows to more than 200 times its size"):
        blocks.extend(content.read_blocks(Held(packed), name))
    assert 1_000_000 < sum(map(len, blocks)) <= 1_000_000 + 200 * len(packed)


class Held:
    """A stream of bytes that are there."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, size: int = -1, /) -> bytes:
        piece, self._content = self._content[:size], self._content[size:]
        return piece

    def close(self) -> None: ...


def test_a_small_file_of_very_many_bad_records_makes_few_letters_and_few_lines_of_the_log(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = LINES.read_text().replace("../../schemas", str(ROOT / "schemas"))
    (site.folder / "m.yaml").write_text(text.replace('"*.jsonl"', '"*.jsonl.gz"'))
    good = json.dumps(client_record(1)).encode() + b"\n"
    (site.inbound / "a.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 12_000 + good))
    os.utime(site.inbound / "a.jsonl.gz", (0, 0))
    done = etl("run", "--direction", "inbound", "--mapping", str(site.folder / "m.yaml"), site=site)
    assert done.stdout == "inbound: 12001 read = 1 created, 12000 rejected\n"
    assert done.stderr.count("rejected direction") == 5
    assert done.stderr.count("others are rejected for the same reason direction=inbound count=11995") == 3
    kept = site.database["etl_dead_letters"]
    assert kept.count_documents({}) == letters.MOST_OF_A_FILE + 1
    (rest,) = kept.find({"violations.code": "rest"})
    assert rest["origin"] == f"a.jsonl.gz:{letters.MOST_OF_A_FILE + 1}"
    assert "it stands for all that follow there" in rest["violations"][0]["message"]
    site.mapping = load_mapping(site.folder / "m.yaml")
    monkeypatch.setattr(letters, "MOST_OF_A_FILE", 5)
    records = plan(site.mapping, site.settings, LOG).records
    assert sum(record.outcome is Outcome.REJECTED for record in records) == 5
    (again,) = replay(site.mapping, site.settings, LOG, Selection([rest["_id"]]))
    assert again.read == 2001, "all that it stands for is read again"


def test_a_file_that_deletes_more_once_the_run_has_begun_stops_it_before_that_is_written(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 11):
        site.client_sends(number)
    site.run()
    site.client_sends(1, isDeleted=True)
    compare = Import.compare
    replaced: list[int] = []

    def compare_after_somebody_replaced_files(importing: Import, candidates: Sequence[Candidate]) -> Any:
        if not replaced:
            for number in range(3, 11):
                site.client_sends(number, isDeleted=True)
            replaced.append(1)
        return compare(importing, candidates)

    monkeypatch.setattr(Import, "compare", compare_after_somebody_replaced_files)
    with pytest.raises(LimitError, match=r"3 records would be marked as deleted by now, .* MAX_DELETED is 2"):
        site.run(max_deleted=Limit(2), batch_size=2)
    assert site.work_orders.count_documents({"status": "deleted"}) <= 2
    assert json.loads((site.outbound / "workorder_10.json").read_text())["isDeleted"] is False
    replaced.clear()
    with pytest.raises(LimitError, match=r"nothing was written"):
        site.run(max_deleted=Limit(2), batch_size=2)


@pytest.mark.parametrize("scheme", ["file", "local", "simplecache::file"])
def test_a_folder_of_this_machine_behind_a_url_is_read_as_one_without(site: Site, scheme: str) -> None:
    site.settings = replace(site.settings, inbound=Url(f"{scheme}://{site.inbound}"))
    secret = site.folder / "secret.json"
    secret.write_text(json.dumps(client_record(9)))
    (site.inbound / "1.json").symlink_to(secret)
    os.mkfifo(site.inbound / "2.json")
    site.client_sends(3)
    assert site.run(directions=INBOUND) == {"inbound": {"read": 3, "created": 1, "rejected": 2}}
    said = {each["origin"]: each["violations"][0]["message"] for each in site.database["etl_dead_letters"].find()}
    assert said == {
        "1.json": "cannot be read: a link that leads out of the folder",
        "2.json": "cannot be read: not a regular file",
    }


def mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):o}"


def test_a_plan_is_for_its_owner_only_also_where_a_looser_one_was(site: Site) -> None:
    site.client_sends(1)
    file = site.folder / "plan.json"
    file.write_text("")
    file.chmod(0o666)
    assert etl("plan", *MAPPING, "--out", str(file), site=site).returncode == 0
    assert mode(file) == "600"
    assert [entry.name for entry in site.folder.iterdir() if entry.name.startswith(".etl-")] == []


def test_what_cannot_be_written_for_its_owner_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(OSError, match="irectory"):
        write_private(tmp_path / "there", b"x")
    assert [entry.name for entry in tmp_path.iterdir()] == ["there"]


@pytest.mark.slow
def test_the_embedded_store_is_for_its_owner_only_also_where_a_looser_one_was(tmp_path: Path) -> None:
    folder = tmp_path / "db"
    folder.mkdir()
    folder.chmod(0o755)
    for name in ("etl.lock", "server.log", "old.wt"):
        (folder / name).write_text("")
        (folder / name).chmod(0o644)
    (folder / "old.wt").unlink()
    with embedded_server(folder, find_servers()[:1]):
        pass
    assert mode(folder) == "700"
    assert {entry.name: mode(entry) for entry in folder.rglob("*") if int(mode(entry), 8) & 0o077} == {}


def test_a_mark_of_a_server_is_for_its_owner_only(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from etl.endpoints.fallback import remember_server; import sys;"
        "folder = Path(sys.argv[1]); (folder / 'data').touch(); remember_server(folder, 'mongodb://h')"
    )
    subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    assert mode(tmp_path / "etl.server") == "600"
