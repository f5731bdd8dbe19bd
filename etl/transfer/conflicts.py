"""Conflicts: both sides changed the values of one rule, differently. Who wins, and what is kept of the one who lost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias, assert_never

from etl.mapping.codecs import CodecError
from etl.mapping.model import Newest
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.access import reader
from etl.mapping.terms import Side, Winner
from etl.record import ABSENT, Key, Record
from etl.transfer.unit import Unit

OSCILLATIONS: Final = 5
"""How often in a row the same value may be imported over the same other one."""

FIRST_CONTACT: Final = "first contact"
OSCILLATING: Final = f"both sides keep rewriting it: the same change {OSCILLATIONS} times in a row"


Verdict: TypeAlias = tuple[Side | None, str]
"""Who wins, None for nobody yet, and why."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """Both sides changed the values of one rule.

    base, outside, inside: its values inside, by path; ABSENT where there is none. winner: None while it waits for a
    person. why: what decided, or why nothing could.
    """

    rule: str
    base: Table[Path, Any]
    outside: Table[Path, Any]
    inside: Table[Path, Any]
    winner: Side | None
    why: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the conflict log has of one record.

    is_open: it waits for a person, and the record is written on neither side. record: as the outside had it. first,
    last: when it was met. run: in which run last. file: in which the record came, "" where an earlier version met it.
    by, note: who decided it and what they said of it, "" where the mapping did, or nobody has said. known_as: the
    version of which this shows less; "" where it shows all.
    """

    id: str
    key: Key
    is_open: bool
    origin: str
    record: Record
    disputes: tuple[Dispute, ...]
    first: datetime
    last: datetime
    run: str
    file: str = ""
    by: str = ""
    note: str = ""
    known_as: str = ""

    @property
    def version(self) -> str:
        """What is the same as long as both sides say the same: a decision is about what somebody has seen."""
        if self.known_as:
            return self.known_as
        text = repr((self.record, self.disputes)).encode("utf-8", "backslashreplace")
        return hashlib.blake2b(text, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class ConflictPolicy:
    """Says who wins. taken: what a person decided, by the name of a unit; "" stands for every unit."""

    names: Table[Side, str]
    newest: Newest | None = None
    taken: Table[str, Side] = field(default_factory=dict)

    def decide(self, unit: Unit, outside: Record, inside: Record) -> Verdict:
        """Return who wins, and why; None where a person has to decide."""
        person = next((self.taken[name] for name in (*_names(unit), "") if name in self.taken), None)
        if person is not None:
            return person, f"{self.names[person]}, chosen by a person"
        match unit.winner:
            case Winner.OUTSIDE:
                return Side.OUTSIDE, f"{self.names[Side.OUTSIDE]} wins"
            case Winner.INSIDE:
                return Side.INSIDE, f"{self.names[Side.INSIDE]} wins"
            case Winner.REVIEW:
                return None, "review"
            case Winner.NEWEST:
                return self._newest(outside, inside)
            case _:
                assert_never(unit.winner)

    def is_taken(self, unit: Unit) -> bool:
        """Return whether a person has decided."""
        return any(name in self.taken for name in (*_names(unit), ""))

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The top-level fields inside by which a dispute may be decided, beside those that it is about."""
        return () if self.newest is None else (str(self.newest.inside.path[0]),)

    def _newest(self, outside: Record, inside: Record) -> Verdict:
        newest = self.newest
        if newest is None:
            return None, "newest, but no dates are named"
        theirs, ours = reader(newest.outside)(outside), reader(newest.inside)(inside)
        try:
            theirs = theirs if theirs is ABSENT else newest.codec.decode(theirs)
        except CodecError:
            theirs = ABSENT
        if not isinstance(theirs, datetime) or not isinstance(ours, datetime):
            missing = newest.inside if isinstance(theirs, datetime) else newest.outside
            return None, f"newest, but {format_path(missing.path)} has no date"
        apart = theirs - (ours if ours.tzinfo else ours.replace(tzinfo=UTC))
        if abs(apart) <= newest.tolerance:
            return None, f"newest, but the changes are only {abs(apart).total_seconds():g} s apart"
        winner = Side.OUTSIDE if apart.total_seconds() > 0 else Side.INSIDE
        return winner, f"{self.names[winner]} is newer by {abs(apart).total_seconds():g} s"


def _names(unit: Unit) -> Iterator[str]:
    """Yield what a unit is called, then the list of which it is part."""
    yield unit.name
    if unit.within is not None:
        yield from _names(unit.within)
