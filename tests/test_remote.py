"""Folders behind URLs: the same job as with local ones, and no secret of a URL in any output."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from etl import EndpointError, LeaseLostError, Settings, SettingsError, load_mapping, load_settings
from etl.app.examining.folders import examine_folders
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.location import Url, parse_location, without_secrets
from etl.endpoints.files.remote import RemoteFolder, file_systems
from tests.model.faults import replaced
from tests.support.command_line import MAPPING, etl
from tests.support.site import INBOUND, ROOT, Site, client_record

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SECRET = "sftp://ana:s3cret%40word@host/in?token=hidden-token"


class Store(MemoryFileSystem):  # type: ignore[misc]  # fsspec is published without types
    """An object store: a folder is there while a file is in it, and what is put is whole."""

    protocol = "s3"
    store: dict[str, Any] = {}  # noqa: RUF012 - fsspec's own class attribute
    pseudo_dirs = [""]  # noqa: RUF012 - as above

    @classmethod
    def _strip_protocol(cls, path: str) -> Any:
        return super()._strip_protocol(path.removeprefix("s3://"))

    def mv(self, *_: Any, **__: Any) -> None:
        raise AssertionError("an object store copies what it moves")

    def makedirs(self, *_: Any, **__: Any) -> None:
        raise AssertionError("an object store has no folders")


@pytest.fixture(autouse=True)
def empty_stores() -> Iterator[None]:
    fsspec.register_implementation("s3", Store, clobber=True)
    yield
    for kind in (MemoryFileSystem, Store):
        kind.store.clear()
        kind.pseudo_dirs[:] = [""]


def at(site: Site, scheme: str) -> tuple[Any, str]:
    """Move both folders of a site behind URLs; return the file system and the path that holds them."""
    base = {"memory": "memory://site", "file": f"file://{site.folder}", "s3": "s3://bucket/site"}[scheme]
    site.settings = replace(site.settings, inbound=Url(f"{base}/inbound"), outbound=Url(f"{base}/outbound"))
    files, path = fsspec.core.url_to_fs(base)
    return files, path


@pytest.mark.parametrize("kind", ["json", "json_lines"])
@pytest.mark.parametrize("scheme", ["memory", "file", "s3"])
def test_a_run_between_folders_behind_urls_is_the_same(site: Site, scheme: str, kind: str) -> None:
    files, path = at(site, scheme)
    if kind == "json":
        for number in (10, 9):
            files.pipe_file(f"{path}/inbound/{number}.json", json.dumps(client_record(number)).encode())
    else:
        site.mapping = load_mapping(ROOT / "tests" / "mappings" / "json_lines.yaml")
        lines = "".join(json.dumps(client_record(number)) + "\n" for number in (10, 9))
        files.pipe_file(f"{path}/inbound/a.jsonl", lines.encode())

    assert site.run() == {"inbound": {"read": 2, "created": 2}, "outbound": {"read": 2, "created": 2}}

    written = sorted(name.rpartition("/")[2] for name in files.ls(f"{path}/outbound", detail=False))
    assert len(written) == (2 if kind == "json" else 1)
    assert not [name for name in written if name.startswith(".")]
    assert site.run() == {"inbound": {"read": 2, "unchanged": 2}, "outbound": {}}
    site.technician_edits(9, title="New pump")
    assert site.run()["outbound"] == {"read": 1, "updated" if kind == "json" else "created": 1}
    site.work_orders.update_many({}, {"$set": {"isSynced": False}})
    assert site.run()["outbound"] == {"read": 2, "unchanged" if kind == "json" else "created": 2}


def test_what_is_wrong_with_one_file_rejects_it_alone(site: Site) -> None:
    files, path = at(site, "memory")
    files.pipe_file(f"{path}/inbound/1.json", json.dumps(client_record(1)).encode())
    files.pipe_file(f"{path}/inbound/2.json", b" " * 5_000_000)
    files.makedirs(f"{path}/inbound/3.json")
    assert site.run(directions=INBOUND) == {"inbound": {"read": 3, "created": 1, "rejected": 2}}


def test_a_folder_that_is_not_there_is_an_error_and_an_empty_one_in_a_bucket_is_not(site: Site) -> None:
    at(site, "memory")
    with pytest.raises(EndpointError, match=r"the inbound folder memory://site/inbound cannot be read: No such file"):
        site.run(directions=INBOUND)
    files, _ = at(site, "s3")
    with pytest.raises(EndpointError, match="cannot be read: No such file"):
        site.run(directions=INBOUND)
    files.pipe_file("bucket/other", b"")
    assert site.run(directions=INBOUND) == {"inbound": {}}


def test_a_connection_that_breaks_stops_the_run_and_shows_no_secret(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, path = at(site, "memory")
    files.pipe_file(f"{path}/inbound/1.json", b"{}")
    site.settings = replace(site.settings, inbound=Url("memory://site/inbound?token=hidden-token"))

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("403 for hidden-token")

    monkeypatch.setattr(MemoryFileSystem, "ls", fail)
    with pytest.raises(EndpointError) as caught:
        site.run(directions=INBOUND)
    assert "403" in str(caught.value)
    assert "hidden-token" not in str(caught.value)


def test_a_write_that_fails_leaves_nothing_behind_and_everything_unsynced(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, path = at(site, "memory")
    files.pipe_file(f"{path}/inbound/1.json", json.dumps(client_record(1)).encode())

    def fail(*_: Any, **__: Any) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, "mv", fail)
        with pytest.raises(EndpointError, match=r"outbound/workorder_1\.json cannot be written: .*TimeoutError"):
            site.run()
    assert files.ls(f"{path}/outbound") == []
    assert site.run()["outbound"] == {"read": 1, "created": 1}


def test_settings_take_a_url_for_either_folder_and_never_show_its_secrets(tmp_path: Path) -> None:
    settings = load_settings({"DATA_INBOUND_DIR": SECRET, "DATA_OUTBOUND_DIR": "out"}, tmp_path / ".env")
    assert settings.inbound == Url(SECRET)
    assert settings.outbound == Path("out")
    for text in (str(settings.inbound), repr(settings), f"{RemoteFolder(Url(SECRET))}"):
        assert "s3cret" not in text
        assert "token" not in text
    assert str(settings.inbound) == "sftp://***@host/in"
    said = without_secrets(f"a {SECRET} b s3cret@word c hidden-token", [settings.inbound])
    assert said == "a sftp://***@host/in b *** c ***"


@contextmanager
def another_run_before(name: str, site: Site) -> Iterator[None]:
    """Just before a file appears behind a URL, let a technician edit, and another run do all its work."""
    method, is_first = getattr(MemoryFileSystem, name), True

    def held_up(files: MemoryFileSystem, *arguments: Any, **options: Any) -> Any:
        nonlocal is_first
        if is_first and arguments[-1 if name == "mv" else 0].endswith("workorder_7.json"):
            is_first = False
            site.database["etl_leases"].update_one({}, {"$unset": {"holder": ""}})  # as if its holder had died
            site.technician_edits(7, title="three")
            site.run()
        return method(files, *arguments, **options)

    with replaced(MemoryFileSystem, name, held_up):
        yield
    assert not is_first


def test_behind_a_url_what_an_earlier_run_was_about_to_rename_is_gone_when_it_wakes_up(site: Site) -> None:
    files, base = at(site, "memory")
    site.work_orders.insert_one({"number": 7, "title": "two", "status": "pending", "createdAt": NOW, "isSynced": False})
    files.makedirs(f"{base}/inbound")
    with another_run_before("mv", site), pytest.raises(LeaseLostError):
        site.run()
    (name,) = files.ls(f"{base}/outbound", detail=False)
    assert json.loads(files.cat_file(name))["summary"] == "three"


@pytest.mark.parametrize("url", ["sftp://ana:s3/cret@host/in", "sftp://ana:s3@cret@host/in"])
def test_a_password_that_would_be_taken_for_a_host_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"DATA_INBOUND_DIR has a /, \? or @ in its user or password") as caught:
        load_settings({"DATA_INBOUND_DIR": url}, tmp_path / ".env")
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["s3://bucket/a@b", "sftp://host:22/a@b", "abfs://container@account/in", "file:///a:b@c"]
)
def test_an_at_sign_in_a_path_is_fine(url: str) -> None:
    assert parse_location(url) == Url(url)


def test_what_a_url_needs_is_said_before_anything_is_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.settings = replace(site.settings, outbound=Url("nonsense://host/out"))
    site.client_sends(1)
    with pytest.raises(SettingsError, match=r"nonsense://host/out cannot be opened: .*nonsense"):
        site.run()
    assert site.work_orders.count_documents({}) == 0
    for name in ("paramiko", "fsspec.implementations.sftp"):
        monkeypatch.setitem(sys.modules, name, None)
    inward = replace(site.settings, inbound=Url("sftp://ana:s3cret-word@host/in"), outbound=Url("memory://out"))
    for settings in (inward, replace(inward, outbound=inward.inbound)):
        said = [f"{one.subject}: {one.text}; {one.fix}" for one in examine_folders(site.mapping, settings)]
        assert said[0].startswith("inbound: sftp://***@host/in cannot be opened: "), said
        assert said[0].endswith("; install what is missing, or correct the scheme")
        assert len(said) == 2
        with pytest.raises(SettingsError, match=r"^sftp://\*\*\*@host/in cannot be opened: "):
            open_folder(settings.inbound)
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(SettingsError, match=r"needs fsspec, .*: pip install 'tracos-etl\[remote\]'"):
        file_systems(Url("s3://bucket"))


def test_no_output_of_the_command_line_has_a_secret_of_a_url(site: Site) -> None:
    """The host does not exist, so the run fails, one way or the other."""
    url = "ftp://ana:s3cret-word@host.invalid/in"
    done = etl("run", *MAPPING, "--log-level", "debug", site=site, DATA_INBOUND_DIR=url)
    assert done.returncode == 4, done.stderr
    assert "ftp://***@host.invalid/in" in done.stderr
    assert "s3cret-word" not in done.stdout + done.stderr


def test_fsspec_is_not_imported_for_folders_of_this_machine() -> None:
    script = (
        "import sys, pathlib; from etl import Settings; from etl.endpoints.files.reader import FilesReader\n"
        "from etl.endpoints.files.folder import open_folder\n"
        "open_folder(pathlib.Path('.')).names(); print('fsspec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
    assert Settings().inbound == Path("data/inbound")
