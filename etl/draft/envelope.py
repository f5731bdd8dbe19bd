"""Where records lie in a document: in it, in a list of an answer, or it is one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from etl.draft.words import plain
from etl.mapping.paths import Path
from etl.record import Record

_MAX_LEVELS: Final = 4
_FEW: Final = 2
_TIMES: Final = 3
"""With more values of its own than these, a document is a record that has a list, unless the list says far more."""

_WORDS: Final = """
count total totalcount totalresults next nextpage previous prev page pages pagesize limit offset size first last status
success ok message error errors code cursor nextcursor hasmore timestamp version self href links meta odatacontext
odatacount odatanextlink metadata requestid jsonrpc id kind etag
"""
_AROUND: Final = frozenset(_WORDS.split())
"""What an answer says of itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """Records in a document. path: to where they lie, () for the document itself, None where it is one."""

    path: Path | None
    records: list[Record]


def find_records(document: Any) -> Found | None:
    """Return the records of a document, None where there are none.

    A list of objects counts where little stands around it but what an answer says of itself; so does an object that
    stands alone in others.
    """
    if isinstance(document, list):
        objects = [item for item in document if isinstance(item, dict)]
        return Found((), objects) if objects and len(objects) == len(document) else None
    if not isinstance(document, dict):
        return None
    own = _own(document)
    inner = list(_lists(document, (), own, 0))
    if inner:
        _, found = max(inner, key=lambda one: (one[0], -len(one[1].path or ())))
        return found
    return _wrapped(document) or (Found(None, [document]) if document else None)


def at(document: Any, path: Path | None) -> list[Record] | None:
    """Return the records that lie at a path of a document, None where nothing is there."""
    value = document
    for step in path or ():
        value = value.get(step) if isinstance(value, dict) else None
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else None


def _own(value: dict[str, Any]) -> int:
    """Return how many values an object has that are its own, and no words of an answer."""
    return sum(not isinstance(inner, list | dict) and plain(name) not in _AROUND for name, inner in value.items())


def _lists(value: dict[str, Any], path: Path, around: int, level: int) -> Iterator[tuple[int, Found]]:
    """Yield the lists of objects in a document around which little stands, with how many values their objects have."""
    for name, inner in value.items():
        below = (*path, name)
        if isinstance(inner, list) and inner and all(isinstance(item, dict) for item in inner):
            own = max(len(item) for item in inner)
            if around <= min(_FEW, own) or own >= _TIMES * around:
                yield own, Found(below, inner)
        elif isinstance(inner, dict) and level < _MAX_LEVELS:
            yield from _lists(inner, below, around + _own(inner), level + 1)


def _wrapped(document: dict[str, Any]) -> Found | None:
    """Return the one object in which a document has all that is its own."""
    value: dict[str, Any] = document
    path: Path = ()
    while not _own(value):
        objects = [(name, inner) for name, inner in value.items() if isinstance(inner, dict) and inner]
        if len(objects) != 1 or len(path) == _MAX_LEVELS:
            return None
        name, value = objects[0]
        path = (*path, name)
    return Found(path, [value]) if path else None
