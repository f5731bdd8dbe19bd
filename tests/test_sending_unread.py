"""Whoever sends, and has not read what the outside has said of a record since, leaves it to the next run."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from etl.endpoints.files.csv_header import Columns
from etl.endpoints.files.reader import FilesReader
from etl.mapping.files import FileFormat, FilesEndpoint, Pickup
from etl.mapping.load import load_mapping
from tests.support.born import Born
from tests.support.client_files import put, with_files
from tests.support.command_line import etl
from tests.support.conflicts import Policy, command, log
from tests.support.proofs import mapping, of
from tests.support.site import INBOUND, OUTBOUND, Site, client_record

WAITS = "1 waits for an import"


def in_conflict(policy: Policy) -> Site:
    """Return a site in which the title of a work order is in conflict."""
    site = policy("{wins: review}")
    site.client_sends(7)
    site.run()
    site.technician_edits(7, title="Technician's pump")
    site.client_sends(7, summary="Client's pump")
    site.run()
    assert len(log(site, open=True)) == 1
    return site


def told(site: Site) -> Any:
    return site.client_gets(7)["summary"] if (site.outbound / "workorder_7.json").exists() else None


def test_a_decision_about_what_the_client_has_replaced_since_is_not_sent(policy: Policy) -> None:
    site = in_conflict(policy)
    before = told(site)
    site.client_sends(7, summary="Newer pump")
    done = command(site, "conflicts", "resolve", "7", "--take", "tracos")
    assert (done.returncode, WAITS in done.stdout) == (0, True)
    assert told(site) == before, "the client is told something before its last word is read"
    assert site.run(directions=INBOUND)["inbound"] == {"read": 1, "conflict": 1}
    assert site.work_order(7)["title"] == "Technician's pump", "what a person has chosen is replaced unseen"
    assert command(site, "conflicts", "resolve", "7", "--take", "tracos").returncode == 0
    assert told(site) == "Technician's pump"


def test_a_decision_about_one_of_two_conflicts_is_sent_though_the_other_one_waits(policy: Policy) -> None:
    site = in_conflict(policy)
    site.client_sends(8)
    site.run()
    site.technician_edits(8, title="Fan")
    site.client_sends(8, summary="Valve")
    site.run()
    assert command(site, "conflicts", "resolve", "7", "--take", "tracos").returncode == 0
    assert told(site) == "Technician's pump"
    assert len(log(site, open=True)) == 1


def test_a_letter_of_a_record_of_which_the_client_has_said_more_is_not_sent(policy: Policy) -> None:
    site = policy("{wins: client}")
    site.client_sends(7)
    site.run()
    before = told(site)
    site.technician_edits(7, title=5)
    assert site.run(directions=OUTBOUND) == {"outbound": {"read": 1, "rejected": 1}}
    site.technician_edits(7, title="Technician's pump")
    site.client_sends(7, summary="Client's pump")
    done = command(site, "dead-letters", "replay", "--all")
    assert (done.returncode, WAITS in done.stdout) == (0, True)
    assert told(site) == before
    site.run()
    (entry,) = log(site)
    assert entry["rules"][0]["values"][0]["inside"] == "Technician's pump", "an edit is lost unseen"
    assert site.work_order(7)["title"] == told(site) == "Client's pump"


def started(born: Born, *words: str) -> str:
    return etl(*words, "--mapping", str(born.mapping.file), site=born).stdout


@pytest.mark.parametrize("how", ["outbound", "apply", "replay", "resend"])
def test_a_work_order_without_a_key_that_the_client_has_by_now_is_not_sent_as_a_new_one(born: Born, how: str) -> None:
    id_ = born.bears(title=5 if how == "replay" else "Pump")
    if how == "replay":
        assert born.run()["outbound"] == {"read": 1, "rejected": 1}
        born.edits(id_, title="Pump")
    elif how == "apply":
        started(born, "plan", "--out", str(born.folder / "plan.json"))
    elif how == "resend":
        born.run()
        (born.outbound / f"new_{id_}.json").unlink()  # the client takes it
    born.answers()
    commands = {
        "outbound": ("run", "--direction", "outbound"),
        "apply": ("apply", str(born.folder / "plan.json")),
        "replay": ("dead-letters", "replay", "--all"),
        "resend": ("state", "forget", str(id_), "--resend"),
    }
    started(born, *commands[how])
    assert not (born.outbound / f"new_{id_}.json").exists(), "the client would make it a second time"
    born.run()
    assert born.order(id_)["number"] == 7
    assert not (born.outbound / f"new_{id_}.json").exists()


def test_what_is_not_sent_again_is_not_forgotten_either(born: Born) -> None:
    id_ = born.bears()
    born.run()
    (born.outbound / f"new_{id_}.json").unlink()
    born.answers()
    held = etl("state", "forget", str(id_), "--resend", "--mapping", str(born.mapping.file), site=born)
    assert (held.returncode, held.stdout) == (1, "forgot 0 that waited for a key\n")
    assert "wait for an import" in held.stderr
    (born.inbound / "7.json").unlink()  # the client takes it back
    again = etl("state", "forget", str(id_), "--resend", "--mapping", str(born.mapping.file), site=born)
    assert (again.returncode, (born.outbound / f"new_{id_}.json").exists()) == (0, True)


LINES = '{match: "*.json", quiet: 60s}, outbound: "{run}_{part}.jsonl", format: json_lines'
FORMS = {
    "one record": ('{match: "*.json", quiet: 60s}, outbound: "workorder_{orderNo}.json"', b""),
    "lines": (LINES, b""),
    "lines of which the last is torn": (LINES, b'{"orderNo": 8, "su'),
}


@pytest.mark.parametrize("directions", [OUTBOUND, (*INBOUND, *OUTBOUND)])
@pytest.mark.parametrize("is_behind", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_what_stands_in_a_file_that_waits_holds_back_its_work_order(
    site: Site, form: str, directions: Any, *, is_behind: bool
) -> None:
    files, torn = FORMS[form]
    with_files(site, f"{{inbound: {files}}}")
    put(site.inbound, "7.json", json.dumps(client_record(7)).encode(), 120)
    site.run()
    site.technician_edits(7, title="Technician's pump")
    lay = sorted(site.outbound.iterdir())
    news = json.dumps(client_record(7, summary="Client's pump")).encode()
    is_behind = is_behind and form != "one record"  # there each file waits by itself
    put(site.inbound, "7.json", news + b"\n" + torn, 120 if is_behind else 0)
    if is_behind:
        put(site.inbound, "6.json", json.dumps(client_record(6)).encode(), 0)
    (*_, outbound) = site.reports(directions=directions)
    assert [notice.text.split(" for an import")[0] for notice in outbound.notices if "import" in notice.text] == [
        "1 waits"
    ]
    assert sorted(site.outbound.iterdir()) == lay, "the client is told something before its last word is read"
    put(site.inbound, "7.json", news, 120)
    for file in site.inbound.iterdir():
        os.utime(file, (time.time() - 120,) * 2)
    site.run()
    (entry,) = log(site)
    (values,) = entry["rules"][0]["values"]
    assert (values["outside"], values["inside"]) == ("Client's pump", "Technician's pump"), "an edit is lost unseen"


@pytest.mark.parametrize("directions", [OUTBOUND, (*INBOUND, *OUTBOUND)])
def test_a_client_that_delivers_the_same_again_and_again_holds_nothing_back(site: Site, directions: Any) -> None:
    with_files(site, f"{{inbound: {LINES}}}")
    put(site.inbound, "1.json", json.dumps(client_record(7)).encode(), 3600)
    site.run()
    site.technician_edits(7, title="Technician's pump")
    put(site.inbound, "2.json", json.dumps(client_record(7)).encode(), 0)
    assert site.run(directions=directions)["outbound"] == {"read": 1, "created": 1}
    put(site.inbound, "2.json", json.dumps(client_record(7)).encode(), 3000)
    put(site.inbound, "3.json", json.dumps(client_record(7)).encode(), 0)
    assert site.run()["outbound"] == {}, "what was said before it was told counts as news"
    assert site.work_order(7)["title"] == "Technician's pump"


def test_a_rejected_record_before_a_good_one_in_a_file_that_waits_holds_nothing_back(site: Site) -> None:
    with_files(site, f"{{inbound: {LINES}}}")
    content = b"\n".join(json.dumps(one).encode() for one in (client_record(7, summary=None), client_record(7)))
    put(site.inbound, "7.json", content, 3600)
    site.run()
    site.technician_edits(7, title="Technician's pump")
    put(site.inbound, "7.json", content, 0)
    assert site.run()["outbound"] == {"read": 1, "created": 1}


ROWS = '{inbound: "*.csv", outbound: "o_{run}_{part}.csv", format: csv, csv: {spreadsheet: false}}'


def with_rows(site: Site, key: str, more: str, **columns: Any) -> None:
    """Give the site a mapping of rows, which have an id, and columns that TracOS has by the same names."""
    rules = "\n".join(f"{{c: {name}, t: {name}{more if name == 'ref' else ''}}}" for name in columns)
    file = mapping(site.folder, rules, of(**columns), of(**columns))
    schema = json.loads((site.folder / "c.json").read_text())
    schema["properties"]["id"] = {"type": "string"}
    (site.folder / "c.json").write_text(json.dumps(schema))
    text = file.read_text().replace('files: {inbound: "*.json", outbound: "o_{id}.json"}', f"files: {ROWS}")
    text = text.replace("collection: w,", "collection: workorders,").replace(
        "key: true", f"key: {key}, as: integer_text"
    )
    file.write_text(text)
    site.mapping = load_mapping(file)


@pytest.mark.parametrize("directions", [OUTBOUND, (*INBOUND, *OUTBOUND)])
@pytest.mark.parametrize("bad", ['{"orderNo": 7, "summ', json.dumps(client_record(7, summary=None))])
@pytest.mark.parametrize("files", ["7.json", "6.json 7.json", "7.json 8.json"])
@pytest.mark.parametrize("is_bad_last", [False, True])
def test_of_several_records_of_a_work_order_the_last_one_counts(
    site: Site, files: str, bad: str, directions: Any, *, is_bad_last: bool
) -> None:
    with_files(site, f"{{inbound: {LINES}}}".replace(", quiet: 60s", ""))
    good = json.dumps(client_record(7))
    put(site.inbound, "7.json", good.encode(), 3600)
    site.run()
    for title in ("first", "second"):
        site.technician_edits(7, title=title)
        lines = [good, bad] if is_bad_last else [bad, good]
        names = files.split()
        for place, name in enumerate(names):
            here = lines if len(names) == 1 else lines[place : place + 1]
            put(site.inbound, name, "".join(f"{line}\n" for line in here).encode(), 3600)
        if directions == OUTBOUND:
            site.run(directions=INBOUND)
        (*_, report) = site.reports(directions=directions)
        assert report.read == (0 if is_bad_last else 1), f"{title}: what counts is not what was read last"


HOW: list[dict[str, Any]] = [{"directions": OUTBOUND}, {}, {"key": "7"}, {"key": "7", "directions": OUTBOUND}]


@pytest.mark.parametrize(
    "torn",
    [
        "7,by client",
        "7,by cli",
        '7,"by cl',
        '7,"by\ncl',
        "7,by, client\n",
        "7\n",
        '7,"by"x client\n',
        "7,by\udcff\n",
        '7,"by\n',
    ],
)
@pytest.mark.parametrize("how", HOW)
def test_a_row_that_may_not_be_whole_yet_holds_back_its_work_order(site: Site, torn: str, how: dict[str, Any]) -> None:
    with_rows(site, "true", "", name={"type": "string"})
    put(site.inbound, "1.csv", b"id,name\n7,old\n", 120)
    site.run()
    site.technician_edits(7, name="by technician")
    put(site.inbound, "2.csv", f"id,name\n8,x\n{torn}".encode(errors="surrogateescape"), 0)
    site.run(**how)
    told = [file.read_text() for file in site.outbound.iterdir()]
    assert not any("by technician" in text for text in told), "the client is told something before its word is read"
    put(site.inbound, "2.csv", b"id,name\n8,x\n7,by client\n", 120)
    assert site.run()["inbound"]["conflict"] == 1, "an edit is lost unseen"
    assert site.work_order(7)["name"] == "by technician"


@pytest.mark.parametrize(
    "torn",
    [
        '{"orderNo": 7, "summ',
        '{"orderNo": 7, "summary": "Client',
        '{"orderNo": 7, "summary": 5, x}',
        f'{json.dumps(client_record(7))[:-1]}, "prio',
    ],
)
@pytest.mark.parametrize("age", [0, 3600])
@pytest.mark.parametrize(
    "files", ['{inbound: "*.json", outbound: "workorder_{orderNo}.json"}', f"{{inbound: {LINES}}}"]
)
@pytest.mark.parametrize("how", HOW)
def test_what_can_be_read_of_a_broken_record_holds_back_its_work_order(
    site: Site, files: str, torn: str, age: float, how: dict[str, Any]
) -> None:
    with_files(site, files.replace(", quiet: 60s", ""))
    put(site.inbound, "7.json", json.dumps(client_record(7)).encode(), 120)
    site.run()
    site.technician_edits(7, title="Technician's pump")
    lay = {file.name: file.read_text() for file in site.outbound.iterdir()}
    put(site.inbound, "7.json", torn.encode(), age)
    site.run(**how)
    now = {file.name: file.read_text() for file in site.outbound.iterdir()}
    assert now == lay, "the client is told something before its last word is read"
    put(site.inbound, "7.json", json.dumps(client_record(7, summary="Client's pump")).encode(), 120 if age == 0 else 0)
    site.run()
    (entry,) = log(site)
    (values,) = entry["rules"][0]["values"]
    assert (values["outside"], values["inside"]) == ("Client's pump", "Technician's pump"), "an edit is lost unseen"


def test_a_row_that_may_not_be_whole_yet_holds_back_the_work_order_without_a_key_that_says_the_same(site: Site) -> None:
    texts = {"type": "string"}
    with_rows(site, "assigned", ", key: match", ref=texts, name=texts)
    site.work_orders.insert_one({"ref": "A", "name": "x", "isSynced": False})
    put(site.inbound, "1.csv", b"id,ref,name\n7,A,o", 0)
    assert site.run()["outbound"] == {}, "the client would have it twice"
    put(site.inbound, "1.csv", b"id,ref,name\n7,A,ok\n", 120)
    site.run()
    assert site.work_order(7)["ref"] == "A"


def in_its_place(file: Path) -> None:
    """Put a folder where a file was."""
    file.unlink()
    file.mkdir()


SPOILING: dict[str, Callable[[Path], Any]] = {
    "gone": lambda file: file.unlink(),
    "another thing": lambda file: file.write_bytes(b"\x1f\x8b\x08\xff\xff{"),
    "empty": lambda file: file.write_bytes(b""),
    "a folder": in_its_place,
}


@pytest.mark.parametrize("spoil", SPOILING)
@pytest.mark.parametrize("form", [FileFormat.JSON, FileFormat.JSON_LINES, FileFormat.JSON_ARRAY, FileFormat.CSV])
@pytest.mark.parametrize("name", ["7.txt", "7.txt.gz"])
def test_a_file_that_waits_and_cannot_be_looked_at_stops_nothing(
    tmp_path: Path, name: str, form: FileFormat, spoil: str
) -> None:
    endpoint = FilesEndpoint(name, (), inbound_format=form, pickup=Pickup(quiet=3600))
    reader = FilesReader(tmp_path, endpoint, columns=Columns((("id",),)))
    (tmp_path / name).write_bytes(b"{}")
    assert list(reader.batches(10)) == []
    SPOILING[spoil](tmp_path / name)
    assert [item for batch in reader.waiting(10) for item in batch if item.record is not None] == []


@pytest.mark.parametrize("said", [{"name": 5}, {"id": "7"}, {"name": 5, "id": None}], ids=str)
def test_a_work_order_without_a_key_is_not_sent_as_a_new_one_while_the_client_s_record_of_it_is_rejected(
    born: Born, said: dict[str, Any]
) -> None:
    id_ = born.bears()
    born.answers()
    file = born.inbound / "7.json"
    whole = json.loads(file.read_text())
    file.write_text(json.dumps({**whole, **said}))
    for _ in range(2):
        assert born.run() == {"inbound": {"read": 1, "rejected": 1}, "outbound": {}}
        assert list(born.outbound.glob("*")) == [], "the client would make it a second time"
    file.write_text(json.dumps(whole))
    assert born.run()["inbound"] == {"read": 1, "updated": 1}
    assert born.order(id_)["number"] == 7


def test_work_orders_without_keys_are_not_sent_as_new_ones_while_nobody_knows_which_of_them_the_client_has(
    born: Born,
) -> None:
    one, other = born.bears(), born.bears()
    born.answers()
    assert "2 wait for a decision" in started(born, "run")
    assert list(born.outbound.glob("*")) == [], "the client would make them a second time"
    born.edits(other, code="B2")
    born.run()
    assert born.order(one)["number"] == 7
    assert born.gets(other)["ref"] == "B2"
