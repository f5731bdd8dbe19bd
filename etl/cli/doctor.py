"""`etl doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from etl.cli.common import examples, exit_codes, quiet_pipe, say, to_stderr
from etl.cli.mappings import of_each, with_mappings
from etl.cli.output import say_json, with_json

if TYPE_CHECKING:
    from etl.diagnosis import Check

_COLORS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(epilog=examples("etl doctor", "etl doctor --mapping mappings --json"))
@with_mappings
@with_json("doctor", many=True)
def doctor(mapping_files: list[Path], *, as_json: bool) -> int:
    """Examine all that a run needs, and change nothing.

    Versions and extras, every setting and where it comes from, which MongoDB is used, rights, indexes, duplicates and
    clocks, the folders, the mapping's check and what other mappings export. Each is ok, warn or fail, with the fix.

    Exit code 0: nothing fails; 3: a setting or the mapping does; 4: MongoDB or a folder does.
    """
    examined: list[dict[str, Any]] = []

    def work(file: Path) -> int:
        with exit_codes(to_stderr), quiet_pipe():
            from etl import app  # noqa: PLC0415 - see etl.cli
            from etl.diagnosis import exit_code  # noqa: PLC0415

            checks = app.doctor(file, mapping_files)
            if as_json:
                examined.append({"mapping": str(file), "checks": [check.as_dict() for check in checks]})
            else:
                say("\n".join(_lines(checks)))
            return exit_code(checks)

    code = of_each(mapping_files, work, titled=not as_json)
    if as_json:
        say_json(examined)
    return code


def _lines(checks: list[Check]) -> list[str]:
    from etl.record import printable  # noqa: PLC0415 - see etl.cli

    width = max(len(check.subject) for check in checks)
    lines = []
    for check in checks:
        shown = click.style(f"{check.mark.value:<4}", _COLORS[check.mark.value])
        lines.append(f"{shown}  {printable(check.subject):<{width}}  {printable(check.text)}")
        if check.fix:
            lines.append(f"      {'':<{width}}  {printable(check.fix)}")
    found = [check.mark.value for check in checks]
    return [*lines, ", ".join(f"{found.count(mark)} {mark}" for mark in _COLORS)]
