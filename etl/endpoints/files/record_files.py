"""Files of one record: whole or absent, never outside their folder, and not rewritten when they are already right."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Any

from etl.endpoints.files.atomic import NOBODY, Owner
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.location import Location
from etl.endpoints.files.sheets import Sheet, parts_of
from etl.endpoints.files.text import Text
from etl.endpoints.files.writing import Encoded, Sheets, prepare, refused, unfenced, write_files, written
from etl.mapping.files import FilesEndpoint
from etl.record import Record, shown
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of
from etl.transfer.sending import Part


class RecordFiles:
    """Writes JSON files to one folder: of each record as many as are due, of the entries of a mapping.

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
        text = Text(endpoint.outbound_encoding)
        self._sheets = {entry.file: Sheet(entry, text, schema) for entry in endpoint.entries}
        self._first = endpoint.entries[0]
        self._fence = fence
        self._is_prepared = False

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Sheets]]:
        """Compare every candidate with the files that are there, byte by byte."""
        return [self._compare(candidate) for candidate in candidates]

    def place_of(self, change: Change[Sheets]) -> str:
        """Return the names of its files."""
        return ", ".join(name for name, _ in change.detail or ())

    @property
    def replaces(self) -> bool:
        """A file takes the place of the one before."""
        return True

    def present(self, change: Change[Sheets]) -> Record | None:
        """Return the record that a change would replace, None where there is none, or nothing that can be read.

        Of several files, what lies in all that are there, as far as the record lies there whole.
        """
        parts = parts_of(change.candidate, self._first)
        found = [
            record
            for part, (name, _) in zip(parts, change.detail or (), strict=bool(change.detail))
            if (record := self._sheets[part.entry.file].read(self._folder, name)) is not None
        ]
        if len(found) == 1 or not found:
            return found[0] if found else None
        made: Record = {}
        for record in found:
            made |= record
        return made

    def apply(self, changes: Sequence[Change[Sheets]]) -> list[Result]:
        """Write each file so that it is whole or absent."""
        if not changes:
            return []
        if not self._is_prepared:
            prepare(self._folder, self._fence)
            self._is_prepared = True
            # until then, an earlier run that woke up may have renamed what it had ready
            changes = self.compare([change.candidate for change in changes])
        files = {
            name: content
            for change in changes
            if change.outcome is not Outcome.UNCHANGED
            for name, content in change.detail or ()
        }
        why = write_files(self._folder, list(files.items()), self._fence)
        with written(self._folder, self._fence):
            # what is unchanged may be what a run wrote that did not wait for the disk
            same = [change for change in changes if change.outcome is Outcome.UNCHANGED]
            self._folder.flush([name for change in same for name, _ in change.detail or ()])
        return [_result(change, why) for change in changes]

    def _compare(self, candidate: Candidate) -> Change[Sheets]:
        try:
            sheets = tuple(self._written(candidate, part) for part in parts_of(candidate, self._first))
        except ValueError as error:
            return refused(candidate, str(error))
        held = {self._folder.holds(name, content) for name, content in sheets}
        outcome = Outcome.UNCHANGED if held <= {True} else Outcome.CREATED if held == {None} else Outcome.UPDATED
        return Change(candidate, outcome, sheets)

    def _written(self, candidate: Candidate, part: Part) -> Encoded:
        """Return a file; beside a part of a record stays what was sent before and lies there still: nobody took it."""
        sheet, record = self._sheets[part.entry.file], part.record
        is_partial = candidate.sending is not None and candidate.sending.is_partial
        there = sheet.read(self._folder, sheet.name_of(candidate)) if is_partial else None
        return sheet.written(candidate, record if there is None else _beside(there, record))


def _beside(there: Record, new: Record) -> Record:
    """Return what is there with what is new: an object by its members."""
    made = {**there, **new}
    for name, value in new.items():
        if isinstance(value, dict) and isinstance(before := there.get(name), dict):
            made[name] = _beside(before, value)
    return made


def _result(change: Change[Sheets], why: Table[str, str]) -> Result:
    """Return what came of a change. why: of what cannot be written for its name alone."""
    name = next((name for name, _ in change.detail or () if name in why), None)
    if name is None:
        return result_of(change)
    return result_of(refused(change.candidate, f"{shown(os.path.basename(name))} cannot be written: {why[name]}"))
