"""`etl fmt`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from etl.cli.common import FAILED, INVALID, examples

CHANGED: Final = 1

_STDIN: Final = Path("-")


@click.command(
    epilog=examples("etl fmt mappings/*.yaml", "etl fmt --check --diff mappings/*.yaml", "etl fmt - < draft.yaml")
)
@click.argument("mapping_files", metavar="MAPPING...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="List the files that would change, without changing them.")
@click.option("--diff", is_flag=True, help="Print the changes as a diff, without making them.")
def fmt(mapping_files: tuple[Path, ...], check: bool, diff: bool) -> None:
    """Format mapping files.

    Keys are put in order, columns aligned, quotes unified; values and comments stay as they are. Where MAPPING is -,
    stdin is formatted to stdout.

    Exit code 0: all fine; 1: with --check, a file would change; 3: a file is not a mapping, and is left as it is; 4: a
    file cannot be written.
    """
    sys.exit(max(_format(file, check=check, diff=diff) for file in mapping_files))


def _format(file: Path, *, check: bool, diff: bool) -> int:
    """Format one file and return its exit code."""
    from etl.errors import FormatterError, MappingError  # noqa: PLC0415 - see etl.cli
    from etl.mapping.formatter.format import format_mapping  # noqa: PLC0415

    name = "<stdin>" if file == _STDIN else str(file)
    try:
        before = _read(file, name)
        after = format_mapping(before.decode("utf-8-sig"), name)
    except MappingError as error:
        click.echo(str(error), err=file == _STDIN)
        return INVALID
    except FormatterError as error:
        click.echo(str(error), err=True)
        return FAILED
    changed = after.encode() != before
    if diff:
        click.echo(_diff(before.decode("utf-8-sig"), after, name), nl=False)
    elif check and changed:
        click.echo(name)
    if check or diff:
        return CHANGED if check and changed else 0
    return _write(file, after) if changed or file == _STDIN else 0


def _read(file: Path, name: str) -> bytes:
    from etl.errors import Finding, MappingError  # noqa: PLC0415 - see etl.cli
    from etl.mapping.language.document import read_document  # noqa: PLC0415

    if file != _STDIN:
        read_document(file)  # refuses, with findings, what cannot be read
        return file.read_bytes()
    content = sys.stdin.buffer.read()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise MappingError([Finding(name, 1, 1, "E001", message, "save the file as UTF-8")]) from None
    return content


def _write(file: Path, text: str) -> int:
    from etl.endpoints.files.atomic import write_atomically  # noqa: PLC0415 - see etl.cli

    if file == _STDIN:
        sys.stdout.buffer.write(text.encode())
        return 0
    target = file.resolve()  # a link stays a link
    try:
        mode = target.stat().st_mode
        write_atomically(target, text.encode())
        target.chmod(mode)
    except OSError as error:
        click.echo(f"{file} cannot be written: {error.strerror}; it is as it was", err=True)
        return FAILED
    click.echo(f"formatted {file}")
    return 0


def _diff(before: str, after: str, name: str) -> str:
    from difflib import unified_diff  # noqa: PLC0415 - see etl.cli

    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
