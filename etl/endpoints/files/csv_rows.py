"""CSV: a header that names paths, then a record a row. Every value is text, and an empty one is absent."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from etl.endpoints.files.content import BrokenFileError, EndsEarlyError
from etl.endpoints.files.csv_header import Columns
from etl.endpoints.files.json_object import TOO_MANY
from etl.endpoints.files.limits import FileLimits, too_large, too_many_values
from etl.endpoints.files.rejects import reason, rest_for, unfinished, unreadable, unreadable_file
from etl.endpoints.files.text import PLAIN, Hear, Text
from etl.endpoints.files.text_lines import split_lines
from etl.mapping.files import RUN, CsvForm, is_run
from etl.mapping.paths import Path, format_path, get, put
from etl.record import ABSENT, Record, Violation, shown
from etl.strict_json import BOM
from etl.transfer.model import Item, Notify, unheard

_MAX_HEADER_BYTES: Final = 256 * 1024
"""The header is kept with every row, so that a dead letter has it."""

_ENDS: Final = b"\r\n"


class CsvRows:
    """A record a row, named by the number of the line on which it starts. notify: told of what is doubtful."""

    def __init__(
        self,
        form: CsvForm,
        columns: Columns,
        limits: FileLimits,
        notify: Notify = unheard,
        text: Text = PLAIN,
    ) -> None:
        self._form = form
        self._text = text
        self._columns = columns
        self._written = columns.listed if columns.written is None else columns.written
        self._limits = limits
        self._notify = notify
        self._line = io.StringIO()
        self._writer = csv.writer(self._line, delimiter=form.delimiter)

    def items(self, blocks: Iterable[bytes], name: str) -> Iterator[Item]:
        """Yield an item for every row; one that cannot be read costs no other one, unless a quote stays open."""
        rows = self._rows(blocks, name)
        header = next(rows, None)
        if header is None:
            return
        try:
            paths = self._paths(header)
        except ValueError as error:
            item = unreadable_file(name, f"its header: {error}")
            yield unfinished(item) if header.is_open else item
            return
        make, head = _record_maker(paths), (header.raw or b"") + b"\n"
        for row in rows:
            origin = f"{name}:{row.number}"
            content = None if row.raw is None else head + row.raw
            if row.ends:
                item = rest_for(origin, row.why, name)
            elif row.why:
                item = unreadable(origin, row.why, name, content)
            elif len(row.cells) > self._limits.max_values:
                why = Violation("", TOO_MANY, too_many_values(self._limits.max_values))
                item = Item(origin, None, (why,), content=content, part_of=name)
            elif len(row.cells) == len(paths):
                item = Item(origin, make(row.cells), content=content, part_of=name, columns=paths)
            else:
                odd = Violation("", "csv", f"it has {len(row.cells)} values, and the header has {len(paths)}")
                item = Item(origin, None, (odd,), content=content, part_of=name)
            if item.record is None:
                item.glimpse = _glimpse(row, paths)
            yield unfinished(item) if row.is_open else item

    def again(self, origin: str, content: bytes) -> Iterator[Item]:
        """Yield an item again of the header and its row."""
        item = next(self.items((content,), origin), unreadable(origin, "it has no row"))
        yield replace(item, origin=origin, content=content, part_of="")

    def encode(self, record: Record) -> bytes:
        """Return a record as a row."""
        return self._row([self._cell(path, get(record, path)) for path in self._written])

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return a file of rows, with a header of all columns."""
        header = self._row([self._guarded(self._columns.name_of(path)) for path in self._written])
        return (BOM if self._text.is_marked else b"") + header + b"".join(encoded)

    def _paths(self, header: _Row) -> list[Path]:
        """Return the path of every column; raise ValueError where the header cannot be read."""
        if start := self._text.strange_start(header.raw or b""):
            raise ValueError(start)
        if header.why:
            raise ValueError(header.why)
        if len(header.raw or b"") > _MAX_HEADER_BYTES:
            raise ValueError(f"it has more than {_MAX_HEADER_BYTES} bytes")
        return self._columns.read(self._plain(header.cells), self._form.delimiter, self._limits.max_depth)

    def _row(self, cells: Sequence[str]) -> bytes:
        self._line.seek(0)
        self._line.truncate()
        self._writer.writerow(cells)
        try:
            return self._line.getvalue().encode(self._text.encoding)
        except UnicodeEncodeError as error:
            wrong = shown(error.object[error.start : error.end])
            raise ValueError(f"cannot be written in {self._text.encoding}: {wrong}") from None

    def _cell(self, path: Path, value: Any) -> str:
        if isinstance(value, str):
            return self._guarded(value)
        if value is None or value is ABSENT:
            return ""
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{format_path(path)} is {value}, for which a CSV file has no form")
        if isinstance(value, bool | int | float):
            return json.dumps(value)
        raise ValueError(f"{format_path(path)} is {shown(value)}, which has no place in a CSV file")

    def _guarded(self, text: str) -> str:
        """Return text as no spreadsheet runs it, where it is written for one: behind an apostrophe."""
        return f"'{text}" if self._form.spreadsheet and is_run(text) else text

    def _plain(self, cells: Sequence[str]) -> Sequence[str]:
        """Return cells as they were before `_guarded`."""
        if not self._form.spreadsheet:
            return cells
        return [cell[1:] if cell.startswith("'") and RUN.match(cell) else cell for cell in cells]

    def _rows(self, blocks: Iterable[bytes], name: str) -> Iterator[_Row]:
        most = self._limits.max_bytes
        if csv.field_size_limit() < most:
            csv.field_size_limit(most)  # the module has one limit for all; a row has its own
        feed = _Feed(blocks, self._text, most, self._text.listener(name, self._notify))
        reader = csv.reader(feed, delimiter=self._form.delimiter, strict=True)
        while True:
            feed.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (OSError, BrokenFileError) as error:
                is_open = isinstance(error, EndsEarlyError)
                yield _Row(feed.first, None, why=reason(error), ends=True, is_open=is_open)
                return
            except (csv.Error, ValueError) as error:
                ends = feed.number > feed.first
                there = () if feed.raw is None else self._legible(feed.raw)
                yield _Row(feed.first, feed.raw, there, str(error), ends=ends, is_open=feed.is_open)
                if feed.number > feed.first:  # where the row ends is not known
                    return
            else:
                if cells:
                    yield _Row(feed.first, feed.raw, self._plain(cells), is_open=feed.is_open)

    def _legible(self, raw: bytes) -> Sequence[str]:
        """Return the cells of a row that is broken, as far as they can be told."""
        text = raw.decode(self._text.encoding, errors="replace")
        with suppress(csv.Error):
            return self._plain(next(csv.reader([text], delimiter=self._form.delimiter), ()))
        return ()


