"""A lost MONGO_URI: the embedded MongoDB stands in where somebody has made it, and nowhere else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import BARE, MAPPING
from tests.support.command_line import etl as run_etl
from tests.support.command_line import etl_bare as etl
from tests.support.site import Site, client_record

pytestmark = pytest.mark.long


def client_sends(folder: Path) -> None:
    inbound = folder / "data" / "inbound"
    inbound.mkdir(parents=True, exist_ok=True)
    (inbound / "1.json").write_text(json.dumps(client_record(1)))


def with_server(site: Site, *arguments: str) -> Any:
    """Run in the folder of a test as production does: with a server."""
    environment: Any = BARE | {name: site.environment[name] for name in ("MONGO_URI", "MONGO_DATABASE")}
    return run_etl(*arguments, folder=site.folder, **environment)


def embedded(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment: Any = BARE | {"MONGO_URI": "embedded"}
    done: subprocess.CompletedProcess[str] = run_etl(*arguments, folder=folder, **environment)
    return done


@pytest.mark.parametrize("command", [("run",), ("plan",), ("verify",), ("dead-letters", "list")])
def test_without_mongo_uri_no_private_database_is_made_unasked(command: tuple[str, ...], tmp_path: Path) -> None:
    client_sends(tmp_path)
    done = etl(tmp_path, *command, *MAPPING)
    assert done.returncode == 3
    assert "MONGO_URI is not set, and there is no embedded MongoDB in data/db yet" in done.stderr
    assert "write MONGO_URI=mongodb://HOST:27017, or MONGO_URI=embedded" in done.stderr
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["inbound"]


def test_one_that_is_asked_for_by_name_is_made_and_is_there_from_then_on(tmp_path: Path) -> None:
    client_sends(tmp_path)
    first = embedded(tmp_path, "run", *MAPPING)
    assert (first.returncode, first.stdout.splitlines()[0]) == (0, "inbound: 1 read = 1 created")
    assert etl(tmp_path, "run", *MAPPING).stdout.splitlines()[0] == "inbound: 1 read = 1 unchanged"


def test_a_mongo_uri_that_is_lost_where_both_were_used_is_named_and_nothing_is_sent(site: Site) -> None:
    """The folder in which somebody tried the samples first, and which then went into production."""
    assert etl(site.folder, "sample", *MAPPING).returncode == 0
    assert with_server(site, "run", *MAPPING).returncode == 0
    sent = sorted(path.name for path in (site.folder / "data" / "outbound").iterdir())
    for path in (site.folder / "data" / "outbound").iterdir():
        path.unlink()  # the client has fetched them
    lost = etl(site.folder, "run", *MAPPING)
    assert lost.returncode == 3
    assert "MONGO_URI is not set, and runs from here have written to mongodb://127.0.0.1:" in lost.stderr
    assert "set it again, or write MONGO_URI=embedded" in lost.stderr
    assert not list((site.folder / "data" / "outbound").iterdir())
    assert etl(site.folder, "sample", *MAPPING).returncode == 3
    assert embedded(site.folder, "run", *MAPPING).stdout.endswith("outbound: 10 read = 10 created\n")
    assert sorted(path.name for path in (site.folder / "data" / "outbound").iterdir()) == sent


def test_looking_at_a_server_does_not_make_the_embedded_one_a_thing_of_the_past(site: Site) -> None:
    assert etl(site.folder, "sample", *MAPPING).returncode == 0
    assert with_server(site, "plan", *MAPPING).returncode == 0
    assert etl(site.folder, "run", *MAPPING).returncode == 0


def test_a_start_that_failed_leaves_no_database(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "db"
    folder.mkdir(parents=True)
    (folder / "etl.lock").touch()
    (folder / "server.log").touch()
    assert "there is no embedded MongoDB in data/db yet" in etl(tmp_path, "run", *MAPPING).stderr
