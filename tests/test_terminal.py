"""What people see on a terminal: colours, whole help, and no more than they need."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable

import click
import pytest

from tests.commands import EVERY, PAGE, drawn
from tests.support.command_line import Done, etl, etl_on_a_terminal
from tests.support.site import ROOT

COLOUR = re.compile(r"\x1b\[[0-9;]+m")
BROKEN = str(next((ROOT / "tests" / "broken").glob("E160*.yaml")))


@pytest.mark.parametrize("name", EVERY)
def test_help_is_whole_on_a_terminal_of_80_columns(name: str) -> None:
    command = EVERY[name]
    with click.Context(command, info_name=name, terminal_width=80) as context:
        lines = command.get_help(context).splitlines()
    assert [line for line in lines if len(line) > 80] == []
    assert [line for line in lines[1:] if line.endswith("...")] == []


def test_the_page_of_the_commands_is_drawn_from_them() -> None:
    assert drawn(PAGE.read_text()) == PAGE.read_text(), "draw it anew: python -m tests.commands"


@pytest.mark.parametrize(
    ("on_terminal", "said", "coloured"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_there_are_colours_on_a_terminal_unless_the_environment_says_otherwise(
    on_terminal: bool, said: dict[str, str], coloured: bool
) -> None:
    run: Callable[..., Done] = etl_on_a_terminal if on_terminal else etl
    shown = run("check", BROKEN, settings={"NO_COLOR": "", "FORCE_COLOR": "", **said}).stdout
    assert "E160" in shown
    assert bool(COLOUR.search(shown)) is coloured


def test_the_shell_completes_commands_options_and_names() -> None:
    def completed(*words: str) -> set[str]:
        said = {"_ETL_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
        return {line.partition(",")[2] for line in etl(settings=said).stdout.splitlines()}

    assert {"conflicts", "check"} <= completed("etl", "c")
    assert completed("etl", "runs", "list", "--js") == {"--json"}
    assert completed("etl", "schema", "conf") == {"conflict"}


def test_the_lines_for_completion_are_read_by_their_shells() -> None:
    lines = re.findall(r"`(eval [^`]+)`", PAGE.read_text())
    assert len(lines) == 2
    found = etl(_ETL_COMPLETE="bash_source").stdout
    assert "complete" in found
    shell = shutil.which("bash")
    assert shell
    assert subprocess.run([shell, "-n"], input=found, text=True, check=False).returncode == 0
