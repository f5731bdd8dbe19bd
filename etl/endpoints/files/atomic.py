"""Files that are whole or absent: written beside their place, then renamed there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path as FilePath
from typing import Final

from etl.endpoints.process import Process, current

_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_TEMPORARY: Final = ".etl-"
_STALE_SECONDS: Final = 3600

_numbers = count()


def write_atomically(
    path: FilePath | str, content: bytes, *, fsync: bool = False, fence: Callable[[], None] = lambda: None
) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the whole new one.

    fsync: wait until the content is on the disk; the folder's own entry is for `sync`. fence: called before the
    rename; what it raises stops the write.

    Raises:
        OSError: when it cannot be written; nothing is left behind.

    """
    temporary = os.path.join(os.path.dirname(path), f"{_prefix()}{next(_numbers)}")
    descriptor = os.open(temporary, _WRITE, 0o666)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if fsync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        fence()
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):  # renamed already, when a signal came
            os.unlink(temporary)
        raise


def sync(path: FilePath | str) -> None:
    """Wait until a file's content, or a folder's entries, are on the disk; where the system syncs no folders, go on.

    Raises:
        OSError: when the disk fails.

    """
    if os.name == "nt" and os.path.isdir(path):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: FilePath) -> None:
    """Remove the temporary files that ended processes have left in a folder.

    Raises:
        OSError: when one cannot be removed.

    """
    for leftover in folder.glob(f"{_TEMPORARY}*"):
        if _is_abandoned(leftover):
            leftover.unlink(missing_ok=True)


def read_like(path: str, content: bytes) -> bytes | None:
    """Return the bytes of a file, b"" if it cannot be what `content` is, None if it is not there or not readable."""
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return None  # writing will say
    try:
        status = os.fstat(descriptor)
        alike = stat.S_ISREG(status.st_mode) and status.st_size == len(content)
        return os.read(descriptor, len(content)) if alike else b""
    finally:
        os.close(descriptor)


@cache
def _prefix() -> str:
    """Return how this process's temporary files begin: a process of the same number elsewhere has other ones."""
    here = current()
    return f"{_TEMPORARY}{_machine_mark(here)}-{here.pid}-{here.started}-{secrets.token_hex(4)}-"


def _is_abandoned(leftover: FilePath) -> bool:
    """Return whether the process that wrote a temporary file has ended, or has not touched it for an hour."""
    machine, _, rest = leftover.name.removeprefix(_TEMPORARY).partition("-")
    pid, _, rest = rest.partition("-")
    started = rest.partition("-")[0]
    here = current()
    if here.machine and machine == _machine_mark(here) and pid.isdecimal():
        return replace(here, pid=int(pid), started=started).has_ended()
    try:
        return time.time() - leftover.lstat().st_mtime > _STALE_SECONDS
    except FileNotFoundError:
        return False


def _machine_mark(process: Process) -> str:
    return hashlib.blake2b(process.machine.encode(), digest_size=6).hexdigest() if process.machine else "x"
