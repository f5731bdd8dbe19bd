"""A folder behind a URL: whatever fsspec and the packages that extend it can open. Needs the extra `remote`."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path as FilePath
from typing import Any, Final

from etl.endpoints.files.atomic import NOBODY, Owner, is_of_older, temporary_name
from etl.endpoints.files.limits import too_large
from etl.endpoints.files.location import Url, without_secrets
from etl.endpoints.files.marks import Mark
from etl.errors import EndpointError, SettingsError

CACHES: Final = ("simplecache", "filecache", "blockcache", "cached")
"""What stands before a URL, and changes nothing of what is there."""

_LOCAL: Final = ("file", "local")
_OBJECT_STORES: Final = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oci", "oss", "r2", "obs"})
"""Where a file that is put is whole or absent by itself, and folders are not made but are there."""

_REASONS: Final = {
    FileNotFoundError: errno.ENOENT,
    PermissionError: errno.EACCES,
    IsADirectoryError: errno.EISDIR,
    NotADirectoryError: errno.ENOTDIR,
}
_OF_ONE_FILE: Final = tuple(_REASONS)
_SHOWN: Final = 200
_TIMES: Final = ("mtime", "modified", "last_modified", "LastModified", "last_write_time", "modify", "created")
"""What file systems of fsspec call the time at which a file was last written to."""


def file_systems(url: Url) -> list[Any]:
    """Return the kinds of file systems that open a URL, one for each of its schemes; connect to nothing.

    Raises:
        SettingsError: naming the package that is missing.

    """
    try:
        import fsspec  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError(f"{url} needs fsspec, which is not installed: pip install 'tracos-etl[remote]'") from None
    try:
        return [fsspec.get_filesystem_class(scheme) for scheme in url.schemes]
    except Exception as error:  # noqa: BLE001 - whatever a package raises that is imported
        why = without_secrets(str(error), [url])
        raise SettingsError(f"{url} cannot be opened: {why}; install what is missing, or correct the scheme") from None


def local_path(url: Url) -> FilePath | None:
    """Return the path of a folder of this machine that is written as a URL, through whatever cache; else None."""
    *before, last = url.schemes
    if last not in _LOCAL or any(scheme not in CACHES for scheme in before):
        return None
    from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415 - an extra

    return FilePath(LocalFileSystem._strip_protocol(url.value.rpartition("::")[2] or url.value))


class RemoteFolder:
    """A folder that fsspec opens, at its first use. owner: of whom only one writes here at a time."""

    def __init__(self, url: Url, owner: Owner = NOBODY) -> None:
        self._url = url
        self._owner = owner

    def __str__(self) -> str:
        return str(self._url)

    def names(self) -> list[str]:
        """Return the names of what is in it, in no order."""
        with self._failing():
            self._files.invalidate_cache()
            try:
                found = self._files.ls(self._path, detail=False)
            except FileNotFoundError:
                if not self._is_object_store or not self._files.ls(self._path.strip("/").partition("/")[0]):
                    raise
                found = []  # in a bucket, an empty folder is not there
        return [str(path).rstrip("/").rpartition("/")[2] for path in found]

    def read(self, name: str, most: int) -> bytes:
        """Return a whole file of at most `most` bytes."""
        with closing(self.open(name)) as stream:
            content = stream.read(most + 1)
        if len(content) > most:
            raise OSError(0, too_large(most))
        return content

    def open(self, name: str) -> _Stream:
        """Open a file for reading."""
        with self._reading(name):
            return _Stream(self._files.open(self._place(name), "rb"), lambda: self._reading(name))

    def touched(self, name: str) -> float | None:
        """Return when a file was last written to, as its server says; nothing of an object, which is whole."""
        if self._is_object_store:
            return None
        mark = self.mark(name)
        return None if mark is None else mark.written

    def mark(self, name: str) -> Mark | None:
        """Return what tells the state of a file from any other, as far as its server says."""
        try:
            found = self._files.info(self._place(name))
        except Exception:  # noqa: BLE001 - every file system of fsspec has its own
            return None
        written = next((time for word in _TIMES if (time := _seconds(found.get(word))) is not None), None)
        if found.get("type", "file") != "file":
            return None
        return Mark((found.get("size"), written, found.get("ETag")), written)

    def take(self, name: str, mark: Mark, to: str) -> bool:
        """Move a file, or remove it; what is written in its place at that very moment goes with it."""
        self._files.invalidate_cache()
        if self.mark(name) != mark:
            return False
        if not to:
            self._do("rm_file", self._place(name))
            return True
        if not self._is_object_store:
            with self._failing():
                self._files.makedirs(self._place(to).rpartition("/")[0], exist_ok=True)
        self._do("mv", self._place(name), self._place(to))
        return True

    def restore(self, to: Callable[[str], str]) -> None:
        """Do nothing: here files are moved in one step."""

    def holds(self, name: str, content: bytes) -> bool | None:
        """Return whether a file has exactly this content; None if it is not there."""
        place = self._place(name)
        try:
            with self._reading(name):
                alike = self._files.info(place)["size"] == len(content)
                return alike and bool(self._files.cat_file(place) == content)
        except FileNotFoundError:
            return None
        except OSError:
            return False  # writing will say why it cannot be read

    @property
    def is_swept(self) -> bool:
        """Whether `prepare` removes what earlier ones have staged: there is no such thing in an object store."""
        return not self._is_object_store

    def prepare(self) -> None:
        """Make the folder, where folders are made, and remove what is staged there under older tokens."""
        if self._is_object_store:
            return
        with self._failing():
            self._files.makedirs(self._path, exist_ok=True)
        for name in self.names():
            if is_of_older(name, self._owner):
                with self._failing(), suppress(FileNotFoundError):
                    self._files.rm_file(self._place(name))

    def is_left(self, name: str) -> bool:
        """Return False: it is not known here whether a file was ready to appear, and never did."""
        del name
        return False

    def stage(self, name: str, content: bytes) -> _Staged:
        """Have a file ready: of an object store in memory, since it is put there whole; else beside its place."""
        place = self._place(name)
        if self._is_object_store:
            return _Staged(partial(self._do, "pipe_file", place, content), lambda: None)
        temporary = self._place(temporary_name(self._owner))
        staged = _Staged(partial(self._do, "mv", temporary, place), partial(self._remove, temporary))
        try:
            self._do("pipe_file", temporary, content)
        except BaseException:
            staged.discard()
            raise
        return staged

    def _do(self, what: str, *arguments: Any) -> None:
        with self._failing():
            getattr(self._files, what)(*arguments)

    def _remove(self, temporary: str) -> None:
        with suppress(Exception):  # moved already, or out of reach: another error is the one to tell
            self._files.rm_file(temporary)

    def flush(self, names: Sequence[str]) -> None:
        """Do nothing: where the files are, they are kept."""

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs  # noqa: PLC0415 - an extra

        try:
            files, path = url_to_fs(self._url.value)
        except Exception as error:  # noqa: BLE001 - every file system of fsspec has its own
            raise EndpointError(f"{self._url} cannot be opened: {self._reason(error)}; run again") from None
        return files, str(path).rstrip("/")

    @property
    def _files(self) -> Any:
        return self._opened[0]

    @property
    def _path(self) -> str:
        return self._opened[1]

    @property
    def _is_object_store(self) -> bool:
        protocol = self._files.protocol
        return not _OBJECT_STORES.isdisjoint([protocol] if isinstance(protocol, str) else protocol)

    def _place(self, name: str) -> str:
        return f"{self._path}/{name}"

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Raise OSError for whatever a file system of fsspec raises."""
        try:
            yield
        except EndpointError:
            raise
        except Exception as error:  # noqa: BLE001 - every file system of fsspec has its own
            raise OSError(0, self._reason(error)) from None

    @contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        """Raise OSError for what is wrong with one file, EndpointError for all else: another try may succeed."""
        try:
            yield
        except _OF_ONE_FILE as error:
            number = errno.ENOENT if isinstance(error, FileNotFoundError) else 0
            raise OSError(number, self._reason(error)) from None
        except EndpointError:
            raise
        except Exception as error:  # noqa: BLE001 - every file system of fsspec has its own
            raise EndpointError(f"{self._url}/{name} cannot be read: {self._reason(error)}; run again") from None

    def _reason(self, error: Exception) -> str:
        if isinstance(error, OSError):
            for kind, number in _REASONS.items():
                if isinstance(error, kind):
                    return os.strerror(number)
        text = " ".join(f"{type(error).__name__}: {error}".split())
        return without_secrets(text, [self._url])[:_SHOWN]


def _seconds(time: Any) -> float | None:
    """Return a time as seconds since 1970: of a number, a date, or text as FTP has it; None where it is none."""
    if isinstance(time, str):
        try:
            time = datetime.strptime(time[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            return None
    if isinstance(time, datetime):
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return float(time) if isinstance(time, int | float) else None


@dataclass(slots=True)
class _Staged:
    """A file that is ready to appear."""

    _appear: Callable[[], None]
    _discard: Callable[[], None]

    def appear(self) -> None:
        """Appear, whole."""
        self._appear()
        self._discard = lambda: None

    def discard(self) -> None:
        """Remove it, where it has not appeared."""
        self._discard()


class _Stream:
    """A file that is being read; what goes wrong is raised as `reading` says."""

    def __init__(self, file: Any, reading: Callable[[], AbstractContextManager[None]]) -> None:
        self._file = file
        self._reading = reading

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes; b"" at the end."""
        with self._reading():
            return bytes(self._file.read(size))

    def close(self) -> None:
        """End reading."""
        self._file.close()
