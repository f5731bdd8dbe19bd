"""What a record in a file of many is called: the file, and its place there, as `page.json:d.results[3]`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from etl.mapping.paths import Path, format_path


def place_of(path: Path, number: int | None = None) -> str:
    """Return what follows on the name of a document. number: of an element of what lies at the path."""
    return (f":{format_path(path)}" if path else "") + ("" if number is None else f"[{number}]")


class Places:
    """Tells the places of records from the names that they follow on. paths: where records lie in a document."""

    def __init__(self, paths: Sequence[Path] = ()) -> None:
        named = "|".join(re.escape(format_path(path)) for path in paths if path)
        inner = (rf"(:(?:{named}))?" if named else "") + r"(\[[0-9]+\])?\Z"
        self._in_document = re.compile(inner)
        self._in_file = re.compile(r"(:[0-9]+)?" + inner)

    def document_of(self, origin: str) -> str:
        """Return what the document is called, a line or a whole file, that a record lies in."""
        return self._in_document.sub("", origin, count=1)

    def file_of(self, origin: str) -> str:
        """Return the name of the file that a record lies in."""
        return self._in_file.sub("", origin, count=1)


def lies_in(origin: str, place: str) -> bool:
    """Return whether a record is the one at a place, or one of those in it."""
    return origin == place or origin.startswith((f"{place}:", f"{place}["))
