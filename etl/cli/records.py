"""Records as commands read and print them: JSON, with dates of inside records as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from etl.cli.common import to_stderr

if TYPE_CHECKING:
    from etl.mapping.model import Mapping, System
    from etl.mapping.terms import Side
    from etl.record import Record
    from etl.transfer.model import Item


def read_lines(name: str) -> Iterator[bytes]:
    """Yield the lines of a file, or of stdin where the name is `-`, as they come.

    Raises:
        EndpointError: when it cannot be read.

    """
    from etl.errors import EndpointError  # noqa: PLC0415 - see etl.cli

    try:
        with click.open_file(name, "rb") as file:
            yield from file
    except OSError as error:
        raise EndpointError(f"{name} cannot be read: {error.strerror or error}") from None
    except RuntimeError:  # click's word for a closed one
        raise EndpointError("stdin cannot be read: it is closed") from None


def parse_record(raw: bytes) -> Record:
    """Parse one JSON object.

    Raises:
        RecordError: saying where it is not JSON.

    """
    from etl.endpoints.files.json_object import parse_json  # noqa: PLC0415 - see etl.cli

    try:
        return parse_json(raw)
    except ValueError as error:
        raise _rejected("json", str(error)) from None


def is_there(path: Path) -> bool:
    """Return whether a path is that of a file, and one that can be."""
    try:
        return path.is_file()
    except OSError:
        return False


def run_items(mapping: Mapping, name: str) -> Iterator[Item]:
    """Yield the records of a file of the outside as a run reads them: by format, encoding and place.

    name: of the file, or of a record or line in it as messages name it, `page.json:d.results[3]`; then those alone.

    Raises:
        EndpointError: when the file cannot be read, or has no such record.

    """
    from etl.endpoints.files.csv_header import columns_of  # noqa: PLC0415 - see etl.cli
    from etl.endpoints.files.places import Places, lies_in  # noqa: PLC0415
    from etl.endpoints.files.reader import FilesReader  # noqa: PLC0415
    from etl.errors import EndpointError  # noqa: PLC0415

    path = Path(name)
    if not is_there(path) and (file := Places(mapping.files.records).file_of(path.name)):
        path = path.with_name(file)
    if not is_there(path):
        raise EndpointError(f"{name} cannot be read: there is no such file")
    reader = FilesReader(
        path.parent, mapping.files, columns=columns_of(mapping), notify=lambda one: to_stderr(one.text)
    )
    found = False
    for item in reader.read(path.name):
        if lies_in(item.origin, Path(name).name) or path.name == Path(name).name:
            found = True
            yield item
    if not found and path.name != Path(name).name:
        raise EndpointError(f"{path} has no record {Path(name).name}")


def native_reader(system: System) -> Callable[[Record], Record]:
    """Return a function that makes dates of an inside system's date-time text; it raises RecordError."""
    from etl.mapping.schemas.validation import native_form  # noqa: PLC0415
    from etl.mapping.terms import Side  # noqa: PLC0415 - see etl.cli

    if system.side is Side.OUTSIDE:
        return lambda record: record
    convert = native_form(system.schema)

    def read(record: Record) -> Record:
        try:
            return convert(record)
        except OverflowError:
            raise _rejected("form", "a date is outside the years 1 to 9999 in UTC") from None

    return read


def written_form(record: Record, side: Side) -> bytes:
    """Return a record of one side as a line of JSON; an outside one with the values that a run writes into a file.

    Raises:
        RecordError: when it is not JSON.

    """
    from etl.endpoints.files.json_object import encode_json  # noqa: PLC0415 - see etl.cli
    from etl.mapping.schemas.validation import json_form  # noqa: PLC0415
    from etl.mapping.terms import Side  # noqa: PLC0415
    from etl.record import printable_json  # noqa: PLC0415

    try:
        written = encode_json(json_form(record) if side is Side.INSIDE else record)
        return written if written.isascii() else printable_json(written.decode()).encode()
    except ValueError as error:
        raise _rejected("json", str(error)) from None


def _rejected(code: str, message: str) -> Exception:
    from etl.errors import RecordError  # noqa: PLC0415 - see etl.cli
    from etl.record import Violation  # noqa: PLC0415

    return RecordError([Violation("", code, message)])
