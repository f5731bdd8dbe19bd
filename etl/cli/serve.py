"""`etl serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from etl.cli.common import engine_errors, examples, say, with_logging, with_mapping

PORT: Final = 8420
_PARTS: Final = ("flask", "waitress", "werkzeug", "jinja2", "markupsafe")


@click.command(epilog=examples("etl serve", "etl serve --edit --port 9000"))
@with_mapping
@click.option("--edit", is_flag=True, help="Let people decide conflicts and dead letters.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=PORT,
    show_default=True,
    help="Port of 127.0.0.1 to listen at.",
)
@with_logging
def serve(mapping_file: Path, port: int, log_level: str, log_format: str, *, edit: bool) -> None:
    """Serve a site on this machine, for runs and what waits.

    It has the runs, conflicts, dead letters and a playground. Open the address that is printed; its token lets in who
    knows it, until Ctrl-C ends the site. The pages show what is there now. Without --edit nothing can be decided there.
    The playground tries a mapping on a record, and writes nothing.

    Exit code 3: the mapping is wrong, or the extra `web` is not installed; 4: the port cannot be used.
    """
    with engine_errors(log_level, log_format) as (settings, log):
        try:
            from etl.web.server import make_server  # noqa: PLC0415 - see etl.cli
            from etl.web.site import Loaded, Site  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise _lacking(error) from None
        site = Site(Loaded(mapping_file), settings, log, port, edit)
        server = make_server(site)
        mode = "people decide there" if edit else "read-only: --edit lets people decide"
        say(f"{site.address}\n{mode}; Ctrl-C ends it")
        try:
            server.run()
        finally:
            server.close()


def _lacking(error: ModuleNotFoundError) -> Exception:
    """Return what is said where the packages of the site are not installed; any other module's absence is a bug."""
    from etl.errors import ConfigurationError  # noqa: PLC0415 - see etl.cli

    name = (error.name or "").partition(".")[0]
    if name not in _PARTS:
        return error
    return ConfigurationError(f"etl serve needs {name}, which is not installed: pip install 'tracos-etl[web]'")
