"""Records as files: one JSON document each in one folder, read in natural order, written whole or not at all."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path as FilePath
from typing import Any, Final

import orjson

from etl.errors import EndpointError
from etl.mapping.model import FilesEndpoint
from etl.mapping.parse import TEMPLATE
from etl.mapping.paths import get, parse_path
from etl.record import ABSENT, Record, Violation, shown
from etl.transfer.model import Candidate, Change, Item, Outcome, Result

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 100
"""As deep as BSON documents may nest."""

_BOM: Final = b"\xef\xbb\xbf"
_TEMPORARY: Final = ".etl-"
_STALE_SECONDS: Final = 3600
_MAX_NAME_BYTES: Final = 255
_UNSAFE: Final = re.compile(r"[/\\\x00-\x1f\x7f]")


class FilesSource:
    """The JSON files of one folder whose names match a glob. Nothing in the folder is ever changed."""

    def __init__(self, folder: FilePath, endpoint: FilesEndpoint) -> None:
        self._folder = folder
        self._glob = endpoint.inbound

    def batches(self, size: int) -> Iterator[list[Item]]:
        """Yield the files in natural order: 2.json before 10.json."""
        names = iter(self._names())
        root = self._folder.resolve()
        while batch := list(islice(names, size)):
            yield [self._read(name, root) for name in batch]

    def acknowledge(self, candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        """Leave the files where they are; what was read last is remembered with the sink."""
        del candidates
        return ()

    def _names(self) -> list[str]:
        try:
            names = os.listdir(self._folder)  # noqa: PTH208 - names are all that is needed
        except OSError as error:
            raise EndpointError(
                f"the inbound folder {self._folder} cannot be read: {error.strerror}; create it, "
                "set DATA_INBOUND_DIR, or let `etl sample` write sample files"
            ) from None
        return sorted(fnmatch.filter(names, self._glob), key=natural)

    def _read(self, name: str, root: FilePath) -> Item:
        origin = name.encode("utf-8", "backslashreplace").decode()
        try:
            return Item(origin, parse_json(_read_bytes(self._folder / name, root)))
        except OSError as error:
            return Item(origin, None, (Violation("", "unreadable", f"cannot be read: {error.strerror or error}"),))
        except ValueError as error:
            return Item(origin, None, (Violation("", "json", str(error)),))


def natural(name: str) -> tuple[tuple[Any, ...], str]:
    """Return a sort key under which numbers in names count as numbers."""
    parts = re.split(r"([0-9]+)", name)
    return (tuple(int(part) if index % 2 else part for index, part in enumerate(parts)), name)


def _read_bytes(path: FilePath, root: FilePath) -> bytes:
    """Return a regular file's bytes. A pipe is not waited for, and a link does not lead out of `root`.

    Raises:
        OSError: when it is not a regular file inside `root`, not readable, or too large.

    """
    if path.is_symlink() and not path.resolve(strict=True).is_relative_to(root):
        raise OSError(0, "a link that leads out of the folder")
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(descriptor, "rb") as file:  # noqa: PTH123 - opened by descriptor
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "not a regular file")
        if status.st_size > MAX_BYTES:
            raise OSError(0, f"it has {status.st_size} bytes, more than {MAX_BYTES}")
        return file.read()


def parse_json(raw: bytes) -> Record:
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
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return value


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


class FilesSink:
    """One JSON file per record in one folder. A file is whole or absent, and not rewritten when it is already right."""

    def __init__(self, folder: FilePath, endpoint: FilesEndpoint) -> None:
        self._folder = folder
        self._name = _namer(endpoint.outbound)
        self._prepared = False

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Compare every candidate with the file that is there, byte by byte."""
        return [self._compare(candidate) for candidate in candidates]

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write each file beside its place, then rename it there."""
        if changes and not self._prepared:
            self._prepare()
        return [self._apply(change) for change in changes]

    def _compare(self, candidate: Candidate) -> Change:
        try:
            name, content = self._name(candidate.target), _content(candidate.target)
        except ValueError as error:
            return Change(candidate, Outcome.REJECTED, Violation("", "file", str(error)))
        try:
            present: bytes | None = (self._folder / name).read_bytes()
        except OSError:
            present = None  # not there, or not readable: writing will say
        written = Outcome.CREATED if present is None else Outcome.UPDATED
        return Change(candidate, Outcome.UNCHANGED if present == content else written, (name, content))

    def _apply(self, change: Change) -> Result:
        item = change.candidate.item
        if change.outcome is Outcome.REJECTED:
            return Result(item, Outcome.REJECTED, (change.detail,))
        if change.outcome is not Outcome.UNCHANGED:
            name, content = change.detail
            try:
                write_atomically(self._folder / name, content)
            except OSError as error:
                raise EndpointError(
                    f"{self._folder / name} cannot be written: {error.strerror or error}; "
                    "what was not written stays unsynced and goes out on the next run"
                ) from None
        return Result(item, change.outcome, candidate=change.candidate)

    def _prepare(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for leftover in self._folder.glob(f"{_TEMPORARY}*"):
                if time.time() - leftover.stat().st_mtime > _STALE_SECONDS:
                    leftover.unlink(missing_ok=True)
        except OSError as error:
            raise EndpointError(
                f"the outbound folder {self._folder} cannot be used: {error.strerror or error}; "
                "make it writable, or set DATA_OUTBOUND_DIR"
            ) from None
        self._prepared = True


def write_atomically(path: FilePath, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the whole new one.

    Raises:
        OSError: when it cannot be written; nothing is left behind.

    """
    descriptor, temporary = tempfile.mkstemp(prefix=_TEMPORARY, dir=path.parent)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - opened by descriptor
            file.write(content)
        os.chmod(temporary, 0o666 & ~_UMASK)  # noqa: PTH101 - mkstemp makes a file for its owner alone
        os.replace(temporary, path)  # noqa: PTH105 - both are plain names
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108 - as above
        raise


def write_json(path: FilePath, record: Record) -> None:
    """Write one record as a JSON file, atomically.

    Raises:
        OSError: when it cannot be written. ValueError: when the record is not JSON.

    """
    write_atomically(path, _content(record))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK: Final = _umask()


def _content(record: Record) -> bytes:
    try:
        return orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None


def _namer(template: str) -> Any:
    """Return a function from an outside record to its file name; it raises ValueError where that is no safe name."""
    pieces = TEMPLATE.split(template)
    paths = [(text, parse_path(text)) for text in pieces[1::2]]

    def name(record: Record) -> str:
        made = pieces[0]
        for index, (text, path) in enumerate(paths):
            literal = pieces[2 * index + 2]
            value = get(record, path)
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise ValueError(f"{text} {'has no value' if value is ABSENT else shown(value)} in a file name")
            # a separator inside a value would let two keys share a name
            if _UNSAFE.search(str(value)) or (index + 1 < len(paths) and literal in str(value)):
                raise ValueError(f"{text} {shown(value)} cannot stand in a file name")
            made += f"{value}{literal}"
        if made.startswith(".") or len(made.encode()) > _MAX_NAME_BYTES:
            raise ValueError(f"{shown(made)} is not a possible file name")
        return made

    return name
