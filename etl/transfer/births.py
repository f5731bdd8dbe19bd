"""Records that are born inside: they are sent without a key, and get the one that the outside gives them.

What is remembered of one lies under what takes the place of its key. A record that the outside brings is its own where
it has what that was sent with, or what an inside record without a key has that was never sent.

| the inside records that are found so | what happens |
|---|---|
| one, without a key | it gets the key, and both sides are compared with what it was sent as |
| one that has another key | a conflict |
| several | a conflict |
| none | the record is made |
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from etl.mapping.paths import Path, assign, format_path, get
from etl.mapping.rules.key import is_part
from etl.mapping.terms import Sort
from etl.record import ABSENT, Key, Record, Violation, is_key, show_key
from etl.transfer.agreement import Agreement
from etl.transfer.conflicts import Dispute
from etl.transfer.ledger import Ledger, Remembered
from etl.transfer.model import Candidate


class Finder(Protocol):
    """Finds records that may have no key."""

    def holding(self, paths: Sequence[Path], values: Collection[Key]) -> dict[Key, Record]:
        """Return the records that have one of these combinations of values at these paths, by what `unkeyed` returns.

        Each under that, whether it has a key or not.
        """
        ...

    def unkeyed(self, keys: Collection[Key]) -> dict[Key, Record]:
        """Return the records for which these stand in the place of a key, also those that have one by now."""
        ...


@dataclass(frozen=True, slots=True)
class Born:
    """A record that gets its key. unkeyed: what has taken its place. agreed: what was agreed; None where nothing is."""

    record: Record
    unkeyed: Key
    agreed: Agreement | None


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody knows which record is meant. why, dispute: the same, as it is told and as the conflict log keeps it."""

    why: Violation
    dispute: Dispute


@dataclass(frozen=True)
class Births:
    """The records of one mapping that have no key yet.

    key: the inside paths of the key. assigned: those of them that the outside gives. match: the inside paths that find
    a record while it has no key. given: which key has been given, by what has taken its place.
    """

    records: Finder
    ledger: Remembered
    key: tuple[Path, ...]
    assigned: tuple[Path, ...]
    match: tuple[Path, ...]
    given: dict[Key, Key] = field(default_factory=dict)

    @cached_property
    def _waiting(self) -> dict[Key, Agreement]:
        return self.ledger.waiting()

    def of(
        self, candidates: Sequence[Candidate], there: Collection[Key], agreed: Table[Key, Agreement]
    ) -> dict[Key, Born | Unclear]:
        """Return, of outside records that nothing inside has the keys of, what they are there; nothing of new ones.

        there: the keys that something inside has. agreed: what is remembered of these keys.
        """
        found = self._matching(candidates, there, agreed)
        return {key: self._found(key, values, mine) for key, values, mine in found}

    def matched(
        self, candidates: Sequence[Candidate], there: Collection[Key], agreed: Table[Key, Agreement]
    ) -> Iterator[Key]:
        """Yield what takes the place of the keys of records that may be what outside records are. See `of`.

        Of an outside record whose key is not known, () stands in its place.
        """
        for _, _, mine in self._matching(candidates, there, agreed):
            yield from mine

    def _matching(
        self, candidates: Sequence[Candidate], there: Collection[Key], agreed: Table[Key, Agreement]
    ) -> list[tuple[Key, Key, dict[Key, Record]]]:
        """Return outside records by their keys, by what each is found, and what is, by what takes its key's place."""
        new = [c for c in candidates if c.sort is Sort.RECORD and c.key not in there]
        unheard = [c for c in new if (known := agreed.get(c.key)) is None or known.seen is None]
        wanted = [(c.key, values) for c in unheard if (values := self._values(c.target)) is not None]
        if not wanted or not self.match:
            return []
        asked = {values for _, values in wanted}
        sent = {key: values for key, agreed in self._waiting.items() if (values := self._sent(agreed)) is not None}
        inside = self.records.holding(self.match, asked)
        inside |= self.records.unkeyed([key for key, values in sent.items() if values in asked and key not in inside])
        found: list[tuple[Key, Key, dict[Key, Record]]] = []
        for key, values in wanted:
            mine = {
                unkeyed: record
                for unkeyed, record in inside.items()
                if sent.get(unkeyed, self._values(record)) == values and self._may_be(record, key)
            }
            if mine:
                found.append((key, values, mine))
        return found

    def _found(self, key: Key, values: Key, mine: Table[Key, Record]) -> Born | Unclear:
        (unkeyed, record), *others = mine.items()
        if others:
            return self._unclear(values, record, f"{len(mine)} records have this inside; leave it to one of them")
        other = tuple(get(record, path) for path in self.key)
        if is_key(other) or self.given.setdefault(unkeyed, key) != key:
            there = other if is_key(other) else self.given[unkeyed]
            why = f"the record that has this inside has another key, {show_key(there)}; correct one of the two"
            return self._unclear(values, record, why)
        return Born(record, unkeyed, self._waiting.get(unkeyed))

    def _unclear(self, values: Key, record: Record, why: str) -> Unclear:
        names = [format_path(path) for path in self.match]
        outside, inside = zip(self.match, values, strict=True), ((path, get(record, path)) for path in self.match)
        dispute = Dispute(names[0], dict.fromkeys(self.match, ABSENT), dict(outside), dict(inside), None, why)
        return Unclear(Violation(", ".join(names), "match", why), dispute)

    def waiting(self) -> dict[Key, Key]:
        """Return what waits for a key, by what takes its place: what it was sent with, () where that is not known."""
        return {key: self._sent(agreed) or () for key, agreed in self._waiting.items()}

    def _values(self, record: Record) -> Key | None:
        return whole(get(record, path) for path in self.match)

    def _sent(self, agreed: Agreement) -> Key | None:
        """Return what a record was, or may have been, sent with."""
        told = {**agreed.telling, **agreed.told}
        return whole(told.get(format_path(path)) for path in self.match)

    def _may_be(self, record: Record, key: Key) -> bool:
        """Return whether a record has those parts of a key that the outside does not give, as far as it is known."""
        parts = zip(self.key, key, strict=True) if key else ()
        return all(path in self.assigned or get(record, path) == part for path, part in parts)

    def patch(self, record: Record, key: Key, patch: Table[str, Any]) -> dict[str, Any]:
        """Return a patch of a record that gives it a key as well."""
        return with_key(record, self.key, key, patch)


