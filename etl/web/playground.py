"""The playground: a mapping and a record, and what the one does with the other, as somebody types."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, abort, render_template, request

from etl import app
from etl.errors import Finding, MappingError, RecordError
from etl.forms import parse_record
from etl.mapping.explain import Explained, guess_direction
from etl.mapping.load import examine_text
from etl.mapping.model import Mapping
from etl.mapping.paths import format_path
from etl.mapping.terms import Direction
from etl.record import Record, Violation, shown
from etl.shipped import MAPPINGS, mappings_in, root
from etl.web.pages import letter_of, pretty
from etl.web.site import Stamps, file_stamps, site

_AUTO: Final = "auto"
_WAYS: Final = (_AUTO, Direction.INBOUND.value, Direction.OUTBOUND.value)
_last: Final[dict[str, tuple[str, Stamps, Mapping, tuple[Finding, ...]]]] = {}


@dataclass(frozen=True, slots=True)
class Tried:
    """What is shown of one try.

    findings: of the mapping. why: how the direction was found, "" where it was said. unread: why there is no record to
    try. explained, trip: None as far as it did not come to that.
    """

    mapping: Mapping | None
    findings: Sequence[Finding]
    direction: Direction | None = None
    why: str = ""
    unread: Sequence[Violation] = ()
    explained: app.Explanation | None = None
    trip: app.RoundTrip | None = None

    @property
    def errors(self) -> int:
        """How many findings keep the mapping from being used."""
        return sum(finding.is_error for finding in self.findings)


playground = Blueprint("playground", __name__)


@playground.get("/playground")
def page() -> str:
    """A mapping to begin with, and a record of its first example, or of a dead letter."""
    names = _names(site.mapping)
    name = request.args.get("mapping") or str(site.mapping.file)
    if name not in names:
        abort(404, f"there is no mapping {name} here")
    text = Path(name).read_text("utf-8-sig")
    record, way = _of_letter(letter) if (letter := request.args.get("letter")) else _example(text, name)
    return _page(names, name, text, record, way)


@playground.post("/playground")
def again() -> str:
    """The same, after a try without a script."""
    return _page(_names(site.mapping), *_given())


@playground.post("/playground/try")
def attempt() -> str:
    """What is shown of one try."""
    name, text, record, way = _given()
    return render_template("tried.html", tried=tried(text, name, record, way), **_words())


def _given() -> tuple[str, str, str, str]:
    name, text, record, way = (request.form.get(part, "") for part in ("mapping", "text", "record", "direction"))
    if name not in _names(site.mapping) or way not in _WAYS:
        abort(400, "choose one of the mappings and directions")
    return name, text.replace("\r\n", "\n"), record, way


def _page(names: Sequence[str], name: str, text: str, record: str, way: str) -> str:
    found = tried(text, name, record, way)
    values = {"names": names, "name": name, "text": text, "record": record, "way": way, "ways": _WAYS}
    return render_template("playground.html", here="playground", tried=found, **values, **_words())


def _words() -> dict[str, Any]:
    return {"values": _values}


def _names(mapping: Mapping) -> list[str]:
    """Return the mappings to choose from: the site's, those beside it, and those that come with the engine."""
    beside = mappings_in(mapping.file.parent)
    return list(dict.fromkeys(map(str, [mapping.file, *beside, *mappings_in(root() / MAPPINGS)])))


def _of_letter(id_: str) -> tuple[str, str]:
    """Return the text of a dead letter's record, and which way it goes; without one there is nothing to try."""
    letter = letter_of(id_)
    return (letter.content or b"").decode("utf-8", "replace"), letter.direction.value


def _example(text: str, name: str) -> tuple[str, str]:
    """Return a record to begin with: of the mapping's first example."""
    mapping, _ = _examined(text, name)
    for example in mapping.examples if mapping is not None else ():
        record = example.record(example.directions[0].source)
        if record is not None:
            return pretty(record), example.directions[0].value
    return "{}", _AUTO


def _examined(text: str, name: str) -> tuple[Mapping | None, tuple[Finding, ...]]:
    """Return the mapping that a text is, None where it is none, and its findings.

    One that was examined last, whose files are as they were, is not examined again: its record was edited.
    """
    known = _last.get(name)
    if known is not None and known[0] == text and known[1] == file_stamps(known[2].source_files):
        return known[2:]
    try:
        mapping, findings = examine_text(text, name)
    except MappingError as error:
        return None, error.findings
    _last[name] = (text, file_stamps(mapping.source_files), mapping, tuple(findings))
    return mapping, tuple(findings)


def tried(text: str, name: str, record: str, way: str) -> Tried:
    """Return what a mapping, by its text, does with a record, by its text. way: a direction, or `auto`."""
    mapping, findings = _examined(text, name)
    found = Tried(mapping, findings)
    if mapping is None or found.errors:
        return found
    try:
        read = parse_record(record.encode("utf-8", "surrogatepass"))
        direction, why = _way(mapping, read, way)
        explained = app.explain_record(mapping, direction, read)
        trip = app.round_trip(mapping, direction, read) if explained.record is not None else None
    except RecordError as error:
        return Tried(mapping, findings, unread=error.violations)
    return Tried(mapping, findings, direction, why, explained=explained, trip=trip)


def _way(mapping: Mapping, record: Record, way: str) -> tuple[Direction, str]:
    return guess_direction(mapping, record) if way == _AUTO else (Direction(way), "")


def _values(explained: Explained, side: str) -> list[tuple[str, str]]:
    """Return what a rule read, or wrote, as path and value."""
    present: Table[str, Any] = explained.as_dict()[side]
    paths = explained.source if side == "source" else explained.target
    missing = "absent" if side == "source" else "not written"
    return [(path, shown(present[path], 80) if path in present else missing) for path in map(format_path, paths)]
