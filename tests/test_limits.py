"""Signals and limits: a run ends where it is asked to, says what it did, and can be run again."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from etl import Limit, LimitError, Mapping, SettingsError, load_mapping, load_settings
from etl.limits import parse_limit
from tests.support.command_line import MAPPING, etl
from tests.support.site import MAPPING_FILE, ROOT, Site, client_record

NOW_AND_THEN = """
import os, signal, sys
from etl.endpoints.files.reader import FilesReader
from etl.cli import main
batches, TIMES = FilesReader.batches, int(sys.argv.pop())
def interrupted(self, size):
    for number, batch in enumerate(batches(self, size), start=1):
        if number == 2:
            for _ in range(TIMES):
                os.kill(os.getpid(), {signal})
        yield batch
FilesReader.batches = interrupted
main()
"""


def run_script(site: Site, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the engine as a script has changed it, in the folder of a site."""
    command = [sys.executable, "-c", script, *arguments]
    around = site.environment | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, cwd=site.folder, env=around, capture_output=True, text=True, timeout=60, check=False)


def run_interrupted(site: Site, which: signal.Signals, times: int) -> subprocess.CompletedProcess[str]:
    """Run in batches of two files; the signals arrive while the second batch is under way."""
    script = NOW_AND_THEN.replace("{signal}", str(int(which)))
    return run_script(site, script, "run", *MAPPING, "--batch-size", "2", str(times))


@pytest.mark.slow
@pytest.mark.parametrize(("which", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_lets_the_batch_end_and_reports(site: Site, which: signal.Signals, code: int) -> None:
    for number in range(1, 8):
        site.client_sends(number)
    done = run_interrupted(site, which, 1)
    assert (done.returncode, done.stdout) == (code, "inbound: 4 read = 4 created\n")
    assert "run again to go on" in done.stderr
    assert site.run()["inbound"] == {"read": 7, "created": 3, "unchanged": 4}


@pytest.mark.slow
@pytest.mark.parametrize(("which", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_signal_stops_at_once_and_is_as_safe(site: Site, which: signal.Signals, code: int) -> None:
    for number in range(1, 8):
        site.client_sends(number)
    done = run_interrupted(site, which, 2)
    assert (done.returncode, done.stdout) == (code, "inbound: 2 read = 2 created\n")
    assert site.run()["inbound"] == {"read": 7, "created": 5, "unchanged": 2}


def test_more_rejected_records_than_allowed_stop_the_run_before_outbound(site: Site) -> None:
    site.client_sends(1)
    for number in (2, 3, 4):
        site.client_sends(number, isDone="yes")
    done = etl("run", *MAPPING, "--max-rejected", "2", site=site)
    assert (done.returncode, done.stdout) == (1, "inbound: 4 read = 1 created, 3 rejected\n")
    assert "3 of 4 records were rejected, and MAX_REJECTED is 2: stopped" in done.stderr
    assert not site.outbound.exists()
    assert etl("run", *MAPPING, "--max-rejected", "3", site=site).stdout.endswith("outbound: 1 read = 1 created\n")


def test_a_share_of_rejected_records_is_judged_when_all_were_read(site: Site) -> None:
    for number in range(1, 11):
        site.client_sends(number, isDone="yes" if number <= 3 else None)
    site.settings = replace(site.settings, max_rejected=Limit(0.2, share=True))
    with pytest.raises(LimitError, match=r"3 of 10 records were rejected, and MAX_REJECTED is 20%"):
        site.run(batch_size=2)
    site.settings = replace(site.settings, max_rejected=Limit(0.3, share=True))
    assert site.run(batch_size=2)["outbound"] == {"read": 7, "created": 7}


MANY = """\
mapping: many
language: 1
outside:
  name: client
  schema: client.json
  files: {inbound: "GLOB", outbound: "{id}.json", format: {inbound: FORM, outbound: json}}
inside:
  name: tracos
  schema: tracos.json
  mongodb: {collection: workorders, export_when: {isSynced: {$ne: true}}, on_export: {isSynced: true}}
rules:
  - {client: id, tracos: number, key: true}
  - {client: summary, tracos: title}
"""


def reading(form: str, glob: str, folder: Path) -> Mapping:
    """Return a mapping that reads files of many records."""
    folder.mkdir()
    for name, key, title in (("client", "id", "summary"), ("tracos", "number", "title")):
        fields = {key: {"type": "string"}, title: {"type": "string"}, "isSynced": {"type": "boolean"}}
        schema = {"type": "object", "required": [key], "properties": fields}
        (folder / f"{name}.json").write_text(json.dumps(schema))
    file = folder / "m.yaml"
    file.write_text(MANY.replace("GLOB", glob).replace("FORM", form))
    return load_mapping(file)


CUT = gzip.compress(b"".join(b'{"id": "%d"}\n' % number for number in range(100, 300)))[:-9]


@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        ("json_lines", "b.jsonl.gz", b"not gzip"),
        ("json_lines", "b.jsonl.gz", CUT),
        ("json_array", "b.json", b'{"id": "1"}'),
        ("csv", "b.csv", b"id,id\n1,1\n2,2\n"),
        ("csv", "b.csv", b'id,summary\n1,"Pump\n2,Fan\n3,Belt\n'),
        ("json_lines", "b.jsonl", None),
    ],
    ids=["damaged", "cut", "no list", "a wrong header", "an open quote", "a folder"],
)
def test_an_unknown_number_of_records_that_cannot_be_read_is_over_any_limit(
    site: Site, form: str, name: str, content: bytes | None
) -> None:
    site.mapping = reading(form, f"*.{name.partition('.')[2]}", site.folder / "mappings")
    if content is None:
        (site.inbound / name).mkdir()
    else:
        (site.inbound / name).write_bytes(content)
        os.utime(site.inbound / name, (0, 0))  # nobody is writing to it any more
    for limit in (Limit(0.99, share=True), Limit(1000)):
        site.settings = replace(site.settings, max_rejected=limit)
        with pytest.raises(
            LimitError, match=f"how many records of {re.escape(name)}.* cannot be read is not known, and"
        ):
            site.run()
        assert not site.outbound.exists()
    site.settings = replace(site.settings, max_rejected=Limit(1, share=True))
    assert site.run()["inbound"]["rejected"] == 1


def test_one_record_that_cannot_be_read_counts_as_one(site: Site) -> None:
    site.client_sends(1)
    (site.inbound / "2.json").write_text("{")
    site.settings = replace(site.settings, max_rejected=Limit(0.5, share=True))
    assert site.run()["inbound"] == {"read": 2, "created": 1, "rejected": 1}


@pytest.mark.parametrize(("text", "limit"), [("0", Limit(0)), ("100", Limit(100)), ("2.5%", Limit(0.025, share=True))])
def test_a_limit_is_a_number_or_a_share(text: str, limit: Limit) -> None:
    assert parse_limit(text) == limit
    assert str(limit) == text


@pytest.mark.parametrize("text", ["-1", "101%", "1.5", "five", "%", "1e3", "٣", ""])
def test_nothing_else_is_a_limit(text: str) -> None:
    with pytest.raises(SettingsError, match=r"MAX_REJECTED is .*such as 100, .*share such as 5%"):
        load_settings({"MAX_REJECTED": text})
    with pytest.raises(ValueError, match="a share such as 5%"):
        parse_limit(text)


@pytest.mark.parametrize("name", ["MAX_RECORD_BYTES", "MAX_DEPTH", "LEASE_SECONDS", "RETRY_SECONDS"])
def test_other_limits_are_whole_numbers_in_their_bounds(name: str) -> None:
    for text in ("0", "-5", "1.5", "9" * 30, "many"):
        with pytest.raises(SettingsError, match=f"{name} is .*write a whole number from 1 to"):
            load_settings({name: text})
    assert getattr(load_settings({name: "7"}), name.lower()) == 7


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_record_bytes": 500}, r"cannot be read: it has \d+ bytes, more than 500; MAX_RECORD_BYTES says how many"),
        ({"max_depth": 5}, "nested deeper than 5 levels"),
    ],
)
def test_a_record_beyond_the_limits_is_rejected_alone(site: Site, limits: dict[str, Any], reason: str) -> None:
    site.client_sends(1)
    site.client_sends(2, extra=[[[[[["x" * 600]]]]]])
    site.settings = replace(site.settings, **limits)
    assert site.run()["inbound"] == {"read": 2, "created": 1, "rejected": 1}
    (letter,) = site.database["etl_dead_letters"].find()
    assert letter["origin"] == "2.json"
    assert re.match(reason, letter["violations"][0]["message"])