def with_key(record: Record, paths: Sequence[Path], key: Key, patch: Table[str, Any]) -> dict[str, Any]:
    """Return a patch of an inside record that gives it a key as well. paths: of the key."""
    made = dict(patch)
    for path, part in zip(paths, key, strict=True):
        if get(record, path) in (ABSENT, None):
            top = str(path[0])
            if len(path) > 1 and isinstance(inner := made.get(top, record.get(top)), dict):
                made[top] = copy.deepcopy(inner)
            assign(made, path, part)
    return made


def whole(parts: Iterable[Any]) -> Key | None:
    """Return values by which a record can be found; None where one of them identifies nothing."""
    values = tuple(parts)
    return values if all(map(is_part, values)) else None


def keyed(ledger: Remembered, records: Finder, paths: Sequence[Path]) -> dict[Key, Key]:
    """Return which of what waits for a key has one by now: given by hand, or by a run that died before it was done."""
    waiting = ledger.waiting()
    if not waiting:
        return {}
    found = {key: tuple(get(record, path) for path in paths) for key, record in records.unkeyed(waiting).items()}
    return {key: known for key, known in found.items() if is_key(known)}


def under_keys(ledger: Remembered, given: Table[Key, Key]) -> dict[Key, Agreement]:
    """Return what is to be remembered of what was given its key, under that. given: by what has taken its place."""
    if not given:
        return {}
    waiting, known = ledger.waiting(), ledger.load(given.values())
    return {to: waiting[key] for key, to in given.items() if to not in known}


def settle(ledger: Ledger, records: Finder, paths: Sequence[Path]) -> None:
    """Remember under their keys what has one by now."""
    if given := keyed(ledger, records, paths):
        ledger.save(under_keys(ledger, given), {})
        ledger.forget(given)
