"""The content of files, read in blocks, so that no bomb fills the memory.

Compressed files are told by the endings of their names.
"""

from __future__ import annotations

import errno
import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Final, TypeAlias

from etl.endpoints.files.folder import Folder, Stream
from etl.endpoints.files.limits import too_large
from etl.errors import SettingsError

BLOCK: Final = 256 * 1024
GZIP: Final = ".gz"
ZSTD: Final = ".zst"
ENDINGS: Final = (GZIP, ZSTD)

_LEVEL: Final = 6
_WINDOW_LOG: Final = 26
"""Data that needs more than 64 MiB to be decompressed is refused; the zstd command makes such only with --long."""

_FREE: Final = 4 * 1024 * 1024
_TIMES: Final = 200
"""Beyond the first 4 MiB, what grows to more than so many times its size is no data, but a bomb."""

Compressor: TypeAlias = Callable[[bytes], bytes]


class BrokenFileError(Exception):
    """What is left of a file cannot be read; the message says why."""


class EndsEarlyError(BrokenFileError):
    """A file ends where something more has to come: it was cut off, or is not whole yet."""


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


def is_compressed(name: str) -> bool:
    """Return whether files of this name are compressed."""
    return name.endswith(ENDINGS)


def read_blocks(stream: Stream, name: str) -> Iterator[bytes]:
    """Yield the content of a file, decompressed, in blocks of at most `BLOCK` bytes.

    Raises:
        BrokenFileError: when it ends early, or is not what its name says.
        OSError: when it cannot be read on. EndpointError: when the folder as a whole fails.

    """
    if not is_compressed(name):
        while block := stream.read(BLOCK):
            yield block
        return
    tally, made = _Tally(stream), 0
    try:
        with _decompressed(tally, name) as plain:
            while block := plain.read1(BLOCK):  # read would lose what came before the damage
                made += len(block)
                if made > _FREE + _TIMES * tally.total:
                    raise BrokenFileError(f"it grows to more than {_TIMES} times its size; deliver it uncompressed")
                yield block
    except EOFError:
        raise EndsEarlyError("the compressed data ends early") from None
    except _damages() as error:
        raise BrokenFileError(f"the compressed data is damaged: {error}") from None
    if not tally.total:
        raise EndsEarlyError("the compressed data ends early")


def read_content(folder: Folder, name: str, most: int) -> bytes:
    """Return the content of a whole file, decompressed, of at most `most` bytes.

    Raises:
        BrokenFileError, OSError, EndpointError: as `read_blocks`; OSError also when it is larger.

    """
    if not is_compressed(name):
        return folder.read(name, most)
    content = b""
    with closing(folder.open(name)) as stream:
        for block in read_blocks(stream, name):
            content += block
            if len(content) > most:
                raise OSError(0, too_large(most))
    return content


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


def compressor(name: str) -> Compressor:
    """Return how files of this name are compressed; the same content gives the same bytes.

    Raises:
        SettingsError: when that needs a package that is not installed.

    """
    if name.endswith(GZIP):
        return lambda content: gzip.compress(content, _LEVEL, mtime=0)
    if name.endswith(ZSTD):
        zstd = require_zstd(name)
        return lambda content: bytes(zstd.compress(content))
    return lambda content: content


def require_zstd(name: str) -> Any:
    """Return the module that reads and writes zstd files.

    Raises:
        SettingsError: when it is not installed.

    """
    module = _zstd()
    if module is None:
        raise SettingsError(f"{name} is compressed with zstd, which is not installed: pip install 'tracos-etl[zstd]'")
    return module


class _Tally:
    """A stream that counts what was read of it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.total = 0

    def read(self, size: int = -1, /) -> bytes:
        piece = self._stream.read(size)
        self.total += len(piece)
        return piece


def _decompressed(tally: _Tally, name: str) -> Any:
    if name.endswith(GZIP):
        return gzip.GzipFile(fileobj=tally, mode="rb")  # type: ignore[call-overload]  # it needs no more than `read`
    zstd = _zstd()
    if zstd is None:
        raise BrokenFileError("zstd is not installed: pip install 'tracos-etl[zstd]'")
    return zstd.ZstdFile(tally, options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


def _damages() -> tuple[type[Exception], ...]:
    """Return what is raised for compressed data that is damaged."""
    zstd = _zstd()
    return (gzip.BadGzipFile, zlib.error, *(() if zstd is None else (zstd.ZstdError,)))


def _zstd() -> Any:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415 - only where there is such a file
        else:
            from backports import zstd  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return zstd
