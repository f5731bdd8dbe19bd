"""The tutorial, a bad night and the README's first page are walked, command by command, with nothing beside them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.support.command_line import MAPPING, etl
from tests.support.site import ROOT, Site
from tests.support.walk import DATED, printed, walk


@pytest.mark.long
@pytest.mark.parametrize("name", ["tutorial", "bad_night", "public_sample"])
def test_a_page_of_what_to_type_can_be_walked_word_for_word(tmp_path: Path, name: str) -> None:
    page = (ROOT / "docs" / f"{name}.md").read_text()
    walked = 0
    for command, said, seen in walk(page, tmp_path):
        assert seen == said, command
        walked += 1
    assert walked == page.count("\n$ ")


@pytest.mark.long
def test_the_plan_and_the_conflict_of_the_readme_can_be_reproduced_word_for_word(tmp_path: Path) -> None:
    for name in ("mappings", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name)
    text = (ROOT / "README.md").read_text().partition("### See it before it happens\n")[2]
    typed, plan, decided = (block for _, block in re.findall(r"```(sh|console)\n(.*?)```", text, re.DOTALL)[:3])
    for command in ("etl sample", "etl run", *typed.replace(".venv/bin/", "").splitlines()):
        printed(command, tmp_path)
    said = plan.partition("\n")[2]
    assert DATED.sub("NOW", printed("etl plan", tmp_path)) == DATED.sub("NOW", said)
    printed("etl run", tmp_path)
    for command, shown in re.findall(r"^\$ \.venv/bin/(.*)\n((?:(?!\$ ).*\n)*)", decided, re.MULTILINE):
        assert DATED.sub("NOW", printed(command, tmp_path)).rstrip() == DATED.sub("NOW", shown).rstrip(), command


def test_a_work_order_is_shown_anywhere_and_edited_in_the_private_database_alone(site: Site) -> None:
    site.client_sends(3)
    site.run()
    shown = json.loads(etl("sample", *MAPPING, "--show", "3", site=site).stdout)
    assert (shown["title"], shown["createdAt"]) == ("Pump 3", "2025-01-02T03:04:05Z")
    done = etl("sample", *MAPPING, "--edit", "3", "title=x", site=site)
    assert (done.returncode, site.work_order(3)["title"]) == (3, "Pump 3")
    assert "only samples are edited, and MONGO_URI names a server" in done.stderr
    done = etl("sample", *MAPPING, "--show", "99", site=site)
    assert (done.returncode, "there is no document of the key 99 in workorders" in done.stderr) == (3, True)


@pytest.mark.parametrize("words", [["--edit", "3"], ["title=x"], ["--show", "3", "--edit", "3", "title=x"]])
def test_an_edit_names_a_key_and_what_to_set(words: list[str]) -> None:
    done = etl("sample", *words)
    assert done.returncode == 2
    assert "--edit KEY takes one FIELD=VALUE or more, and nothing else does" in done.stderr
