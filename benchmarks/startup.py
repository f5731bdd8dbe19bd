"""Start-up: what a command costs before it does anything, against the import of click alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from benchmarks.case import MAPPING, ROOT, Case, Seconds, timed
from benchmarks.lab import Lab

STARTS = 5

IMPORT_CLICK = ("-c", "import click")
HELP = ("-m", "etl", "--help")
CHECK = ("-m", "etl", "check", str(MAPPING.file))


def starts(one: tuple[str, ...], other: tuple[str, ...]) -> Callable[[Lab], Seconds]:
    """Compare two Python programs, started in turn. Each starts once before, so that its bytecode is there."""

    def measure(lab: Lab) -> Seconds:
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {**kept, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(lab.folder / "bytecode")}

        def start(arguments: tuple[str, ...]) -> None:
            command = [sys.executable, *arguments]
            subprocess.run(command, env=environment, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

        start(one)
        start(other)
        pairs = [(timed(lambda: start(one)), timed(lambda: start(other))) for _ in range(STARTS)]
        return sum(first for first, _ in pairs), sum(second for _, second in pairs)

    return measure


STARTUPS = (
    Case("startup_help", "etl --help", "import click", starts(HELP, IMPORT_CLICK), lambda _: STARTS),
    Case("startup_check", "etl check", "import click", starts(CHECK, IMPORT_CLICK), lambda _: STARTS),
)
