"""Findings that the files alone show: fields that do not exist, are written twice, or are not mapped."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.generated.case import SIDES, STAMP
from tests.generated.court import Court
from tests.generated.schemas import Schema, at, lists
from tests.generated.values import ITSELF, Path, any_element, overlap, parse_path
from tests.generated.witnesses.search import Search
from tests.generated.words.base import Word
from tests.generated.words.cases import Cases
from tests.generated.words.computed import Computed
from tests.generated.words.entries import ANY, Entry
from tests.generated.words.nested import Nested


def no_field(search: Search) -> bool:
    case = search.court.case
    for word in [search.word] if search.place is not None else search.court.oracle.words:
        for side in SIDES:
            paths = word.reads(side)
            if any(not lists(case.schema(side), word.scene.full(side, path)) for path in paths):
                return True
    if any(True for _ in unmatched(search.court)):
        return True
    if not all(lists(case.inside, (name,)) for name in (STAMP, *case.inside_stamps())):
        return True
    return any(
        not lists(case.schema(side), parse_path(text))
        for side in SIDES
        for word in ("ignore", "deleted_when", "import_when")
        for text in case.system(side).get(word, ())
    )


def unmatched(court: Court) -> Iterator[Entry]:
    """Yield the entries of `written` for what no rule has outside, and that do not say of a field that it stays."""
    paths = [path for word in court.oracle.words for path in word.paths("outside")]
    for entry in court.oracle.scene.written.all:
        is_field = entry.to is None and (ANY in entry.path or lists(court.case.outside, entry.path))
        if not is_field and not any(map(entry.fits, paths)):
            yield entry


def sent_twice(court: Court) -> bool:
    """Return whether two fields are sent to one place."""
    written = {path for word in court.oracle.words for path in word.writes("outside")}
    places = [place for path in written if (place := court.oracle.scene.written.place(path)) is not None]
    return any(overlap(one, other) for index, one in enumerate(places) for other in places[index + 1 :])


def not_whole(search: Search) -> bool:
    """Return whether of a value in several fields one is sent, in no form of its own, and another is not."""
    written = search.court.oracle.scene.written
    paths = search.word.paths("outside")
    entries = [entry for path in paths if (entry := written.find(path)) is not None]
    silent = [entry for entry in entries if entry.to is None]
    return 0 < len(silent) < len(paths) and all(entry.word is None for entry in entries)


def halves_of_one(search: Search) -> bool:
    """Return whether a `from` reads what another one writes, and the other way round."""
    computed = [word for word in search.beside if isinstance(word, Computed)]

    def feeds(one: Computed, other: Computed) -> bool:
        return any(overlap(a, b) for side in SIDES for a in one.writes(side) for b in other.reads(side))

    return any(feeds(one, other) and feeds(other, one) for one in computed for other in computed if one is not other)


def written_twice(search: Search) -> bool:
    words = search.beside
    if sent_twice(search.court):
        return True
    for side in SIDES:
        written = [(word, path) for word in words for path in word.writes(side)]
        for index, (word, path) in enumerate(written):
            others = (one for one in written[index + 1 :] if overlap(path, one[1]))
            if any(not _share(side, (word, path), one) for one in others):
                return True
    return False


def _share(side: str, one: tuple[Word, Path], other: tuple[Word, Path]) -> bool:
    """Return whether two tables name members, or words, of one field, and none of them both."""
    (table, path), (beside, at) = one, other
    if not (side == "outside" and path == at and isinstance(table, Cases) and isinstance(beside, Cases)):
        return False
    return path in table.joint and path in beside.joint and not table.names_of(beside, path)


def not_mapped(search: Search) -> bool:
    named = re.match(r"no rule maps (\w+)\.(.*)$", search.finding.message)
    if named is None:
        return False
    side = next((side for side in SIDES if search.court.case.name(side) == named[1]), SIDES[0])
    path = any_element(parse_path(named[2]))
    return any(found[: len(path)] == path for found in unmapped(search.court, side))


def unmapped(court: Court, side: str) -> Iterator[Path]:
    """Yield the fields of a schema, at any depth, that nothing reads or writes and no `ignore` lists."""
    case = court.case
    known = [parse_path(text) for text in case.system(side).get("ignore", ())]
    if side == "outside":
        known += court.oracle.asked.asked
    if side == "inside":
        known += [(name,) for name in (STAMP, *case.inside_stamps())]
    for word in court.oracle.all_words():
        known += [word.scene.full(side, path) for path in word.reads(side)]
    listed = {
        word.scene.full(side, path)
        for word in court.oracle.all_words()
        if isinstance(word, Nested)
        for path in word.paths(side)
    }
    plain = [path[:-1] if path[-1:] == (ITSELF,) else path for path in known]
    yield from _below(case.schema(side), (), list(map(any_element, plain)), set(map(any_element, listed)))


def _below(root: Schema, path: Path, known: list[Path], lists: set[Path]) -> Iterator[Path]:
    """Yield the unmapped fields below a path."""
    steps: list[str] = []
    for node in at(root, path):
        steps += [*node.get("properties", ()), *(["*"] if "items" in node else [])]
    for step in dict.fromkeys(steps):
        below = (*path, step)
        if any(len(found) <= len(below) and below[: len(found)] == found and found not in lists for found in known):
            continue
        is_object = any("properties" in node for node in at(root, below))
        if any(found[: len(below)] == below for found in known) or (step == "*" and is_object):
            yield from _below(root, below, known, lists)
        else:
            yield below


def no_key(search: Search) -> bool:
    keys = [word for word in search.court.oracle.words if word.raw.get("key")]
    return not keys or any(
        not isinstance(step, str) for word in keys for side in SIDES for path in word.paths(side) for step in path
    )


def deletes_not(search: Search) -> bool:
    """No rule writes the field on every import."""
    named = search.court.case.system("inside").get("deleted_when", {})
    written = [
        path[0]
        for word in search.court.oracle.words
        if "write" not in word.raw and not (isinstance(word, Computed) and word.target == "outside")
        for path in word.writes("inside")
    ]
    return any(parse_path(name)[0] not in written for name in named)
