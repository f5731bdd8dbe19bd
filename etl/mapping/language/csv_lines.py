"""The rows of a CSV file in which the lines of a table lie, each cell with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

_BREAK: Final = re.compile(r"\r\n|\n|\r")
_FIX: Final = 'stand text with quotes or line breaks in quotes, and write a quote in it twice: "5"" pipe"'


class Cell(NamedTuple):
    """A cell, and where it starts; line and column are 1-based."""

    text: str
    line: int
    column: int


Row: TypeAlias = list[Cell]


class CsvError(Exception):
    """What is no row of a CSV file, where, and what helps."""

    def __init__(self, message: str, line: int, column: int, fix: str = _FIX) -> None:
        super().__init__(message)
        self.line, self.column, self.fix = line, column, fix


def read_rows(text: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows of a text; a line on which nothing stands is none.

    Raises:
        CsvError: where a quote is not closed, or something follows one.

    """
    plain = re.compile(f'[^"{re.escape(delimiter)}\r\n][^{re.escape(delimiter)}\r\n]*|')
    at, line, start, row = 0, 1, 0, Row()
    while at < len(text) or row:
        quoted = text.startswith('"', at)
        end = _closed(text, at, line, at - start + 1) if quoted else _end(plain, text, at)
        cell = text[at + 1 : end - 1].replace('""', '"') if quoted else text[at:end]
        row.append(Cell(cell, line, at - start + 1))
        for inner in _BREAK.finditer(text, at, end):
            line, start = line + 1, inner.end()
        at = end
        if text.startswith(delimiter, at):
            at += len(delimiter)
            continue
        after = _BREAK.match(text, at)
        if after is None and at < len(text):
            raise CsvError(f"{text[at]} follows the end of a cell in quotes", line, at - start + 1)
        if len(row) > 1 or row[0].text or quoted:
            yield row
        row = Row()
        if after is not None:
            at, line, start = after.end(), line + 1, after.end()


def _end(plain: re.Pattern[str], text: str, at: int) -> int:
    found = plain.match(text, at)
    return at if found is None else found.end()


def _closed(text: str, at: int, line: int, column: int) -> int:
    """Return where a cell that starts with a quote ends."""
    end = at + 1
    while True:
        end = text.find('"', end) + 1
        if not end:
            raise CsvError("this quote is never closed", line, column)
        if not text.startswith('"', end):
            return end
        end += 1
