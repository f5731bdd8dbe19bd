"""For each code of a finding: what shows that it is right. Most are shown by a record; some by the files alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from etl.errors import Finding
from tests.generated.case import SIDES, TABLES, Place
from tests.generated.court import Court
from tests.generated.mappings import STAMP
from tests.generated.oracle import Verdict
from tests.generated.records import DATES
from tests.generated.schemas import Schema, at, lists, types
from tests.generated.values import MISSING, Path, Record, among, get, parse_path, same
from tests.generated.words.base import OTHER, Reason, Word, cell, fits
from tests.generated.words.computed import Computed
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

    def above(self, path: Path) -> bool:
        """Return whether the rule writes below a path."""
        if self.place is None:
            return False
        return any(
            _any_element(word.scene.full(side, written))[: len(path)] == _any_element(path)
            for word in (self.court.oracle.word(self.place[: n + 1]) for n in range(len(self.place)))
            for side in SIDES
            for written in word.writes(side)
        )


Shown = Callable[[Search], bool]


def shows(court: Court, finding: Finding) -> bool:
    """Return whether a finding is right."""
    place, line = court.place(finding)
    if finding.code.startswith("W") and "undecided" in finding.message:
        return True  # it says that it does not know
    return _WITNESSES.get(finding.code, _unknown)(Search(court, finding, place, line))


def _unknown(_search: Search) -> bool:
    return False


def _rejects(*whats: str, details: str = "") -> Shown:
    """A record is rejected at the rule, for one of these reasons."""

    def shown(search: Search) -> bool:
        return any(
            (search.near(reason.place) or search.above(reason.path))
            and reason.what in whats
            and re.match(details, reason.detail)
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


def _loses_nothing(search: Search) -> bool:
    """No value of the rule is lost, and none is rejected but for what it is."""
    rejected = any(
        (reason.place or ())[: len(search.place or ())] == search.place
        for _, _, verdict in search.records()
        for reason in verdict.blamed
        if reason.what != "expression"  # that it fails on some record is said whatever `lossy` says
    )
    if not search.word.two_way:
        return not rejected
    return not rejected and all(search.word.equal(*item) for item in _alone(search))


def _alone(search: Search) -> Iterator[tuple[str, Record, Record]]:
    """Yield what the rule alone makes of a record, there and back."""
    for side, record in _read(search):
        made: Record = {}
        back: Record = {}
        if any(True for _ in search.word.translate(side, record, made)):
            continue
        if not any(True for _ in search.word.translate(OTHER[side], made, back)):
            yield side, record, back


def _settles_not(search: Search) -> bool:
    for side, record, _ in search.records():
        first = _trip(search, side, record)
        second = None if first is None else _trip(search, side, first)
        if second is not None and not same(first, second):
            return True
    return (
        any(_settles_not_alone(search.word, side, record) for side, record in _read(search)) if search.place else False
    )


def _settles_not_alone(word: Word, side: str, record: Record) -> bool:
    """Return whether a value of the rule becomes another one twice, whatever other rules do with the record."""
    found = [record]
    for step in range(4):
        made: Record = {}
        if any(True for _ in word.translate(side if step % 2 == 0 else OTHER[side], found[-1], made)):
            return False
        found.append(made)
    return not same(found[2], found[4])


def _trip(search: Search, side: str, record: Record) -> Record | None:
    """Return a record after a round trip, whatever the schemas say of it; None if a rule rejects it."""
    for source in (side, OTHER[side]):
        record, reasons = search.court.oracle.bare(source, record)
        if reasons:
            return None
    return record


def _no_field(search: Search) -> bool:
    case = search.court.case
    for word in [search.word] if search.place is not None else search.court.oracle.words:
        for side in SIDES:
            paths = word.reads(side)
            if any(not lists(case.schema(side), word.scene.full(side, path)) for path in paths):
                return True
    if not all(lists(case.inside, (name,)) for name in (STAMP, *case.inside_stamps())):
        return True
    return any(
        not lists(case.schema(side), parse_path(text))
        for side in SIDES
        for text in (*case.system(side).get("ignore", ()), *case.system(side).get("deleted_when", ()))
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
    if search.place is None:
        named = search.court.case.system("inside").get("deleted_when", {})
        scene = search.court.oracle.scene
        return _no_such_stamp(search.court) or any(
            not fits(scene, "inside", parse_path(name), item) for name in named for item in cell(named[name])
        )
    word, raw = search.word, search.word.raw
    lines: list[Any] = next((raw[name] for name in TABLES if name in raw), [])
    chosen = [lines[search.line]] if search.line is not None else [raw.get("otherwise")]
    return any(
        not fits(word.scene, side, path, item) or word.specs[side].absent(item)
        for line in chosen
        for side, path, item in _cells(word, line)
    )


def _no_such_stamp(court: Court) -> bool:
    """A run sets a field to what the inside schema refuses, or removes one that it requires."""
    case, scene = court.case, court.oracle.scene
    mongodb = case.system("inside")["mongodb"]
    stamps = [item for word in ("on_import", "on_export") for item in mongodb.get(word, {}).items()]
    return any(
        name in case.inside.get("required", ())
        if value == "$absent"
        else not fits(scene, "inside", (name,), DATES[0] if value == "$now" else value)
        for name, value in stamps
    )


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
    """No record is decided by the line in the direction that the finding names, or in either."""
    named = re.search(r"inbound|outbound", search.finding.message)
    sides = SIDES if named is None else ({"inbound": "outside", "outbound": "inside"}[named[0]],)
    if search.line is None or "values" in search.word.raw:
        return _cell_decided_above(search)
    return all(search.word.deciding(side, record)[0] != search.line for side, record in _read(search) if side in sides)


def _cell_decided_above(search: Search) -> bool:
    """A value of the line stands in a line above as well, so that the one here decides nothing."""
    if search.line is None:
        return False
    lines = search.word.raw["values"]
    for side in SIDES:
        name = search.word.scene.names[side]
        above = [item for line in lines[: search.line] for item in cell(line[name])]
        if any(among(item, above) for item in cell(lines[search.line][name])):
            return True
        spec = search.word.specs[side]
        if any(item is not MISSING and spec.absent(item) for item in cell(lines[search.line][name])):
            return True
    return False


def dead_lines(court: Court) -> Iterator[tuple[Word, int]]:
    """Yield the lines of tables that decide on no record of either side."""
    for word in court.oracle.words:
        lines: list[Any] = next((word.raw[name] for name in ("flags", "values", "cases") if name in word.raw), [])
        reached = {word.deciding(side, record)[0] for side in SIDES for record, _ in court.tried(side, word)}
        yield from ((word, line) for line in range(len(lines)) if line not in reached)


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


def _overwritten(search: Search) -> bool:
    """An edit of the field inside does not come back; or nothing comes back at all."""
    word = search.word
    if not isinstance(word, Computed) or word.target != "inside":
        return False
    if search.place is None or len(search.place) > 1:
        return True
    trips = [
        (record, back)
        for side, record, _ in search.records()
        if side == "inside" and (back := _trip(search, "inside", record)) is not None
    ]
    return not trips or any(not word.equal("inside", one, other, exact=True) for one, other in trips)


def _unmapped(search: Search) -> bool:
    named = re.match(r"no rule maps (\w+)\.(.*)$", search.finding.message)
    if named is None:
        return False
    side = next((side for side in SIDES if search.court.case.name(side) == named[1]), SIDES[0])
    path = _any_element(parse_path(named[2]))
    return any(found[: len(path)] == path for found in unmapped(search.court, side))


def unmapped(court: Court, side: str) -> Iterator[Path]:
    """Yield the fields of a schema, at any depth, that no rule reads or writes and no `ignore` lists."""
    case = court.case
    known = [parse_path(text) for text in case.system(side).get("ignore", ())]
    if side == "inside":
        known += [(name,) for name in (STAMP, *case.inside_stamps())]
    for word in court.oracle.all_words():
        known += [word.scene.full(side, path) for path in word.reads(side)]
    listed = {
        word.scene.full(side, path)
        for word in court.oracle.words
        if isinstance(word, Each)
        for path in word.paths(side)
    }
    yield from _below(case.schema(side), (), list(map(_any_element, known)), set(map(_any_element, listed)))


def _any_element(path: Path) -> Path:
    return tuple("*" if isinstance(step, int) else step for step in path)


def _below(root: Schema, path: Path, known: list[Path], lists: set[Path]) -> Iterator[Path]:
    """Yield the unmapped fields below a path."""
    steps: list[str] = []
    for node in at(root, path):
        steps += [*node.get("properties", ()), *(["*"] if "items" in node else [])]
    for step in dict.fromkeys(steps):
        below = (*path, step)
        if any(len(found) <= len(below) and below[: len(found)] == found and found not in lists for found in known):
            continue
        if any(found[: len(below)] == below for found in known):
            yield from _below(root, below, known, lists)
        else:
            yield below


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


def _absent_key(search: Search) -> bool:
    """A record without the key is rejected; a CSV file may have an empty cell for it."""
    return search.court.oracle.rows or _rejects("key", details="absent")(search)


def _no_key(search: Search) -> bool:
    keys = [word for word in search.court.oracle.words if word.raw.get("key")]
    return not keys or any(
        isinstance(step, int) for word in keys for side in SIDES for path in word.paths(side) for step in path
    )


def _no_column(search: Search) -> bool:
    """A value of the rule is no text, or no single value, or no column that the schema lists."""
    if not search.court.oracle.rows or search.place is None:
        return False
    for path in search.word.paths("outside"):
        nodes = at(search.court.case.outside, path)
        if not nodes or any(types(node) - {"string", "null"} for node in nodes) or "*" in path:
            return True
    return "each" in search.word.raw or any(
        isinstance(step, int) for path in search.word.paths("outside") for step in path
    )


def _mostly_rejected(search: Search) -> bool:
    """Most records that are tried in one direction are rejected, so that a few small ones may all be."""
    found = [[verdict.accepted for _, verdict in search.court.pool[side]] for side in SIDES]
    return any(sum(accepted) * 2 < len(accepted) for accepted in found)


def _runs(search: Search) -> bool:
    """A text that is written starts as a formula does; with an error beside, what is written is not known yet."""
    return any(finding.is_error for finding in search.court.findings) or any(
        search.court.oracle.runs(verdict.record) for verdict in _sent(search.court)
    )


def _sent(court: Court) -> Iterator[Verdict]:
    """Yield what becomes of records of the inside, of all that there is to try."""
    yield from (verdict for _, verdict in court.pool["inside"])
    for word in court.oracle.words:
        yield from (verdict for _, verdict in court.tried("inside", word))


def _no_name(search: Search) -> bool:
    """A value in the name of a file is written by no rule, or is not always text or not always a whole number."""
    court = search.court
    for name in re.findall(r"\{(.*?)\}", court.case.system("outside")["files"]["outbound"]):
        path = parse_path(name)
        if all(path not in word.writes("outside") for word in court.oracle.words):
            return True
        found = {type(get(verdict.record, path)) for verdict in _sent(court)} - {type(MISSING), type(None)}
        kinds = {kind for node in at(court.case.outside, path) for kind in types(node)} - {"null"}
        if len(found) > 1 or found - {str, int} or kinds not in ({"string"}, {"integer"}):
            return True
    return False


def _deletes_not(search: Search) -> bool:
    """No rule writes the field on every import."""
    named = search.court.case.system("inside").get("deleted_when", {})
    written = [
        path[0]
        for word in search.court.oracle.words
        if "write" not in word.raw and not (isinstance(word, Computed) and word.target == "outside")
        for path in word.writes("inside")
    ]
    return any(parse_path(name)[0] not in written for name in named)


_WITNESSES: Final[dict[str, Shown]] = {
    "E110": _no_field,
    "E120": _written_twice,
    "E121": _required,
    "E122": _rejects("schema", "key", "table", details="required|absent"),
    "E123": _rejects("schema"),
    "E140": _no_key,
    "E142": _absent_key,
    "E143": _rejects("key", "schema", "codec"),
    "E144": _two_become_one,
    "E145": _no_column,
    "E146": _no_name,
    "E150": _rejects("schema", "list", "element"),
    "E151": _rejects("schema", "codec"),
    "E152": _rejects("schema", "codec"),
    "E153": _rejects("schema"),
    "E154": _rejects("schema"),
    "E160": _rejects("table"),
    "E161": _no_such_value,
    "E162": _never_reached,
    "E181": _settles_not,
    "W148": _runs,
    "W163": _loses,
    "W164": _rejects("table"),
    "W165": _loses,
    "W166": _loses,
    "W167": _overwritten,
    "W155": _rejects("expression"),
    "W182": _mostly_rejected,
    "W156": _rejects("schema", "key", "codec", "expression", "element", "table"),
    "W170": _unmapped,
    "W171": _loses_nothing,
    "W180": _loses,
    "W194": _deletes_not,
}
"""By code; one that is not here is itself a disagreement."""
