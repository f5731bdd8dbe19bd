"""`etl explain`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping as Table
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from etl.cli.common import REJECTED, examples, exit_codes, load, quiet_pipe, to_stderr, with_mapping
from etl.cli.output import say_json, violation_fields, with_json
from etl.cli.records import is_there, read_lines, run_items

if TYPE_CHECKING:
    from etl.app.trying import Explanation
    from etl.mapping.explain import Explained, GoesOut
    from etl.mapping.model import Mapping
    from etl.mapping.terms import Direction
    from etl.record import Record

WIDTH: Final = 160
"""Columns of a page that is no terminal, unless COLUMNS says otherwise."""
NARROWEST: Final = 16
FAVOUR: Final = (0, 12, 0, 0)
"""How much wider than the others a cut column stays: what a rule did is what was asked for."""

Row = tuple[str, ...]


@click.command(
    epilog=examples(
        "etl explain data/inbound/7.json",
        "etl explain --mapping pages.yaml 'data/inbound/page.json:d.results[3]'",
        "etl explain --direction outbound work_order.json",
        "jq .[0] orders.json | etl explain --json - | jq .violations",
        "etl explain --last data/inbound/7.json --direction outbound work_order.json",
    )
)
@with_mapping
@click.option(
    "--direction",
    type=click.Choice(("inbound", "outbound")),
    help="Direction: inbound for a record of the outside system, outbound for one of the inside system. "
    "Guessed from the schemas if omitted.",
)
@click.option(
    "--last", metavar="FILE", help="Outbound: the outside record as it was last, a file with one JSON object."
)
@click.option("--all", "show_all", is_flag=True, help="Include rules that do not apply in this direction.")
@with_json("explain")
@click.argument("file", metavar="RECORD|-")
def explain(
    mapping_file: Path, direction: str | None, last: str | None, show_all: bool, as_json: bool, file: str
) -> None:
    """Explain what each rule does with one record.

    One line per rule: what it reads, does and writes, and its place in the mapping; then the translated record, and
    where a record goes out in several files, what goes in which. RECORD is a file as the mapping reads it, of which the
    first record counts, or a record in it as messages name it, such as page.json:d.results[3]; - is one JSON object on
    stdin. Outbound it is a file with one JSON object; dates of inside records are text. With --last it is told what
    stays as it was last, such as a form in which a value came. Nothing is written anywhere.

    Exit code 0: the record is translated; 1: it is rejected, or is not JSON; 3: the mapping is wrong; 4: the file
    cannot be read.
    """
    with exit_codes(to_stderr), quiet_pipe():
        from etl import app  # noqa: PLC0415 - see etl.cli
        from etl.errors import RecordError  # noqa: PLC0415
        from etl.forms import parse_record  # noqa: PLC0415

        try:
            mapping = load(mapping_file)
            record, way, around = _record(mapping, direction, file)
            known = {} if last is None else parse_record(b"".join(read_lines(last)))
            explanation = app.explain_record(mapping, way, record, known, every=show_all, around=around)
        except RecordError as error:
            to_stderr(f"{'stdin' if file == '-' else file}: {error}")
            sys.exit(REJECTED)
        if as_json:
            say_json(_as_dict(explanation))
        else:
            _print(explanation)
        if explanation.violations:
            sys.exit(REJECTED)


def _record(mapping: Mapping, named: str | None, file: str) -> tuple[Record, Direction, Record | None]:
    """Return the record that is named, which way it goes, and what stands around it. named: that way, where said."""
    from etl.errors import EndpointError, RecordError  # noqa: PLC0415 - see etl.cli
    from etl.forms import parse_record  # noqa: PLC0415
    from etl.mapping.explain import guess_direction  # noqa: PLC0415
    from etl.mapping.terms import Direction  # noqa: PLC0415

    if file == "-" or mapping.files.is_plain or named == Direction.OUTBOUND.value:
        is_file = mapping.files.is_plain and named != Direction.OUTBOUND.value
        record = parse_record(b"".join(read_lines(file)), is_file=is_file)
        if named is not None:
            return record, Direction(named), None
        direction, reason = guess_direction(mapping, record)
        to_stderr(f"taken as {direction.value}: {reason}; --direction says otherwise")
        return record, direction, None
    if named is None and (inside := _inside_record(mapping, file)) is not None:
        to_stderr(f"taken as outbound: the record fits the schema of {mapping.inside.name}; --direction says otherwise")
        return inside, Direction.OUTBOUND, None
    item = next(run_items(mapping, file), None)
    if item is None:
        raise EndpointError(f"{file} has no records")
    if item.origin != Path(file).name:
        to_stderr(f"taken as inbound: {item.origin}; so is any other record named")
    if item.record is None:
        raise RecordError(list(item.violations))
    return item.record, Direction.INBOUND, item.around


def _inside_record(mapping: Mapping, file: str) -> Record | None:
    """Return the record of the inside system that a file is; None where it is none, and is one of the outside."""
    from etl.endpoints.files.limits import MAX_BYTES  # noqa: PLC0415 - see etl.cli
    from etl.errors import RecordError  # noqa: PLC0415
    from etl.forms import parse_record  # noqa: PLC0415
    from etl.mapping.schemas.validation import RecordSchema  # noqa: PLC0415

    path = Path(file)
    if not is_there(path) or path.stat().st_size > MAX_BYTES:
        return None
    try:
        record = parse_record(b"".join(read_lines(file)))
    except RecordError:
        return None
    return record if RecordSchema(mapping.inside.schema).accepts(record) else None


def _as_dict(explanation: Explanation) -> dict[str, Any]:
    return {
        "direction": explanation.direction.value,
        "mapping": str(explanation.mapping.file),
        "rules": [explained.as_dict() for _, explained in explanation.rules],
        "violations": list(map(violation_fields, explanation.violations)),
        "record": explanation.record,
        **({"files": [file.as_dict() for file in explanation.files]} if explanation.files else {}),
    } | ({"skipped": explanation.skipped} if explanation.skipped else {})


def _print(explanation: Explanation) -> None:
    import shutil  # noqa: PLC0415 - with it come three compressors, which help does without

    from etl.record import printable_json  # noqa: PLC0415 - see etl.cli

    mapping, direction = explanation.mapping, explanation.direction
    if explanation.skipped:
        click.echo(f"skipped: {printable_json(explanation.skipped)}")
        return
    header = (mapping.system(direction.source).name, "rule", mapping.system(direction.target).name, "in the mapping")
    rows = [_row(str(mapping.file), depth, explained) for depth, explained in explanation.rules]
    head, *lines = _aligned([header, *rows], shutil.get_terminal_size((WIDTH, 0)).columns)
    click.secho("  ".join(head).rstrip(), bold=True)
    for (source, did, target, where), (_, explained) in zip(lines, explanation.rules, strict=True):
        styled = click.style(did, fg="red" if explained.violations else None, dim=None if explained.applies else True)
        click.echo(f"{source}  {styled}  {target}  {click.style(where.rstrip(), dim=True)}")
    click.echo()
    if explanation.violations:
        click.secho("rejected:", fg="red")
        for row in _aligned([(v.path or "-", v.code, v.message) for v in explanation.violations]):
            click.echo(f"  {'  '.join(row).rstrip()}")
    else:
        click.echo(printable_json(json.dumps(explanation.record, indent=2, ensure_ascii=False)).encode())
        _print_files(explanation.files)


def _print_files(files: Sequence[GoesOut]) -> None:
    """Print in which files the record goes out, where that depends on the occasion and on what has changed."""
    if not files:
        return
    click.echo()
    click.secho("goes out in:", bold=True)
    for row in _aligned([(one.file, f"for {one.occasion}", f"with {', '.join(one.carries)}") for one in files]):
        click.echo(f"  {'  '.join(row).rstrip()}")


def _row(file: str, depth: int, explained: Explained) -> Row:
    from etl.record import printable  # noqa: PLC0415 - see etl.cli

    values = explained.as_dict()
    source = _values(values["source"], explained.source, "absent")
    target = "-" if explained.violations else _values(values["target"], explained.target, "not written")
    did = explained.did if explained.decided is None else f"{explained.did}: {explained.decided}"
    if explained.passed_over:
        did += f" (passed over {', '.join(explained.passed_over)})"
    return ("  " * depth + source, printable(did), target, printable(f"{explained.file or file}:{explained.line}"))


def _values(present: Table[str, Any], paths: Table[Any, Any], missing: str) -> str:
    """Return values in one line, as `orderNo 7, summary "Pump", 2 absent`."""
    from etl.mapping.paths import format_path  # noqa: PLC0415 - see etl.cli
    from etl.record import shown  # noqa: PLC0415

    texts = [f"{path} {shown(value, 40)}" for path, value in present.items()]
    gone = [path for path in map(format_path, paths) if path not in present]
    if gone:
        texts.append(f"{gone[0] if len(gone) == 1 and not texts else len(gone)} {missing}")
    return ", ".join(texts) or "-"


def _aligned(rows: Sequence[Row], width: int | None = None) -> list[Row]:
    """Pad every cell to its column; where a page's width is given, cut the widest columns but the last to fit."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    while width is not None and sum(widths) + 2 * len(widths) - 2 > width and max(widths[:-1]) > NARROWEST:
        widths[max(range(len(widths) - 1), key=lambda column: widths[column] - FAVOUR[column])] -= 1
    return [tuple(_cut(cell, limit).ljust(limit) for cell, limit in zip(row, widths, strict=True)) for row in rows]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
