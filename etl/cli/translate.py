"""`etl translate`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from etl.cli.common import DEFAULT_MAPPING, REJECTED, examples, exit_codes, load, quiet_pipe, to_stderr, with_mapping
from etl.cli.records import native_reader, parse_record, read_lines, written_form

if TYPE_CHECKING:
    from etl.mapping.model import Mapping
    from etl.mapping.terms import Direction


@click.command(
    epilog=examples(
        f"etl translate --mapping {DEFAULT_MAPPING} --direction inbound orders.jsonl",
        "jq -c . data/inbound/*.json | etl translate --direction inbound | jq .status",
    )
)
@with_mapping
@click.option(
    "--direction",
    type=click.Choice(("inbound", "outbound")),
    required=True,
    help="Direction: inbound translates records of the outside system to the inside one, outbound the other way.",
)
@click.argument("file", metavar="[FILE|-]", default="-")
def translate(mapping_file: Path, direction: str, file: str) -> None:
    """Translate JSON Lines to JSON Lines.

    Each line of FILE, or of stdin, is a record; the results come in the same order, as soon as they are ready. Dates of
    inside records are text. Only results go to stdout; a rejected line is reported on stderr, and the others go on.
    Blank lines are skipped.

    Exit code 0: all were translated; 1: some were rejected; 3: the mapping is wrong; 4: the file cannot be read.
    """
    with exit_codes(to_stderr), quiet_pipe():
        from etl.errors import RecordError  # noqa: PLC0415 - see etl.cli
        from etl.mapping.terms import Direction  # noqa: PLC0415

        translate_line = _line_translator(load(mapping_file), Direction(direction))
        rejected = False
        for number, line in enumerate(read_lines(file), 1):
            if not line.strip():
                continue
            try:
                translated = translate_line(line.strip())
            except RecordError as error:
                rejected = True
                reasons = str(error).replace("not JSON: line 1, column", "not JSON: column")
                to_stderr(f"line {number}: {reasons}")
            else:
                sys.stdout.buffer.write(translated + b"\n")
                sys.stdout.buffer.flush()
        if rejected:
            sys.exit(REJECTED)


def _line_translator(mapping: Mapping, direction: Direction) -> Callable[[bytes], bytes]:
    """Return a function from a line to a line; it raises RecordError for one that is rejected."""
    from etl.app import translator  # noqa: PLC0415 - see etl.cli

    to_native = native_reader(mapping.system(direction.source))
    translate_record = translator(mapping, direction)
    return lambda line: written_form(translate_record(to_native(parse_record(line))), direction.target)
