"""CSV: a header that names paths, then a record a row. Every value is text, and an empty one is absent."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from etl.endpoints.files.compression import BrokenFileError
from etl.endpoints.files.json_object import BOM
from etl.endpoints.files.limits import FileLimits, too_large
from etl.endpoints.files.rejects import reason, rest, unreadable, unreadable_file
from etl.endpoints.files.text_lines import Line, split_lines
from etl.mapping.files import CsvForm
from etl.mapping.paths import Path, PathError, format_path, get, parse_path, put
from etl.record import ABSENT, Record, Violation, shown
from etl.transfer.model import Item

_WITH_BOM: Final = "utf-8-sig"
_MAX_HEADER_BYTES: Final = 256 * 1024
"""The header is kept with every row, so that a dead letter has it."""

_MAX_ELEMENTS: Final = 100
"""How long a list may be that columns make."""


class CsvRows:
    """A record a row, named by the number of the line on which it starts. columns: the paths that are written."""

    def __init__(self, form: CsvForm, columns: Sequence[Path], limits: FileLimits) -> None:
        self._form = form
        self._encoding = "utf-8" if form.encoding == _WITH_BOM else form.encoding
        self._columns = columns
        self._limits = limits
        self._line = io.StringIO()
        self._writer = csv.writer(self._line, delimiter=form.delimiter)

    def items(self, blocks: Iterable[bytes], name: str) -> Iterator[Item]:
        """Yield an item for every row; one that cannot be read costs no other one, unless a quote stays open."""
        rows = self._rows(blocks)
        header = next(rows, None)
        if header is None:
            return
        try:
            paths = _header_paths(header, self._limits.max_depth)
        except ValueError as error:
            yield unreadable_file(name, f"its header: {error}")
            return
        make, head = _record_maker(paths), (header.raw or b"") + b"\n"
        for row in rows:
            origin = f"{name}:{row.number}"
            if row.ends:
                yield rest(origin, row.why, name)
                continue
            content = None if row.raw is None else head + row.raw
            if row.why:
                yield unreadable(origin, row.why, name, content)
            elif len(row.cells) == len(paths):
                yield Item(origin, make(row.cells), content=content, part_of=name)
            else:
                odd = Violation("", "csv", f"it has {len(row.cells)} values, and the header has {len(paths)}")
                yield Item(origin, None, (odd,), content=content, part_of=name)

    def item(self, origin: str, content: bytes) -> Item:
        """Make an item again of the header and its row."""
        item = next(self.items((content,), origin), unreadable(origin, "it has no row"))
        return replace(item, origin=origin, content=content, part_of="")

    def encode(self, record: Record) -> bytes:
        """Return a record as a row."""
        return self._row([_cell(path, get(record, path)) for path in self._columns])

    def join(self, encoded: Sequence[bytes]) -> bytes:
        """Return a file of rows, with a header of all columns."""
        header = self._row([_column(path) for path in self._columns])
        return (BOM if self._form.encoding == _WITH_BOM else b"") + header + b"".join(encoded)

    def _row(self, cells: Sequence[str]) -> bytes:
        self._line.seek(0)
        self._line.truncate()
        self._writer.writerow(cells)
        try:
            return self._line.getvalue().encode(self._encoding)
        except UnicodeEncodeError as error:
            wrong = shown(error.object[error.start : error.end])
            raise ValueError(f"cannot be written in {self._encoding}: {wrong}") from None

    def _rows(self, blocks: Iterable[bytes]) -> Iterator[_Row]:
        most = self._limits.max_bytes
        if csv.field_size_limit() < most:
            csv.field_size_limit(most)  # the module has one limit for all; a row has its own
        feed = _Feed(split_lines(blocks, most), self._encoding, most)
        reader = csv.reader(feed, delimiter=self._form.delimiter, strict=True)
        while True:
            feed.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (OSError, BrokenFileError) as error:
                yield _Row(feed.first, None, why=reason(error), ends=True)
                return
            except (csv.Error, ValueError) as error:
                yield _Row(feed.first, feed.raw, why=str(error), ends=feed.number > feed.first)
                if feed.number > feed.first:  # where the row ends is not known
                    return
            else:
                if cells:
                    yield _Row(feed.first, feed.raw, cells)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row. number: of the line on which it starts. why: it cannot be read. ends: nor can anything after it."""

    number: int
    raw: bytes | None
    cells: Sequence[str] = ()
    why: str = ""
    ends: bool = False


class _Feed:
    """Gives `csv.reader` the lines of a file as text, and keeps the bytes of the row that it is in."""

    def __init__(self, lines: Iterator[Line], encoding: str, most: int) -> None:
        self._lines = lines
        self._encoding = encoding
        self._most = most
        self._raw: list[bytes | None] = []
        self._size = 0
        self.number = 0
        self.first = 1

    def begin(self) -> None:
        """Begin a row."""
        self._raw.clear()
        self._size = 0
        self.first = self.number + 1

    @property
    def raw(self) -> bytes | None:
        """The bytes of the row; None where they are too many."""
        lines = [line for line in self._raw if line is not None]
        return b"\n".join(lines) if len(lines) == len(self._raw) and self._size <= self._most else None

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        if number == 1 and line is not None and self._encoding == "utf-8":
            line = line.removeprefix(BOM)
        self.number = number
        self._raw.append(line)
        self._size += 0 if line is None else len(line)
        if line is None or self._size > self._most:
            raise ValueError(too_large(self._most))
        try:
            return line.decode(self._encoding) + "\n"
        except UnicodeDecodeError as error:
            where = f"byte 0x{line[error.start]:02x} at position {error.start} of line {number}"
            raise ValueError(f"not {self._encoding}: {where}") from None


def _header_paths(header: _Row, max_depth: int) -> list[Path]:
    """Return the path of every column.

    Raises:
        ValueError: when there is none, it leads too far, or two of them lie in each other's way.

    """
    if header.why:
        raise ValueError(header.why)
    if len(header.raw or b"") > _MAX_HEADER_BYTES:
        raise ValueError(f"it has more than {_MAX_HEADER_BYTES} bytes")
    paths: dict[Path, None] = {}
    above: set[Path] = set()
    for number, cell in enumerate(header.cells, 1):
        if not cell.strip():
            raise ValueError(f"column {number} has no name")
        path = _column_path(cell.strip())
        if len(path) > max_depth or any(isinstance(step, int) and step >= _MAX_ELEMENTS for step in path):
            raise ValueError(f"column {number}, {shown(cell)}, leads too deep, or too far into a list")
        parents = [path[:length] for length in range(1, len(path))]
        if path in paths or path in above or any(parent in paths for parent in parents):
            raise ValueError(f"column {number}, {shown(cell)}, is there already, or lies in another one")
        paths[path] = None
        above.update(parents)
    return list(paths)


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


def _column_path(text: str) -> Path:
    """Return the path that a column's name is; a name that is no path is that of one field."""
    try:
        return parse_path(text)
    except PathError:
        return (text,)


def _column(path: Path) -> str:
    """Return the name of a path's column."""
    plain = str(path[0])
    return plain if path == _column_path(plain) else format_path(path)


def _cell(path: Path, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    raise ValueError(f"{format_path(path)} is {shown(value)}, which has no place in a CSV file")
