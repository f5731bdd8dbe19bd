"""Where a process does I/O: it can be killed, stopped or refused there, and the engine knows nothing of it.

A boundary is reached just before a file of the site is opened, renamed or removed, in the middle of a write, just
before a command goes to MongoDB, and just after its answer has come.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pymongo import monitoring

AUDITED: Final = {"open", "os.rename", "os.remove", "os.mkdir", "os.listdir", "os.scandir"}
NOBODY: Final = 65534
_SHORT: Final = 200
"""Less than any outbound file has, so that each is written in pieces."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What goes wrong, and where.

    act: "kill", "stop" (until it is told to continue), "raise" (an OSError with the number `error`), "nobody" (go on
    without the rights of root), "hidden" (from its start as another user, to whom /proc shows nobody else), or nothing.
    at: at which boundary, counted from 1; 0 for none. only: what a boundary's name must contain to be counted. files:
    only operations on files are counted; of commands, a slow run has more. lasting: and at every later one. file_size:
    how many bytes a file may have, 0 for any. trace: a file that gets the names of all that was reached, at a stop and
    in the end.
    """

    act: str = ""
    at: int = 0
    only: str = ""
    files: bool = False
    error: int = 0
    lasting: bool = False
    file_size: int = 0
    trace: str = ""


UNDISTURBED: Final = Plan()


def is_on_file(name: str) -> bool:
    """Return whether a boundary is an operation on files, and no command."""
    return not name.startswith(("started", "answered"))


@dataclass(slots=True)
class Boundaries:
    """Counts the boundaries of this process's main thread, and does what the plan says."""

    plan: Plan
    folder: str
    names: list[str] = field(default_factory=list)
    reached: int = 0

    def install(self) -> None:
        """Listen to everything, from now on and for as long as this process lives."""
        sys.addaudithook(self._audit)
        monitoring.register(_Commands(self))
        write, fsync = os.write, os.fsync

        def torn_write(descriptor: int, content: Any) -> int:
            """Write a half of what is long, as a system may; whoever writes files has to go on with the rest."""
            self.reach("write")
            return write(descriptor, memoryview(content)[: _SHORT if len(content) > _SHORT else None])

        def told_fsync(fd: Any) -> None:
            self.reach("fsync")
            fsync(fd)

        os.write, os.fsync = torn_write, told_fsync

    def reach(self, name: str) -> None:
        """Count a boundary, and act there if the plan says so."""
        if threading.current_thread() is not threading.main_thread():
            return
        self.names.append(name)
        if self.plan.only not in name or (self.plan.files and not is_on_file(name)):
            return
        self.reached += 1
        if self.reached == self.plan.at or (self.plan.lasting and self.reached > self.plan.at > 0):
            self._act(name)

    def tell(self) -> None:
        """Write the names of what was reached where the plan wants them."""
        if self.plan.trace:
            Path(self.plan.trace).write_text("\n".join(self.names))

    def _act(self, name: str) -> None:
        match self.plan.act:
            case "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                self.tell()
                os.kill(os.getpid(), signal.SIGSTOP)
            case "nobody":
                os.seteuid(NOBODY)
            case "raise" if is_on_file(name):
                raise OSError(self.plan.error, os.strerror(self.plan.error))

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in AUDITED or not isinstance(arguments[0], str | bytes | os.PathLike):
            return
        path = os.fsdecode(arguments[1 if event == "os.rename" else 0])
        if path.startswith(self.folder + os.sep):
            self.reach(f"{event} {_kind(Path(path).relative_to(self.folder))}")


def _kind(path: Path) -> str:
    """Return a path's name, the same for every temporary file."""
    return str(path.with_name("temporary")) if path.name.startswith(".etl-") else str(path)


class _Commands(monitoring.CommandListener):
    """Tells of every command, and of every answer."""

    def __init__(self, boundaries: Boundaries) -> None:
        self._boundaries = boundaries
        self._last = ""

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        about = event.command.get(event.command_name)
        name = f"{event.command_name} {about}" if isinstance(about, str) else event.command_name
        if threading.current_thread() is threading.main_thread():
            self._last = name
        self._boundaries.reach(f"started {name}")

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        del event
        self._boundaries.reach(f"answered {self._last}")

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        del event
        self._boundaries.reach(f"answered {self._last}")
