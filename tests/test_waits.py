"""Every wait has an end, and SIGTERM ends every wait."""

from __future__ import annotations

import ast
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from etl import LockedError
from etl.cli.common import Signals, Terminated
from tests.fault.clusters import dask
from tests.fault.mongod import Client, Mongod, running
from tests.support.another_run import another_run
from tests.support.command_line import BARE, MAPPING, etl
from tests.support.site import ROOT, Site

TERMINATED = 143
FAILED = 4
LONGEST = 120

WAITS = {
    "etl/app/cluster.py sync": "two seconds",
    "etl/app/workers.py join": "in a worker, on a thread of its own: the end of the process that started it",
    "etl/cli/common.py sleep": "the one pause of all that wait; a signal ends it",
    "etl/endpoints/embedded.py acquire": "none: a lock that is held is told",
    "etl/endpoints/embedded.py wait": "35 seconds, then the supervisor is killed",
    "etl/endpoints/mongodb/lease.py join": "a fifth of a second",
    "etl/endpoints/mongodb/lease.py sleep": "--wait SECONDS, or the margin of a lease that has run out; the one pause",
    "etl/endpoints/mongodb/lease.py wait": "the heartbeat's, on a thread of its own that ends with the process",
    "etl/endpoints/supervisor.py wait": "until the run has ended; then 30 seconds, and the server is killed",
    "etl/transfer/prepare.py result": "of what has come already",
    "etl/transfer/prepare.py wait": "RETRY_SECONDS where nobody prepares, an hour in any case; by the one pause",
}
"""Every call in the engine that waits, and what ends it."""


NAMES = {"sleep", "wait", "result", "acquire", "communicate", "waitpid"}


@pytest.mark.slow
def test_every_call_that_waits_is_known_with_its_end() -> None:
    found = {
        f"{file.relative_to(ROOT).as_posix()} {name}"
        for file in (ROOT / "etl").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and (name := _waits(node))
    }
    assert found == set(WAITS)


