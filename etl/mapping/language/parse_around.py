"""Paths that start at the document in which records lie, `$.path`: where it is said which records those are."""

from __future__ import annotations

from typing import Any, Final

from etl.mapping.language.document import Document, Place
from etl.mapping.language.words import DOCUMENT

_JSON: Final = ("json", "json_lines")
"""The formats in which a document, or a line, may have something around its records."""

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


def lies_in_document(document: Document) -> bool:
    """Return whether records lie in a document; else each is one."""
    return bool(document.value["outside"]["files"].get("records"))
