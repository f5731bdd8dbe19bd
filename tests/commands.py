"""Every command with its help, drawn into docs/cli.md.

python -m tests.commands
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from etl.cli import cli
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
    """Return the page with the commands as they are now."""
    before, beginning, _ = page.partition(BEGINNING)
    assert beginning, f"{PAGE} has no place for the commands"
    return f"{before}{beginning}\n" + "\n".join(map(_section, EVERY))


def _section(name: str) -> str:
    """Return what a command's help says, as Markdown."""
    command = EVERY[name]
    with click.Context(command, info_name=name, max_content_width=100) as context:
        usage = " ".join(command.collect_usage_pieces(context))
    parts = [f"{'#' * (name.count(' ') + 2)} {name}", f"```text\n{name} {usage}\n```", _flowed(command.help or "")]
    options = [one for one in command.params if isinstance(one, click.Option)]
    if options:
        with click.Context(command, info_name=name) as context:
            parts.append("\n".join(["| option | |", "|---|---|", *(_row(one, context) for one in options)]))
    examples = (command.epilog or "").partition(":\n")[2]
    parts.append("```sh\n" + "\n".join(line.strip() for line in examples.splitlines()) + "\n```")
    return "\n\n".join(filter(None, parts)) + "\n"


def _row(option: click.Option, context: click.Context) -> str:
    said, meant = option.get_help_record(context) or ("", "")
    return f"| `{_cell(said)}` | {_cell(meant)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _flowed(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text()))
