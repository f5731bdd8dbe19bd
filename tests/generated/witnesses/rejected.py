"""Findings that a rejected record shows."""

from __future__ import annotations

import re

from tests.generated.case import SIDES
from tests.generated.oracle import Oracle
from tests.generated.values import with_selecting
from tests.generated.witnesses.search import Search, Shown, read
from tests.generated.words.base import Word
from tests.generated.words.each import Each
from tests.generated.words.scene import Reason


def rejects(*whats: str, details: str = "") -> Shown:
    """A record is rejected at the rule, for one of these reasons."""

    def shown(search: Search) -> bool:
        return any(
            (search.near(reason.place) or search.above(reason.path) or _beside(search, reason))
            and reason.what in whats
            and re.match(details, reason.detail)
            for reason in search.reasons()
        )

    return shown


def undecided(search: Search) -> bool:
    """No line of the table decides on a record, whatever else is wrong with that."""
    return rejects("table")(search) or any(
        reason.what == "table" for side, record in read(search) for reason in search.word.translate(side, record, {})
    )


def _beside(search: Search, reason: Reason) -> bool:
    """Return whether what is missing stands beside what the rule writes, and nothing writes it."""
    return reason.place is None and len(reason.path) > 1 and search.above(reason.path[:-1])


def required(search: Search) -> bool:
    """A record lacks a field that nothing writes."""
    oracle = search.court.oracle
    return (
        any(_unwritten_beside(oracle, side) for side in SIDES)
        or any(map(_unwritten_elements, oracle.words))
        or any(
            reason.what == "schema" and reason.detail == "required" and _unwritten(search, reason)
            for _, _, verdict in search.records()
            for reason in verdict.reasons
        )
        or any(
            reason.place is None and reason.what == "schema"
            for side, record, verdict in search.records()
            for reason in (search.court.unsent(record, verdict) if side == "inside" and verdict.accepted else ())
        )
    )


def _unwritten_beside(oracle: Oracle, side: str) -> bool:
    """Return whether an object that rules write into lacks a field that nothing writes; whatever becomes of records."""
    written = [one for word in oracle.words for path in word.writes(side) for one in with_selecting(path)]
    return any(
        all(other[: length + 1] != (*path[:length], name) for other in written)
        for path in written
        for length in range(1, len(path))
        for node in oracle.scene.nodes(side, path[:length])
        for name in node.get("required", ())
    )


def _unwritten_elements(word: Word) -> bool:
    """Return whether elements of a list lack a field that nothing writes; whatever becomes of the list."""
    if not isinstance(word, Each):
        return False
    return any(
        all(path[0] != name for below in word.words for path in below.writes(side))
        for side in SIDES
        for node in word.scene.nodes(side, (*word.path[side], "*"))
        for name in node.get("required", ())
    )


def _unwritten(search: Search, reason: Reason) -> bool:
    return reason.place is None or all(
        reason.path not in word.writes(side) for side in SIDES for word in search.court.oracle.words
    )


def absent_key(search: Search) -> bool:
    """A record without the key is rejected; a CSV file may have an empty cell for it."""
    return search.court.oracle.rows or rejects("key", details="absent")(search)
