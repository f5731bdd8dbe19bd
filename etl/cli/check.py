"""`etl check`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from etl.cli.common import INVALID, examples, say
from etl.cli.mappings import named_or_all
from etl.cli.output import with_json

if TYPE_CHECKING:
    from etl.errors import Finding
    from etl.mapping.model import Mapping

_FORMATS = ("text", "json", "github", "sarif")


@click.command(
    epilog=examples(
        "etl check",
        "etl check --strict --format github mappings/*.yaml",
        "etl check --explain E110",
    )
)
@click.argument("mapping_files", metavar="[MAPPING]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True, help="Output format.")
@with_json("check")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option("--explain", metavar="CODE", help="Explain a finding's code, with an example and its fix, and exit.")
def check(mapping_files: tuple[Path, ...], form: str, strict: bool, explain: str | None, *, as_json: bool) -> None:
    """Check mapping files against their schemas, offline.

    Every finding of every MAPPING is printed with its file, line, column, code and fix. Without one, those in the
    folder mappings are checked.

    Exit code 0: no errors; 3: errors (with --strict: or warnings).
    """
    if explain is not None:
        _explain(explain)
        return
    from etl.findings import render  # noqa: PLC0415 - see etl.cli

    results = _examine_all(named_or_all(mapping_files))
    in_colour = click.get_current_context().color is True or sys.stdout.isatty()
    say(render(results, "json" if as_json else form, color=in_colour).rstrip("\n"))
    findings = [finding for _, _, found in results for finding in found]
    if any(finding.is_error or strict for finding in findings):
        sys.exit(INVALID)


def _examine_all(files: tuple[Path, ...]) -> list[tuple[Path, int, list[Finding]]]:
    """Return how many rules each mapping has, and every finding: of itself, and of what it does with the others."""
    from etl.mapping.checks.overlaps import check_overlaps  # noqa: PLC0415 - see etl.cli

    examined = [(file, *_examine(file)) for file in files]
    overlaps = check_overlaps([mapping for _, mapping, _ in examined if mapping is not None])
    return [
        (
            file,
            len(mapping.rules) if mapping else 0,
            sorted([*findings, *(finding for finding in overlaps if finding.file == str(file))]),
        )
        for file, mapping, findings in examined
    ]


def _examine(file: Path) -> tuple[Mapping | None, list[Finding]]:
    """Return a mapping, None where the file is none, and every finding."""
    from etl.errors import MappingError  # noqa: PLC0415 - see etl.cli
    from etl.mapping.load import examine  # noqa: PLC0415

    try:
        return examine(file)
    except MappingError as error:
        return None, list(error.findings)


def _explain(code: str) -> None:
    from etl.mapping.language.codes import load_codes  # noqa: PLC0415 - see etl.cli

    codes = load_codes()
    found = codes.get(code.upper())
    if found is None:
        raise click.BadParameter(f"there is no code {code}; the codes are {', '.join(codes)}", param_hint="--explain")
    say(found.page)
