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

from etl.endpoints.process import current

_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_TEMPORARY: Final = ".etl-"
_STALE_SECONDS: Final = 3600

_numbers = count()


def unfenced() -> None:
    """Let every write go on."""


def write_atomically(
    path: FilePath | str,
    content: bytes,
    *,
    fsync: bool = False,
    fence: Callable[[], None] = unfenced,
    owner: str = "",
) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the whole new one.

    fsync: wait until the content is on the disk; the folder's own entry is for `sync`. fence: called before the
    rename; what it raises stops the write. owner: see `sweep`.

    Raises:
        OSError: when it cannot be written; nothing is left behind.

    """
    temporary = os.path.join(os.path.dirname(path), temporary_name(owner))
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


def temporary_name(owner: str = "") -> str:
    """Return a name for a file of this process that is not whole yet; no other one has it. owner: see `sweep`."""
    return f"{_TEMPORARY}{_mark(owner)}-{_process()}-{next(_numbers)}"


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


def sweep(folder: FilePath, owner: str = "") -> None:
    """Remove the temporary files that ended processes have left in a folder, and all of one owner.

    owner: of whom only one writes at a time, and this is the one. An earlier one may only be asleep, just before it
    renames what is older than what is there by then; when it wakes, it finds nothing to rename.

    Raises:
        OSError: when one cannot be removed.

    """
    for leftover in folder.glob(f"{_TEMPORARY}*"):
        whose, _, process = leftover.name.removeprefix(_TEMPORARY).partition("-")
        if (owner and whose == _mark(owner)) or _is_abandoned(leftover, process):
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
def _process() -> str:
    """Return how the temporary files of this process are named: one of the same number elsewhere has other ones."""
    here = current()
    return f"{_mark(here.machine)}-{here.pid}-{here.started}-{secrets.token_hex(4)}"


def _is_abandoned(leftover: FilePath, process: str) -> bool:
    """Return whether the process that wrote a temporary file has ended, or has not touched it for an hour."""
    machine, _, rest = process.partition("-")
    pid, _, rest = rest.partition("-")
    started = rest.partition("-")[0]
    here = current()
    if here.machine and machine == _mark(here.machine) and pid.isdecimal():
        return replace(here, pid=int(pid), started=started).has_ended()
    try:
        return time.time() - leftover.lstat().st_mtime > _STALE_SECONDS
    except FileNotFoundError:
        return False


def _mark(text: str) -> str:
    """Return a short name without a hyphen: the same for the same text."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest() if text else "x"
