"""Records as people give and read them: JSON, with dates of inside records as text."""

from __future__ import annotations

from collections.abc import Callable

from etl.endpoints.files.json_object import encode_json, holding_many, parse_json
from etl.errors import RecordError
from etl.mapping.model import System
from etl.mapping.schemas.validation import json_form, native_form
from etl.mapping.terms import Side
from etl.record import Record, Violation, printable_json


def parse_record(raw: bytes, *, is_file: bool = False) -> Record:
    """Parse one JSON object. is_file: it is all that a file of the outside holds, in which many might lie.

    Raises:
        RecordError: saying where it is not JSON.

    """
    try:
        return parse_json(raw)
    except ValueError as error:
        raise RecordError([Violation("", "json", str(error)), *(holding_many(raw) if is_file else ())]) from None


def native_reader(system: System) -> Callable[[Record], Record]:
    """Return a function that makes dates of an inside system's date-time text; it raises RecordError."""
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
    try:
        written = encode_json(json_form(record) if side is Side.INSIDE else record)
        return written if written.isascii() else printable_json(written.decode()).encode()
    except ValueError as error:
        raise _rejected("json", str(error)) from None


def _rejected(code: str, message: str) -> RecordError:
    return RecordError([Violation("", code, message)])
