"""Findings of tables: values that do not exist, and lines that are never reached."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.generated.case import SIDES, TABLES
from tests.generated.court import Court
from tests.generated.records import DATES
from tests.generated.values import MISSING, Path, among, parse_path
from tests.generated.witnesses.search import Search, read
from tests.generated.words.base import Word, cell, fits


def no_such_value(search: Search) -> bool:
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
        not fits(word.scene, side, path, item)
        or word.specs[side].absent(item)
        or (search.court.oracle.rows and side == "outside" and item == "")  # a CSV file has no empty text
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


def never_reached(search: Search) -> bool:
    """No record is decided by the line in the direction that the finding names, or in either."""
    named = re.search(r"inbound|outbound", search.finding.message)
    sides = SIDES if named is None else ({"inbound": "outside", "outbound": "inside"}[named[0]],)
    if _cell_decided_above(search):
        return True
    read_there = [(side, record) for side, record in read(search) if side in sides]
    return search.line is not None and all(
        search.word.deciding(side, record)[0] != search.line for side, record in read_there
    )


def _cell_decided_above(search: Search) -> bool:
    """A value of the line stands in a line above as well, so that the one here decides nothing."""
    if search.line is None or "values" not in search.word.raw:
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
