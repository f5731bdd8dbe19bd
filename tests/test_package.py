"""The package that is installed: everything that it needs is in it, and its types can be used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from etl.start.ready import ready
from tests.support.command_line import etl
from tests.support.site import ROOT


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return file


@pytest.fixture(scope="module")
def wheel(built: Path) -> set[str]:
    """Return the names of the files of the wheel."""
    return set(ZipFile(built).namelist())


def test_the_wheel_says_that_the_package_has_types(wheel: set[str]) -> None:
    assert "etl/py.typed" in wheel


def test_the_wheel_has_every_file_of_the_package_and_the_schemas_that_it_reads(wheel: set[str]) -> None:
    files = {file for file in (ROOT / "etl").rglob("*") if file.is_file() and file.suffix != ".pyc"}
    needed = {str(file.relative_to(ROOT)) for file in files} | {"etl/schemas/mapping.schema.json"}
    assert needed - wheel == set()


def test_the_wheel_has_every_mapping_that_comes_with_it(wheel: set[str]) -> None:
    files = {file for folder in ("mappings", "schemas") for file in (ROOT / folder).rglob("*") if file.is_file()}
    assert {f"etl/{file.relative_to(ROOT).as_posix()}" for file in files} - wheel == set()


@pytest.mark.long
def test_an_installed_wheel_makes_a_folder_of_each_mapping_that_comes_with_it(built: Path, tmp_path: Path) -> None:
    ZipFile(built).extractall(tmp_path / "installed")
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    code = "import etl; from etl.cli import cli; print(etl.__file__); cli()"
    for name in ready():
        command = [sys.executable, "-c", code, "init", name, "--like", name]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.startswith(str(tmp_path / "installed"))
        checked = etl("check", "--strict", str(ready()[name].place), folder=tmp_path / name)
        assert (checked.returncode, checked.stdout.endswith("no findings\n")) == (0, True), checked.stdout


def test_the_wheel_has_nothing_of_the_tests(wheel: set[str]) -> None:
    assert {Path(name).parts[0].partition("-")[0] for name in wheel} == {"etl", "tracos_etl"}
