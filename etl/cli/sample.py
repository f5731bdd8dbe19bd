"""`etl sample`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.common import engine_errors, examples, load, say, with_logging, with_mapping
from etl.cli.output import say_json, with_json

if TYPE_CHECKING:
    from etl.mapping.model import Mapping
    from etl.mapping.paths import Path as Place


@click.command(
    epilog=examples(
        "etl sample", "etl sample --count 1000", "etl sample --show 3", "etl sample --edit 3 title='Fan F-3' priority=2"
    )
)
@with_mapping
@click.option(
    "--count",
    type=click.IntRange(1, 1_000_000),
    default=10,
    show_default=True,
    help="Number of records to write for each system.",
)
@click.option("--show", metavar="KEY", help="Print the work order with this key as JSON, and write nothing.")
@click.option("--edit", metavar="KEY", help="Edit the work order with this key as TracOS does, and write no samples.")
@click.argument("changes", metavar="[FIELD=VALUE]...", nargs=-1)
@with_json("sample")
@with_logging
def sample(
    *,
    mapping_file: Path,
    count: int,
    show: str | None,
    edit: str | None,
    changes: tuple[str, ...],
    as_json: bool,
    log_level: str,
    log_format: str,
) -> None:
    """Write sample records; show or edit one.

    They are client files and TracOS work orders, and go where the settings say. Both have the numbers from 1 on, and
    every status. A file or work order that is there already stays as it is. With --edit, each FIELD=VALUE sets a field,
    to JSON or else to text, and null removes it; only the private MongoDB is edited so.
    """
    if bool(changes) != (edit is not None) or (edit is not None and show is not None):
        raise click.UsageError("--edit KEY takes one FIELD=VALUE or more, and nothing else does")
    with engine_errors(log_level, log_format) as (settings, log):
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.forms import written_form  # noqa: PLC0415
        from etl.mapping.terms import Side  # noqa: PLC0415

        mapping = load(mapping_file)
        if edit is not None:
            app.edit_sample(mapping, settings, log, edit, _parsed(mapping, changes))
        if (key := edit if show is None and as_json else show) is not None:
            document = json.loads(written_form(app.sample_document(mapping, settings, log, key), Side.INSIDE))
            say_json({"document": document} if as_json else document)
        elif edit is None:
            files, documents = app.write_sample(mapping, settings, log, count)
            if as_json:
                say_json({"files": files, "documents": documents})
            else:
                say(f"{files} new files in {settings.inbound}, {documents} new documents in {settings.database}")


def _parsed(mapping: Mapping, changes: tuple[str, ...]) -> dict[Place, Any]:
    """Return the values to set, by path; ABSENT for one to remove."""
    from etl.forms import native_reader  # noqa: PLC0415 - see etl.cli
    from etl.mapping.paths import PathError, get, parse_path, put  # noqa: PLC0415
    from etl.record import ABSENT  # noqa: PLC0415

    read, found = native_reader(mapping.inside), {}
    for change in changes:
        name, equals, text = change.partition("=")
        try:
            path = parse_path(name)
        except PathError as error:
            raise click.BadParameter(str(error), param_hint=change) from None
        if not equals:
            raise click.BadParameter("write FIELD=VALUE", param_hint=change)
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        record: dict[str, Any] = {}
        put(record, path, value)
        found[path] = ABSENT if value is None else get(read(record), path)
    return found
