"""What is read of a file, in blocks; and what becomes of one that goes meanwhile."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from etl.endpoints.files.compression import is_compressed, read_blocks
from etl.endpoints.files.folder import Folder, Stream


class GoneError(Exception):
    """A file that was listed is not there any more."""


@contextmanager
def noticing_its_end() -> Iterator[None]:
    """Raise GoneError where a file that was listed is not there any more."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ESTALE):
            raise GoneError from None
        raise


class Blocks:
    """The content of a file, from its start each time that it is iterated.

    is_whole: it was read to its end, and says itself that this is one, as compressed data.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder = folder
        self._name = name
        self._stream: Stream | None = None
        self.is_whole = False

    def open(self) -> Stream:
        """Open the file; raise OSError where that cannot be."""
        self.close()
        with noticing_its_end():
            self._stream = self._folder.open(self._name)
        return self._stream

    def close(self) -> None:
        """End reading."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def __iter__(self) -> Iterator[bytes]:
        self.is_whole = False
        with noticing_its_end():
            yield from read_blocks(self._stream or self.open(), self._name)
        self.is_whole = is_compressed(self._name)
        self.close()
