"""`etl schema`."""

from __future__ import annotations

import click

from etl.cli.common import examples, quiet_pipe

MAPPING = "mapping"


def _complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    from etl.shipped import output_schemas  # noqa: PLC0415 - see etl.cli

    del context, parameter
    return [name for name in (MAPPING, *output_schemas()) if name.startswith(begun)]


@click.command(epilog=examples("etl schema > mapping.schema.json", "etl schema run"))
@click.argument("name", metavar="[NAME]", default=MAPPING, shell_complete=_complete)
def schema(name: str) -> None:
    """Print the JSON Schema of mapping files, or of an output.

    Without NAME it is that of mapping files: editors complete and check a mapping by it, where its first line is
    `# yaml-language-server: $schema=FILE`. Else it is that of what a command prints with --json, whose help says the
    NAME; an unknown one lists them.
    """
    from etl.shipped import EDITOR_SCHEMA, output_schemas, shipped_schema  # noqa: PLC0415 - see etl.cli

    known = {MAPPING: EDITOR_SCHEMA} | output_schemas()
    if name not in known:
        raise click.UsageError(f"there is no schema {name!r}; there are {', '.join(known)}")
    with quiet_pipe():
        click.echo(shipped_schema(known[name]), nl=False)
