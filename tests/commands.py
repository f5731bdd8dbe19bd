"""Every command with its help, and the exit codes: drawn into docs/cli.md.

python -m tests.commands
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import click

from etl.cli import cli
from etl.exit_codes import ExitCode
from tests.support.site import ROOT

PAGE = ROOT / "docs" / "cli.md"
BEGINNING = "<!-- drawn by `python -m tests.commands` -->\n"


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield a command and all below it, by what a user types."""
    yield name, command
    if isinstance(command, click.Group):
        for below, one in command.commands.items():
            yield from commands(one, f"{name} {below}")


EVERY = dict(commands(cli, "etl"))


def drawn(page: str) -> str:
    """Return the page with the commands and the exit codes as they are now."""
    before, beginning, _ = page.partition(BEGINNING)
    assert beginning, f"{PAGE} has no place for the commands"
    return f"{before}{beginning}\n" + "\n".join([_exit_codes(), *map(_section, EVERY)])


def _exit_codes() -> str:
    rows = "".join(f"| {int(code)} | {code.meaning} |\n" for code in ExitCode)
    return f"## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}"


def _section(name: str) -> str:
    """Return what a command's help says, as Markdown."""
    command = EVERY[name]
    with click.Context(command, info_name=name) as context:
        usage = " ".join([name, *command.collect_usage_pieces(context)])
        options = [one for one in command.params if isinstance(one, click.Option)]
        rows = [_row(one, context) for one in options]
    table = "\n".join(["| option | meaning |", "|---|---|", *rows]) if rows else ""
    examples = [line.strip() for line in (command.epilog or "").partition(":\n")[2].splitlines()]
    typed = "\n".join(["```sh", *examples, "```"])
    parts = (f"{'#' * (name.count(' ') + 2)} {name}", _flowed(command.help or ""), f"`Usage: {usage}`", table, typed)
    return "\n\n".join(filter(None, parts)) + "\n"


def _row(option: click.Option, context: click.Context) -> str:
    said, meant = option.get_help_record(context) or ("", "")
    return f"| `{_cell(said)}` | {_cell(meant)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<=", "≤")


def _flowed(text: str) -> str:
    """Return the paragraphs of a help text, in lines as documents have them."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(textwrap.fill(" ".join(one.split()), 120, break_on_hyphens=False) for one in paragraphs)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
