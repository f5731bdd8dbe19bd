"""Findings of tables: values that do not exist, and lines that are never reached."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from tests.generated.case import SIDES
from tests.generated.court import Court
from tests.generated.oracle import Verdict
from tests.generated.records import DATES
from tests.generated.selectors import Selector
from tests.generated.values import Record, get, parse_path, same
from tests.generated.witnesses.search import Search, read
from tests.generated.words.asked import named_values
from tests.generated.words.base import Word
from tests.generated.words.cases import Cases
from tests.generated.words.conditions import cell
from tests.generated.words.laid import fits, takes
from tests.generated.words.nested import Nested
from tests.generated.words.scene import OTHER

_FEW: Final = 24


def no_such_value(search: Search) -> bool:
    """A cell has a value that the schema of its field refuses."""
    if search.place is None:
        named = search.court.case.system("inside").get("deleted_when", {})
        scene = search.court.oracle.scene
        asked = search.court.oracle.asked.asked
        rows = search.court.oracle.rows  # of which every value is text
        named_there = [(path, item) for path in asked for item in named_values(asked[path])]
        if any(
            not fits(scene, "outside", path, item)
            or (rows and type(item) is not str)
            or not same(scene.specs["outside"].settled(item), item)
            for path, item in named_there
        ):
            return True
        return _no_such_stamp(search.court) or any(
            not fits(scene, "inside", parse_path(name), item) for name in named for item in cell(named[name])
        )
    word = search.word
    if any(
        not takes(word.scene, side, (*path[: length + 1], *names), value)
        for side in SIDES
        for path in word.paths(side)
        for length, step in enumerate(path)
        for names, value in (step.wanted if isinstance(step, Selector) else ())
    ):
        return True  # an element that nobody has is selected
    chosen = word.table[search.line] if search.line is not None else word.raw.get("otherwise", {})
    if word.names_no_part(chosen) or any(
        not word.is_made(side, item) for side, path, item in word.cells(chosen) if path[-1:] != ("*",)
    ):
        return True
    flags = [side for side in SIDES if word.has_flags(side)]
    if any(not word.is_made(side, flag) for side in flags for flag in (True, False)):
        return True  # a flag is never written
    if any(word.specs[side].absent(item) for side in flags for item in word.standing(side, [True])[:1]):
        return True  # what is written for true says as much as false
    return any(
        not fits(word.scene, side, path, item)
        or word.specs[side].absent(item)
        or (
            search.court.oracle.rows and side == "outside" and not (item and isinstance(item, str))
        )  # all is text there
        for side, path, named in word.cells(chosen)
        for item in (word.standing(side, [named])[:1] if path[-1:] != ("*",) else [named])
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


def never_reached(search: Search) -> bool:
    """No record is decided by the line in the direction that the finding names, or in either."""
    names = {search.court.case.name(side): side for side in SIDES} | {"inbound": "outside", "outbound": "inside"}
    named = re.search(rf"\b({'|'.join(names)})\b", search.finding.message)
    sides = SIDES if named is None else (names[named[0]],)
    if search.line is None:
        return False
    if search.word.hidden(search.line):
        return True
    above = search.court.oracle.words[(search.place or (0,))[0]]
    going = [side for side in sides if above.goes(side) and search.word.goes(side)]
    lasts = {side: _told_apart(search, [(OTHER[side], last) for last in search.lasts(OTHER[side])]) for side in going}
    words = {side: [search.word.over(last) for _, last in lasts[side]] for side in going}
    beside = [word for word in search.group if word is not search.word]
    return all(
        word.deciding(side, record)[0] != search.line
        for side, record in _told_apart(search, read(search))
        if not any(True for one in beside for _ in one.translate(side, record, {}))
        and not _lacks(search, side, record, beside)
        for word in words.get(side, ())
    )


def _lacks(search: Search, side: str, record: Record, beside: list[Word]) -> bool:
    """Return whether a record is rejected, whatever the table does, for what rules beside it should have written."""
    if len(search.place or ()) > 1:
        return False
    needed = [path for one in beside for path in one.writes(OTHER[side])]
    return any(
        reason.detail == "required" and any(path[: len(reason.path)] == reason.path for path in needed)
        for reason in search.court.verdict(side, record).reasons
    )


def _told_apart(search: Search, records: Iterable[tuple[str, Record]]) -> Iterator[tuple[str, Record]]:
    """Yield records that differ in what the rule, and those that share fields with it, have to do with."""
    paths = {
        side: list(dict.fromkeys(path for word in search.group for path in (*word.reads(side), *word.writes(side))))
        for side in SIDES
    }
    seen: set[tuple[str, str]] = set()
    for side, record in records:
        key = (side, repr([get(record, path[:1]) for path in paths[side]]))
        if key not in seen:
            seen.add(key)
            yield side, record


def dead_lines(court: Court) -> Iterator[tuple[Word, int]]:
    """Yield the lines of tables that decide on no record of either side."""
    for word in court.oracle.words:
        if isinstance(word, Nested):
            continue
        reached = {
            one.deciding(side, record)[0]
            for side in filter(word.goes, SIDES)
            for one in map(word.over, ({}, *court.lasts(OTHER[side]), *_varied(court, OTHER[side], word)))
            for record, _ in (*court.tried(side, word), *_beside(court, side, word))
        }
        yield from ((word, line) for line in range(len(word.table)) if line not in reached)


def _varied(court: Court, side: str, word: Word) -> Iterator[Record]:
    """Yield records that may have been there last, and differ in what the rule reads of them."""
    yield from (record for record, _ in islice(court.tried(side, word), _FEW))


def _beside(court: Court, side: str, word: Word) -> Iterator[tuple[Record, Verdict]]:
    """Yield records that differ as well in what rules read of which a table looks at what they write."""
    writers = [one for shared in word.shared.values() for one in shared.values()] if isinstance(word, Cases) else []
    for writer in writers:
        yield from court.tried_together(side, word, writer)
