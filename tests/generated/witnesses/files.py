"""Findings of the outside files: their names, and what their format holds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.generated.case import NESTED
from tests.generated.court import Court
from tests.generated.oracle import Verdict
from tests.generated.schemas import at, types
from tests.generated.values import MISSING, Record, get, parse_path
from tests.generated.witnesses.search import Search
from tests.generated.words.rows import columns


def no_column(search: Search) -> bool:
    """A value of the rule is no text, or no single value, or no column that the schema lists."""
    if not search.court.oracle.rows or search.place is None:
        return False
    word, paths = search.word, search.word.reads("outside")
    codec = getattr(word, "codec", None)
    if NESTED in word.raw or (codec is not None and "string" not in types(codec.outside)):
        return True
    if any(not isinstance(step, str) for path in paths for step in path):
        return True
    case, written = search.court.case, search.court.oracle.scene.written
    listed = set(columns(case.sent or case.outside))
    places = [place for path in word.writes("outside") if (place := written.place(path)) is not None]
    if any(place not in listed for place in places):
        return True
    nodes = [at(case.outside, path) for path in paths]
    return any(not found or any(types(node) - {"string", "null"} for node in found) for found in nodes)


def runs(search: Search) -> bool:
    """A text that is written starts as a formula does; with an error beside, what is written is not known yet."""
    return any(finding.is_error for finding in search.court.findings) or any(
        search.court.oracle.runs(search.court.oracle.sent(verdict.record, record)[0])
        for record, verdict in _sent(search.court)
    )


def _sent(court: Court) -> Iterator[tuple[Record, Verdict]]:
    """Yield records of the inside with what becomes of them, of all that there is to try."""
    yield from court.pool["inside"]
    for word in court.oracle.words:
        yield from court.tried("inside", word)


def no_name(search: Search) -> bool:
    """A value in the name of a file is written by no rule, or is not always text or not always a whole number."""
    court = search.court
    for name in re.findall(r"\{(.*?)\}", court.case.system("outside")["files"]["outbound"]):
        path = parse_path(name)
        if all(path not in word.writes("outside") for word in court.oracle.words):
            return True
        found = {type(get(verdict.record, path)) for _, verdict in _sent(court)} - {type(MISSING), type(None)}
        kinds = {kind for node in at(court.case.outside, path) for kind in types(node)} - {"null"}
        if len(found) > 1 or found - {str, int} or kinds not in ({"string"}, {"integer"}):
            return True
    return False
