"""A page that says what to type and what is then seen, walked as its reader would: files, edits, commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<kind>\w+)\n(?P<text>.*?)^```\n", re.DOTALL | re.MULTILINE)
DATED = re.compile(
    r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00| UTC|Z)?|\d{8}T\d{9}Z"
    r"|\b[0-9a-f]{16}\b|\d+(\.\d+)? s( ago)?\b"
)


def walk(page: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each command with what the page says that it prints, and what it prints; moments are all the same."""
    for block in BLOCK.finditer(page):
        named = re.findall(r"`([^`]+)`", block["before"])
        if block["kind"] == "console":
            for command, said in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block["text"], re.MULTILINE):
                yield command, DATED.sub("NOW", said), DATED.sub("NOW", printed(command, folder))
        elif block["kind"] == "diff":
            edit(folder / named[-1], block["text"])
        elif "Save" in block["before"]:
            (folder / named[-1]).write_text(block["text"])


def printed(command: str, folder: Path) -> str:
    """Return what a command prints, with its messages only where they are all that it says."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("MONGO_", "DATA_", "ETL_"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{bare['PATH']}"
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env={**bare, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in (0, 1, 3, 4), done.stderr
    return done.stdout


def edit(file: Path, diff: str) -> None:
    """Make the edits of a diff whose lines are there once."""
    text = file.read_text()
    for old, new in re.findall(r"((?:^-.*\n)*)((?:^\+.*\n)*)", diff, re.MULTILINE):
        before, after = (re.sub(r"^.", "", lines, flags=re.MULTILINE) for lines in (old, new))
        if before:
            assert text.count(before) == 1, before
            text = text.replace(before, after)
    file.write_text(text)
