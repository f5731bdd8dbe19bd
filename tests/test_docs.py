"""The documents are code: every snippet loads, every command exists, every link leads somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from etl.cli import cli
from etl.mapping.language.document import parse_document
from etl.mapping.language.form import check_form
from etl.mapping.language.parse import parse_mapping
from etl.mapping.load import mapping_schema
from tests.support.site import MAPPING_FILE, ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LANGUAGE = (ROOT / "docs" / "language.md").read_text()
TABLES = re.findall(r"`(\w+\.csv)` is:\n\n```csv\n(.*?)```", LANGUAGE, re.DOTALL)
"""The files in which snippets have lines of their tables, each with what is in it."""

SNIPPETS = re.findall(r"```yaml\n(.*?)```", LANGUAGE, re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.splitlines()[0][:40])
def test_every_snippet_of_the_language_reference_is_a_mapping(tmp_path: Path, snippet: str) -> None:
    """A list of rules is put into the shipped mapping, beside its key; a part of a mapping is put into that part."""
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    (tmp_path / "mappings").mkdir()
    for name, content in TABLES:
        (tmp_path / "mappings" / name).write_text(content)
    text, name = snippet, str(tmp_path / "mappings" / "snippet.yaml")
    if snippet.startswith("- "):
        head = MAPPING_FILE.read_text().partition("rules:\n")[0]
        rules = "".join(f"  {line}\n" for line in snippet.splitlines())
        text = f"{head}rules:\n  - {{client: orderNo, tracos: number, key: true}}\n{rules}"
    document = parse_document(text, name)
    if "mapping" not in document.value:
        shipped = parse_document(MAPPING_FILE.read_text(), str(MAPPING_FILE)).value
        parts = {name: shipped.get(name, {}) | part for name, part in document.value.items() if isinstance(part, dict)}
        document.value = shipped | document.value | parts
    check_form(document, mapping_schema())
    assert parse_mapping(document).rules


def test_there_are_snippets_of_every_kind_of_rule() -> None:
    for word in ("from:", "as:", "key:", "flags:", "values:", "cases:", "otherwise:", "write: once", "each:", "nulls:"):
        assert any(word in snippet for snippet in SNIPPETS), word


def test_there_are_snippets_of_every_policy() -> None:
    for word in ("conflicts:", "wins:", "newest:", "tolerance:", "echo:", "keep:", "deleted_when:"):
        assert any(word in snippet for snippet in SNIPPETS), word


LINKS = [(page, target) for page in PAGES for target in re.findall(r"\]\(([^):]+)\)", page.read_text())]


@pytest.mark.parametrize(("page", "link"), LINKS, ids=lambda part: part.name if isinstance(part, Path) else part)
def test_a_link_between_documents_leads_to_a_file_and_its_heading(page: Path, link: str) -> None:
    name, _, heading = link.partition("#")
    file = page.parent / name if name else page
    assert file.exists()
    assert not heading or heading in headings(file.read_text())


def headings(text: str) -> set[str]:
    """Return the names that links to the headings of a page have."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def typed(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what a page says to type: the name of a command of `etl`, and the words that follow."""
    inline = re.findall(r"`etl ([a-z][^`|>&]*)", text)
    for said in (*inline, *re.findall(r"(?:^|[$/|] ?)etl ([a-z][^`|>&\n]*)", text, re.MULTILINE)):
        name, *words = said.split()
        yield name, words


def test_commands_in_documents_exist_with_their_options_and_every_command_is_there() -> None:
    named = set()
    for page in PAGES:
        for name, words in typed(page.read_text()):
            named.add(name)
            command = cli.commands[name]
            if isinstance(command, click.Group) and words:
                command = command.commands[words[0]]
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            assert {word.rstrip(",.:;") for word in words if word.startswith("--")} <= known | {"--help"}, (page, words)
    assert named == set(cli.commands)


def test_tasks_in_documents_exist_and_every_task_is_there_with_its_help() -> None:
    tasks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["poe"]["tasks"]
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    assert set(re.findall(r"\bpoe ([a-z]+)", contributing)) == set(tasks)
    assert all(task["help"] for task in tasks.values())


def test_what_to_touch_for_a_change_names_files_that_are_there() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("## What to touch for\n")[2]
    rows = {
        row[0]: " ".join(row[1:]) for row in (line.strip("| ").split(" | ") for line in table.splitlines()) if row[1:]
    }
    assert list(rows)[1:] == ["a rule kind", "a codec", "a file format", "an endpoint", "a command", "a diagnostic"]
    paths = [path for row in rows.values() for path in re.findall(r"`(\w[\w./]*/[\w./]*)`", row)]
    assert len(paths) > len(rows)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_test_that_is_named_as_proof_exists() -> None:
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text())}
    sources = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    assert named
    written = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
    assert named <= written, named - written


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest"
    assert f"\n{command}\n" in (ROOT / "README.md").read_text()
    assert f"  {command}\n" in (ROOT / ".ci" / "run").read_text()


def test_ci_runs_what_the_test_command_leaves_out() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    options = shlex.split(project["pytest"]["ini_options"]["addopts"])
    assert {"-m", "-k", "--ignore", "--deselect"} & set(options) == {"-m"}
    assert options[options.index("-m") + 1] == "not long and not browser"
    assert project["poe"]["tasks"]["long"]["cmd"] == "pytest -m long"
    assert project["poe"]["tasks"]["browser"]["cmd"] == "pytest -m browser -n 0"
    for suite in ("long", "browser"):
        assert f"\n.venv/bin/poe {suite}\n" in (ROOT / ".ci" / "run").read_text()
