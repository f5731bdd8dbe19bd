"""For each code of a finding: what shows that it is right. Most are shown by a record; some by the files alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from etl.errors import Finding
from tests.generated.case import SIDES, TABLES, Place
from tests.generated.judge import Court
from tests.generated.mappings import STAMP
from tests.generated.oracle import Verdict
from tests.generated.schemas import lists
from tests.generated.values import MISSING, Path, Record, get, parse_path, same
from tests.generated.words.base import OTHER, Reason, Word, cell, fits
from tests.generated.words.computed import Computed, fields
from tests.generated.words.each import Each


@dataclass(frozen=True)
class Search:
    """A finding, where it stands, and the records to look through."""

    court: Court
    finding: Finding
    place: Place | None
    line: int | None

    @property
    def word(self) -> Word:
        assert self.place is not None
        return self.court.oracle.word(self.place)

    def records(self) -> Iterator[tuple[str, Record, Verdict]]:
        """Yield what the court has, then more that differ in what the rule reads."""
        for side in SIDES:
            for record, verdict in self.court.pool[side]:
                yield side, record, verdict
        if self.place is None:
            return
        top = self.court.oracle.words[self.place[0]]
        for side in SIDES:
            for record, verdict in self.court.tried(side, top):
                yield side, record, verdict

    def near(self, place: Place | None) -> bool:
        """Return whether a reason's place is the finding's, or above or below it."""
        if place is None or self.place is None:
            return place is self.place
        shared = min(len(place), len(self.place))
        return place[:shared] == self.place[:shared]


Shown = Callable[[Search], bool]


def shows(court: Court, finding: Finding) -> bool:
    """Return whether a finding is right."""
    place, line = court.place(finding)
    return _WITNESSES.get(finding.code, _unknown)(Search(court, finding, place, line))


def _unknown(_search: Search) -> bool:
    return False


def _rejects(*whats: str, details: str = "") -> Shown:
    """A record is rejected at the rule, for one of these reasons."""

    def shown(search: Search) -> bool:
        return any(
            search.near(reason.place) and reason.what in whats and re.match(details, reason.detail)
            for _, _, verdict in search.records()
            for reason in verdict.reasons
        )

    return shown


def _required(search: Search) -> bool:
    """A record lacks a field that nothing writes."""
    return any(
        reason.what == "schema" and reason.detail == "required" and _unwritten(search, reason)
        for _, _, verdict in search.records()
        for reason in verdict.reasons
    )


def _unwritten(search: Search, reason: Reason) -> bool:
    return reason.place is None or all(
        reason.path not in word.writes(side) for side in SIDES for word in search.court.oracle.words
    )


def _loses(search: Search) -> bool:
    """A value of the rule comes back as another one, or not at all, whatever other rules do with the record."""
    for side, record in _read(search):
        made: Record = {}
        back: Record = {}
        if any(True for _ in search.word.translate(side, record, made)):
            continue
        if any(True for _ in search.word.translate(OTHER[side], made, back)):
            return True
        if not search.word.equal(side, record, back, exact=True):
            return True
    return False


def _settles_not(search: Search) -> bool:
    court = search.court
    for side, _, verdict in search.records():
        back = court.back(side, verdict)
        if back is None or not back.accepted:
            continue
        again = court.back(side, court.oracle.translate(side, back.record))
        if again is not None and again.accepted and not same(again.record, back.record):
            return True
    return False


def _no_field(search: Search) -> bool:
    case = search.court.case
    for word in [search.word] if search.place is not None else search.court.oracle.words:
        for side in SIDES:
            paths = list(word.paths(side))
            if isinstance(word, Computed) and side != word.target:
                paths += [(name,) for name in fields(word.expression.parsed)]
            if any(not lists(case.schema(side), word.scene.full(side, path)) for path in paths):
                return True
    return any(
        not lists(case.schema(side), parse_path(text)) for side in SIDES for text in case.system(side).get("ignore", ())
    )


def _written_twice(search: Search) -> bool:
    words = search.court.oracle.words
    if search.place is not None and len(search.place) > 1:
        above = words[search.place[0]]
        words = above.words if isinstance(above, Each) else []
    for side in SIDES:
        written = [path for word in words for path in word.writes(side)]
        for index, path in enumerate(written):
            if any(_overlap(path, other) for other in written[index + 1 :]):
                return True
    return False


def _overlap(one: Path, other: Path) -> bool:
    shared = min(len(one), len(other))
    return one[:shared] == other[:shared]


def _no_such_value(search: Search) -> bool:
    """A cell has a value that the schema of its field refuses."""
    word, raw = search.word, search.word.raw
    lines = next((raw[name] for name in TABLES if name in raw), [])
    chosen = [lines[search.line]] if search.line is not None else [raw.get("otherwise")]
    return any(not fits(word.scene, side, path, item) for line in chosen for side, path, item in _cells(word, line))


def _cells(word: Word, line: Any) -> Iterator[tuple[str, Path, Any]]:
    """Yield every value of a line of a table, with the field to which it belongs."""
    if not isinstance(line, dict):
        named = next(side for side in SIDES if word.scene.names[side] in word.raw)
        yield named, word.paths(named)[0], line
        return
    for side in SIDES:
        value = line.get(word.scene.names[side], MISSING)
        if value is MISSING:
            continue
        if "cases" in word.raw:
            for name, cells in value.items():
                yield from ((side, parse_path(name), item) for item in cell(cells) if item is not MISSING)
        elif word.scene.names[side] in word.raw:
            yield from ((side, word.paths(side)[0], item) for item in cell(value) if item is not MISSING)


def _never_reached(search: Search) -> bool:
    """No record, of either side, is decided by the line, or by the value of the line that the finding names."""
    lines = next((search.word.raw[name] for name in TABLES if name in search.word.raw), [])
    if search.line is None:
        return False
    reached = set()
    for side, record in _read(search):
        found = _deciding(search.word, side, record)
        if found == search.line:
            reached.add(side)
    named = re.search(r"inbound|outbound", search.finding.message)
    if named:
        return {"inbound": "outside", "outbound": "inside"}[named[0]] not in reached
    return not reached or bool(lines[: search.line])


def _read(search: Search) -> Iterator[tuple[str, Record]]:
    """Yield what the rule reads: records, or the elements of their lists."""
    place = search.place or ()
    for side, record, _ in search.records():
        if len(place) == 1:
            yield side, record
            continue
        top = search.court.oracle.words[place[0]]
        items = get(record, top.paths(side)[0])
        for item in items if isinstance(items, list) else ():
            if isinstance(item, dict):
                yield side, item


def _deciding(word: Word, side: str, record: Record) -> int | None:
    """Return the line of a table that decides on a record."""
    decide = getattr(word, "deciding", None)
    return None if decide is None else decide(side, record)


def _overwritten(search: Search) -> bool:
    word = search.word
    return isinstance(word, Computed) and word.target == "inside" and not word.lossy and "write" not in word.raw


def _unmapped(search: Search) -> bool:
    named = re.match(r"no rule maps (\w+)\.(.*)$", search.finding.message)
    if named is None:
        return False
    side = next((side for side in SIDES if search.court.case.name(side) == named[1]), SIDES[0])
    return parse_path(named[2]) in set(unmapped(search.court, side)) or any(
        path[: len(parse_path(named[2]))] == parse_path(named[2]) for path in unmapped(search.court, side)
    )


def unmapped(court: Court, side: str) -> Iterator[Path]:
    """Yield the fields at the top of a schema that no rule reads or writes and no `ignore` lists."""
    case = court.case
    known = [parse_path(text) for text in case.system(side).get("ignore", ())]
    for word in court.oracle.words:
        known += word.paths(side)
        if isinstance(word, Computed) and side != word.target:
            known += [(name,) for name in fields(word.expression.parsed)]
    for name in case.schema(side).get("properties", {}):
        if not any(path[:1] == (name,) for path in known) and (side, name) != ("inside", STAMP):
            yield (name,)


def _two_become_one(search: Search) -> bool:
    seen: list[tuple[Any, Any]] = []
    for side, record, verdict in search.records():
        if side == "outside" and not any(reason.place == search.place for reason in verdict.reasons):
            value = get(record, search.word.paths("outside")[0])
            made = get(verdict.record, search.word.paths("inside")[0])
            if any(same(made, other) and not same(value, before) for before, other in seen):
                return True
            seen.append((value, made))
    return False


def _no_key(search: Search) -> bool:
    keys = [word for word in search.court.oracle.words if word.raw.get("key")]
    return not keys or any(isinstance(step, int) for word in keys for side in SIDES for path in word.paths(side) for step in path)


_WITNESSES: Final[dict[str, Shown]] = {
    "E110": _no_field,
    "E120": _written_twice,
    "E121": _required,
    "E122": _rejects("schema", "key", "table", details="required|absent"),
    "E123": _rejects("schema"),
    "E140": _no_key,
    "E142": _rejects("key", details="absent"),
    "E143": _rejects("key", "schema", "codec"),
    "E144": _two_become_one,
    "E150": _rejects("schema", "list", "element"),
    "E151": _rejects("schema", "codec"),
    "E152": _rejects("schema", "codec"),
    "E153": _rejects("schema"),
    "E160": _rejects("table"),
    "E161": _no_such_value,
    "E162": _never_reached,
    "E181": _settles_not,
    "W163": _loses,
    "W164": _rejects("table"),
    "W165": _loses,
    "W166": _loses,
    "W167": _overwritten,
    "W170": _unmapped,
    "W180": _loses,
}
"""By code; one that is not here is itself a disagreement."""

__all__ = ["OTHER", "shows", "unmapped"]
