"""Samples of a customer's records, read without knowing how: format, encoding, delimiter and envelope are found out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from etl.draft.envelope import at, find_records
from etl.endpoints.files.content import BrokenFileError, read_content
from etl.endpoints.files.csv_header import Columns
from etl.endpoints.files.csv_rows import CsvRows
from etl.endpoints.files.folder import open_folder
from etl.endpoints.files.limits import FileLimits
from etl.endpoints.files.text import Text
from etl.errors import DraftError
from etl.mapping.files import UTF8, CsvForm, FileFormat
from etl.mapping.paths import Path as Place
from etl.record import Record, printable
from etl.strict_json import loads

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_RECORDS: Final = 20_000

_DELIMITERS: Final = (";", "\t", ",", "|")
_LOOKED_AT: Final = 50
_SURE: Final = 0.9


@dataclass(frozen=True, slots=True)
class Form:
    """How records lie in files. records: where in a JSON document, () for the document itself, None: it is one."""

    format: FileFormat
    encoding: str = UTF8
    delimiter: str = ","
    records: Place | None = None


@dataclass(frozen=True, slots=True)
class Samples:
    """The records of some files that have one form. doubts: what was found in them that may be otherwise."""

    names: tuple[str, ...]
    form: Form
    records: tuple[Record, ...]
    doubts: tuple[str, ...] = ()


def read_samples(files: Sequence[Path]) -> Samples:
    """Return the records of files, of which all have the form of the first.

    Raises:
        DraftError: when one cannot be read, has no records, or has another form.
        EndpointError: when a file cannot be opened.

    """
    parts = [_read(file) for file in files]
    forms = list(dict.fromkeys(part.form for part in parts))
    if len(forms) > 1:
        raise DraftError(
            f"{files[0]} and {next(f for f, p in zip(files, parts, strict=True) if p.form != forms[0])} have different "
            f"forms ({_said(forms[0])}, and {_said(forms[1])}); give samples of one form, and make a mapping for each"
        )
    records = tuple(record for part in parts for record in part.records)[:MOST_RECORDS]
    doubts = dict.fromkeys(doubt for part in parts for doubt in part.doubts)
    return Samples(tuple(file.name for file in files), forms[0], records, tuple(doubts))


def content_of(file: Path) -> tuple[str, str]:
    """Return the text of a file, decompressed, and its encoding.

    Raises:
        DraftError: when it is too large, damaged, or no text.

    """
    try:
        raw = read_content(open_folder(file.parent), file.name, MOST_BYTES)
    except (OSError, BrokenFileError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DraftError(f"{file} cannot be read: {why}") from None
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DraftError(f"{file} is UTF-16; save it as UTF-8")
    for encoding in (UTF8, "cp1252", "latin-1"):
        try:
            return Text(encoding).decode(raw).removeprefix("\ufeff"), encoding
        except ValueError:
            continue
    raise DraftError(f"{file} is no text")


def _read(file: Path) -> Samples:
    text, encoding = content_of(file)
    if not text.strip():
        raise DraftError(f"{file} is empty")
    doubts = (f"{encoding} was found out, and is not said anywhere",) if encoding != UTF8 else ()
    if text.lstrip()[0] in "{[":
        return _json(file, text, encoding, doubts)
    return _rows(file, text, encoding, doubts)


def _json(file: Path, text: str, encoding: str, doubts: tuple[str, ...]) -> Samples:
    documents, kind = _documents(file, text)
    found = next((found for document in documents if (found := find_records(document)) is not None), None)
    if found is None:
        raise DraftError(f"{file} has no records: neither objects in a list, nor one object with fields")
    records = [record for document in documents for record in at(document, found.path) or ()]
    return Samples((file.name,), Form(kind, encoding, records=found.path), tuple(records), doubts)


def _documents(file: Path, text: str) -> tuple[list[Any], FileFormat]:
    """Return the documents of a file: one, or one a line."""
    try:
        return [loads(text.encode())], FileFormat.JSON
    except ValueError as error:
        whole = str(error)
    lines = [line for line in text.split("\n") if line.strip()]
    try:
        return [loads(line.encode()) for line in lines], FileFormat.JSON_LINES
    except ValueError as error:
        if len(lines) > 1 and _is_object(lines[0]):
            raise DraftError(f"{file} is not JSON Lines: {error}") from None
        raise DraftError(f"{file} is {whole}") from None


def _is_object(line: str) -> bool:
    try:
        return isinstance(loads(line.encode()), dict)
    except ValueError:
        return False


def _rows(file: Path, text: str, encoding: str, doubts: tuple[str, ...]) -> Samples:
    delimiter = _delimiter(file, text)
    header = next(csv.reader(io.StringIO(text), delimiter=delimiter))
    _refuse_headless(file, header)
    rows = CsvRows(CsvForm(delimiter, spreadsheet=False), Columns(), FileLimits(), text=Text(encoding))
    records: list[Record] = []
    for item in rows.items([text.encode(encoding)], file.name):
        if item.record is not None:
            records.append(item.record)
        elif not records:
            raise DraftError(f"{item.origin}: {'; '.join(map(str, item.violations))}")
        if len(records) == MOST_RECORDS:
            break
    if not records:
        raise DraftError(f"{file} has a header and no rows")
    return Samples((file.name,), Form(FileFormat.CSV, encoding, delimiter), tuple(records), doubts)


def _delimiter(file: Path, text: str) -> str:
    """Return what stands between the values of rows: of what splits nearly all rows alike, what makes most columns."""
    found: list[tuple[int, int, str]] = []
    for order, delimiter in enumerate(_DELIMITERS):
        rows = []
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            rows += [row] if row else []
            if len(rows) == _LOOKED_AT:
                break
        width = len(rows[0]) if rows else 0
        if width > 1 and sum(len(row) == width for row in rows) >= _SURE * len(rows):
            found.append((width, -order, delimiter))
    if not found:
        raise DraftError(
            f"{file} is neither JSON nor CSV: its lines are not split alike by ; , | or a tab; lines before the header "
            "have to go"
        )
    return max(found)[2]


def _refuse_headless(file: Path, header: Sequence[str]) -> None:
    """Refuse a first row that is data: a value that starts like a number is the name of no column."""
    like_data = [cell for cell in header if re.match(r"\s*[-+]?\d", cell)]
    if len(like_data) * 2 > len(header):
        raise DraftError(
            f"{file} has no header: its first row is {printable(', '.join(header[:6]))}; put the names of the columns "
            "into a first row"
        )


def _said(form: Form) -> str:
    words = [form.format.value, form.encoding]
    if form.format is FileFormat.CSV:
        words.append("tab" if form.delimiter == "\t" else form.delimiter)
    elif form.records is not None:
        words.append(f"records at {'.'.join(map(str, form.records)) or '$'}")
    return " ".join(words)
