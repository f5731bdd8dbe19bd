"""Files as a sink: a file is whole or absent, and never outside its folder."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import Final

import orjson

from etl.endpoints.files.atomic import read_like, sweep, sync, write_atomically
from etl.endpoints.files.source import parse_json
from etl.errors import EndpointError
from etl.mapping.model import FilesEndpoint
from etl.mapping.parse import TEMPLATE
from etl.mapping.paths import get, parse_path
from etl.record import ABSENT, Record, Violation, shown
from etl.transfer.model import Candidate, Change, Outcome, Result, Stage

_MAX_NAME_BYTES: Final = 255
_UNSAFE: Final = re.compile(r"[/\\\x00-\x1f\x7f]")
_OF_THE_NAME: Final = {errno.EISDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ELOOP}
"""What a file system says of one name; every other error is about the folder or the disk."""


class FilesSink:
    """One JSON file per record in one folder. A file is whole or absent, and not rewritten when it is already right.

    fsync: wait until each file is on the disk, so that a power failure loses none that was marked as exported. fence:
    called before every rename; what it raises stops the writing.
    """

    def __init__(
        self,
        folder: FilePath,
        endpoint: FilesEndpoint,
        *,
        fsync: bool = False,
        fence: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._name = _namer(endpoint.outbound)
        self._fsync = fsync
        self._fence = fence
        self._prepared = False

    def compare(self, candidates: Sequence[Candidate]) -> list[Change]:
        """Compare every candidate with the file that is there, byte by byte."""
        return [self._compare(candidate) for candidate in candidates]

    def present(self, change: Change) -> Record | None:
        """Return the record that a change would replace, None where there is none, or nothing that can be read."""
        try:
            return parse_json((self._folder / change.detail[0]).read_bytes())
        except (OSError, ValueError, TypeError):
            return None

    def apply(self, changes: Sequence[Change]) -> list[Result]:
        """Write each file beside its place, then rename it there."""
        if not changes:
            return []
        if not self._prepared:
            self._prepare()
        results = [self._apply(change) for change in changes]
        if self._fsync:
            with self._explained(self._folder):
                sync(self._folder)
        return results

    def _compare(self, candidate: Candidate) -> Change:
        try:
            name, content = self._name(candidate.target), _content(candidate.target)
        except ValueError as error:
            return Change(candidate, Outcome.REJECTED, Violation("", "file", str(error)))
        present = read_like(os.path.join(self._folder, name), content)
        written = Outcome.CREATED if present is None else Outcome.UPDATED
        return Change(candidate, Outcome.UNCHANGED if present == content else written, (name, content))

    def _apply(self, change: Change) -> Result:
        item = change.candidate.item
        if change.outcome is Outcome.REJECTED:
            return Result(item, Outcome.REJECTED, (change.detail,), change.candidate, stage=Stage.WRITE)
        name, content = change.detail
        path = os.path.join(self._folder, name)
        try:
            with self._explained(path):
                if change.outcome is not Outcome.UNCHANGED:
                    write_atomically(path, content, fsync=self._fsync, fence=self._fence)
                elif self._fsync:
                    sync(path)  # it may be what a run wrote that did not wait for the disk
        except _NameError as error:
            refused = Violation("", "file", str(error))
            return Result(item, Outcome.REJECTED, (refused,), change.candidate, stage=Stage.WRITE)
        return Result(item, change.outcome, candidate=change.candidate)

    @contextmanager
    def _explained(self, path: FilePath | str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _OF_THE_NAME:
                raise _NameError(f"{shown(os.path.basename(path))} cannot be written: {error.strerror}") from None
            raise EndpointError(
                f"{path} cannot be written: {error.strerror or error}; "
                "what was not written stays unsynced and goes out on the next run"
            ) from None

    def _prepare(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            sweep(self._folder)
        except OSError as error:
            raise EndpointError(
                f"the outbound folder {self._folder} cannot be used: {error.strerror or error}; "
                "make it writable, or set DATA_OUTBOUND_DIR"
            ) from None
        self._prepared = True


class _NameError(Exception):
    """A file that the file system refuses for its name alone; its neighbours can be written."""


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
