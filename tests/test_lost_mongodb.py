"""A MongoDB that dies in a run: that is what the run ends with, or what it survives; nobody else has its lease."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from etl import Mapping
from tests.fault.mongod import Client, Mongod, running
from tests.support.command_line import MAPPING, etl
from tests.support.site import ROOT, Site

WITH_A_PAUSE = """
import sys
from etl.transfer.importing import Import
from etl.cli import main
apply = Import.apply
def held(self, changes):
    if changes and changes[0].candidate.key == (3,):
        print("second batch", flush=True)
        sys.stdin.readline()
    return apply(self, changes)
Import.apply = held
main()
"""
"""The command line, which says when it has compared its second batch and is about to write it, and waits for a line."""


pytestmark = pytest.mark.long


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[Mongod]:
    with running(tmp_path / "server") as mongod:
        yield mongod


@pytest.fixture
def site(mongod: Mongod, tmp_path: Path, mapping: Mapping) -> Iterator[Site]:
    with Client(mongod.uri, tz_aware=True) as client:
        site = Site(client["site"], tmp_path, mapping, mongod.uri)
        site.environment |= {"LEASE_SECONDS": "1", "PYTHONPATH": str(ROOT)}
        for number in (1, 2, 3):
            site.client_sends(number)
        yield site


RELATIONS = [(1, 4), (4, 4), (30, 4), (30, 1)]
"""Of the seconds that a lease lasts, and those for which MongoDB is waited for."""


def start(site: Site, retry_seconds: int, lease_seconds: int = 1) -> subprocess.Popen[str]:
    """Start a run of two batches; return when the second one is about to be written."""
    settings = {"RETRY_SECONDS": str(retry_seconds), "LEASE_SECONDS": str(lease_seconds)}
    process = subprocess.Popen(
        [sys.executable, "-c", WITH_A_PAUSE, "run", *MAPPING, "--batch-size", "2"],
        cwd=site.folder, env=site.environment | settings,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "second batch\n"
    return process


@pytest.mark.parametrize(("lease_seconds", "retry_seconds"), RELATIONS)
def test_a_mongodb_that_dies_in_a_run_is_waited_for_once_and_ends_it_with_exit_code_4_whatever_the_lease(
    site: Site, mongod: Mongod, lease_seconds: int, retry_seconds: int
) -> None:
    process = start(site, retry_seconds, lease_seconds)
    mongod.kill()
    _, said = process.communicate("go on\n", timeout=120)
    assert process.returncode == 4, said
    assert "MongoDB is not reachable at mongodb://127.0.0.1:" in said
    assert "another run" not in said
    assert said.count("attempt=1 ") == (retry_seconds > 1)

    mongod.start()
    stands = etl("status", *MAPPING, site=site)
    assert (stands.returncode, "the last run died" in stands.stdout) == (6, True)
    assert site.run()["inbound"] == {"read": 3, "created": 1, "unchanged": 2}


@pytest.mark.parametrize("lease_seconds", [1, 30])
def test_a_run_survives_a_mongodb_that_is_away_for_less_than_the_promised_time_even_longer_than_the_lease(
    site: Site, mongod: Mongod, lease_seconds: int
) -> None:
    process = start(site, 60, lease_seconds)
    mongod.kill()
    back = threading.Timer(3, mongod.start)
    back.start()
    out, said = process.communicate("go on\n", timeout=120)
    back.join()
    assert process.returncode == 0, said
    assert out == "inbound: 3 read = 3 created\noutbound: 3 read = 3 created\n"


def test_a_run_that_slept_longer_than_its_lease_goes_on_if_nobody_has_taken_it(site: Site) -> None:
    process = start(site, retry_seconds=4)
    os.kill(process.pid, signal.SIGSTOP)
    with Client(site.environment["MONGO_URI"]) as client:
        _wait_until_it_has_run_out(client)
    os.kill(process.pid, signal.SIGCONT)
    out, said = process.communicate("go on\n", timeout=120)
    assert process.returncode == 0, said
    assert out == "inbound: 3 read = 3 created\noutbound: 3 read = 3 created\n"


def _wait_until_it_has_run_out(client: Client) -> None:
    while True:
        now = client.admin.command("hello")["localTime"]
        if client["site"]["etl_leases"].count_documents({"holder.expires": {"$lt": now}}):
            return
