"""What a mapping says of files: where records live there, and how."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from etl.mapping.entries import Answer, Entry
from etl.mapping.paths import Path
from etl.mapping.terms import Occasion, Position
from etl.record import ABSENT, Record, Scalar

UTF8: Final = "utf-8"
UTF8_MARKED: Final = "utf-8-sig"
"""UTF-8 that starts with a byte-order mark, where that is written."""


class FileFormat(Enum):
    """How records lie in files."""

    JSON = "json"
    JSON_ARRAY = "json_array"
    JSON_LINES = "json_lines"
    CSV = "csv"

    @property
    def many(self) -> bool:
        """Whether one file holds many records."""
        return self is not FileFormat.JSON

    @property
    def has_rows(self) -> bool:
        """Whether a record is a row, with a cell for each column."""
        return self is FileFormat.CSV


def _as_row(value: Any) -> Any:
    if isinstance(value, dict):
        members = {name: _as_row(item) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not ABSENT} or ABSENT
    if value is None or value == "" or isinstance(value, list):
        return ABSENT
    return value if isinstance(value, str) else json.dumps(value)


RUN: Final = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""How text begins that a spreadsheet takes for a formula, behind however many apostrophes."""

_PLAIN_NUMBER: Final = re.compile(r"[+-][0-9]+([.,][0-9]+)?")


def is_run(text: str) -> bool:
    """Return whether a spreadsheet takes text for a formula."""
    return RUN.match(text) is not None and not _PLAIN_NUMBER.fullmatch(text)


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a CSV file is written.

    delimiter: what stands between two values. spreadsheet: text that a spreadsheet would run stands behind an
    apostrophe, which is taken away where it is read; None where nothing is said.
    """

    delimiter: str = ","
    spreadsheet: bool | None = None


class Order(Enum):
    """In which order files are read: by numbers in their names, by when they were written, by a date in their names."""

    NAME = "name"
    MTIME = "mtime"
    DATE = "date"


class After(Enum):
    """What becomes of a file once all of it has arrived."""

    LEAVE = "leave"
    ARCHIVE = "archive"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Pickup:
    """How files are picked up.

    date: how a date stands in a name, where that is the order. quiet: so many seconds a file must not have been written
    to. complete: a file has all records that the outside has, so that what is not in the last one is gone.
    """

    order: Order = Order.NAME
    date: str = ""
    quiet: int = 0
    after: After = After.LEAVE
    complete: bool = False


@dataclass(frozen=True, slots=True)
class FilesEndpoint:
    """Where a system's records live as files.

    inbound: a glob of file names. pickup: how those are picked up. entries: the files that a record goes out in.
    records: where records lie in a JSON document that is read: the first of these paths that is there counts, of which
    () is the document itself; none where a document is a record, or its format says it.
    inbound_where: where it stands in the mapping. records_per_file: so many records a written file of many has at most,
    infinite where one has all of a run, None where it has those of a batch. marker: the name of the file that says that
    all of a run are there, "" for none; marker_where: where that stands. asked: what is asked of the document in which
    a record lies.
    """

    inbound: str
    entries: tuple[Entry, ...]
    inbound_format: FileFormat = FileFormat.JSON
    outbound_format: FileFormat = FileFormat.JSON
    csv: CsvForm = CsvForm()
    records: tuple[Path, ...] = ()
    inbound_encoding: str = UTF8
    outbound_encoding: str = UTF8
    inbound_where: Position = field(default=Position(1, 1), compare=False)
    pickup: Pickup = Pickup()
    records_per_file: float | None = None
    marker: str = ""
    marker_where: Position = field(default=Position(1, 1), compare=False)
    asked: tuple[Path, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether a file that is read is one JSON object in UTF-8: what anybody takes a file of a record for."""
        return self.inbound_format is FileFormat.JSON and not self.records and self.inbound_encoding == UTF8

    @property
    def deletes(self) -> bool:
        """Whether a record that counts as deleted goes out in files of its own."""
        return any(Occasion.DELETE in entry.occasions for entry in self.entries)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Where the outside says which keys it has given."""
        return tuple(entry.answer for entry in self.entries if entry.answer is not None)

    @property
    def has_rows(self) -> bool:
        """Whether what is read are rows, which have text that is not empty, and nothing else."""
        return self.inbound_format is FileFormat.CSV

    @property
    def nulls(self) -> tuple[Scalar, ...]:
        """The values that mean absent whatever a mapping says, since no file can tell them from none."""
        return ("",) if self.has_rows else ()

    def as_read(self, record: Record) -> Record:
        """Return a record as it is read from a file in which it was written: a row has text alone, and no empty one."""
        if not self.has_rows:
            return record
        found = _as_row(record)
        return found if isinstance(found, dict) else {}
