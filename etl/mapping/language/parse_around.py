"""Paths by which records are chosen: from the document in which they lie, `$.path`, and into each element of a list."""

from __future__ import annotations

from typing import Any, Final

from etl.mapping.files import FileFormat
from etl.mapping.language.document import Document, Place
from etl.mapping.language.words import DOCUMENT
from etl.mapping.paths import Path, PathError, parse_path

_JSON: Final = (FileFormat.JSON.value, FileFormat.JSON_LINES.value)
"""The formats in which a document, or a line, may have something around its records."""

_EACH: Final = "[]."
"""Behind a list: each of its elements."""

_CHOOSING: Final = (("outside", "import_when"), ("outside", "deleted_when"))
"""Where it is said of records which ones are imported, and which say that there is none any more."""


def around_path(document: Document, text: Any, at: Place) -> str | None:
    """Return what follows on `$.` at a place where that may stand; None for any other path."""
    start = f"{DOCUMENT}."
    if at[:2] not in _CHOOSING or not isinstance(text, str) or not text.startswith(start):
        return None
    inner = text.removeprefix(start)
    said = document.value["outside"]["files"].get("format", _JSON[0])
    inbound = said if isinstance(said, str) else said["inbound"]
    if inbound not in _JSON:
        document.find(at, "E149", f"no record of a {inbound} file lies in a document", f"write {inner}", key=True)
    return inner


def each_path(document: Document, text: Any, at: Place) -> tuple[Any, Path]:
    """Return the list of a path such as `lines[].state`, and where in its elements it leads; of any other, itself."""
    if at[:2] not in _CHOOSING or not isinstance(text, str) or _EACH not in text:
        return text, ()
    listed, _, inner = text.partition(_EACH)
    try:
        return listed, parse_path(inner)
    except PathError as error:
        document.find(at, "E112", str(error), "write one list[].name, with a path of names behind it", key=True)
        return listed, ()


def lies_in_document(document: Document) -> bool:
    """Return whether records lie in a document; else each is one."""
    return bool(document.value["outside"]["files"].get("records"))
