"""One file per record: whole or absent, never outside its folder, and not rewritten when it is already right."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Any, Final

from etl.endpoints.files.atomic import NOBODY, Owner
from etl.endpoints.files.compression import BrokenFileError, compressor, read_content
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.json_object import PRETTY, encode_json, parse_json
from etl.endpoints.files.location import Location
from etl.endpoints.files.names import record_namer
from etl.endpoints.files.text import Text
from etl.endpoints.files.writing import Encoded, prepare, refused, unfenced, write_files, written
from etl.mapping.files import FilesEndpoint
from etl.record import Record, shown
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of
from etl.transfer.sending import Sending

_MOST: Final = 64 * 1024 * 1024
"""A larger file is none that a record was written to."""


class RecordFiles:
    """Writes one JSON file per record to one folder.

    fsync: wait until each file is on the disk, so that a power failure loses none that was marked as exported. fence:
    called before a group of files appears, and when one cannot be written; what it raises stops the writing. owner:
    one at a time writes here, as `fence` makes sure. schema: of outside records, by which they are named.
    """

    def __init__(
        self,
        location: Location,
        endpoint: FilesEndpoint,
        *,
        fsync: bool = False,
        fence: Callable[[], None] = unfenced,
        owner: Owner = NOBODY,
        schema: Table[str, Any] = MappingProxyType({}),
    ) -> None:
        self._folder = open_folder(location, fsync=fsync, owner=owner)
        self._name = record_namer(endpoint.outbound, schema)
        self._compress = compressor(endpoint.outbound)
        self._text = Text(endpoint.outbound_encoding)
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
        return None if change.detail is None else self._read(change.detail[0])

    def _read(self, name: str) -> Record | None:
        try:
            return parse_json(self._text.as_utf8(read_content(self._folder, name, _MOST)))
        except (OSError, ValueError, BrokenFileError):
            return None

    def _whole(self, name: str, sending: Sending) -> Record:
        """Return what is sent, with what was sent before and lies there still: nobody has taken that yet."""
        there = self._read(name) if sending.is_partial else None
        return sending.record if there is None else _beside(there, sending.record)

    def apply(self, changes: Sequence[Change[Encoded]]) -> list[Result]:
        """Write each file so that it is whole or absent."""
        if not changes:
            return []
        if not self._is_prepared:
            prepare(self._folder, self._fence)
            self._is_prepared = True
            # until then, an earlier run that woke up may have renamed what it had ready
            changes = self.compare([change.candidate for change in changes])
        files = {c.detail[0]: c.detail[1] for c in changes if c.detail and c.outcome is not Outcome.UNCHANGED}
        why = write_files(self._folder, list(files.items()), self._fence)
        with written(self._folder, self._fence):
            # what is unchanged may be what a run wrote that did not wait for the disk
            self._folder.flush([c.detail[0] for c in changes if c.detail and c.outcome is Outcome.UNCHANGED])
        return [_result(change, why) for change in changes]

    def _compare(self, candidate: Candidate) -> Change[Encoded]:
        try:
            name = self._name(candidate.target)
            record = self._whole(name, candidate.sending) if candidate.sending else candidate.sent
            content = self._compress(self._text.json(encode_json(record, PRETTY)))
        except ValueError as error:
            return refused(candidate, str(error))
        holds = self._folder.holds(name, content)
        outcome = Outcome.CREATED if holds is None else Outcome.UNCHANGED if holds else Outcome.UPDATED
        return Change(candidate, outcome, (name, content))


def _beside(there: Record, new: Record) -> Record:
    """Return what is there with what is new: an object by its members."""
    made = {**there, **new}
    for name, value in new.items():
        if isinstance(value, dict) and isinstance(before := there.get(name), dict):
            made[name] = _beside(before, value)
    return made


def _result(change: Change[Encoded], why: Table[str, str]) -> Result:
    """Return what came of a change. why: of what cannot be written for its name alone."""
    name = "" if change.detail is None else change.detail[0]
    if name not in why:
        return result_of(change)
    return result_of(refused(change.candidate, f"{shown(os.path.basename(name))} cannot be written: {why[name]}"))
