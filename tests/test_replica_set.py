"""A replica set whose secondaries are behind: what decides is read from the primary, and no wait is endless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from etl import Mapping
from tests.fault.mongod import Client, Mongod, replica_set, wait_for_primary
from tests.support.command_line import MAPPING, etl
from tests.support.site import Site

pytestmark = pytest.mark.long

NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Behind:
    """A replica set of which two members apply nothing more, and the two."""

    uri: str
    secondaries: list[Mongod]


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with replica_set(tmp_path_factory.mktemp("set"), 3) as (uri, servers):
        primary = wait_for_primary(uri)
        secondaries = [server for server in servers if server.port != primary]
        _apply(secondaries, "alwaysOn")
        yield Behind(uri, secondaries)
        _apply(secondaries, "off")


def _apply(servers: list[Mongod], stop: str) -> None:
    for server in servers:
        with Client(server.uri) as client:
            client.admin.command({"configureFailPoint": "rsSyncApplyStop", "mode": stop})


@pytest.fixture
def site(behind: Behind, tmp_path: Path, mapping: Mapping) -> Iterator[Site]:
    """A site in the set, in a database of its own: without a majority, none can be dropped."""
    with Client(behind.uri, w=1, tz_aware=True) as client:
        yield Site(client[f"site_{next(NUMBERS)}"], tmp_path, mapping, behind.uri)


def with_options(site: Site, options: str) -> str:
    return f"{site.environment['MONGO_URI']}&{options}"


@pytest.mark.parametrize(
    "options",
    [
        "readPreference=secondaryPreferred",
        "readpreference=secondary&maxStalenessSeconds=120",
        "READPREFERENCE=secondary&readPreferenceTags=",
        "readConcernLevel=majority",
        "readConcernLevel=linearizable",
    ],
)
def test_what_decides_is_read_from_the_primary_whatever_the_uri_says(site: Site, options: str) -> None:
    site.client_sends(1)
    uri = with_options(site, f"w=1&{options}")
    first = etl("run", *MAPPING, site=site, MONGO_URI=uri)
    assert (first.returncode, first.stdout) == (0, "inbound: 1 read = 1 created\noutbound: 1 read = 1 created\n")
    site.technician_edits(1, title="Edited")
    assert etl("plan", *MAPPING, site=site, MONGO_URI=uri).stdout.startswith("inbound: 1 read = 1 unchanged\n")
    second = etl("run", *MAPPING, site=site, MONGO_URI=uri)
    assert (second.returncode, second.stdout) == (0, "inbound: 1 read = 1 unchanged\noutbound: 1 read = 1 updated\n")


@pytest.mark.parametrize(
    "options", ["w=majority", "wTimeoutMS=600000", "wTimeoutMS=0", "timeoutMS=0", "w=3", "journal=true"]
)
def test_a_write_that_too_few_members_confirm_ends_with_exit_code_4_and_says_so(site: Site, options: str) -> None:
    """Also where the URI says nothing of w, and a time limit of its own that has no end."""
    site.client_sends(1)
    done = etl("run", *MAPPING, site=site, MONGO_URI=with_options(site, options), RETRY_SECONDS="2")
    assert done.returncode == 4
    assert "did not confirm a write" in done.stderr
    assert "fewer members of the replica set are there than w in MONGO_URI asks for" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("options", ["w=nonsense", "w=9"])
def test_a_write_concern_that_the_set_does_not_have_is_named_with_the_fix(site: Site, options: str) -> None:
    done = etl("run", *MAPPING, site=site, MONGO_URI=with_options(site, options))
    assert done.returncode == 4
    assert "cannot do what w in MONGO_URI says: " in done.stderr
    assert "correct it, or write w=majority" in done.stderr


def test_the_index_does_not_wait_for_members_that_are_behind(site: Site) -> None:
    site.work_orders.insert_many([{"number": number} for number in (1, 2, 3)])
    done = etl("run", *MAPPING, "--direction", "inbound", site=site, MONGO_URI=with_options(site, "w=1"))
    assert (done.returncode, done.stdout) == (0, "inbound: 0 read\n")
    assert "etl_key_number_numbers" in site.work_orders.index_information()


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_secondary_that_is_named_alone_is_refused_since_its_data_may_be_old(
    site: Site, behind: Behind, command: str
) -> None:
    done = etl(command, *MAPPING, site=site, MONGO_URI=behind.secondaries[0].uri, RETRY_SECONDS="1")
    assert done.returncode == 4
    assert "takes no writes (it is a secondary, whose data may be old)" in done.stderr
    assert "replicaSet=NAME" in done.stderr
