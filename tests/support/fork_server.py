"""Runs the real command line, again and again, each time in a process of its own.

    python -m tests.support.fork_server

Reads requests from standard input, a JSON object a line, and answers each with one. All imports are done once; every
run is a fork of that, which saves most of its time. `tests.support.forks.Forks` is the other end.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import etl
from tests.support.constants import draw_no_constants_of_ours
from tests.support.site import MAPPING_FILE

LATE = ("jsonschema", "structlog", *(f"encodings.{name}" for name in ("ascii", "idna", "unicode_escape", "utf_8_sig")))
"""What a run imports when it first needs it."""

TESTING = ("etl.__main__", "etl.testing")
"""What no run imports."""

WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC

Request = dict[str, Any]


def serve(before: Callable[[Request], Callable[[], None]]) -> None:
    """Serve requests until standard input closes, then kill what is left.

    before: is called in every new process with its request; what it returns is called when that process ends.
    """
    modules = [module.name for module in pkgutil.walk_packages(etl.__path__, "etl.")]
    for name in (*modules, *LATE):
        if not name.startswith(TESTING):
            importlib.import_module(name)
    etl.load_mapping(MAPPING_FILE)  # what is compiled once and kept, such as the schema of mappings, is kept by all
    draw_no_constants_of_ours()
    gc.freeze()
    alive: set[int] = set()
    for line in sys.stdin:
        answer = _answer(json.loads(line), alive, before)
        print(json.dumps(answer), flush=True)
    for pid in alive:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _answer(request: Request, alive: set[int], before: Callable[[Request], Callable[[], None]]) -> Request:
    match request["do"]:
        case "start":
            pid = os.fork()
            if pid == 0:
                _become(request, before)
            alive.add(pid)
            return {"pid": pid}
        case "continue":
            os.kill(request["pid"], signal.SIGCONT)
            return {}
        case "wait":
            _, status = os.waitpid(request["pid"], os.WUNTRACED)
            if os.WIFSTOPPED(status):
                return {"stopped": True, "code": 0}
            alive.discard(request["pid"])
            return {"stopped": False, "code": os.waitstatus_to_exitcode(status)}
    raise ValueError(request["do"])


def _become(request: Request, before: Callable[[Request], Callable[[], None]]) -> None:
    """Be `etl ARGUMENTS`, and end as it ends."""
    code: Any = 70
    os.dup2(os.open(request["in"], os.O_RDONLY), 0)
    os.dup2(os.open(request["out"], WRITE, 0o600), 1)
    os.dup2(os.open(request["err"], WRITE, 0o600), 2)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[1:] = request["arguments"]
    after = before(request)
    try:
        from etl.cli import main as run_etl  # noqa: PLC0415 - imported before the fork; this names it

        run_etl()
    except SystemExit as exit_code:
        code = exit_code.code
    finally:
        after()
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    serve(lambda _: lambda: None)
