"""`etl draft`."""

from __future__ import annotations

from pathlib import Path

import click

from etl.cli.common import examples, exit_codes, say, to_stderr
from etl.cli.output import say_json, with_json


@click.command(
    epilog=examples(
        "etl draft orders.csv",
        "etl draft orders.csv --documents work_orders.json --name acme",
        "etl draft 'vendor.openapi.yaml#/components/schemas/Order' page.json",
    )
)
@click.option("--name", default="", metavar="NAME", help="Name of the mapping; by default that of the first SAMPLE.")
@click.option(
    "--inside",
    metavar="SCHEMA",
    type=click.Path(path_type=Path),
    help="JSON Schema of the inside system; by default that of TracOS work orders.",
)
@click.option(
    "--documents",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Work orders of the inside system, some of them those of the samples, as mongoexport writes them: fields with "
    "equal values belong together.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Folder to write to; mappings and schemas are folders in it.",
)
@with_json("draft")
@click.argument("samples", metavar="SAMPLE...", nargs=-1, required=True)
def draft(
    samples: tuple[str, ...], name: str, inside: Path | None, documents: Path | None, folder: Path, *, as_json: bool
) -> None:
    """Draft a mapping from samples of a customer's records.

    SAMPLE is a file of JSON, JSON Lines or CSV, compressed or not; format, encoding, delimiter and envelope are found
    out. The first one may be a vendor's OpenAPI document. Both schemas and a mapping are written, in which every doubt
    is marked, and a few values of the samples stand. A mapping that is there already is never overwritten.

    Exit code 0: all fine; 3: nothing can be drafted; 4: a file cannot be read or written, or is there already.
    """
    with exit_codes(to_stderr):
        from etl.draft.draft import Asked, draft  # noqa: PLC0415 - see etl.cli
        from etl.start.folder import write_new  # noqa: PLC0415

        made = draft(Asked(samples, folder, name, inside, documents))
        written = [str(folder / place) for place in write_new(folder, made.files, made.new).written]
        if as_json:
            counts = {"rules": made.rules, "doubts": made.doubts, "left": made.left}
            say_json({"mapping": str(folder / made.mapping), "written": written, **counts})
            return
        for place in written:
            say(place)
        to_stderr(
            f"{made.rules} rules, {made.doubts} doubts that are marked, {made.left} fields of the samples not mapped; "
            f"next: etl check {folder / made.mapping}"
        )
