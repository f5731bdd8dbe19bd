"""The package that is installed: everything that it needs is in it, and its types can be used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support.site import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build the wheel; return the names of its files."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return set(ZipFile(file).namelist())


def test_the_wheel_says_that_the_package_has_types(wheel: set[str]) -> None:
    assert "etl/py.typed" in wheel


def test_the_wheel_has_every_file_of_the_package_and_the_schemas_that_it_reads(wheel: set[str]) -> None:
    files = {file for file in (ROOT / "etl").rglob("*") if file.is_file() and file.suffix != ".pyc"}
    needed = {str(file.relative_to(ROOT)) for file in files} | {"etl/schemas/mapping.schema.json"}
    assert needed - wheel == set()


def test_the_wheel_has_nothing_of_the_tests(wheel: set[str]) -> None:
    assert {Path(name).parts[0].partition("-")[0] for name in wheel} == {"etl", "tracos_etl"}
