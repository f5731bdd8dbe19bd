"""`etl init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from etl.cli.common import examples, exit_codes, say, to_stderr
from etl.cli.output import say_json, with_json
from etl.version import __version__

if TYPE_CHECKING:
    from etl.start.ready import Ready

STARTER: Final = "starter"


def _ready(context: click.Context, parameter: click.Parameter, name: str) -> Ready:
    from etl.start.ready import ready  # noqa: PLC0415 - see etl.cli

    known = ready()
    if name not in known:
        raise click.BadParameter(f"there is no {name}; there are {', '.join(sorted(known))}", context, parameter)
    return known[name]


@click.command(epilog=examples("etl init acme", "etl init acme --like tracos_client"))
@click.option(
    "--like",
    metavar="NAME",
    default=STARTER,
    show_default=True,
    callback=_ready,
    help="Mapping to start from, one of those that come with etl; an unknown name lists them.",
)
@with_json("init")
@click.argument("folder", metavar="[FOLDER]", default=".", type=click.Path(file_okay=False, path_type=Path))
def init(folder: Path, like: Ready, *, as_json: bool) -> None:
    """Make a folder in which a mapping runs.

    FOLDER, by default the current one, gets a mapping with its two schemas and sample records, the editor's schema, a
    .env with a private MongoDB, a workflow that proves the mapping, and a README.md. A file that is there already stays
    as it is.

    Exit code 0: all fine; 4: a file cannot be written.
    """
    with exit_codes(to_stderr):
        from etl.start.folder import files_like, write_new  # noqa: PLC0415 - see etl.cli

        made = write_new(folder, files_like(like, __version__))
        if as_json:
            paths = ({"written": made.written, "there": made.there}).items()
            say_json({name: [str(folder / place) for place in found] for name, found in paths})
            return
        for place in made.written:
            say(str(folder / place))
        for place in made.there:
            to_stderr(f"{folder / place} was there already, and stays as it is")
        go = "" if folder == Path() else f"cd {folder} && "
        to_stderr(f"next: {go}etl plan --mapping {like.place}")
