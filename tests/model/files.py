"""Files as the client writes and reads them: one record each, or many in one of three formats, or in an envelope."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from tests.model.exact import Doc

STYLES = ("plain", "indented", "turned round", "with a mark")
PAGED = "paged"
"""JSON with an envelope around the records."""

BROKEN = {
    "json": '{"na',
    "json_lines": '{"na',
    "json_array": "5",
    "csv": '"x"' + ',"x"' * 99,
    PAGED: "5",
}
"""What nobody can take for a record, nor for the beginning of one, in each format; it costs no other one."""


def write(records: Sequence[Doc | None], form: str, style: str = "plain") -> bytes:
    """Return a file with these records; None is a broken one."""
    encoding = "utf-8-sig" if style == "with a mark" else "utf-8"
    if form == "csv":
        return _rows(records).encode(encoding)
    texts = [BROKEN[form] if record is None else _text(record, form, style) for record in records]
    match form:
        case "json":
            (text,) = texts
        case "json_lines":
            text = "".join(f"{one}\n" for one in texts)
        case _:
            text = ",\n".join(texts).join("[]")
            if form == PAGED:
                text = f'{{"count": {len(texts)}, "d": {{"next": {{"results": []}}, "results": {text}}}}}'
    return text.encode(encoding)


def _text(record: Doc, form: str, style: str) -> str:
    fields = dict(reversed(record.items())) if style == "turned round" else record
    return json.dumps(fields, indent=4 if style == "indented" and form != "json_lines" else None)


def _rows(records: Sequence[Doc | None]) -> str:
    names = header(records)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        if record is None:
            lines.write(f"{BROKEN['csv']}\n")
        else:
            writer.writerow([record.get(name) or "" for name in names])
    return lines.getvalue()


def header(records: Sequence[Doc | None]) -> list[str]:
    """Return the columns of a file of rows; of one in which nothing can be read, the only one that every shape has."""
    return sorted({name for record in records if record for name in record}) or ["id"]


def origins(name: str, form: str, count: int) -> list[str]:
    """Return what the records of a file are called."""
    match form:
        case "json":
            return [name]
        case "json_lines":
            return [f"{name}:{line + 1}" for line in range(count)]
        case "json_array":
            return [f"{name}[{index}]" for index in range(count)]
        case "paged":
            return [f"{name}:d.results[{index}]" for index in range(count)]
        case _:
            return [f"{name}:{line + 2}" for line in range(count)]


def read(content: bytes, form: str) -> Iterator[Doc]:
    """Yield the records of a file that we wrote."""
    match form:
        case "json":
            yield json.loads(content)
        case "json_lines":
            yield from map(json.loads, content.decode().splitlines())
        case "json_array":
            yield from json.loads(content)
        case _:
            for row in csv.DictReader(io.StringIO(content.decode())):
                yield {name: value for name, value in row.items() if value != ""}


def naturally(name: str) -> list[Any]:
    """Return by what names are sorted: 2.json before 10.json."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
