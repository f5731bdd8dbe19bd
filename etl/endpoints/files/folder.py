"""What a folder of files is to what reads and what writes it, wherever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from etl.endpoints.files.atomic import NOBODY, Owner
from etl.endpoints.files.local import LocalFolder
from etl.endpoints.files.location import Location, Url
from etl.endpoints.files.marks import Mark
from etl.endpoints.files.remote import RemoteFolder, file_systems, local_path


class Stream(Protocol):
    """A file that is being read."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes; b"" at the end.

        Raises:
            OSError: when the file cannot be read on. EndpointError: when the folder as a whole fails.

        """
        ...

    def close(self) -> None:
        """End reading."""
        ...


class Staged(Protocol):
    """A file that is ready to appear in its folder, and is not there yet."""

    def appear(self) -> None:
        """Appear, so that a reader, or a crash, sees the old file or the whole new one.

        Raises:
            OSError: when it cannot.

        """
        ...

    def discard(self) -> None:
        """Leave nothing of it, where it has not appeared."""
        ...


class Folder(Protocol):
    """One folder, without those below it. As text, what a person calls it, without secrets."""

    @property
    def is_swept(self) -> bool:
        """Whether `prepare` removes what earlier ones have staged, so that it cannot appear any more."""
        ...

    def names(self) -> list[str]:
        """Return the names of what is in it, in no order.

        Raises:
            OSError: when it cannot be read.

        """
        ...

    def read(self, name: str, most: int) -> bytes:
        """Return a whole file of at most `most` bytes.

        Raises:
            FileNotFoundError: when it is not there any more. OSError: when it is no regular file, is not readable or
            too large. EndpointError: when the folder as a whole fails.

        """
        ...

    def open(self, name: str) -> Stream:
        """Open a file for reading.

        Raises: as `read`.
        """
        ...

    def touched(self, name: str) -> float | None:
        """Return when a file was last written to, in seconds since 1970.

        None where that is not known, or where a file is whole as soon as it is there.
        """
        ...

    def mark(self, name: str) -> Mark | None:
        """Return what tells the state of a file from any other; None where it is no file, or nothing tells."""
        ...

    def take(self, name: str, mark: Mark, to: str) -> bool:
        """Move a file to a path in the folder, or remove it where `to` is ""; return whether it is still as marked.

        It stays where it has changed, and what was written in its place stays as well.

        Raises:
            OSError: when it cannot be moved.

        """
        ...

    def restore(self, to: Callable[[str], str]) -> None:
        """Put back what a process that died had begun to take. to: where it goes if another one has its place.

        Raises:
            OSError: when it cannot be put back.

        """
        ...

    def holds(self, name: str, content: bytes) -> bool | None:
        """Return whether a file has exactly this content; None if it is not there."""
        ...

    def prepare(self) -> None:
        """Make the folder if it is not there, and remove what killed processes have left in it.

        Raises:
            OSError: when it cannot be used.

        """
        ...

    def is_left(self, name: str) -> bool:
        """Return whether it is known that a file was ready to appear when an earlier run died, and never did."""
        ...

    def stage(self, name: str, content: bytes) -> Staged:
        """Have a file ready to appear.

        Raises:
            OSError: when it cannot be written; nothing is left behind.

        """
        ...

    def flush(self, names: Sequence[str]) -> None:
        """Wait until these files, and the names of all that were written, are on the disk, if that was asked for.

        Raises:
            OSError: when the disk fails.

        """
        ...


def open_folder(location: Location, *, fsync: bool = False, owner: Owner = NOBODY) -> Folder:
    """Return the folder at a location.

    fsync: of a local one. owner: see `LocalFolder`.

    Raises:
        SettingsError: when a package is missing that opens a URL.

    """
    if isinstance(location, Url):
        file_systems(location)
        path = local_path(location)
        if path is None:
            return RemoteFolder(location, owner)
        location = path  # here too, no link leads out of the folder, and no pipe is waited for
    return LocalFolder(location, fsync=fsync, owner=owner)
