"""The layers hold, the public names exist, and no file or function outgrows one reading."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import etl
import etl.app as etl_app
from etl.endpoints.files.reader import FilesReader
from tests.architecture import PAGE, drawn, gives, needed, optional
from tests.support.site import ROOT
from tests.table.endpoint import Table, TableReader, TableWriter

SOURCES = sorted((ROOT / "etl").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def test_imports_point_down() -> None:
    script = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_is_one_reading_and_a_function_does_one_thing(file: Path) -> None:
    text = file.read_text()
    assert text.count("\n") <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno < 40, node.name


def test_the_hall_of_the_mapping_has_few_rooms() -> None:
    """What belongs together stands in a wing: who opens `etl/mapping` sees at most fifteen modules."""
    assert len([file for file in SOURCES if file.parent == ROOT / "etl/mapping" and file.stem != "__init__"]) <= 15


@pytest.mark.parametrize("name", etl.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(etl, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = etl.nonsense


@pytest.mark.parametrize("package", [etl, etl_app])
def test_what_a_package_offers_is_imported_when_it_is_used_and_no_module_of_it_has_such_a_name(package: Any) -> None:
    """Else the import of that module would put itself in the place of what is offered."""
    assert package.__file__ is not None
    modules = {file.stem for file in Path(package.__file__).parent.glob("*.py")}
    assert not modules & set(package.__all__)
    assert all(getattr(package, name) is not None for name in package.__all__)


@pytest.mark.slow
def test_the_page_of_the_architecture_is_drawn_from_the_code() -> None:
    page = PAGE.read_text()
    assert drawn(page) == page, "draw it anew: python -m tests.architecture"


def test_another_outside_brings_a_reader_and_a_writer_and_may_have_a_position() -> None:
    assert [each.__name__ for each in needed()] == ["Endpoint", "Reader", "Writer"]
    assert [each.__name__ for each in optional()] == ["Resuming", "Measuring", "Clearing", "Certain"]
    givers = Table, TableReader, TableWriter, TableReader, FilesReader, FilesReader, TableWriter
    for protocol, giver in zip((*needed(), *optional()), givers, strict=True):
        assert gives(giver, protocol), protocol


@pytest.mark.parametrize("file", TESTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_test_imports_another_test(file: Path) -> None:
    """What several tests need is a fixture in conftest, or stands in a file that is none, such as tests/support."""
    for node in ast.walk(ast.parse(file.read_text())):
        names = [alias.name for alias in getattr(node, "names", ())] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        assert not [name for name in names if re.search(r"(^|\.)(test_\w+|conftest)(\.|$)", name)], file
