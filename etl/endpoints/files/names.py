"""Names of outbound files: made of a record's values, or of a run and the number of a file.

Every key has a file of its own, on every file system: what is not a small letter, a digit, or one of `-`, `_` and `.`
is percent-encoded, as in URLs. So no two keys differ by nothing but capitals or the way in which an accent is written,
no name leads out of the folder, and decoding gives the key back. Where the schema speaks of capitals alone, capitals
stay, and small letters are encoded instead.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Table
from datetime import UTC, datetime, timedelta
from itertools import count
from types import MappingProxyType
from typing import Any, Final, Protocol

from etl.mapping.entries import is_reserved
from etl.mapping.paths import Path, get, parse_path
from etl.mapping.templates import IDENTITY, PART, RUN, TEMPLATE, braced
from etl.record import ABSENT, Record, shown

_MAX_NAME_BYTES: Final = 255
_KEPT: Final = frozenset(string.ascii_lowercase + string.digits + "-_.")
_KEPT_OF_CAPITALS: Final = frozenset(string.ascii_uppercase + string.digits + "-_.")
_CLASSES: Final = re.compile(r"\\.|\(\?[a-zA-Z:=!<]+")
"""What stands in a pattern with a letter and is none: `\\d`, `(?:`."""

_LAST_PART: Final = 99_999
_RUN: Final = "([0-9]{8}T[0-9]{9})Z"
_MILLISECOND: Final = timedelta(milliseconds=1)


class Namer(Protocol):
    """Returns the name of the file of an outside record. identity: what the inside calls the document.

    Raises:
        ValueError: saying why it has none.

    """

    def __call__(self, record: Record, identity: str = "", /) -> str: ...  # noqa: D102 - as the class says


def record_namer(template: str, schema: Table[str, Any] = MappingProxyType({})) -> Namer:
    """Return what names the files of records. schema: of outside records."""
    pieces = TEMPLATE.split(template)
    # what separates two values does not stand in the first of them, however a file system takes capitals
    separators = set("".join(pieces[2:-1:2]).casefold())
    paths: list[tuple[str, Path, frozenset[str]]] = []
    for index, text in enumerate(pieces[1::2], 1):
        path = () if text == IDENTITY else parse_path(text)
        kept = _KEPT_OF_CAPITALS if path and _is_in_capitals(schema, path) else _KEPT
        is_last = index == len(pieces) // 2
        paths.append((text, path, kept if is_last else frozenset(c for c in kept if c.casefold() not in separators)))

    def name(record: Record, identity: str = "", /) -> str:
        made = pieces[0]
        for index, (text, path, kept) in enumerate(paths):
            value = get(record, path) if path else identity or ABSENT
            if isinstance(value, bool) or not isinstance(value, int | str):
                raise ValueError(f"{text} {'has no value' if value is ABSENT else shown(value)} in a file name")
            made += _escaped(str(value), kept) + pieces[2 * index + 2]
        made = _holding_everywhere(made)
        if len(made.encode()) > _MAX_NAME_BYTES:
            raise ValueError(f"{shown(made)} is longer than a file name may be")
        return made

    return name


def latest_run(templates: Iterable[str], started: datetime, there: Iterable[str]) -> datetime:
    """Return what the names of a run's files say of when it was, so that they sort as their files were written.

    started: the run, in UTC. there: the names in the folder. Where the clock was set back, a run counts as later than
    all whose files are still there.
    """
    names = list(there)
    earlier = [stamp for template in templates for stamp in map(_run_of(template), names) if stamp is not None]
    return max([started, *(stamp + _MILLISECOND for stamp in earlier)])


def part_namer(template: str, run: datetime) -> Iterator[str]:
    """Yield the names of a run's files, one after the other. run: see `latest_run`."""
    parts = _LAST_PART if PART in braced(template) else 1
    for number in count():
        yield name_of_run(template, run + number // parts * _MILLISECOND, number % parts + 1)


def name_of_run(template: str, run: datetime, part: int = 1) -> str:
    """Return the name of one file of a run."""
    words = {RUN: f"{run:%Y%m%dT%H%M%S}{run.microsecond // 1000:03}Z", PART: f"{part:05}"}
    return TEMPLATE.sub(lambda found: words[found[1]], template)


def _is_in_capitals(schema: Table[str, Any], path: Path) -> bool:
    """Return whether the values or the pattern that a schema gives for a path have capitals and no small letters."""
    node: Any = schema
    for step in path:
        properties = node.get("properties") if isinstance(node, dict) else None
        node = properties.get(step) if isinstance(properties, dict) else None
    if not isinstance(node, dict):
        return False
    values = node.get("enum", [node.get("const", "")])
    text = "".join(value for value in values if isinstance(value, str)) + _CLASSES.sub("", str(node.get("pattern", "")))
    return any(c.isupper() for c in text) and not any(c.islower() for c in text)


def _escaped(text: str, kept: frozenset[str]) -> str:
    return "".join(c if c in kept else "".join(f"%{byte:02X}" for byte in c.encode()) for c in text)


def _holding_everywhere(name: str) -> str:
    """Return a name without what some system hides, cuts off, or takes for a device."""
    if name.startswith(".") or is_reserved(name):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    return f"{name[:-1]}%{ord(name[-1]):02X}" if name.endswith((".", " ")) else name


def _run_of(template: str) -> Callable[[str], datetime | None]:
    """Return a function from a name to the run that it names; None for one that is none of this template."""
    pieces = TEMPLATE.split(template)
    words = {RUN: _RUN, PART: "[0-9]+"}
    pattern = "".join(words[piece] if index % 2 else re.escape(piece) for index, piece in enumerate(pieces))
    matches = re.compile(pattern).fullmatch

    def run_of(name: str) -> datetime | None:
        found = matches(name)
        try:
            return None if found is None else datetime.strptime(found[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
        except ValueError:
            return None

    return run_of
