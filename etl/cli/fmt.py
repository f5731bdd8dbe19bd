"""`etl fmt`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final, NamedTuple

import click

from etl.cli.common import FAILED, INVALID, examples
from etl.cli.output import say_json, with_json
from etl.exit_codes import worst

CHANGED: Final = 1
UNCHANGED, FORMATTED, WOULD, REFUSED, FAILS = "unchanged", "formatted", "would change", "refused", "failed"
STDIN_NAME: Final = "<stdin>"

_STDIN: Final = Path("-")


@click.command(
    epilog=examples("etl fmt mappings/*.yaml", "etl fmt --check --diff mappings/*.yaml", "etl fmt - < draft.yaml")
)
@click.argument("mapping_files", metavar="MAPPING...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="List the files that would change, without changing them.")
@click.option("--diff", is_flag=True, help="Print the changes as a diff, without making them.")
@with_json("fmt")
def fmt(mapping_files: tuple[Path, ...], *, check: bool, diff: bool, as_json: bool) -> None:
    """Format mapping files.

    Keys are put in order, columns aligned, quotes unified; values and comments stay as they are. Where MAPPING is -,
    stdin is formatted to stdout.

    Exit code 0: all fine; 1: with --check, a file would change; 3: a file is not a mapping, and is left as it is; 4: a
    file cannot be written.
    """
    if as_json and _STDIN in mapping_files and not (check or diff):
        raise click.UsageError("--json and the formatted stdin would both go to stdout: say --check, or name a file")
    done = []
    for file in mapping_files:
        done.append(_format(file, writes=not check and not diff))
        if not as_json:
            _tell(done[-1], check=check, diff=diff)
    if as_json:
        say_json([one.as_dict() for one in done])
    changes = check and any(one.state == WOULD for one in done)
    sys.exit(worst([CHANGED if changes else 0, *(one.code for one in done)]))


class _Formatted(NamedTuple):
    """What became of one file. state: in a word. code: its exit code. message: why it is as it was."""

    name: str
    state: str
    before: str = ""
    after: str = ""
    code: int = 0
    message: str = ""

    def as_dict(self) -> dict[str, str | None]:
        """Return it as JSON; `schemas/output/fmt.schema.json` describes it."""
        return {"file": self.name, "state": self.state, "message": self.message or None}


def _format(file: Path, *, writes: bool) -> _Formatted:
    """Format one file; write it where it `writes` and something changes."""
    from etl.errors import FormatterError, MappingError  # noqa: PLC0415 - see etl.cli
    from etl.mapping.formatter.format import format_mapping  # noqa: PLC0415

    name = STDIN_NAME if file == _STDIN else str(file)
    try:
        raw = _read(file, name)
        before = raw.decode("utf-8-sig")
        after = format_mapping(before, name)
    except MappingError as error:
        return _Formatted(name, REFUSED, code=INVALID, message=str(error))
    except FormatterError as error:
        return _Formatted(name, FAILS, code=FAILED, message=str(error))
    changed = after.encode() != raw
    if not writes or not changed or file == _STDIN:
        return _Formatted(name, WOULD if changed else UNCHANGED, before, after)
    if why := _write(file, after):
        return _Formatted(name, FAILS, code=FAILED, message=f"{file} cannot be written: {why}; it is as it was")
    return _Formatted(name, FORMATTED)


def _tell(done: _Formatted, *, check: bool, diff: bool) -> None:
    """Print what became of one file, for people."""
    if done.code:
        click.echo(done.message, err=done.code == FAILED or done.name == STDIN_NAME)
    elif diff:
        click.echo(_diff(done.before, done.after, done.name), nl=False)
    elif check:
        click.echo(f"{done.name}\n" if done.state == WOULD else "", nl=False)
    elif done.name == STDIN_NAME:
        sys.stdout.buffer.write(done.after.encode())
    elif done.state == FORMATTED:
        click.echo(f"formatted {done.name}")


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


def _write(file: Path, text: str) -> str:
    """Write one file; return why it cannot be written, "" where it was."""
    from etl.endpoints.files.atomic import write_atomically  # noqa: PLC0415 - see etl.cli

    target = file.resolve()  # a link stays a link
    try:
        mode = target.stat().st_mode
        write_atomically(target, text.encode())
        target.chmod(mode)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _diff(before: str, after: str, name: str) -> str:
    from difflib import unified_diff  # noqa: PLC0415 - see etl.cli

    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