def test_with_fsync_every_file_and_the_folder_are_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        (site.inbound / f"{number}.json").write_text(json.dumps(client_record(number)))
    synced: list[str] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    site.run(fsync=True)
    assert len(synced) == 3
    assert synced[-1] == str(site.outbound)
    assert all("/.etl-" in name for name in synced[:-1])
    synced.clear()
    site.work_orders.update_many({}, {"$set": {"isSynced": False}})
    site.run(fsync=True)
    assert sorted(synced) == [str(site.outbound), *(f"{site.outbound}/workorder_{n}.json" for n in (1, 2))]


def test_a_bug_shows_no_secret_in_its_traceback_and_has_a_code_of_its_own(site: Site) -> None:
    uri = site.environment["MONGO_URI"].replace("mongodb://", "mongodb://ana:s3cret%2Fword@")
    script = (
        "from etl.cli import main\nimport etl.app.runs\n"
        "def broken(*_): raise RuntimeError('cannot use MONGO_URI, nor s3cret/word')\n"
        "etl.app.runs.open_session = broken\nmain()"
    ).replace("MONGO_URI", uri)
    done = run_script(site, script, "run", *MAPPING, MONGO_URI=uri)
    assert done.returncode == 70
    assert "RuntimeError: cannot use mongodb://***@" in done.stderr
    assert "s3cret" not in done.stderr
    assert "This is a bug of etl" in done.stderr


def test_a_bug_shows_no_secret_of_an_alarm_where_a_setting_is_wrong(site: Site) -> None:
    alarms = {"NOTIFY_URL": "slack://s3cret/b/c", "HEARTBEAT_URL": "https://hc.example/s3cret"}
    (site.folder / ".env").write_text(f"NOTIFY_URL={alarms['NOTIFY_URL']}\n")
    script = (
        "from etl.cli import main\nimport etl.mapping.load\n"
        f"def broken(*_): raise RuntimeError({' '.join(alarms.values())!r})\n"
        "etl.mapping.load.examine = broken\nmain()"
    )
    wrong = {"HEARTBEAT_URL": alarms["HEARTBEAT_URL"], "MAX_DEPTH": "deep"}
    done = run_script(site, script, "check", str(MAPPING_FILE), **wrong)
    assert done.returncode == 70
    assert "RuntimeError: slack://… https://hc.example/…" in done.stderr
    assert "s3cret" not in done.stderr
