"""Pairing: which inside record is which outside one, where both systems are full before they have ever met.

| an outside record | is |
|---|---|
| of whose key there is an inside record | paired by its key |
| that a cross-reference names, with an inside record | paired as that says |
| whose match one inside record without a key has, and no other outside one | paired by that |
| for which several come into question, or one that has another key, or one that is nearly the same | doubtful |
| any other | on one side alone |

Nothing is written. A pair tells what differs, which the first import would write inside.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from etl.mapping.paths import Path, get
from etl.mapping.terms import Sort
from etl.record import Key, Record, show_key
from etl.transfer.agreement import alike, values_of
from etl.transfer.births import whole
from etl.transfer.endpoint import LookUp
from etl.transfer.model import Candidate, Change, Outcome, Result, result_of
from etl.transfer.unit import Unit


class How(Enum):
    """By what two records are a pair, or why they are none."""

    KEY = "key"
    REFERENCE = "reference"
    MATCH = "match"
    DOUBTFUL = "doubtful"
    OUTSIDE = "outside"
    INSIDE = "inside"


_SHOWN: Final = 5

GIVEN: Final = frozenset({How.REFERENCE, How.MATCH})
"""Pairs of which the inside record gets the key."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, or one.

    key: of the outside one, or of an inside one that is alone. place: what the outside one is called. identity: what
    the inside calls its own. outside: the outside values of the key. differs: which rules say something else inside.
    why: what is doubtful.
    """

    how: How
    key: Key = ()
    place: str = ""
    identity: str = ""
    outside: tuple[Any, ...] = ()
    differs: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """An inside record.

    key: () where it has none. match: what finds it, None where that is not all there. unkeyed: what takes the place of
    its key.
    """

    identity: str
    key: Key
    match: Key | None
    unkeyed: Key = ()


@dataclass(frozen=True, slots=True)
class _Outside:
    place: str
    key: Key
    match: Key | None
    outside: tuple[Any, ...]


class Pairing:
    """Looks outside records up by their keys. units: what imports write. match: inside paths. key: outside paths."""

    def __init__(self, records: LookUp, units: Sequence[Unit], match: Sequence[Path], key: Sequence[Path]) -> None:
        self._records = records
        self._units = units
        self._match = match
        self._key = key
        self.known: list[Pair] = []
        self.alone: list[_Outside] = []
        self.targets: dict[Key, Record] = {}

    def compare(self, candidates: Sequence[Candidate]) -> list[Change[Record]]:
        """Find the inside records."""
        ours = [candidate.key for candidate in candidates if candidate.sort is Sort.RECORD]
        found = self._records.find(ours)
        return [Change(one, Outcome.UNCHANGED, found.records.get(one.key)) for one in candidates]

    def apply(self, changes: Sequence[Change[Record]]) -> list[Result]:
        """Take in what was found."""
        for change in changes:
            one = change.candidate
            outside = tuple(get(one.source, path) for path in self._key)
            if one.sort is not Sort.RECORD:
                continue
            if change.detail is None:
                match = match_of(one.target, self._match)
                self.alone.append(_Outside(one.item.origin, one.key, match, outside))
                self.targets[one.key] = one.target
            else:
                differs = differing(self._units, one.target, change.detail)
                self.known.append(Pair(How.KEY, one.key, one.item.origin, "", outside, differs))
        return [result_of(change) for change in changes]


def match_of(record: Record, paths: Sequence[Path]) -> Key | None:
    """Return by what a record is found, None where it lacks a part of it, or nothing is asked for."""
    return whole(get(record, path) for path in paths) or None


def differing(units: Sequence[Unit], one: Record, other: Record) -> tuple[str, ...]:
    """Return which rules say other things of two inside records."""
    return tuple(unit.name for unit in units if not alike(values_of(one, unit), values_of(other, unit)))


def paired(pairing: Pairing, inside: Iterable[Inside], references: Table[Key, str]) -> Iterator[Pair]:
    """Yield all pairs, and what is alone, each record once.

    references: inside identities by keys; "" for one that names nobody, or several.
    """
    known = {pair.key for pair in pairing.known}
    free = {one.identity: one for one in inside if one.key not in known}
    yield from pairing.known
    named = {one.key: references[one.key] for one in pairing.alone if one.key in references}
    times = Counter(named.values())
    asked = {identity for identity in named.values() if identity in free}
    left = [one for one in free.values() if one.identity not in asked]
    others = [one for one in pairing.alone if one.key not in named]
    exact, nearly = _by(left, lambda match: match), _by(left, _loose)
    rivals = Counter(one.match for one in others)
    for one in pairing.alone:
        if one.key in named:
            yield _by_reference(one, free.get(named[one.key]), times[named[one.key]])
            continue
        candidates, close = exact.get(one.match, []), nearly.get(one.match and _loose(one.match), [])
        asked.update(found.identity for found in candidates or close)
        yield _by_match(one, candidates, close, rivals[one.match])
    for found in free.values():
        if found.identity not in asked:
            yield Pair(How.INSIDE, found.key, "", found.identity)


def _by_reference(one: _Outside, found: Inside | None, times: int) -> Pair:
    if found is None:
        return _doubtful(one, "the cross-reference names no inside record that is free, or several")
    if found.key:
        return _doubtful(one, _other_key(found), found)
    if times > 1:
        return _doubtful(one, f"the cross-reference names one inside record {times} times", found)
    return Pair(How.REFERENCE, one.key, one.place, found.identity, one.outside)


def _by_match(one: _Outside, candidates: Sequence[Inside], close: Sequence[Inside], rivals: int) -> Pair:
    if not candidates:
        if close:
            return _doubtful(one, "differs in capitals or blanks alone", *close)
        return Pair(How.OUTSIDE, one.key, one.place, "", one.outside)
    if len(candidates) > 1:
        return _doubtful(one, f"{len(candidates)} inside records have the same", *candidates)
    (found,) = candidates
    if found.key:
        return _doubtful(one, _other_key(found), found)
    if rivals > 1:
        return _doubtful(one, f"{rivals} outside records say the same of one", found)
    return Pair(How.MATCH, one.key, one.place, found.identity, one.outside)


def _other_key(found: Inside) -> str:
    return f"the inside record has another key, {show_key(found.key)}"


def _doubtful(one: _Outside, why: str, *candidates: Inside) -> Pair:
    ids = ", ".join(found.identity for found in candidates[:_SHOWN])
    return Pair(How.DOUBTFUL, one.key, one.place, "", one.outside, (), f"{why}: {ids}" if ids else why)


def _by(records: Iterable[Inside], of: Callable[[Key], Key]) -> dict[Key | None, list[Inside]]:
    found: dict[Key | None, list[Inside]] = defaultdict(list)
    for one in records:
        if one.match is not None:
            found[of(one.match)].append(one)
    return {**found, None: []}


def _loose(match: Key) -> Key:
    return tuple(" ".join(part.casefold().split()) if isinstance(part, str) else part for part in match)
