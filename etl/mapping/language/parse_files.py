"""The `files` of a mapping: names, formats, encodings, where records lie, and how CSV files are written."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from typing import Any, Final

from etl.mapping.files import UTF8, CsvForm, FileFormat, FilesEndpoint
from etl.mapping.language.document import Document, Place
from etl.mapping.language.words import KEYS
from etl.mapping.paths import Path, PathError, format_path, parse_path
from etl.mapping.places import plain
from etl.record import shown

TEMPLATE: Final = re.compile(r"\{([^{}]*)\}")
"""What stands in braces in an outbound file name."""

RUN: Final = "run"
"""In the name of a file of many records: when the run started."""

PART: Final = "part"
"""In the name of a file of many records: which file of the run it is."""

DOCUMENT: Final = "$"
"""In `records`: the document itself."""

_DEVICE: Final = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\.|\Z)", re.IGNORECASE
)
"""What Windows takes for a device, whatever the ending."""

_NOWHERE: Final = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
"""What some system has in no file name."""

_FILES: Final[Place] = ("outside", "files")


def parse_files(document: Document) -> FilesEndpoint:
    """Return the files of a document that has the right form."""
    value: dict[str, Any] = document.value["outside"]["files"]
    inbound, outbound = map(FileFormat, _each_way(value.get("format", FileFormat.JSON.value)))
    if "csv" in value and FileFormat.CSV not in (inbound, outbound):
        message, fix = "csv is said, and no format is csv", "remove it, or write format: csv"
        document.find((*_FILES, "csv"), "E013", message, fix, key=True)
    _check_pattern(document, value["inbound"])
    _check_literals(document, value["outbound"])
    come, leave = _encodings(document, value, (inbound, outbound))
    csv = {name: said for name, said in value.get("csv", {}).items() if name != "encoding"}
    return FilesEndpoint(
        value["inbound"],
        value["outbound"],
        inbound,
        outbound,
        CsvForm(**csv),
        _parse_records(document, value.get("records", []), inbound),
        come,
        leave,
        *(document.position((*_FILES, way)) for way in KEYS["format"]),
    )


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


def check_outbound_name(document: Document, files: FilesEndpoint, keys: Sequence[Path]) -> None:
    """Refuse a name that two records, or two files of many records, could share. keys: the outside paths of the key."""
    texts = TEMPLATE.findall(files.outbound)
    if files.outbound_format.many:
        _check_many(document, texts)
    else:
        _check_one(document, texts, TEMPLATE.split(files.outbound), keys)


def _check_pattern(document: Document, glob: str) -> None:
    """Refuse a glob that matches no file, or other ones than it seems to."""
    place = (*_FILES, "inbound")
    if re.search(r"[{}]", re.sub(r"\[!?\]?[^]]*\]", "", glob)):
        fix = "write * for what varies, or [{] and [}] for braces in a name"
        document.find(place, "E147", "braces in a pattern stand for themselves, and choose nothing", fix)
    if "(?!)" in fnmatch.translate(glob):
        document.find(place, "E147", "no file can match: a set in brackets is empty", "write it as [a-z]")
    if glob != glob.strip():
        document.find(place, "E147", "the pattern starts or ends with a blank", "remove it, or write [ ] for one")


def _check_literals(document: Document, name: str) -> None:
    """Refuse in an outbound name what some file system has in none, or takes for something else."""
    pieces = TEMPLATE.split(name)
    place, text = (*_FILES, "outbound"), "".join(pieces[::2])
    if found := _NOWHERE.search(text):
        message = f"{shown(found[0])} is in no file name on Windows"
        document.find(place, "E146", message, "choose letters, digits, -, _ or .")
    if not text.isascii():
        fix = "choose ASCII ones"
        document.find(place, "E146", "file systems write accents and the like in different ways", fix)
    if name.startswith(".") or name.endswith((".", " ")):
        fix = "start with another character than a dot, and end with neither a dot nor a blank"
        document.find(place, "E146", "the file would be hidden, or lose its last character", fix)
    if is_reserved(pieces[0]):
        document.find(place, "E146", f"{shown(pieces[0])} is a device on Windows", "choose another name")
    if any("%" in piece for piece in pieces[2:-1:2]):
        fix = "choose another separator"
        document.find(place, "E146", "a % between two values is the sign of an escaped character", fix)


def is_reserved(name: str) -> bool:
    """Return whether some system takes a file name for a device."""
    return _DEVICE.match(name) is not None


def _check_many(document: Document, texts: Sequence[str]) -> None:
    place = (*_FILES, "outbound")
    for word, others in ((RUN, "runs"), (PART, "files of one run")):
        if word not in texts:
            message = f"the file name does not have {{{word}}}, so two {others} would share it"
            document.find(place, "E141", message, "put {run} and {part} into the name of a file of many records")
    if texts[:2] == [PART, RUN]:
        message = "files would sort by their part, and not as they were written"
        document.find(place, "E141", message, "put {run} before {part}")
    for text in texts:
        if text not in (RUN, PART):
            message = f"a file of many records cannot be called after {{{text}}} of one"
            document.find(place, "E141", message, "put {run} and {part} into the name, and nothing else in braces")


def _check_one(document: Document, texts: Sequence[str], pieces: Sequence[str], keys: Sequence[Path]) -> None:
    place = (*_FILES, "outbound")
    named: list[Path] = []
    for text in texts:
        try:
            named.append(parse_path(text))
        except PathError as error:
            document.find(place, "E112", str(error), "write a path of the outside record in the braces")
    if "" in pieces[2:-1:2]:
        document.find(place, "E141", "two values of the file name touch", "put a separator between them, as in {a}-{b}")
    for path in keys:
        if path not in named:
            message = f"the file name does not have {{{format_path(path)}}}, so two records would share a file"
            document.find(place, "E141", message, "put every key into the name")
