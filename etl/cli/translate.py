"""`etl translate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from etl.cli.common import REJECTED, examples, exit_codes, load, quiet_pipe, to_stderr, with_mapping
from etl.cli.records import read_lines, run_items

if TYPE_CHECKING:
    from typing import TypeAlias

    from etl.mapping.model import Mapping
    from etl.mapping.terms import Direction
    from etl.record import Record
    from etl.transfer.model import Item

    _Read: TypeAlias = tuple[str, Callable[[], Record], Record | None]
    """The name of a record, what reads it, and what stands around it, where that is known."""


@click.command(
    epilog=examples(
        "etl translate --direction inbound orders.jsonl",
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
    """Translate records to JSON Lines.

    Each line of stdin, or of FILE, is a record; but where the mapping reads other files than of one JSON object, an
    inbound FILE is read as it says. The results come in the same order, as soon as they are ready. Dates of inside
    records are text. Only results go to stdout; what is rejected is reported on stderr, and the others go on. Blank
    lines are skipped.

    Exit code 0: all were translated; 1: some were rejected; 3: the mapping is wrong; 4: the file cannot be read.
    """
    with exit_codes(to_stderr), quiet_pipe():
        from etl.errors import RecordError  # noqa: PLC0415 - see etl.cli
        from etl.mapping.terms import Direction  # noqa: PLC0415

        mapping, way = load(mapping_file), Direction(direction)
        is_file = way is Direction.INBOUND and mapping.files.is_plain
        is_run = file != "-" and way is Direction.INBOUND and not mapping.files.is_plain
        translate_record, skipped, rejected = _translator(mapping, way), _skipping(mapping, way), False
        for place, read, around in _of_files(mapping, file) if is_run else _of_lines(file, is_file=is_file):
            try:
                record = read()
                if why := skipped(record, around):
                    to_stderr(f"{place}: skipped: {why}")
                    continue
                translated = translate_record(record)
            except RecordError as error:
                rejected = True
                to_stderr(f"{place}: {error}".replace("not JSON: line 1, column", "not JSON: column"))
            else:
                sys.stdout.buffer.write(translated + b"\n")
                sys.stdout.buffer.flush()
        if rejected:
            sys.exit(REJECTED)


def _of_lines(file: str, *, is_file: bool) -> Iterator[_Read]:
    """Yield what reads the record of each line, with the line's name. is_file: a run reads one from a file."""
    from etl.forms import parse_record  # noqa: PLC0415 - see etl.cli

    for number, line in enumerate(read_lines(file), 1):
        if line.strip():
            yield f"line {number}", partial(parse_record, line.strip(), is_file=is_file and number == 1), None


def _of_files(mapping: Mapping, file: str) -> Iterator[_Read]:
    """Yield what returns each record that a run would read of a file, with its name."""
    for item in run_items(mapping, file):
        yield item.origin, partial(_record, item), item.around


def _record(item: Item) -> Record:
    from etl.errors import RecordError  # noqa: PLC0415 - see etl.cli

    if item.record is None:
        raise RecordError(list(item.violations))
    return item.record


def _skipping(mapping: Mapping, direction: Direction) -> Callable[[Record, Record | None], str]:
    """Return a function that says why a record is not imported, "" of one that is."""
    from etl.mapping.rules.selection import compile_selection  # noqa: PLC0415 - see etl.cli
    from etl.mapping.terms import Direction  # noqa: PLC0415

    selection = compile_selection(mapping) if direction is Direction.INBOUND else None
    return (lambda _record, _around: "") if selection is None else selection.skipped


def _translator(mapping: Mapping, direction: Direction) -> Callable[[Record], bytes]:
    """Return a function from a record to a line; it raises RecordError for one that is rejected."""
    from etl.app import translator  # noqa: PLC0415 - see etl.cli
    from etl.forms import native_reader, written_form  # noqa: PLC0415

    to_native = native_reader(mapping.system(direction.source))
    translate_record = translator(mapping, direction)
    return lambda record: written_form(translate_record(to_native(record)), direction.target)
