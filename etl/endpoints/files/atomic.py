"""Files that are whole or absent: written beside their place, then renamed there."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import stat
import time
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path as FilePath
from typing import Final

from etl.endpoints.files.marks import OWN, TAKEN
from etl.endpoints.process import Life, current, life

_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_STALE_SECONDS: Final = 3600

_numbers = count()


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose files that are not whole yet are. name: of whom one at a time writes. token: grows with each of them."""

    name: str = ""
    token: int = 0


NOBODY: Final = Owner()


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file that is written beside its place, and takes that by one rename, or goes."""

    temporary: str
    path: FilePath | str

    def appear(self) -> None:
        """Take its place.

        Raises:
            OSError: when it cannot; also when a later writer of the same owner has removed it.

        """
        os.replace(self.temporary, self.path)

    def discard(self) -> None:
        """Remove it, where it has not taken its place; what cannot be removed now, a later `sweep` removes."""
        with contextlib.suppress(OSError):
            os.unlink(self.temporary)


def write_atomically(path: FilePath | str, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the whole new one.

    Raises:
        OSError: when it cannot be written; nothing is left behind.

    """
    staged = stage(path, content)
    try:
        staged.appear()
    except BaseException:
        staged.discard()
        raise


def stage(path: FilePath | str, content: bytes, *, fsync: bool = False, owner: Owner = NOBODY) -> StagedFile:
    """Write a file beside its place.

    fsync: wait until the content is on the disk; the folder's own entry is for `sync`. owner: see `sweep`.

    Raises:
        OSError: when it cannot be written; nothing is left behind.

    """
    staged = StagedFile(os.path.join(os.path.dirname(path), temporary_name(owner, os.path.basename(path))), path)
    descriptor = os.open(staged.temporary, _WRITE, 0o666)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            if fsync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        staged.discard()
        raise
    return staged


def temporary_name(owner: Owner = NOBODY, final: str = "") -> str:
    """Return a name for a file of this process that is not whole yet; no other one has it. final: see `left_behind`."""
    return f"{OWN}{_mark(owner.name)}.{owner.token}-{_process()}-{next(_numbers)}-{name_mark(final)}"


def name_mark(final: str) -> str:
    """Return by what a temporary file says which name it was to take."""
    return _mark(final)


def left_behind(folder: FilePath, owner: Owner) -> set[str]:
    """Return the marks of the names that temporary files of an owner's older tokens were to take, and never took."""
    there = (path.name for path in folder.glob(f"{OWN}*"))
    return {name.rpartition("-")[2] for name in there if is_of_older(name, owner)}


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


def sweep(folder: FilePath, owner: Owner = NOBODY) -> None:
    """Remove the temporary files that ended processes have left in a folder, and those of one owner's older tokens.

    An earlier one may only be asleep, just before it renames what is older than what is there by then; when it wakes,
    it finds nothing to rename.

    Raises:
        OSError: when one cannot be removed.

    """
    for leftover in folder.glob(f"{OWN}*"):
        if leftover.name.startswith(TAKEN):  # what came, and was to be cleared away: `Folder.restore` puts it back
            continue
        process = leftover.name.removeprefix(OWN).partition("-")[2]
        if is_of_older(leftover.name, owner) or _is_abandoned(leftover, process):
            leftover.unlink(missing_ok=True)


def is_of_older(name: str, owner: Owner) -> bool:
    """Return whether a file is a temporary one of an owner's older tokens, as far as its name says."""
    whose = name.removeprefix(OWN).partition("-")[0]
    mark, _, token = whose.partition(".")
    is_theirs = bool(owner.name) and name.startswith(OWN) and mark == _mark(owner.name)
    return is_theirs and int(token if token.isdecimal() else 0) < owner.token


def read_like(path: str, content: bytes) -> bytes | None:
    """Return the bytes of a file, b"" if it cannot be what `content` is, or not be read, None if it is not there."""
    try:
        descriptor = os.open(path, _READ)
    except OSError:
        return b"" if os.path.lexists(path) else None  # writing will say why it cannot be read
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
    """Return whether the process that wrote a temporary file has ended; or may have, and left it for an hour."""
    machine, _, rest = process.partition("-")
    pid, _, rest = rest.partition("-")
    started = rest.partition("-")[0]
    here = current()
    if here.machine and machine == _mark(here.machine) and pid.isdecimal():
        known = life(int(pid), started)
        if known is not Life.UNKNOWN:
            return known is Life.ENDED
    try:
        return time.time() - leftover.lstat().st_mtime > _STALE_SECONDS
    except FileNotFoundError:
        return False


def _mark(text: str) -> str:
    """Return a short name without a hyphen: the same for the same text."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest() if text else "x"
