"""The lines of a table of values that lie in a CSV file, typed as the schemas type its two paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Object
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Final

from etl.mapping.files import UTF8
from etl.mapping.language.csv_lines import Cell, CsvError, Row, read_rows
from etl.mapping.language.document import MAX_BYTES, Document, Place, file_bytes
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.rules.lines import Line
from etl.mapping.schemas.shapes import TYPES, Shape
from etl.mapping.terms import Field, Lossy, Position, Side
from etl.record import Scalar, shown
from etl.strict_json import is_held

FILE: Final = "file"
LOSSY: Final = "lossy"

_OPTIONS: Final = (FILE, "delimiter", "encoding")
_DELIMITERS: Final = (",", ";", "\t", "|")
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,40})\Z")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?\Z")
_BOOLEANS: Final = {"true": True, "false": False}
_READABLE: Final = frozenset({"string", "boolean", "integer", "number"})


def is_file(said: Any) -> bool:
    """Return whether lines are said to lie in a file."""
    return isinstance(said, str) or (isinstance(said, dict) and FILE in said)


@dataclass(frozen=True, slots=True)
class LinesInFiles:
    """Reads them, adding findings to the document. names: of the systems. shape: what a schema says of a field."""

    document: Document
    names: Object[Side, str]
    shape: Callable[[Side, Field], Shape]

    def lines(self, said: Any, at: Place, fields: Object[Side, Field]) -> Iterator[Line]:
        """Yield the lines of the file that is named at a place."""
        options: dict[str, Any] = {FILE: said} if isinstance(said, str) else said
        place = at if isinstance(said, str) else (*at, FILE)
        file = self.document.folder(place) / options[FILE]
        rows = self._rows(file, options, place)
        if not rows:
            return
        columns = self._columns(rows[0], options, at, file)
        if len(columns) < len(Side):
            return
        for row in rows[1:]:
            line = self._line(row, len(rows[0]), columns, file, fields)
            if line is not None:
                yield line

    def _rows(self, file: FilePath, options: dict[str, Any], place: Place) -> list[Row]:
        fix = "name a CSV file, relative to this one"
        try:
            self.document.lines_files.append(str(file))
            raw = file_bytes(file)
            if len(raw) > MAX_BYTES:
                self.document.find(place, "E016", f"{file} has {len(raw)} bytes", f"it may have {MAX_BYTES}")
                return []
            encoding = options.get("encoding", UTF8)
            text = raw.decode(f"{UTF8}-sig" if encoding == UTF8 else encoding)
            rows = list(read_rows(text, options.get("delimiter", ",")))
        except OSError as error:
            self.document.lines_files.remove(str(file))
            self.document.find(place, "E016", f"{file} cannot be read: {error.strerror}", fix)
        except UnicodeDecodeError as error:
            self.document.find(place, "E016", f"byte {error.start} of {file} is not {encoding}", "say its encoding:")
        except CsvError as error:
            where = Position(error.line, error.column, str(file))
            self.document.find_at(where, "E016", str(error), error.fix)
        except ValueError as error:  # no file can have such a name
            self.document.lines_files.remove(str(file))
            self.document.find(place, "E016", f"{shown(str(file))} cannot be read: {error}", fix)
        else:
            if len(rows) > 1:
                return rows
            fix = "write a header with the names of the columns, and a line for each pair below it"
            self.document.find_at(Position(1, 1, str(file)), "E016", "there are no lines", fix)
        return []

    def _columns(self, header: Row, options: dict[str, Any], at: Place, file: FilePath) -> dict[Side | None, int]:
        """Return the number of the column of each system, and under None of the reasons for losses."""
        called = {name: name for name in (*self.names.values(), LOSSY)}
        called |= {name: column for name, column in options.items() if name not in _OPTIONS}
        unknown = [name for name in called if name not in (*self.names.values(), LOSSY)]
        for name in unknown:
            fix = did_you_mean(name, (*self.names.values(), LOSSY, *_OPTIONS))
            self.document.find((*at, name), "E010", f"unknown key {name}", fix, key=True)
        texts = [cell.text for cell in header]
        found: dict[Side | None, int] = {}
        sides: dict[str, Side | None] = {name: side for side, name in self.names.items()}
        for name, side in {**sides, LOSSY: None}.items():
            if called[name] in texts:
                found[side] = texts.index(called[name])
            elif side is not None or name in options:
                message = f"there is no column {called[name]}"
                self.document.find_at(_at(header[0], file), "E016", message, self._fix(name, texts, options))
                return {}
        for cell in header:
            if texts.count(cell.text) > 1 and cell.text in called.values():
                self.document.find_at(_at(cell, file), "E016", f"column {cell.text} is there twice", "keep one of them")
                return {}
        return {} if unknown else found

    @staticmethod
    def _fix(name: str, texts: list[str], options: dict[str, Any]) -> str:
        """Return what helps where a column is missing: another delimiter, or which column it is."""
        for one in _DELIMITERS if len(texts) == 1 and "delimiter" not in options else ():
            if one in texts[0]:
                return f"say what stands between the columns: {{file: {options[FILE]}, delimiter: {shown(one)}}}"
        known = ", ".join(texts)
        return f"say which it is, as in {{file: {options[FILE]}, {name}: {texts[-1]}}}; columns here: {known}"

    def _line(
        self, row: Row, width: int, columns: dict[Side | None, int], file: FilePath, fields: Object[Side, Field]
    ) -> Line | None:
        where = _at(row[0], file)
        if len(row) != width:
            message = f"{len(row)} cells here, and the header has {width}"
            self.document.find_at(where, "E016", message, "write as many cells as there are columns")
            return None
        cells = {side: row[columns[side]] for side in Side}
        read = [self._values(side, fields[side], cells[side], file) for side in Side]
        reason = row[columns[None]].text if None in columns else ""
        lossy = Lossy((("", reason),)) if reason else None
        one, other = (((fields[side], values),) for side, values in zip(Side, read, strict=True))
        return Line(one, other, where, lossy=lossy) if all(read) else None

    def _values(self, side: Side, field: Field, cell: Cell, file: FilePath) -> tuple[Scalar, ...]:
        """Return the one value that a cell is; none, with a finding, where the schema does not say which."""
        if not cell.text:
            return (None,)
        shape = self.shape(side, field)
        if shape.types == TYPES and not shape.known:
            return (cell.text,)
        readings = list(_readings(cell.text, shape.types))
        fitting = [value for value in readings if shape.accepts(value)] or readings[:1]
        if len(fitting) == 1:
            return (fitting[0],)
        name, where = self.names[side], _at(cell, file)
        if not readings:
            kinds = " or ".join(sorted(shape.types & _READABLE)) or "plain value"
            self.document.find_at(where, "E016", f"{cell.text} is no {kinds}, as {name} has it", "correct this cell")
        else:
            what = " and ".join(shown(value) for value in fitting)
            fix = "write this line in the mapping, beside {file: …}"
            self.document.find_at(where, "E016", f"{name} may have {what}, and a cell does not say which", fix)
        return ()


def _readings(text: str, types: frozenset[str]) -> Iterator[Scalar]:
    """Yield the values of some types that a text is."""
    if "string" in types:
        yield text
    if "boolean" in types and text.lower() in _BOOLEANS:
        yield _BOOLEANS[text.lower()]
    if types & {"integer", "number"}:
        if _INTEGER.match(text):
            yield int(text)
        elif "number" in types and _NUMBER.match(text) and is_held(text):
            yield float(text)


def _at(cell: Cell, file: FilePath) -> Position:
    return Position(cell.line, cell.column, str(file))
