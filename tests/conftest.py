"""One real MongoDB for the whole suite, a clean database for every test that asks for one.

With MONGO_URI set, the suite uses that server, in databases of its own; otherwise it starts an embedded one.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pymongo
import pytest
from hypothesis import settings as hypothesis_settings
from pymongo.database import Database

from etl import Mapping
from etl.endpoints.embedded import embedded_server, find_servers
from etl.settings import EMBEDDED
from tests.support import command_line
from tests.support.born import Born
from tests.support.clean import clean
from tests.support.conflicts import Policy, Wider, with_more_rules, with_other_policies
from tests.support.constants import draw_no_constants_of_ours
from tests.support.mappings import loaded
from tests.support.memory import memory
from tests.support.sides import Sides
from tests.support.site import FRAGILE, MAPPING_FILE, ROOT, URI, Site

for name, examples in {"quick": 20, "suite": 50, "thorough": 1_000}.items():
    hypothesis_settings.register_profile(name, deadline=None, max_examples=examples, derandomize=True)

_resources = ExitStack()


_SERVED = {"server", "mongodb", "fragile_site", "lab"}
"""The fixtures that need a server; all others that do stand on them."""


_FIRST = {
    f"test_{name}.py"
    for name in ("generated", "integrations", "shown", "etl_test", "model", "fuzz", "bounded", "systems")
}
"""The files that take longest: begun last, each would keep one worker busy while the others have nothing to do."""


@pytest.hookimpl(tryfirst=True)  # before others are left out by their marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _FIRST)
    for item in items:
        if _SERVED & set(getattr(item, "fixturenames", ())) or any(map(item.get_closest_marker, ("browser", "long"))):
            item.add_marker("slow")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each command that a test starts compiles the engine anew
    usual = "quick" if config.option.markexpr == "not slow" else "suite"
    profile = config.getoption("--hypothesis-profile") or usual
    hypothesis_settings.load_profile(profile)
    if profile != "thorough":
        draw_no_constants_of_ours()
    if URI not in os.environ:
        os.environ[FRAGILE] = _start_server()
        os.environ[URI] = os.environ.pop("MONGO_URI", "") or os.environ[FRAGILE]
    os.environ.pop("COLUMNS", None)  # a worker's terminal is none of ours
    for name in ("MONGO_URI", "MONGO_DATABASE", "MONGO_COLLECTION", "DATA_INBOUND_DIR", "DATA_OUTBOUND_DIR"):
        os.environ.pop(name, None)
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    config.option.mongodb_host = os.environ[URI]
    config.option.mongodb_dbname = f"etl_test_{worker}_{os.getpid()}"


def _start_server() -> str:
    folder = Path(_resources.enter_context(tempfile.TemporaryDirectory(prefix="etl-test-", dir=memory())))
    server = find_servers()[0]
    failing = ("--enable-test-commands",) if server.name == "SecantusDB" else ("--setParameter", "enableTestCommands=1")
    uri, _ = _resources.enter_context(embedded_server(folder, [server], failing))
    return uri


def pytest_unconfigure(config: pytest.Config) -> None:
    with pymongo.MongoClient[dict[str, Any]](config.option.mongodb_host, serverSelectionTimeoutMS=3000) as client:
        client.drop_database(config.option.mongodb_dbname)
    command_line.close()
    _resources.close()


@pytest.fixture(autouse=True)
def own_folders() -> Iterator[None]:
    """A run of a test stands in folders of its own: the private MongoDB of who tries the engine here stays in use."""
    mark = ROOT / EMBEDDED / "etl.server"
    before = mark.read_bytes() if mark.exists() else None
    yield
    assert (mark.read_bytes() if mark.exists() else None) == before, (
        "a run has taken the place of data/db of the project"
    )


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Iterator[pymongo.MongoClient[dict[str, Any]]]:
    """The suite's server, as a client whose dates come back aware."""
    with pymongo.MongoClient[dict[str, Any]](pytestconfig.option.mongodb_host, tz_aware=True) as client:
        yield client


@pytest.fixture
def database(request: pytest.FixtureRequest, server: pymongo.MongoClient[dict[str, Any]]) -> Database[dict[str, Any]]:
    """A clean database on the suite's server; with the mark `untouched`, one in which nothing ever ran."""
    database = server[request.config.option.mongodb_dbname]
    clean(database, whole=request.node.get_closest_marker("untouched") is not None)
    return database


@pytest.fixture(scope="session")
def mapping() -> Mapping:
    return loaded(MAPPING_FILE)


@pytest.fixture
def site(database: Database[dict[str, Any]], tmp_path: Path, mapping: Mapping) -> Site:
    return Site(database, tmp_path, mapping, os.environ[URI])


@pytest.fixture
def sides(site: Site) -> Sides:
    """Both sides of one work order, under a mapping of the test's own."""
    site.__class__ = Sides
    assert isinstance(site, Sides)
    return site


@pytest.fixture
def fragile_site(tmp_path: Path, mapping: Mapping, pytestconfig: pytest.Config) -> Iterator[Site]:
    """A site on a server that can be told to fail."""
    with pymongo.MongoClient[dict[str, Any]](os.environ[FRAGILE], tz_aware=True) as client:
        database = client[pytestconfig.option.mongodb_dbname + "_fragile"]
        client.drop_database(database.name)
        yield Site(database, tmp_path, mapping, os.environ[FRAGILE])
        client.drop_database(database.name)


@pytest.fixture
def policy(site: Site, tmp_path: Path) -> Policy:
    """A site whose mapping has other conflict policies: `conflicts`, and lines that replace others."""
    return partial(with_other_policies, site, tmp_path)


@pytest.fixture
def born(site: Site) -> Born:
    """A site whose client gives the work orders that are born in TracOS their keys."""
    site.__class__ = Born
    assert isinstance(site, Born)
    site.gives()
    return site


@pytest.fixture
def wider(policy: Policy, tmp_path: Path) -> Wider:
    """A site under `wins: review` whose mapping has more rules, for more properties of both schemas."""
    return partial(with_more_rules, policy, tmp_path)
