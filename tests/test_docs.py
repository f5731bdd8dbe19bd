"""The documents are code: every snippet loads, every command exists, every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from etl.cli import cli
from etl.mapping.language.document import parse_document
from etl.mapping.language.parse import check_form, parse_mapping
from etl.mapping.load import mapping_schema
from tests.support.site import MAPPING_FILE, ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
LANGUAGE = (ROOT / "docs" / "language.md").read_text()
SNIPPETS = re.findall(r"```yaml\n(.*?)```", LANGUAGE, re.DOTALL)


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.splitlines()[0][:40])
def test_every_snippet_of_the_language_reference_is_a_mapping(snippet: str) -> None:
    """A list of rules is put into the shipped mapping, beside its key; a part of a mapping is put into that part."""
    text = snippet
    if snippet.startswith("- "):
        head = MAPPING_FILE.read_text().partition("rules:\n")[0]
        rules = "".join(f"  {line}\n" for line in snippet.splitlines())
        text = f"{head}rules:\n  - {{client: orderNo, tracos: number, key: true}}\n{rules}"
    document = parse_document(text, str(MAPPING_FILE))
    if "mapping" not in document.value:
        shipped = parse_document(MAPPING_FILE.read_text(), str(MAPPING_FILE)).value
        document.value = shipped | {name: shipped[name] | part for name, part in document.value.items()}
    check_form(document, mapping_schema())
    assert parse_mapping(document).rules


def test_there_are_snippets_of_every_kind_of_rule() -> None:
    for word in ("from:", "as:", "key:", "flags:", "values:", "cases:", "otherwise:", "write: once", "each:", "nulls:"):
        assert any(word in snippet for snippet in SNIPPETS), word


def test_there_are_snippets_of_every_policy() -> None:
    for word in ("conflicts:", "wins:", "newest:", "tolerance:", "echo:", "deleted_when:"):
        assert any(word in snippet for snippet in SNIPPETS), word


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_documents_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_documents_exist(page: Path) -> None:
    for command in re.findall(r"(?:^|[`$/])etl ([a-z]+)[ `\n]", page.read_text(), re.MULTILINE):
        assert command in cli.commands, command


def test_every_test_that_is_named_as_proof_exists() -> None:
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+)`", page.read_text())}
    sources = "".join(file.read_text() for file in (ROOT / "tests").rglob("test_*.py"))
    assert named
    written = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
    assert named <= written, named - written


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest"
    assert f"\n{command}\n" in (ROOT / "README.md").read_text()
    assert command in (ROOT / ".ci" / "run").read_text()