def _waits(node: ast.Call) -> str:
    """Return the name of a call that waits. To join is to wait where it is no text that is joined."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in NAMES:
            return name
        case ast.Call(func=ast.Attribute(value=ast.Name(id="select"), attr=name)):
            return name
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join")):
            return ""
        case ast.Call(func=ast.Attribute(attr="join"), args=[]):
            return "join"
        case ast.Call(func=ast.Attribute(attr="join"), args=[ast.Name(id=seconds)]) if seconds.isupper():
            return "join"
        case ast.Call(func=ast.Attribute(attr="sync"), keywords=[*_, ast.keyword(arg="callback_timeout")]):
            return "sync"
    return ""


@contextmanager
def terminated(process: subprocess.Popen[str]) -> Iterator[None]:
    """What waits ends by SIGTERM, with its exit code and one word about it."""
    try:
        yield
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=LONGEST)
        assert process.returncode == TERMINATED, said
        assert "terminated; run again to go on" in said
        assert "Traceback" not in said
    finally:
        process.kill()


def start(site: Site, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "etl", *arguments, *MAPPING],
        cwd=site.folder, env=site.environment | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("command", ["run", "apply"])
def test_sigterm_ends_the_wait_for_another_run(site: Site, command: str) -> None:
    arguments: tuple[str, ...] = (command,)
    if command == "apply":
        plan = site.folder / "plan.json"
        assert etl("plan", *MAPPING, "--out", str(plan), site=site).returncode == 0
        arguments = ("apply", str(plan))
    with another_run(site, seconds=60):
        process = start(site, *arguments, "--wait", "100000")
        with terminated(process):
            _until_it_is_connected(process)
    assert site.work_orders.count_documents({}) == 0


def _until_it_is_connected(process: subprocess.Popen[str]) -> None:
    """Wait until a process has a connection to MongoDB, and so listens to signals."""
    end = time.monotonic() + LONGEST
    while not psutil.Process(process.pid).net_connections("tcp"):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[Mongod]:
    with running(tmp_path / "server") as mongod:
        yield mongod


@pytest.mark.long
def test_sigterm_ends_the_wait_for_a_mongodb_that_is_away(mongod: Mongod, site: Site) -> None:
    for number in range(200):
        site.client_sends(number)
    process = start(site, "run", "--batch-size", "1", MONGO_URI=mongod.uri, RETRY_SECONDS="3600")
    with terminated(process):
        with Client(mongod.uri) as client:
            while not client[site.database.name]["workorders"].count_documents({}):
                time.sleep(0.05)
        mongod.kill()
        assert process.stderr is not None
        assert "MongoDB did not answer; trying again" in process.stderr.readline()


@pytest.mark.long
def test_sigterm_ends_the_wait_for_an_embedded_mongodb_that_does_not_start(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "mongod").write_text(
        '#!/bin/sh\ncase "$1" in --version) exit 0;; esac\necho $$ >"$HERE"\nexec sleep 1000\n'
    )
    (programs / "mongod").chmod(0o755)
    here = tmp_path / "pid"
    environment = BARE | {"PATH": f"{programs}:{BARE['PATH']}", "MONGO_URI": "embedded", "HERE": str(here)}
    process = subprocess.Popen(
        [sys.executable, "-m", "etl", "run", *MAPPING],
        cwd=tmp_path, env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with terminated(process):
        end = time.monotonic() + LONGEST
        while not (here.exists() and here.read_text().strip()):
            assert time.monotonic() < end
            time.sleep(0.05)
    assert not psutil.pid_exists(int(here.read_text()))


@pytest.mark.long
def test_sigterm_ends_the_wait_for_dask_workers_that_are_gone(site: Site, tmp_path: Path) -> None:
    for number in range(500):
        site.client_sends(number)
    with dask(tmp_path) as cluster:
        options = ("--scheduler", cluster.address, "--batch-size", "10")
        process = start(site, "run", *options, RETRY_SECONDS="3600")
        with terminated(process):
            while not site.work_orders.count_documents({}):
                time.sleep(0.05)
            cluster.worker.kill()
            cluster.scheduler.kill()
            cluster.worker.wait()


@pytest.mark.long
@pytest.mark.parametrize("killed", ["worker", "scheduler"])
def test_a_run_whose_dask_workers_are_gone_ends_with_4_and_says_so(site: Site, tmp_path: Path, killed: str) -> None:
    for number in range(500):
        site.client_sends(number)
    with dask(tmp_path) as cluster:
        process = start(site, "run", "--scheduler", cluster.address, "--batch-size", "10", RETRY_SECONDS="3")
        while not site.work_orders.count_documents({}):
            time.sleep(0.05)
        getattr(cluster, killed).kill()
        _, said = process.communicate(timeout=LONGEST)
    assert process.returncode == FAILED, said
    assert f"at {cluster.address} " in said
    assert "for 3 s now; see to it, and run again" in said
    assert "Traceback" not in said
    assert site.run()["outbound"] == {"read": 500, "created": 500}


@pytest.mark.long
def test_a_killed_run_leaves_no_worker_behind(site: Site) -> None:
    for number in range(500):
        site.client_sends(number)
    process = start(site, "run", "--workers", "2", "--batch-size", "10")
    while not site.work_orders.count_documents({}):
        time.sleep(0.05)
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2
    process.kill()
    process.communicate(timeout=LONGEST)
    _, alive = psutil.wait_procs(children, timeout=LONGEST)
    assert alive == []


def test_the_first_signal_only_asks_and_a_pause_ends_by_it() -> None:
    signals = Signals()

    def work() -> None:
        with signals.graceful():
            signals._arrive(Terminated)
            assert signals.asked()
            signals.pause(100_000)

    with pytest.raises(Terminated):
        work()


def test_a_wait_for_another_run_has_an_end(site: Site) -> None:
    with another_run(site, seconds=60), pytest.raises(LockedError):
        site.run(wait=0.5)
