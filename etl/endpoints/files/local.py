"""A folder of this machine: links do not lead out of it, pipes are not waited for, files are whole or absent."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path as FilePath
from typing import Final

from etl.endpoints.files.atomic import NOBODY, Owner, StagedFile, left_behind, name_mark, read_like, stage, sweep, sync
from etl.endpoints.files.limits import too_large
from etl.endpoints.files.marks import TAKEN, Mark

_PIECE: Final = 1024 * 1024
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class LocalFolder:
    """A folder of this machine.

    fsync: wait until what is written is on the disk. owner: of whom only one writes here at a time.
    """

    is_swept = True

    def __init__(self, path: FilePath, *, fsync: bool = False, owner: Owner = NOBODY) -> None:
        self._path = path
        self._fsync = fsync
        self._owner = owner
        self._left: set[str] = set()

    def __str__(self) -> str:
        return str(self._path)

    def names(self) -> list[str]:
        """Return the names of what is in it, in no order."""
        return os.listdir(self._path)

    def read(self, name: str, most: int) -> bytes:
        """Return a whole regular file of at most `most` bytes."""
        descriptor, size = self._open(name)
        try:
            if size > most:
                raise OSError(0, too_large(most, size))
            raw = os.read(descriptor, size)
            while part := os.read(descriptor, _PIECE):  # it grew, or came in pieces
                raw += part
                if len(raw) > most:
                    raise OSError(0, too_large(most))
        finally:
            os.close(descriptor)
        return raw

    def open(self, name: str) -> io.FileIO:
        """Open a regular file for reading, however large."""
        return io.FileIO(self._open(name)[0])

    def touched(self, name: str) -> float | None:
        """Return when a file was last written to."""
        try:
            return os.stat(os.path.join(self._path, name)).st_mtime
        except OSError:
            return None

    def mark(self, name: str) -> Mark | None:
        """Return what tells the state of a file from any other; None of what is no file of its own, as a link."""
        try:
            status = os.lstat(self._place(name))
        except OSError:
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        return Mark((status.st_ino, status.st_size, status.st_mtime_ns), status.st_mtime)

    def take(self, name: str, mark: Mark, to: str) -> bool:
        """Move a file, or remove it: first aside, so that nobody writes in its place what would go unread with it."""
        if self.mark(name) != mark:
            return False
        aside = TAKEN + name
        os.rename(self._place(name), self._place(aside))
        if self.mark(aside) != mark:  # it was replaced at that very moment
            _put_back(self._place(aside), self._place(name), self._place(to or aside))
            return False
        self._move(aside, to)
        return True

    def restore(self, to: Callable[[str], str]) -> None:
        """Put back what a process that died had begun to take."""
        for aside in self._path.glob(f"{TAKEN}*"):
            name = aside.name.removeprefix(TAKEN)
            place = self._place(to(name))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            _put_back(str(aside), self._place(name), place)

    def _move(self, name: str, to: str) -> None:
        if not to:
            os.unlink(self._place(name))
            return
        os.makedirs(os.path.dirname(self._place(to)), exist_ok=True)
        os.replace(self._place(name), self._place(to))

    def _place(self, name: str) -> str:
        return os.path.join(self._path, name)

    def holds(self, name: str, content: bytes) -> bool | None:
        """Return whether a file has exactly this content; None if it is not there."""
        present = read_like(os.path.join(self._path, name), content)
        return None if present is None else present == content

    def prepare(self) -> None:
        """Make the folder, and remove what killed processes have left in it."""
        self._path.mkdir(parents=True, exist_ok=True)
        self._left |= left_behind(self._path, self._owner)
        sweep(self._path, self._owner)

    def is_left(self, name: str) -> bool:
        """Return whether a file was ready to appear when an earlier run died, and never did."""
        return name_mark(name) in self._left or name_mark(name) in left_behind(self._path, self._owner)

    def stage(self, name: str, content: bytes) -> StagedFile:
        """Write a file beside its place."""
        return stage(os.path.join(self._path, name), content, fsync=self._fsync, owner=self._owner)

    def flush(self, names: Sequence[str]) -> None:
        """Wait until these files, and the folder's entries, are on the disk, if that was asked for."""
        if self._fsync:
            for name in names:
                sync(os.path.join(self._path, name))
            sync(self._path)

    @cached_property
    def _root(self) -> FilePath:
        return self._path.resolve()

    def _open(self, name: str) -> tuple[int, int]:
        """Open a regular file inside the folder; return its descriptor and its size."""
        descriptor = _open_inside(os.path.join(self._path, name), self._root)
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return descriptor, status.st_size
        os.close(descriptor)
        raise OSError(0, "Is a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file")


def _put_back(aside: str, place: str, otherwise: str) -> None:
    """Give a file its place back, where no other one has it by now; else move it elsewhere."""
    try:
        os.link(aside, place)  # unlike a rename, this takes nobody's place
    except FileExistsError:
        if not os.path.samefile(aside, place):
            os.replace(aside, otherwise)
            return
    os.unlink(aside)


def _open_inside(path: str, root: FilePath) -> int:
    if not _NO_FOLLOW and FilePath(path).is_symlink():
        return _follow(path, root)
    try:
        return os.open(path, _READ | _NO_FOLLOW)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    return _follow(path, root)


def _follow(path: str, root: FilePath) -> int:
    try:
        target = FilePath(path).resolve(strict=True)
    except FileNotFoundError:  # the link is there, and leads nowhere
        raise OSError(0, os.strerror(errno.ENOENT)) from None
    except RuntimeError:  # what pathlib makes of a loop before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
    if not target.is_relative_to(root):
        raise OSError(0, "a link that leads out of the folder")
    return os.open(target, _READ | _NO_FOLLOW)
