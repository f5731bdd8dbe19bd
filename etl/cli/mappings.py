"""Several mappings in one command: one after the other, each with a result of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from etl.cli.bugs import traceback_without_secrets
from etl.cli.common import DEFAULT_MAPPING, Command, say, to_stderr, usual_mapping
from etl.exit_codes import STOPPED, ExitCode, worst


def with_mappings(command: Command) -> Command:
    """Add the option that names mapping files, or folders of them."""
    return click.option(
        "--mapping",
        "mapping_files",
        type=click.Path(path_type=Path),
        multiple=True,
        callback=_files,
        show_default=f"{DEFAULT_MAPPING}, or the only one in mappings",
        help="Path to a mapping file, or to a folder of them. May be repeated: one goes after the other.",
    )(command)


def _files(context: click.Context, parameter: click.Parameter, named: tuple[Path, ...]) -> list[Path]:
    from etl.shipped import mappings_in  # noqa: PLC0415 - see etl.cli

    files: list[Path] = []
    for path in named or (Path(usual_mapping()),):
        found = mappings_in(path) if path.is_dir() else [path]
        if not found:
            raise click.BadParameter(f"there is no mapping in the folder {path}", context, parameter)
        files += found
    return list(dict.fromkeys(files))


def of_each(files: Sequence[Path], work: Callable[[Path], int], *, titled: bool = True) -> int:
    """Do a command's work for each mapping; return the worst exit code. One that goes wrong keeps back no other.

    work: does it for one, and returns its exit code, or exits with it. titled: stdout says whose result follows.
    """
    if len(files) == 1:
        return work(files[0])
    codes: dict[Path, int] = {}
    for file in files:
        if titled:
            say(f"{file}:")
        codes[file] = _code_of(file, work)
        if codes[file] in STOPPED:
            break
    to_stderr("\n".join(_summary(files, codes)))
    return worst(codes.values())


def _code_of(file: Path, work: Callable[[Path], int]) -> int:
    try:
        return work(file)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.BROKEN
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a bug of ours, which keeps back no other mapping
        click.echo(traceback_without_secrets(error), err=True)
        return ExitCode.BROKEN


def _summary(files: Sequence[Path], codes: dict[Path, int]) -> list[str]:
    good = sum(code == 0 for code in codes.values())
    lines = [f"{len(files)} mappings: {good} with exit code 0"]
    lines += [f"{file}: exit code {code}" for file, code in codes.items() if code]
    return lines + [f"{file}: not begun" for file in files if file not in codes]


def named_or_all(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the mappings that are named; where none is, those in the folder of mappings."""
    if files:
        return files
    from etl.shipped import mappings_in  # noqa: PLC0415 - see etl.cli

    folder = Path(DEFAULT_MAPPING).parent
    if found := mappings_in(folder):
        return tuple(found)
    raise click.UsageError(f"there is no mapping in {folder}: name one")
