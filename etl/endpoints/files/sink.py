"""Files as a sink: a file is whole or absent, and never outside its folder."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path as FilePath
from typing import Final

import orjson

from etl.errors import EndpointError
from etl.mapping.model import FilesEndpoint
from etl.mapping.parse import TEMPLATE
from etl.mapping.paths import get, parse_path
from etl.record import ABSENT, Record, Violation, shown
from etl.transfer.model import Candidate, Change, Outcome, Result

_READ: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_TEMPORARY: Final = ".etl-"
_STALE_SECONDS: Final = 3600
_MAX_NAME_BYTES: Final = 255
_UNSAFE: Final = re.compile(r"[/\\\x00-\x1f\x7f]")
_PROCESS: Final = f"{os.getpid()}-{secrets.token_hex(4)}"
"""Tells this process from one with the same number in another container."""

_numbers = count()


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
        present = _read_like(os.path.join(self._folder, name), content)
        written = Outcome.CREATED if present is None else Outcome.UPDATED
        return Change(candidate, Outcome.UNCHANGED if present == content else written, (name, content))

    def _apply(self, change: Change) -> Result:
        item = change.candidate.item
        if change.outcome is Outcome.REJECTED:
            return Result(item, Outcome.REJECTED, (change.detail,))
        if change.outcome is not Outcome.UNCHANGED:
            name, content = change.detail
            try:
                write_atomically(os.path.join(self._folder, name), content)
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


def _read_like(path: str, content: bytes) -> bytes | None:
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


def write_atomically(path: FilePath | str, content: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old one or the whole new one.

    Raises:
        OSError: when it cannot be written; nothing is left behind.

    """
    temporary = os.path.join(os.path.dirname(path), f"{_TEMPORARY}{_PROCESS}-{next(_numbers)}")
    descriptor = os.open(temporary, _WRITE, 0o666)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):  # renamed already, when a signal came
            os.unlink(temporary)
        raise


def write_json(path: FilePath, record: Record) -> None:
    """Write one record as a JSON file, atomically.

    Raises:
        OSError: when it cannot be written. ValueError: when the record is not JSON.

    """
    write_atomically(path, _content(record))


def _content(record: Record) -> bytes:
    try:
        return orjson.dumps(record, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None


def _namer(template: str) -> Callable[[Record], str]:
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
            ends_early = index + 1 < len(paths) and f"{value}{literal}".find(literal) != len(str(value))
            if _UNSAFE.search(str(value)) or ends_early:
                raise ValueError(f"{text} {shown(value)} cannot stand in a file name")
            made += f"{value}{literal}"
        if made.startswith(".") or len(made.encode()) > _MAX_NAME_BYTES:
            raise ValueError(f"{shown(made)} is not a possible file name")
        return made

    return name
