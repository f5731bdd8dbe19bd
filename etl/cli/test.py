"""`etl test`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from etl.cli.common import INVALID, examples, exit_codes, load, to_stderr
from etl.cli.mappings import named_or_all
from etl.cli.output import say_json, with_json

if TYPE_CHECKING:
    from etl.mapping.model import Mapping
    from etl.testing.cases import Judge, Verdict
    from etl.testing.laws import Tally
    from etl.testing.report import Outcome

FAILS: Final = 1
EXAMPLES: Final = 100
_NO_LAWS: Final = "they need hypothesis, which is not installed: pip install hypothesis"


@click.command(
    epilog=examples(
        "etl test",
        "etl test --golden tests/golden/tracos_client mappings/tracos_client.yaml",
        "etl test --no-laws --junit report.xml mappings/*.yaml",
    )
)
@click.argument(
    "mapping_files",
    metavar="[MAPPING]...",
    nargs=-1,
    type=click.Path(path_type=Path),
    callback=lambda _context, _parameter, named: named_or_all(named),
)
@click.option(
    "--golden",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of golden records (*.jsonl, one case per line). With several mappings, each uses the folders "
    "that have its name.",
)
@click.option("--update", is_flag=True, help="Rewrite the golden records with the current results.")
@click.option("--laws/--no-laws", default=True, show_default=True, help="Test round trips of generated records.")
@click.option(
    "--examples",
    "count",
    type=click.IntRange(min=1),
    default=EXAMPLES,
    show_default=True,
    help="Number of generated records for each law.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the generated records.")
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), help="Also write the results to this file, as JUnit XML."
)
@with_json("test", many=True)
def test(
    mapping_files: tuple[Path, ...],
    folders: tuple[Path, ...],
    *,
    update: bool,
    laws: bool,
    count: int,
    seed: int,
    junit_file: Path | None,
    as_json: bool,
) -> None:
    """Test mapping files: examples, golden records, round trips.

    Each failure of a MAPPING is printed with its difference and the rule behind it, then what no case exercises.
    Without a MAPPING, those in the folder mappings are tested. Without hypothesis the round trips are left out.

    Exit code 0: all hold; 1: something fails; 3: a mapping, or a golden file, is wrong.
    """
    if update and not folders:
        raise click.UsageError("--update needs --golden FOLDER")
    outcomes: list[Outcome] = []
    wrong = False
    unused = set(folders)
    for file in mapping_files:
        try:
            with exit_codes(to_stderr):
                mapping = load(file)
                chosen = folders if len(mapping_files) == 1 else _folders_of(mapping, folders)
                unused -= set(chosen)
                if update:
                    _update(mapping, chosen, on_stderr=as_json)
                outcomes.append(_test(mapping, chosen, count if laws else 0, seed))
                _print(outcomes[-1], silent=as_json)
        except SystemExit as exit_code:
            if exit_code.code != INVALID:
                raise
            wrong = True
    _tell_unused(() if wrong else unused)
    _finish(outcomes, junit_file, as_json=as_json)
    sys.exit(INVALID if wrong or unused else 0 if all(outcome.holds for outcome in outcomes) else FAILS)


def _folders_of(mapping: Mapping, folders: Sequence[Path]) -> list[Path]:
    return [folder for folder in folders if folder.resolve().name in {mapping.name, mapping.file.stem}]


def _test(mapping: Mapping, folders: Sequence[Path], count: int, seed: int) -> Outcome:
    from etl.testing.goldens import read_goldens  # noqa: PLC0415 - see etl.cli
    from etl.testing.report import Outcome  # noqa: PLC0415

    judge = _judge(mapping)
    goldens = [golden for folder in folders for golden in read_goldens(folder, mapping)]
    verdicts: list[Verdict] = [judge.example(example) for example in mapping.examples]
    verdicts += [judge.golden(golden) for golden in goldens]
    if not count:
        return Outcome(mapping.file, tuple(verdicts), judge.coverage.units)
    tally = _laws(judge, count, seed)
    if tally is None:
        return Outcome(
            mapping.file, tuple(verdicts), judge.coverage.units, notes=(f"the laws were not tried: {_NO_LAWS}",)
        )
    verdicts += tally.verdicts
    return Outcome(mapping.file, tuple(verdicts), judge.coverage.units, tally.accepted, tuple(tally.notes))


def _judge(mapping: Mapping) -> Judge:
    from etl.app import compile_pipeline  # noqa: PLC0415 - see etl.cli
    from etl.mapping.terms import Direction  # noqa: PLC0415
    from etl.testing.cases import Judge  # noqa: PLC0415

    return Judge(mapping, {direction: compile_pipeline(mapping, direction) for direction in Direction})


def _laws(judge: Judge, count: int, seed: int) -> Tally | None:
    """Try the laws; None where hypothesis is not installed, and nobody has asked for them by an option."""
    from etl.errors import ConfigurationError  # noqa: PLC0415 - see etl.cli

    try:
        from etl.testing.laws import check_laws  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        if not any(map(_is_said, ("laws", "count", "seed"))):
            return None
        raise ConfigurationError(f"the laws cannot be tried: {_NO_LAWS}, or say --no-laws") from None
    return check_laws(judge, count, seed)


def _is_said(option: str) -> bool:
    return click.get_current_context().get_parameter_source(option) is not click.core.ParameterSource.DEFAULT


def _update(mapping: Mapping, folders: Sequence[Path], *, on_stderr: bool) -> None:
    from etl.testing.goldens import read_goldens, update_goldens  # noqa: PLC0415 - see etl.cli
    from etl.testing.report import render_change  # noqa: PLC0415

    judge = _judge(mapping)
    goldens = [golden for folder in folders for golden in read_goldens(folder, mapping)]
    before = {(golden.file, golden.line): golden for golden in goldens}
    for golden in update_goldens(judge, goldens):
        for line in render_change(before[golden.file, golden.line], golden):
            click.echo(line, err=on_stderr)


def _tell_unused(folders: Iterable[Path]) -> None:
    for folder in sorted(folders):
        to_stderr(f"{folder}: none of these mappings has its name, so no case in it was looked at")


def _finish(outcomes: Sequence[Outcome], junit_file: Path | None, *, as_json: bool) -> None:
    """Print all outcomes as JSON, and write them as JUnit XML, where that was asked for."""
    from etl.testing.report import as_dict  # noqa: PLC0415 - see etl.cli

    if as_json:
        say_json([as_dict(outcome) for outcome in outcomes])
    if junit_file is not None:
        _write(junit_file, outcomes)


def _print(outcome: Outcome, *, silent: bool) -> None:
    from etl.testing.report import render  # noqa: PLC0415 - see etl.cli

    for line in render(outcome) if not silent else ():
        click.echo(line)


def _write(file: Path, outcomes: Sequence[Outcome]) -> None:
    from etl.testing.report import junit  # noqa: PLC0415 - see etl.cli

    try:
        file.write_bytes(junit(outcomes))
    except OSError as error:
        raise click.FileError(str(file), error.strerror) from None
