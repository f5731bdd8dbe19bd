"""Processes as others can know them: who this one is, and what can be known of another one."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Final

_STARTED, _STATE = 19, 0
"""The places of the start time and of the state in /proc/PID/stat, counted after the name in parentheses."""

_PROC: Final = Path("/proc")
_NAMESPACES: Final = ("pid", "time")
"""What has to be the same for a number, and a start time, to mean the same process."""


class Life(Enum):
    """What is known of a process. UNKNOWN is no end: whoever must be sure that it has ended takes it for alive."""

    ALIVE = "alive"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Process:
    """One process.

    machine: its boot and its namespaces, "" where they cannot be told. started: in clock ticks, "" where not known.
    """

    host: str
    pid: int
    user: str
    machine: str = ""
    started: str = ""

    def life(self) -> Life:
        """Return what is known of it: only a process of this very machine, boot and namespace can be judged."""
        if not self.machine or self.machine != current().machine:
            return Life.UNKNOWN
        return life(self.pid, self.started)

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host}"


def life(pid: int, started: str, proc: Path = _PROC) -> Life:
    """Return what is known of the process of this namespace that had this number and start time.

    The kernel says whether there is one of that number, also where it hides those of other users; when it started,
    only `proc` says. So one that is there and hidden may be another one of the same number: that is not known.
    """
    if pid <= 0 or not started:
        return Life.UNKNOWN
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return Life.ENDED
    except OSError:
        pass  # it is there, and somebody else's
    found = _stat(pid, proc)
    if found is None:
        return Life.UNKNOWN
    return Life.ALIVE if found == started else Life.ENDED


def current() -> Process:
    """Return this process."""
    return _process(os.getpid())


@cache
def _process(pid: int) -> Process:
    """Return this process, whose number that is: a fork has one of its own."""
    machine, started = _machine(pid), _stat(pid, _PROC) or ""
    return Process(socket.gethostname(), pid, _user(), machine if started else "", started)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user that no file names
        return str(getattr(os, "getuid", lambda: "?")())


def _machine(pid: int) -> str:
    """Return what tells this machine from others, since its boot; "" where its /proc is not about our own numbers."""
    try:
        if (_PROC / "self").readlink() != Path(str(pid)):
            return ""
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
    return " ".join([boot, *filter(None, map(_namespace, _NAMESPACES))])


def _namespace(kind: str) -> str:
    try:
        return str((_PROC / "self/ns" / kind).readlink())
    except OSError:  # a kernel that has none of that kind
        return ""


def _stat(pid: int, proc: Path) -> str | None:
    """Return when a process started; "" if it is a zombie, None if it cannot be seen."""
    try:
        fields = (proc / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return "" if fields[_STATE] in {"Z", "X"} else fields[_STARTED]
