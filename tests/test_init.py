"""From nothing to a folder in which a mapping runs: `etl init`, and the editor's schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from etl import Direction, load_mapping, translator
from etl.mapping.load import read_mapping
from etl.shipped import says_mapping
from etl.start.ready import ready
from tests.support.command_line import etl
from tests.support.site import ROOT, Site

NAMES = sorted(ready())


def init(folder: Path, *arguments: str) -> Path:
    """Return the mapping of a new folder."""
    done = etl("init", *arguments, folder=folder)
    assert (done.returncode, done.stdout != "") == (0, True), done.stderr
    made = [folder / name for name in done.stdout.splitlines() if name.endswith(".yaml")]
    (found,) = {file for file in made if says_mapping(file)}
    return found


def test_what_comes_ready_is_every_mapping_of_the_package() -> None:
    files = [*(ROOT / "mappings").glob("*.yaml"), *(ROOT / "mappings").glob("*/")]
    assert {file.stem for file in files} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_folder_runs_both_ways_without_a_word_said(name: str, site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    mapping = init(tmp_path, "new", "--like", name)
    assert etl("check", "--strict", str(mapping)).stdout.endswith("no findings\n")
    assert etl("test", "--no-laws", str(mapping)).returncode == 0
    settings = {"MONGO_URI": site.environment["MONGO_URI"], "MONGO_DATABASE": site.environment["MONGO_DATABASE"]}
    done = etl("run", folder=folder, settings=settings)
    assert done.returncode == 0, done.stderr
    inbound, outbound = done.stdout.splitlines()
    assert re.fullmatch(r"inbound: \d+ read = \d+ created(, \d+ skipped)?", inbound)
    sends = read_mapping(mapping).echo  # else what was imported is not sent back
    assert re.fullmatch(rf"outbound: (\d+) read = \1 {'created' if sends else 'unchanged'}", outbound)
    assert any((folder / "data" / "outbound").glob("*")) == sends


@pytest.mark.parametrize("name", NAMES)
def test_the_editor_finds_its_schema_in_a_new_folder(name: str, tmp_path: Path) -> None:
    mapping = init(tmp_path, ".", "--like", name)
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", mapping.read_text())
    assert named
    assert (mapping.parent / named[1]).read_text() == etl("schema").stdout


@pytest.mark.parametrize("name", NAMES)
def test_what_a_new_mapping_and_its_page_point_to_is_there(name: str, tmp_path: Path) -> None:
    mapping = init(tmp_path, ".", "--like", name)
    pages = re.findall(r"docs/[\w/]+\.md", mapping.read_text())
    assert all((tmp_path / page).is_file() for page in pages)
    for page in (tmp_path / "docs").rglob("*.md"):
        links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text())]
        assert all("://" in link or not link or (page.parent / link).is_file() for link in links)


def test_the_schema_that_is_printed_is_that_of_mapping_files() -> None:
    printed = json.loads(etl("schema").stdout)
    assert printed == json.loads((ROOT / "schemas" / "mapping.schema.json").read_text())


def test_a_file_that_is_there_stays_as_it_is_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine\n")
    first = etl("init", folder=tmp_path)
    assert "README.md was there already, and stays as it is\n" in first.stderr
    assert "README.md" not in first.stdout.split()
    made = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert made[tmp_path / "README.md"] == b"mine\n"
    second = etl("init", folder=tmp_path)
    assert (second.returncode, second.stdout) == (0, "")
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == made


def test_what_cannot_be_written_is_named_with_exit_code_4(tmp_path: Path) -> None:
    (tmp_path / "mappings").write_text("")
    done = etl("init", folder=tmp_path)
    assert done.returncode == 4
    assert "cannot be written: " in done.stderr
    (tmp_path / "other" / ".env").mkdir(parents=True)
    done = etl("init", "other", folder=tmp_path)
    assert (done.returncode, "other/.env cannot be written: something else is there" in done.stderr) == (4, True)


def test_an_unknown_mapping_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    done = etl("init", "--like", "nobody", folder=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert f"there is no nobody; there are {', '.join(NAMES)}" in done.stderr


def test_the_settings_of_a_new_folder_are_for_its_owner_alone(tmp_path: Path) -> None:
    init(tmp_path, ".")
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert ".env" in (tmp_path / ".gitignore").read_text().split()


def test_the_only_mapping_of_a_folder_is_meant_where_none_is_named_and_of_several_none(tmp_path: Path) -> None:
    mapping = init(tmp_path, ".")
    record = {"id": 1, "name": "Pump", "created": "2025-01-02 03:04:05", "state": "DONE"}
    assert translator(load_mapping(mapping), Direction.INBOUND)(record)["status"] == "completed"
    done = etl("explain", "--json", "-", folder=tmp_path, stdin=json.dumps(record))
    assert json.loads(done.stdout)["record"]["status"] == "completed"
    (mapping.parent / "other.yaml").write_text(mapping.read_text())
    done = etl("explain", "-", folder=tmp_path, stdin=json.dumps(record))
    assert done.returncode == 2
    there = "mappings/starter/other.yaml, mappings/starter/starter.yaml"
    assert f"there are several mappings, so say --mapping: {there}" in done.stderr
