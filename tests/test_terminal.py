"""What people see on a terminal: colours, whole help, and no more than they need."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from etl.cli.progress import told
from etl.endpoints.files.reader import FilesReader
from etl.mapping.files import FileFormat, FilesEndpoint
from etl.mapping.terms import Direction
from etl.transfer.model import Outcome
from etl.transfer.report import Report
from tests.commands import EVERY, PAGE, drawn
from tests.support.command_line import MAPPING, Done, etl, etl_on_a_terminal
from tests.support.site import ROOT, Site

COLOUR = re.compile(r"\x1b\[[0-9;]+m")
README = (ROOT / "README.md").read_text()
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


LINE = re.compile(r"\r\x1b\[K([^\r\x1b]*)")


def test_a_run_on_a_terminal_shows_how_far_it_is_and_ends_with_a_table_that_adds_up(site: Site) -> None:
    etl("sample", *MAPPING, site=site)
    planned = etl_on_a_terminal("plan", *MAPPING, site=site).stdout
    assert "inbound: 10 records" in LINE.findall(planned)
    assert "\x1b[Kinbound: 10 read = 10 updated" in planned
    shown = etl_on_a_terminal("run", *MAPPING, site=site).stdout
    assert {"inbound: reading", "inbound: 10 records, 100 %", "outbound: reading"} <= set(LINE.findall(shown))
    lines = COLOUR.sub("", LINE.sub("", shown)).splitlines()
    expected = README.partition("On a terminal:\n\n```text\n")[2].partition("```")[0].splitlines()[1:]
    assert lines[:4] == expected[:4]
    assert re.match(r"[0-9.]+ s, [0-9,]+ records a second; run [0-9a-f]{16}$", lines[4])
    assert lines[5] == f"next: etl conflicts list --decided {' '.join(MAPPING)}"
    (site.inbound / "1.json").write_text("{}")
    shown = etl_on_a_terminal("run", *MAPPING, site=site).stdout
    assert re.search(r"\r\x1b\[K(\x1b\[[0-9;]*m)*[0-9-]{10}T", shown), "the line is gone before a message"
    table = COLOUR.sub("", shown)
    assert re.search(r"inbound +10 +9 +1\n", table)
    assert f"next: etl dead-letters list {' '.join(MAPPING)}" in table
    piped = etl("run", *MAPPING, site=site)
    assert "\x1b" not in piped.stdout + piped.stderr
    assert piped.stdout.startswith("inbound: 10 read = 9 unchanged, 1 rejected")


def test_the_line_says_share_rate_rest_and_what_was_rejected() -> None:
    report = Report(Direction.INBOUND, expected=lambda: 400_000)
    assert told(report, 0) == "inbound: reading"
    report.counts.update({Outcome.CREATED: 99_997, Outcome.REJECTED: 3})
    assert told(report, 50) == "inbound: 100,000 records, 25 %, 2,000 a second, 2 min 30 s left, 3 rejected"
    report.expected = lambda: None
    assert told(report, 50) == "inbound: 100,000 records, 2,000 a second, 3 rejected"


def test_how_many_records_there_are_is_known_of_files_and_guessed_within_them(tmp_path: Path) -> None:
    def expected(pattern: str, form: FileFormat) -> list[float | None]:
        reader = FilesReader(tmp_path, FilesEndpoint(pattern, (), inbound_format=form))
        return [reader.expected(), *(reader.expected() for _ in reader.batches(1000))]

    for number in range(7):
        (tmp_path / f"{number}.json").write_text("{}")
    assert expected("*.json", FileFormat.JSON) == [None, 7]
    (tmp_path / "a.jsonl").write_text('{"orderNo": 1}\n' * 1500)
    assert expected("*.jsonl", FileFormat.JSON_LINES) == [None, None, 1500]
    (tmp_path / "a.jsonl").write_text(f'{{"summary": "{"x" * 1000}"}}\n' * 1500)
    _, first, last = expected("*.jsonl", FileFormat.JSON_LINES)
    assert first is not None
    assert 1000 < first < 2000
    assert last == 1500


TELLING = """
import sys, threading
join = threading.Thread.join
def told(thread, timeout=None):
    print("waits for", thread.name, file=sys.stderr)
    join(thread, timeout)
threading.Thread.join = told
from etl.cli import main
main()
"""


def test_no_command_waits_at_its_end_for_the_threads_of_the_driver(site: Site) -> None:
    command = [sys.executable, "-c", TELLING, "runs", "list", *MAPPING]
    done = subprocess.run(command, env=site.environment, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "no run is known\n"
    assert "pymongo" not in done.stderr
