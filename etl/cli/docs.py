"""`etl docs`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from etl.cli.common import DEFAULT_MAPPING, examples, exit_codes, load, quiet_pipe, to_stderr

if TYPE_CHECKING:
    from etl.mapping.model import Mapping

_FORMATS = ("markdown", "html")


@click.command(
    epilog=examples(
        f"etl docs {DEFAULT_MAPPING}",
        f"etl docs {DEFAULT_MAPPING} --format html --out tracos_client.html",
    )
)
@click.argument("mapping_file", metavar="MAPPING", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="markdown",
    show_default=True,
    help="Output format; html is a single self-contained file.",
)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write to FILE instead of stdout.")
def docs(mapping_file: Path, form: str, out: Path | None) -> None:
    """Render a mapping as a page to read.

    The page has the fields, rules, tables, losses and examples of MAPPING. The same mapping gives the same page; as
    HTML it has its date and version too, a search, and a diagram whose fields lead to their rules.

    Exit code 0: all fine; 3: the mapping is wrong; 4: FILE cannot be written.
    """
    with exit_codes(to_stderr), quiet_pipe():
        from etl.page import html, markdown  # noqa: PLC0415 - see etl.cli
        from etl.page.content import page_of  # noqa: PLC0415

        mapping = load(mapping_file)
        page = page_of(mapping)
        write_page(markdown.render(page) if form == "markdown" else html.render(page, _made(mapping)), out)


def _made(mapping: Mapping) -> str:
    """Return when a page is made, and of which version; SOURCE_DATE_EPOCH makes it any day, as for other builds."""
    from etl.app.mapping_hash import mapping_hash  # noqa: PLC0415 - see etl.cli
    from etl.version import __version__  # noqa: PLC0415

    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    day = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() and epoch.isascii() else datetime.now(UTC)
    return f"Version {mapping_hash(mapping)} of the mapping and its schemas, {day:%Y-%m-%d}, etl {__version__}"


def write_page(text: str, file: Path | None, *, private: bool = False) -> None:
    """Write a page to a file, or to stdout. private: for its owner only, since it shows records.

    Raises:
        EndpointError: when the file cannot be written.

    """
    if file is None:
        click.echo(text.encode(), nl=False)
        return
    from etl.endpoints.files.atomic import write_atomically  # noqa: PLC0415 - see etl.cli
    from etl.endpoints.private import write_private  # noqa: PLC0415
    from etl.errors import EndpointError  # noqa: PLC0415

    try:
        (write_private if private else write_atomically)(file.resolve(), text.encode())  # a link stays a link
    except OSError as error:
        raise EndpointError(f"{file} cannot be written: {error.strerror or error}") from None
