"""A record as it lies in each of the files that it goes out in: in what envelope, under what name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import orjson

from etl.endpoints.files.compression import BrokenFileError, compressor, read_content
from etl.endpoints.files.folder import Folder
from etl.endpoints.files.formats import Format
from etl.endpoints.files.json_object import PRETTY, encode_json
from etl.endpoints.files.names import record_namer
from etl.endpoints.files.text import Text
from etl.endpoints.files.writing import Encoded
from etl.mapping.entries import FIELDS, RECORD, RECORDS, Entry
from etl.mapping.paths import Path, get
from etl.record import Record
from etl.strict_json import loads
from etl.transfer.model import Candidate
from etl.transfer.sending import Part

_MOST: Final = 64 * 1024 * 1024
"""A larger file is none that a record was written to."""

Fill: TypeAlias = Callable[[Record, Record], Any]
"""Returns a record, as it is sent, in its envelope. The second one is the record as it is expected to be read."""


def parts_of(candidate: Candidate, first: Entry) -> tuple[Part, ...]:
    """Return what goes out of a record in which file. first: the one in which a record goes that is sent as it is."""
    sending = candidate.sending
    return (Part(first, candidate.sent),) if sending is None or sending.parts is None else sending.parts


def filling(entry: Entry) -> Fill:
    """Return what puts a record into the envelope of an entry."""
    if entry.around is None:
        return lambda record, _: record
    fill = entry.around.compiled()
    return lambda record, expected: fill({RECORD: record, FIELDS: list(record)}, expected)


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
            found = get(loads(self._text.as_utf8(read_content(folder, name, _MOST))), self._place)
        except (OSError, ValueError, BrokenFileError):
            return None
        return found if isinstance(found, dict) else None


def _place_of(around: Any) -> Path | None:
    """Return where in an envelope the record lies; None where it does not lie there whole."""
    if around == RECORD:
        return ()
    inner = around.items() if isinstance(around, dict) else enumerate(around) if isinstance(around, list) else ()
    found = ((step, _place_of(value)) for step, value in inner)
    return next(((step, *below) for step, below in found if below is not None), None)


class Batch:
    """A file of many records, with something around all of them, or around each, or nothing.

    lines: what stands around all of them is one line.
    """

    def __init__(self, entry: Entry, records: Format, text: Text, *, lines: bool = False) -> None:
        self._records = records
        self._between = (b"[", b",", b"]") if lines else (b"[\n", b",\n", b"\n]")
        self._text = text
        self._fill = filling(entry)
        self._around = None
        if entry.around is not None and RECORDS in entry.around.words:
            self._around = entry.around.compiled()

    def encode(self, record: Record, expected: Record) -> bytes:
        """Return one record as it lies in the file.

        Raises:
            ValueError: saying why it cannot.

        """
        if self._around is not None:
            return encode_json(record)
        return self._records.encode(self._fill(record, expected))

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return a file of encoded records."""
        if self._around is None:
            return self._records.join(encoded)
        before, between, after = self._between
        every = orjson.Fragment(before + between.join(encoded) + after)
        return self._text.json(encode_json(self._around({RECORDS: every}, {}))) + b"\n"
