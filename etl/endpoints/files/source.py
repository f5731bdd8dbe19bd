"""Files as a source: read in natural order, strictly, and never changed."""

from __future__ import annotations

import errno
import fnmatch
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, Final

import orjson

from etl.errors import EndpointError
from etl.mapping.model import FilesEndpoint
from etl.record import MIN_INT64, Record, Violation, shown
from etl.transfer.model import Candidate, Item, Outcome

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 100
"""As deep as BSON documents may nest."""

_PIECE: Final = 1024 * 1024
_LONG_NUMBER: Final = re.compile(rb"[0-9]{19}")
_MAX_UINT64: Final = 2**64 - 1
_DIGITS_READ: Final = 40

_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_BOM: Final = b"\xef\xbb\xbf"
_DIGITS: Final = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True)
class FileLimits:
    """max_bytes: a larger file is rejected unread. max_depth: how deep its objects and lists may nest."""

    max_bytes: int = MAX_BYTES
    max_depth: int = MAX_DEPTH


class FilesSource:
    """The JSON files of one folder whose names match a glob. Nothing in the folder is ever changed."""

    def __init__(self, folder: FilePath, endpoint: FilesEndpoint, limits: FileLimits = FileLimits()) -> None:
        self._folder = folder
        self._glob = endpoint.inbound
        self.limits = limits

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield the files in natural order: 2.json before 10.json."""
        names = iter(self._names())
        while batch := list(islice(names, size)):
            yield [self.read(name) for name in batch]

    def screen(self, candidates: Sequence[Candidate]) -> Sequence[Outcome | None]:
        """Leave all to the sink."""
        return [None] * len(candidates)

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Leave the files where they are; what was read last is remembered with the sink."""
        del candidates
        return ()

    def _names(self) -> list[str]:
        try:
            names = os.listdir(self._folder)
        except OSError as error:
            raise EndpointError(
                f"the inbound folder {self._folder} cannot be read: {error.strerror}; create it, "
                "set DATA_INBOUND_DIR, or let `etl sample` write sample files"
            ) from None
        matching = fnmatch.filter(names, self._glob)
        # as in a shell, * does not match the dot of a hidden file: editors and archivers leave such behind
        return sorted((name for name in matching if name[0] != "." or self._glob[0] == "."), key=natural)

    def read(self, name: str) -> Item:
        """Read one file of the folder."""
        origin = name.encode("utf-8", "backslashreplace").decode()
        try:
            content = _read_bytes(os.path.join(self._folder, name), self._root, self.limits.max_bytes)
        except (OSError, ValueError) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or error
            return Item(origin, None, (Violation("", "unreadable", f"cannot be read: {why}"),))
        return read_item(origin, content, self.limits)

    @cached_property
    def _root(self) -> FilePath:
        return self._folder.resolve()


def read_item(origin: str, content: bytes, limits: FileLimits) -> Item:
    """Make an item of the bytes of one record; one without a record, with the reason, where they hold none."""
    try:
        return Item(origin, parse_json(content, limits.max_depth), content=content)
    except ValueError as error:
        return Item(origin, None, (Violation("", "json", str(error)),), content=content)


def natural(name: str) -> tuple[tuple[Any, ...], str]:
    """Return a sort key under which numbers in names count as numbers."""
    parts = _DIGITS.split(name)
    return (tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), name)


def _read_bytes(path: str, root: FilePath, most: int) -> bytes:
    """Return a regular file's bytes. A pipe is not waited for, and a link does not lead out of `root`.

    Raises:
        OSError: when it is not a regular file inside `root`, not readable, or too large.

    """
    descriptor = _open_inside(path, root)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "Is a directory" if stat.S_ISDIR(status.st_mode) else "not a regular file")
        if status.st_size > most:
            raise OSError(0, f"it has {status.st_size} bytes, more than {most}; MAX_RECORD_BYTES says how many it may")
        raw = os.read(descriptor, status.st_size)
        while part := os.read(descriptor, _PIECE):  # it grew, or came in pieces
            raw += part
            if len(raw) > most:
                raise OSError(0, f"it has more than {most} bytes; MAX_RECORD_BYTES says how many it may have")
    finally:
        os.close(descriptor)
    return raw


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
    except RuntimeError:  # what pathlib makes of a loop before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
    if not target.is_relative_to(root):
        raise OSError(0, "a link that leads out of the folder")
    return os.open(target, _READ | _NO_FOLLOW)


def parse_json(raw: bytes, max_depth: int = MAX_DEPTH) -> Record:
    """Parse one JSON object, strictly UTF-8, with or without a byte-order mark.

    Raises:
        ValueError: saying what is wrong and where.

    """
    raw = raw.removeprefix(_BOM)
    if not raw.strip():
        raise ValueError("the file is empty; expected a JSON object")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ValueError(_explain(raw, error)) from None
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, found {shown(value)}")
    if raw.count(b"{") + raw.count(b"[") > max_depth and _depth(value) > max_depth:
        raise ValueError(f"nested deeper than {max_depth} levels")
    if _LONG_NUMBER.search(raw):
        _refuse_rounded(raw)
    return value


def _refuse_rounded(raw: bytes) -> None:
    """Refuse a whole number beyond 64 bits, of which only the first digits would be kept.

    Raises:
        ValueError: naming it.

    """

    def whole(text: str) -> int:
        if not MIN_INT64 <= int(text[:_DIGITS_READ]) <= _MAX_UINT64 or len(text) > _DIGITS_READ:
            raise ValueError(f"the number {shown(text)[1:-1]} has more than 64 bits; write it as text")
        return 0

    json.loads(raw, parse_int=whole)


def _explain(raw: bytes, error: json.JSONDecodeError) -> str:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return f"not UTF-8: byte 0x{raw[wrong.start]:02x} at position {wrong.start}; save the file as UTF-8"
    return f"not JSON: line {error.lineno}, column {error.colno}: {error.msg.partition(':')[0]}"


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
    return depth
