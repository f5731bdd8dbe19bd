"""Files of one record: whole or absent, never outside their folder, and not rewritten when they are already right."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from etl.endpoints.files.atomic import NOBODY, Owner
from etl.endpoints.files.content import BrokenFileError, compressor, read_content
from etl.endpoints.files.folder import Folder, open_folder
from etl.endpoints.files.json_object import PRETTY, encode_json
from etl.endpoints.files.location import Location
from etl.endpoints.files.names import record_namer
from etl.endpoints.files.text import Text
from etl.endpoints.files.writing import (
    Announced,
    Encoded,
    Sheets,
    filling,
    parts_of,
    prepare,
    refused,
    unfenced,
    write_files,
    written,
)
from etl.mapping.entries import RECORD, Entry
from etl.mapping.files import FilesEndpoint
from etl.mapping.paths import Path, get
from etl.record import Record, shown
from etl.strict_json import loads
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of
from etl.transfer.sending import Part

_MOST: Final = 64 * 1024 * 1024
"""A larger file is none that a record was written to."""


class RecordFiles:
    """Writes JSON files to one folder: of each record as many as are due, of the entries of a mapping.

    fsync: wait until each file is on the disk, so that a power failure loses none that was marked as exported. fence:
    called before a group of files appears, and when one cannot be written; what it raises stops the writing. owner:
    one at a time writes here, as `fence` makes sure. schema: of outside records, by which they are named. ready:
    called when a group of files is ready, right before the first of it appears.
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
        ready: Callable[[], None] = unfenced,
    ) -> None:
        self._folder = open_folder(location, fsync=fsync, owner=owner)
        text = Text(endpoint.outbound_encoding)
        self._sheets = {entry.file: Sheet(entry, text, schema) for entry in endpoint.entries}
        self._first = endpoint.entries[0]
        self._fence = fence
        self._ready = ready
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

    def is_broken(self, change: Change[Sheets]) -> bool:
        """Return whether a file that a change would replace is there, and holds no record that can be read."""
        names = (name for name, _ in change.detail or ())
        sheets = (self._sheets[part.entry.file] for part in parts_of(change.candidate, self._first))
        return any(sheet.is_broken(self._folder, name) for sheet, name in zip(sheets, names, strict=False))

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
        born = frozenset(name for c in changes if c.candidate.item.unkeyed for name, _ in c.detail or ())
        why = write_files(self._folder, list(files.items()), self._fence, Announced(self._ready, born))
        with written(self._folder, self._fence):
            # what is unchanged may be what a run wrote that did not wait for the disk
            same = [change for change in changes if change.outcome is Outcome.UNCHANGED]
            self._folder.flush([name for change in same for name, _ in change.detail or ()])
        return [_result(change, why) for change in changes]

    def never_appeared(self, change: Change[Sheets]) -> bool:
        """Return whether it is known that a run that died over a record has sent nothing of it."""
        return bool(change.detail) and all(self._folder.is_left(name) for name, _ in change.detail or ())

    def _compare(self, candidate: Candidate) -> Change[Sheets]:
        parts = parts_of(candidate, self._first)
        try:
            sheets = [self._written(candidate, part) for part in parts]
        except ValueError as error:
            return refused(candidate, str(error))
        looked_at = [(part, sheet, self._folder.holds(*sheet)) for part, sheet in zip(parts, sheets, strict=True)]
        going = [one for one in looked_at if one[0].is_due or one[2] is False]
        held = {is_right for _, _, is_right in going}
        outcome = Outcome.UNCHANGED if held <= {True} else Outcome.CREATED if held == {None} else Outcome.UPDATED
        return Change(_with_parts(candidate, [part for part, _, _ in going]), outcome, tuple(s for _, s, _ in going))

    def _written(self, candidate: Candidate, part: Part) -> Encoded:
        """Return a file; beside a record stays what was sent before, and lies there still: nobody took it."""
        sheet, record = self._sheets[part.entry.file], part.record
        if part.staying is not None:
            name = sheet.name_of(candidate)
            if (there := sheet.read(self._folder, name)) is not None:
                record = part.staying.beside(there, record)
            elif sheet.is_broken(self._folder, name):
                record = part.staying.again(record)
        return sheet.written(candidate, record)


def _with_parts(candidate: Candidate, going: Sequence[Part]) -> Candidate:
    """Return a record as it goes out in those files alone, where it goes in several."""
    sending = candidate.sending
    if sending is None or sending.parts is None or len(sending.parts) == len(going):
        return candidate
    return replace(candidate, sending=replace(sending, parts=tuple(going)))


def _result(change: Change[Sheets], why: Table[str, str]) -> Result:
    """Return what came of a change. why: of what cannot be written for its name alone."""
    name = next((name for name, _ in change.detail or () if name in why), None)
    if name is None:
        return result_of(change)
    return result_of(refused(change.candidate, f"{shown(os.path.basename(name))} cannot be written: {why[name]}"))


class Sheet:
    """A JSON file of one record. schema: of outside records, by which they are named."""

    def __init__(self, entry: Entry, text: Text, schema: Table[str, Any] = MappingProxyType({})) -> None:
        self._name = record_namer(entry.file, schema)
        self._compress = compressor(entry.file)
        self._fill = filling(entry)
        self._text = text
        self._place = () if entry.around is None else _place_of(entry.around.value)

    def name_of(self, candidate: Candidate) -> str:
        """Return the name of the file of a record.

        Raises:
            ValueError: saying why there cannot be one.

        """
        return self._name(candidate.target, candidate.sending.identity if candidate.sending else "")

    def written(self, candidate: Candidate, record: Record) -> Encoded:
        """Return the name of the file of a record, and what stands in it.

        Raises:
            ValueError: saying why there cannot be one.

        """
        name = self.name_of(candidate)
        content = encode_json(self._fill(record, candidate.target), PRETTY)
        return name, self._compress(self._text.json(content))

    def read(self, folder: Folder, name: str) -> Record | None:
        """Return the record that lies in a file, None where there is none, or nothing that can be read."""
        if self._place is None:
            return None
        try:
            found = get(self._content(folder, name), self._place)
        except (OSError, ValueError, BrokenFileError):
            return None
        return found if isinstance(found, dict) else None

    def is_broken(self, folder: Folder, name: str) -> bool:
        """Return whether a file is there, and is no JSON with a record where the record lies."""
        try:
            content = self._content(folder, name)
        except FileNotFoundError:
            return False
        except (OSError, ValueError, BrokenFileError):
            return True
        return self._place is not None and not isinstance(get(content, self._place), dict)

    def _content(self, folder: Folder, name: str) -> Any:
        return loads(self._text.as_utf8(read_content(folder, name, _MOST)))


def _place_of(around: Any) -> Path | None:
    """Return where in an envelope the record lies; None where it does not lie there whole."""
    if around == RECORD:
        return ()
    inner = around.items() if isinstance(around, dict) else enumerate(around) if isinstance(around, list) else ()
    found = ((step, _place_of(value)) for step, value in inner)
    return next(((step, *below) for step, below in found if below is not None), None)
