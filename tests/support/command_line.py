"""The command line as tests call it: each time in a process of its own, as a person's shell does."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from threading import Thread

from tests.support.forks import Forks
from tests.support.site import MAPPING_FILE, ROOT, Site

MAPPING = ("--mapping", str(MAPPING_FILE))
BARE = {name: value for name, value in os.environ.items() if not name.startswith(("MONGO_", "DATA_", "ETL_"))}

Done = subprocess.CompletedProcess[str]
_open = ExitStack()


def etl(
    *arguments: str,
    site: Site | None = None,
    folder: Path | None = None,
    stdin: str | bytes = "",
    settings: Mapping[str, str] | None = None,
    **environment: str,
) -> Done:
    """Run `etl` in a process of its own: a fork of one that has imported everything, which takes less long.

    settings: more variables of its environment.
    """
    text = stdin if isinstance(stdin, bytes) else stdin.encode()
    where = folder or (site.folder if site else ROOT)
    ended = _forks().wait(
        _forks().start(arguments, _environment(site) | dict(settings or {}) | environment, text, where),
    )
    return subprocess.CompletedProcess(arguments, ended.code, _text(ended.out), _text(ended.err))


def etl_on_a_terminal(*arguments: str, site: Site | None = None, settings: Mapping[str, str] | None = None) -> Done:
    """Run `etl` as `etl` does, with both outputs on one terminal; return what it was sent, all of it as stdout."""
    shown: list[bytes] = []
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    looks = Thread(target=_look, args=(ours, shown))
    looks.start()
    try:
        both = dict.fromkeys(("out", "err"), os.ttyname(theirs))
        where = site.folder if site else ROOT
        environment = _environment(site) | {"TERM": "xterm"} | dict(settings or {})
        code = _forks().wait(_forks().start(arguments, environment, b"", where, both)).code
    finally:
        os.close(theirs)
        looks.join()
        os.close(ours)
    return subprocess.CompletedProcess(arguments, code, _text(b"".join(shown)), "")


def _look(terminal: int, shown: list[bytes]) -> None:
    """Read what a terminal is sent, until nobody has it open any more."""
    with suppress(OSError):
        while piece := os.read(terminal, 65536):
            shown.append(piece)


def etl_anew(*arguments: str, site: Site | None = None, **environment: str) -> Done:
    """Run `etl` in an interpreter of its own, from its start to its end."""
    return subprocess.run(
        [sys.executable, "-m", "etl", *arguments],
        cwd=site.folder if site else ROOT,
        env=_environment(site) | environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def etl_bare(folder: Path, *arguments: str) -> Done:
    """Run `etl` as a user would, in a folder of its own, with nothing configured."""
    command = [sys.executable, "-m", "etl", *arguments]
    return subprocess.run(command, cwd=folder, env=BARE, capture_output=True, text=True, timeout=120, check=False)


def close() -> None:
    """End the process of which the others are forks, if there is one."""
    _open.close()
    _forks.cache_clear()


@cache
def _forks() -> Forks:
    folder = Path(_open.enter_context(tempfile.TemporaryDirectory(prefix="etl-forks-")))
    forks = Forks(folder)
    _open.callback(forks.close)
    return forks


def _environment(site: Site | None) -> dict[str, str]:
    return site.environment if site else dict(os.environ)


def _text(raw: bytes) -> str:
    return raw.decode().replace("\r\n", "\n")
