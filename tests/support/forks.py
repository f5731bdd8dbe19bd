"""Starts runs of the command line that cost little: forks of a process that has imported everything."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.site import ROOT


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended. code: negative for a signal. stopped: it has not ended, and waits to be continued."""

    code: int
    out: bytes
    err: bytes
    stopped: bool = False


class Forks:
    """A server of forks, and what its processes said. module: what serves. folder: for their input and output."""

    def __init__(self, folder: Path, module: str = "tests.support.fork_server") -> None:
        self.folder = folder
        self._numbers = count(1)
        self._files: dict[int, tuple[Path, Path, Path]] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        text: bytes = b"",
        folder: Path | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> int:
        """Start `etl ARGUMENTS` in a folder, with a text on its standard input; return its process id.

        more: what else the server of these forks has to know.
        """
        number = next(self._numbers)
        files = self.folder / f"{number}.in", self.folder / f"{number}.out", self.folder / f"{number}.err"
        files[0].write_bytes(text)
        for file in files[1:]:
            file.touch()
        request = {
            "do": "start",
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(folder or Path.cwd()),
            **dict(zip(("in", "out", "err"), map(str, files), strict=True)),
            **(more or {}),
        }
        pid = int(self._ask(request)["pid"])
        self._files[pid] = files
        return pid

    def wait(self, pid: int) -> Ended:
        """Wait until a run ends, or has stopped where it was planned."""
        answer = self._ask({"do": "wait", "pid": pid})
        _, out, err = self._files[pid]
        ended = Ended(answer["code"], out.read_bytes(), err.read_bytes(), answer["stopped"])
        if not ended.stopped:
            for file in self._files.pop(pid):
                file.unlink()
        return ended

    def resume(self, pid: int) -> None:
        """Let a stopped run go on."""
        self._ask({"do": "continue", "pid": pid})

    @property
    def pid(self) -> int:
        """The process of which the others are forks."""
        return self._process.pid

    def close(self) -> None:
        """End, with every run that has not ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
