"""Runs the real command line, again and again, each time in a process of its own that goes wrong as planned.

    python -m tests.fault.worker

Reads requests from standard input, a JSON object a line, and answers each with one. All imports are done once; every
run is a fork of that, which saves most of its time. `tests.fault.lab.Worker` is the other end.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import etl
from tests.fault.boundaries import Boundaries, Plan

LATE = ("jsonschema", "encodings.ascii", "encodings.idna")
"""What a run imports when it first needs it."""

WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def main() -> None:
    """Serve requests until standard input closes, then kill what is left."""
    modules = [module.name for module in pkgutil.walk_packages(etl.__path__, "etl.")]
    for name in (*modules, *LATE):
        if not name.startswith(("etl.__main__", "etl.testing")):
            importlib.import_module(name)
    gc.freeze()
    alive: set[int] = set()
    for line in sys.stdin:
        answer = _serve(json.loads(line), alive)
        print(json.dumps(answer), flush=True)
    for pid in alive:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _serve(request: dict[str, Any], alive: set[int]) -> dict[str, Any]:
    match request["do"]:
        case "start":
            pid = os.fork()
            if pid == 0:
                _become(request)
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


def _become(request: dict[str, Any]) -> None:
    """Be `etl ARGUMENTS`, and end as it ends."""
    code: Any = 70
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(request["out"], WRITE, 0o600), 1)
    os.dup2(os.open(request["err"], WRITE, 0o600), 2)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[1:] = request["arguments"]
    plan = Plan(**request["plan"])
    if plan.file_size:
        resource.setrlimit(resource.RLIMIT_FSIZE, (plan.file_size, plan.file_size))
    boundaries = Boundaries(plan, request["folder"])
    boundaries.install()
    try:
        from etl.cli import main as run_etl  # noqa: PLC0415 - imported before the fork; this names it

        run_etl()
    except SystemExit as exit_code:
        code = exit_code.code
    finally:
        if plan.trace:
            Path(plan.trace).write_text("\n".join(boundaries.names))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
