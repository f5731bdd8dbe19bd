"""`etl schema`."""

from __future__ import annotations

import click

from etl.cli.common import examples, quiet_pipe


@click.command(epilog=examples("etl schema > mapping.schema.json"))
def schema() -> None:
    """Print the JSON Schema of mapping files.

    Editors complete and check a mapping by it, where its first line is `# yaml-language-server: $schema=FILE`.
    """
    from etl.mapping.shipped import EDITOR_SCHEMA, shipped_schema  # noqa: PLC0415 - see etl.cli

    with quiet_pipe():
        click.echo(shipped_schema(EDITOR_SCHEMA), nl=False)
