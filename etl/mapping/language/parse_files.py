"""The `files` of a mapping: names, formats, encodings, where records lie, and how CSV files are written."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from math import inf
from typing import Any, Final

from etl.lengths import parse_length
from etl.mapping.codecs.codec import CodecError
from etl.mapping.codecs.date_parts import text_part
from etl.mapping.files import UTF8, After, CsvForm, FileFormat, FilesEndpoint, Order, Pickup
from etl.mapping.language.document import Document, Place
from etl.mapping.language.parse_entries import check_literals, parse_entries
from etl.mapping.language.words import DOCUMENT, KEYS
from etl.mapping.paths import Path, PathError, format_path, parse_path
from etl.mapping.places import plain
from etl.mapping.templates import RUN, braced
from etl.mapping.terms import Position

_FILES: Final[Place] = ("outside", "files")

DAYS: Final = ({"year", "month", "day"}, {"year", "day of the year"})
"""What says a day."""

SORTED: Final = frozenset({*DAYS[0], *DAYS[1], "hour", "minute", "second", "fraction"})
"""What a date in a name may say: it is put in order as it stands there."""


def parse_files(document: Document) -> FilesEndpoint:
    """Return the files of a document that has the right form."""
    value: dict[str, Any] = document.value["outside"]["files"]
    inbound, outbound = map(FileFormat, _each_way(value.get("format", FileFormat.JSON.value)))
    if "csv" in value and FileFormat.CSV not in (inbound, outbound):
        message, fix = "csv is said, and no format is csv", "remove it, or write format: csv"
        document.find((*_FILES, "csv"), "E013", message, fix, key=True)
    glob = _glob(value["inbound"])
    _check_pattern(document, glob)
    come, leave = _encodings(document, value, (inbound, outbound))
    csv = {name: said for name, said in value.get("csv", {}).items() if name != "encoding"}
    return FilesEndpoint(
        glob,
        parse_entries(document, value["outbound"], outbound),
        inbound,
        outbound,
        CsvForm(**csv),
        _parse_records(document, value.get("records", []), inbound),
        come,
        leave,
        document.position((*_FILES, "inbound")),
        _parse_pickup(document, value["inbound"]),
        _parse_records_per_file(document, value, outbound),
        _parse_marker(document, value, outbound),
        document.position((*_FILES, "marker")) if "marker" in value else Position(1, 1),
    )


def _parse_records_per_file(document: Document, value: dict[str, Any], outbound: FileFormat) -> float | None:
    """Return how many records a written file has; refuse that of files that have one each."""
    if "records_per_file" not in value:
        return None
    _check_is_of_many(document, "records_per_file", outbound)
    said: int | str = value["records_per_file"]
    return inf if isinstance(said, str) else said


def _parse_marker(document: Document, value: dict[str, Any], outbound: FileFormat) -> str:
    """Return the name of the marker; refuse one that two runs could share, or that files of one record each have."""
    if "marker" not in value:
        return ""
    _check_is_of_many(document, "marker", outbound)
    marker: str = value["marker"]
    check_literals(document, marker, (*_FILES, "marker"))
    if braced(marker) != [RUN]:
        message = "a marker says that all files of one run are there, so nothing but {run} tells it from another one"
        document.find((*_FILES, "marker"), "E141", message, "write it as workorders_{run}.done")
    return marker


def _check_is_of_many(document: Document, word: str, outbound: FileFormat) -> None:
    if not outbound.many:
        message, fix = f"{word} is of files of many records, and each that is written has one", "remove it"
        document.find((*_FILES, word), "E013", message, f"{fix}, or write format: json_lines", key=True)


def _glob(said: str | dict[str, Any]) -> str:
    return said if isinstance(said, str) else said["match"]


def _parse_pickup(document: Document, said: str | dict[str, Any]) -> Pickup:
    """Return how files are picked up: a glob alone says nothing of it."""
    if isinstance(said, str):
        return Pickup()
    order: str | dict[str, str] = said.get("order", Order.NAME.value)
    return Pickup(
        Order(order if isinstance(order, str) else Order.DATE.value),
        "" if isinstance(order, str) else _date_of_names(document, order[Order.DATE.value]),
        parse_length(said.get("quiet", "0s")),
        After(said.get("after", After.LEAVE.value)),
        said.get("complete", False),
    )


def _date_of_names(document: Document, pattern: str) -> str:
    """Return how a date stands in names; refuse what is none by which files could be put in order."""
    place: Place = (*_FILES, "inbound", "order", "date")
    try:
        fields = text_part(pattern).fields
    except CodecError as error:
        document.find(place, "E147", str(error), error.fix or "write it as %Y%m%d")
        return pattern
    if not any(fields >= day for day in DAYS) or not fields <= SORTED:
        message = "files are put in order by a year, a month and a day, and by a time of day where that is there"
        document.find(place, "E147", message, "write it as %Y%m%d, %d.%m.%y or %Y-%m-%dT%H%M%S")
    return pattern


def _each_way(said: str | dict[str, str]) -> list[str]:
    """Return what is said of the files that are read, and of those that are written."""
    return [said if isinstance(said, str) else said[way] for way in KEYS["format"]]


def _encodings(document: Document, value: dict[str, Any], formats: Sequence[FileFormat]) -> list[str]:
    """Return the encoding of each way. `csv: {encoding: …}` is a short way to write that of CSV files."""
    of_csv = value.get("csv", {}).get("encoding")
    if of_csv is not None and "encoding" in value:
        message, fix = "the encoding is said twice", "keep the one under files, which is that of every format"
        document.find((*_FILES, "csv", "encoding"), "E013", message, fix, key=True)
    if "encoding" in value:
        return _each_way(value["encoding"])
    return [of_csv if of_csv is not None and format_ is FileFormat.CSV else UTF8 for format_ in formats]


def _parse_records(document: Document, said: str | list[str], inbound: FileFormat) -> tuple[Path, ...]:
    """Return the paths to where records lie in a document, `$` as (); refuse one that can never count."""
    place: Place = (*_FILES, "records")
    if said and inbound not in (FileFormat.JSON, FileFormat.JSON_LINES):
        message = f"a {inbound.value} file has no document around its records"
        fix = "write format: json" if inbound is FileFormat.JSON_ARRAY else "remove records"
        document.find(place, "E149", message, fix, key=True)
    paths: list[Path] = []
    for number, text in enumerate([said] if isinstance(said, str) else said):
        where = place if isinstance(said, str) else (*place, number)
        try:
            path = () if text == DOCUMENT else plain(parse_path(text))
        except PathError as error:
            fix = f"write a path of the document, or {DOCUMENT} for the document itself"
            document.find(where, "E112", str(error), fix)
            continue
        before = next((other for other in paths if path[: len(other)] == other), None)
        if before is not None:
            name = format_path(before) if before else DOCUMENT
            message = f"{text} never counts, since {name} before it is there whenever it is"
            fix = "remove it" if before == path else f"write {text} before {name}, or remove it"
            document.find(where, "E149", message, fix)
        paths.append(path)
    return tuple(paths)


def _check_pattern(document: Document, glob: str) -> None:
    """Refuse a glob that matches no file, or other ones than it seems to."""
    is_alone = isinstance(document.value["outside"]["files"]["inbound"], str)
    place: Place = (*_FILES, "inbound") if is_alone else (*_FILES, "inbound", "match")
    if re.search(r"[{}]", re.sub(r"\[!?\]?[^]]*\]", "", glob)):
        fix = "write * for what varies, or [{] and [}] for braces in a name"
        document.find(place, "E147", "braces in a pattern stand for themselves, and choose nothing", fix)
    if "(?!)" in fnmatch.translate(glob):
        document.find(place, "E147", "no file can match: a set in brackets is empty", "write it as [a-z]")
    if glob != glob.strip():
        document.find(place, "E147", "the pattern starts or ends with a blank", "remove it, or write [ ] for one")
