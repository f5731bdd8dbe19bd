"""`etl check`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from etl.cli.common import INVALID, examples, load


@click.command(epilog=examples("etl check mappings/*.yaml"))
@click.argument("mapping_files", metavar="MAPPING...", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(mapping_files: tuple[Path, ...]) -> None:
    """Check mapping files; say everything that is wrong, with file, line and column.

    Exit code 0: all are right; 3: something is wrong.
    """
    from etl.errors import MappingError  # noqa: PLC0415 - see etl.cli

    wrong = 0
    for file in mapping_files:
        try:
            mapping = load(file)
        except MappingError as error:
            click.echo(str(error))
            wrong += len(error.findings)
        else:
            click.echo(f"{file}: {len(mapping.rules)} rules, no findings")
    if wrong:
        click.echo(f"{wrong} finding{'s' if wrong > 1 else ''}", err=True)
        sys.exit(INVALID)
