"""Processes as others can know them: who this one is, and whether another one has surely ended."""

from __future__ import annotations

import getpass
import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_STARTED: Final = 19
"""The place of the start time in /proc/PID/stat, counted after the name in parentheses."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process. machine: its boot and process namespace, "" where they cannot be told. started: in clock ticks."""

    host: str
    pid: int
    user: str
    machine: str = ""
    started: str = ""

    def has_ended(self) -> bool:
        """Return whether it has surely ended: only a process of this very machine and boot can be judged."""
        here = current()
        return bool(self.machine) and self.machine == here.machine and _started(self.pid) != self.started

    def __str__(self) -> str:
        return f"process {self.pid} of {self.user} on {self.host}"


@cache
def current() -> Process:
    """Return this process."""
    pid = os.getpid()
    return Process(socket.gethostname(), pid, _user(), _machine(), _started(pid))


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user that no file names
        return str(getattr(os, "getuid", lambda: "?")())


def _machine() -> str:
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process started, "" if there is none or it is a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in {"Z", "X"} else fields[_STARTED]