@dataclass(frozen=True, slots=True)
class _Row:
    """A row.

    number: of the line on which it starts. why: it cannot be read. ends: nor can anything after it. is_open: the file
    ended before its end was seen.
    """

    number: int
    raw: bytes | None
    cells: Sequence[str] = ()
    why: str = ""
    ends: bool = False
    is_open: bool = False


class _Feed:
    """Gives `csv.reader` the lines of a file as text, and keeps the bytes of the row that it is in.

    hear: is shown every line. is_open: the file ended without the end of a line.
    """

    def __init__(self, blocks: Iterable[bytes], text: Text, most: int, hear: Hear | None) -> None:
        self._lines = split_lines(blocks, most, _ENDS, lambda: not self._count)
        self._text = text
        self._most = most
        self._raw = bytearray()
        self._count = 0
        self._is_too_large = False
        self._hear = hear
        self._is_before_header = True
        self.is_open = False
        self.number = 0
        self.first = 1

    def begin(self) -> None:
        """Begin a row."""
        self._raw.clear()
        self._count = 0
        self._is_too_large = False
        self.first = self.number + 1

    @property
    def raw(self) -> bytes | None:
        """The bytes of the row; None where they are too many."""
        return None if self._is_too_large else bytes(self._raw)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            number, line, has_end = next(self._lines)
        except StopIteration:
            self.is_open = self.is_open or bool(self._count)  # within a row
            raise
        self.is_open = not has_end
        if self._is_before_header and line is not None:
            line = line.removeprefix(BOM) if self._text.is_utf8 else line
            self._is_before_header = not line.strip(_ENDS)
        self.number = number
        if self._count:
            self._raw += b"\n"
        else:
            self.first = number  # empty lines before it may have been passed over
        self._count += 1
        self._raw += line or b""
        if line is None or len(self._raw) > self._most:
            self._is_too_large = True
            raise ValueError(too_large(self._most))
        if self._hear is not None:
            self._hear(line)
        try:
            return line.decode(self._text.encoding) + "\n"
        except UnicodeDecodeError:
            raise ValueError(self._text.misfit(line, f" of line {number}")) from None


def _glimpse(row: _Row, paths: Sequence[Path]) -> Record | None:
    """Return what can be read of a row that is broken; the last of too few cells may go on where the file ends."""
    there = row.cells[:-1] if row.is_open and len(row.cells) < len(paths) else row.cells[: len(paths)]
    return _record_maker(paths[: len(there)])(there) if there else None


def _record_maker(paths: Sequence[Path]) -> Any:
    """Return a function from the cells of a row to a record."""
    if all(len(path) == 1 for path in paths):
        names = [path[0] for path in paths]
        return lambda cells: {name: cell for name, cell in zip(names, cells, strict=True) if cell}

    def make(cells: Sequence[str]) -> Record:
        record: Record = {}
        for path, cell in zip(paths, cells, strict=True):
            if cell:
                put(record, path, cell)
        return record

    return make
