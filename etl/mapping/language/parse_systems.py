"""The two systems of a mapping: their names and schemas, and the fields that nobody means to map."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from etl.mapping.language.document import Document, Place, file_bytes
from etl.mapping.language.parse_written import only_read
from etl.mapping.model import System
from etl.mapping.paths import PathError, parse_path
from etl.mapping.rules.written import Written
from etl.mapping.schemas.parts import load_part
from etl.mapping.schemas.uses import places_of, requiring_less
from etl.mapping.schemas.validation import RecordSchema, SchemaError
from etl.mapping.terms import Field, Side, Use
from etl.record import shown


def parse_system(document: Document, side: Side, written: tuple[Written, ...]) -> System:
    """Return one of the systems of a document that has the right form. written: how its fields are sent, outside."""
    value, place = document.value[side.value], (side.value, "schema")
    said: Any = value["schema"]
    is_one = isinstance(said, str)
    at: Place = place if is_one else (*place, "inbound")
    file, schema = _schema(document, said if is_one else said["inbound"], at)
    ignore = _ignored(document, value.get("ignore", []), (side.value, "ignore"))
    where = document.position(at)
    if side is Side.INSIDE:
        return System(side, value["name"], (file,), schema, schema, ignore, where)
    files, sent = [file], None
    if not is_one:
        other, sent = _schema(document, said["outbound"], (*place, "outbound"))
        files.append(other)
        sent = requiring_less(sent, Use.READ, Use.WRITE)
    schema = only_read(schema, written)
    read, expected = requiring_less(schema, Use.WRITE), requiring_less(schema, Use.READ, Use.WRITE)
    return System(side, value["name"], tuple(files), read, expected, ignore, where, places_of(schema), sent)


def _schema(document: Document, text: str, place: Place) -> tuple[FilePath, dict[str, Any]]:
    """Return a schema, with its file; {} with a finding where it is none."""
    name, has_pointer, pointer = text.partition("#")
    file = document.folder(place) / name
    try:
        schema = load_part(file_bytes(file), file.name, pointer if has_pointer else None)
        RecordSchema(schema)
    except OSError as error:
        document.find(place, "E130", f"{file} cannot be read: {error.strerror}", "name the system's JSON Schema")
    except SchemaError as error:
        what = f"the part {shown('#' + pointer)} of {file}" if has_pointer else str(file)
        fix = "name a part of it as in vendor.yaml#/components/schemas/Order" if has_pointer else "correct that file"
        document.find(place, "E131", f"{what} is not a JSON Schema: {error}", fix)
    except ValueError as error:  # no file can have such a name
        document.find(place, "E130", f"{shown(str(file))} cannot be read: {error}", "name the system's JSON Schema")
    else:
        return file, schema
    return file, {}


def _ignored(document: Document, names: list[str], place: Place) -> tuple[Field, ...]:
    ignored = []
    for index, name in enumerate(names):
        try:
            ignored.append(Field(parse_path(name), where=document.position((*place, index))))
        except PathError as error:
            document.find((*place, index), "E112", str(error), "write the path of a field of the schema")
    return tuple(ignored)
