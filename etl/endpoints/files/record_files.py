"""One file per record: whole or absent, never outside its folder, and not rewritten when it is already right."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Mapping as Table
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final

from etl.endpoints.files.atomic import unfenced
from etl.endpoints.files.compression import BrokenFileError, compressor, read_content
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.json_object import PRETTY, encode_json, parse_json
from etl.endpoints.files.location import Location
from etl.endpoints.files.names import record_namer
from etl.endpoints.files.writing import Encoded, prepare, refused, written
from etl.mapping.files import FilesEndpoint
from etl.record import Record, shown
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of

_OF_THE_NAME: Final = {errno.EISDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ELOOP}
"""What a file system says of one name; every other error is about the folder or the disk."""

_MOST: Final = 64 * 1024 * 1024
"""A larger file is none that a record was written to."""


class RecordFiles:
    """Writes one JSON file per record to one folder.

    fsync: wait until each file is on the disk, so that a power failure loses none that was marked as exported. fence:
    called before every file appears, and when one cannot be written; what it raises stops the writing. owner: names
    those of whom one at a time writes here, as `fence` makes sure. schema: of outside records, by which they are named.
    """

    def __init__(
        self,
        location: Location,
        endpoint: FilesEndpoint,
        *,
        fsync: bool = False,
        fence: Callable[[], None] = unfenced,
        owner: str = "",
        schema: Table[str, Any] = MappingProxyType({}),
    ) -> None:
        self._folder = open_folder(location, fsync=fsync, owner=owner)
        self._name = record_namer(endpoint.outbound, schema)
        self._compress = compressor(endpoint.outbound)
        self._fence = fence
        self._is_prepared = False

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Encoded]]:
        """Compare every candidate with the file that is there, byte by byte."""
        return [self._compare(candidate) for candidate in candidates]

    def place_of(self, change: Change[Encoded]) -> str:
        """Return the name of its file."""
        return "" if change.detail is None else change.detail[0]

    @property
    def replaces(self) -> bool:
        """A file takes the place of the one before."""
        return True

    def present(self, change: Change[Encoded]) -> Record | None:
        """Return the record that a change would replace, None where there is none, or nothing that can be read."""
        if change.detail is None:
            return None
        try:
            return parse_json(read_content(self._folder, change.detail[0], _MOST))
        except (OSError, ValueError, BrokenFileError):
            return None

    def apply(self, changes: Sequence[Change[Encoded]]) -> list[Result]:
        """Write each file so that it is whole or absent."""
        if not changes:
            return []
        if not self._is_prepared:
            prepare(self._folder, self._fence)
            self._is_prepared = True
            # until then, an earlier run that woke up may have renamed what it had ready
            changes = self.compare([change.candidate for change in changes])
        results = [self._apply(change) for change in changes]
        with written(self._folder, self._fence):
            # what is unchanged may be what a run wrote that did not wait for the disk
            self._folder.flush([c.detail[0] for c in changes if c.detail and c.outcome is Outcome.UNCHANGED])
        return results

    def _compare(self, candidate: Candidate) -> Change[Encoded]:
        try:
            name, content = self._name(candidate.target), self._compress(encode_json(candidate.target, PRETTY))
        except ValueError as error:
            return refused(candidate, str(error))
        holds = self._folder.holds(name, content)
        outcome = Outcome.CREATED if holds is None else Outcome.UNCHANGED if holds else Outcome.UPDATED
        return Change(candidate, outcome, (name, content))

    def _apply(self, change: Change[Encoded]) -> Result:
        if change.detail is not None and change.outcome is not Outcome.UNCHANGED:
            name, content = change.detail
            try:
                with written(self._folder, self._fence, name), _name_apart(name):
                    self._folder.write(name, content, self._fence)
            except _NameError as error:
                return result_of(refused(change.candidate, str(error)))
        return result_of(change)


class _NameError(Exception):
    """A file that the file system refuses for its name alone; its neighbours can be written."""


@contextmanager
def _name_apart(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _OF_THE_NAME:
            raise _NameError(f"{shown(os.path.basename(name))} cannot be written: {error.strerror}") from None
        raise
