"""Conflicts: both sides changed the values of one rule, differently. Who wins, and what is kept of the one who lost."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, assert_never

from etl.mapping.codecs import CodecError
from etl.mapping.model import Newest
from etl.mapping.paths import Path, format_path, parse_path
from etl.mapping.rules.access import reader
from etl.mapping.terms import Side, Winner
from etl.record import ABSENT, Key, Record
from etl.transfer.agreement import Agreement, change_mark, values_of
from etl.transfer.unit import Unit

OSCILLATIONS: Final = 5
"""How often in a row the same value may be imported over the same other one."""

FIRST_CONTACT: Final = "first contact"
NOTHING_CHOSEN: Final[Table[str, Chosen]] = MappingProxyType({})
OSCILLATING: Final = f"both sides keep rewriting it: the same change {OSCILLATIONS} times in a row"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person has decided of one rule. It stands until a side changes the values again.

    about: a mark of the values of both sides that it was said of. by, note: "" where nobody has said. is_over: a side
    has changed them since.
    """

    side: Side
    about: bytes
    by: str = ""
    note: str = ""
    is_over: bool = False

    @property
    def who(self) -> str:
        """Who that was, for people."""
        return self.by or "a person"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who wins, None for nobody yet, and why. chosen: what a person has decided of it."""

    winner: Side | None
    why: str
    chosen: Chosen | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """Both sides changed the values of one rule.

    base, outside, inside: its values inside, by path; ABSENT where there is none. winner: None while it waits for a
    person. why: what decided, or why nothing could. chosen: what a person has decided of it, also where that is over.
    """

    rule: str
    base: Table[Path, Any]
    outside: Table[Path, Any]
    inside: Table[Path, Any]
    winner: Side | None
    why: str
    chosen: Chosen | None = None

    @property
    def standing(self) -> Chosen | None:
        """What a person has decided of it, as long as that stands."""
        return None if self.chosen is None or self.chosen.is_over else self.chosen

    def is_about(self, named: Path) -> bool:
        """Return whether it is about what a path names: its rule, or a list or an element in which that is."""
        return parse_path(self.rule)[: len(named)] == named


@dataclass(frozen=True, slots=True)
class Conflict:
    """What the conflict log has of one record.

    is_open: it waits for a person, and the record is written on neither side. record: as the outside had it. first,
    last: when it was met. run: in which run last. file: in which the record came, "" where an earlier version met it.
    known_as: the version of which this shows less; "" where it shows all.
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
    known_as: str = ""

    @property
    def by(self) -> str:
        """Who has decided of it, "" where the mapping did, or nobody has said."""
        return ", ".join(dict.fromkeys(one.by for one in self._standing if one.by))

    @property
    def note(self) -> str:
        """What they said of it."""
        return "; ".join(dict.fromkeys(one.note for one in self._standing if one.note))

    @property
    def _standing(self) -> list[Chosen]:
        return [dispute.standing for dispute in self.disputes if dispute.standing is not None]

    @property
    def version(self) -> str:
        """What is the same as long as both sides say the same: a decision is about what somebody has seen."""
        if self.known_as:
            return self.known_as
        text = repr((self.record, self.disputes)).encode("utf-8", "backslashreplace")
        return hashlib.blake2b(text, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Taken:
    """What a person decides now. sides: who wins, by what a path names, () for all that nobody has decided before."""

    sides: Table[Path, Side] = field(default_factory=dict)
    by: str = ""
    note: str = ""

    def of(self, unit: Unit) -> Path | None:
        """Return what of this is about a unit: the longest path; None for nothing."""
        (path, *_) = unit.paths
        named = [one for one in self.sides if path[: len(one)] == one]
        return max(named, key=len, default=None)


NOTHING_TAKEN: Final = Taken()


@dataclass(frozen=True, slots=True)
class ConflictPolicy:
    """Says who wins. taken: what a person decides now."""

    names: Table[Side, str]
    newest: Newest | None = None
    taken: Taken = NOTHING_TAKEN

    def decide(
        self, unit: Unit, outside: Record | None, inside: Record, about: bytes, before: Chosen | None
    ) -> Verdict:
        """Return who wins, and why; None where a person has to decide.

        outside: None where both sides keep rewriting it, which only a person ends. about: a mark of the values of both
        sides. before: what a person has decided of the unit before.
        """
        stands = before is not None and not before.is_over and before.about == about
        named = self.taken.of(unit)
        if named is not None and (named or not stands):
            return self._chosen(Chosen(self.taken.sides[named], about, self.taken.by, self.taken.note))
        if before is None:
            return self._by_mapping(unit, outside, inside)
        if stands:
            return self._chosen(before)
        verdict = self._by_mapping(unit, outside, inside)
        why = f"{verdict.why}, changed since {before.who} chose {self.names[before.side]}"
        return Verdict(verdict.winner, why, replace(before, is_over=True))

    def _chosen(self, chosen: Chosen) -> Verdict:
        return Verdict(chosen.side, f"{self.names[chosen.side]}, chosen by {chosen.who}", chosen)

    def _by_mapping(self, unit: Unit, outside: Record | None, inside: Record) -> Verdict:
        if outside is None:
            return Verdict(None, OSCILLATING)
        match unit.winner:
            case Winner.OUTSIDE:
                return Verdict(Side.OUTSIDE, f"{self.names[Side.OUTSIDE]} wins")
            case Winner.INSIDE:
                return Verdict(Side.INSIDE, f"{self.names[Side.INSIDE]} wins")
            case Winner.REVIEW:
                return Verdict(None, "review")
            case Winner.NEWEST:
                return self._newest(outside, inside)
            case _:
                assert_never(unit.winner)

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The top-level fields inside by which a dispute may be decided, beside those that it is about."""
        return () if self.newest is None else (str(self.newest.inside.path[0]),)

    def _newest(self, outside: Record, inside: Record) -> Verdict:
        newest = self.newest
        if newest is None:
            return Verdict(None, "newest, but no dates are named")
        theirs, ours = reader(newest.outside)(outside), reader(newest.inside)(inside)
        try:
            theirs = theirs if theirs is ABSENT else newest.codec.decode(theirs)
        except CodecError:
            theirs = ABSENT
        if not isinstance(theirs, datetime) or not isinstance(ours, datetime):
            missing = newest.inside if isinstance(theirs, datetime) else newest.outside
            return Verdict(None, f"newest, but {format_path(missing.path)} has no date")
        apart = theirs - (ours if ours.tzinfo else ours.replace(tzinfo=UTC))
        if abs(apart) <= newest.tolerance:
            return Verdict(None, f"newest, but the changes are only {abs(apart).total_seconds():g} s apart")
        winner = Side.OUTSIDE if apart.total_seconds() > 0 else Side.INSIDE
        return Verdict(winner, f"{self.names[winner]} is newer by {abs(apart).total_seconds():g} s")


def disputed(
    policy: ConflictPolicy,
    unit: Unit,
    records: tuple[Record | None, Record, Record],
    agreed: Agreement,
    chosen: Table[str, Chosen],
) -> Dispute:
    """Return the dispute about a unit that both sides have changed.

    records: the outside one, None where the two sides keep rewriting it; what it wants inside; and the inside one.
    chosen: what a person has decided before.
    """
    source, desired, current = records
    about = change_mark(unit, current, desired)
    verdict = policy.decide(unit, source, current, about, chosen.get(unit.name))
    return dispute(unit, agreed.ours(unit), desired, current, verdict)


def dispute(unit: Unit, base: Sequence[Any] | None, outside: Record, inside: Record, verdict: Verdict) -> Dispute:
    """Return the dispute about one rule. base: its values at the agreement. outside, inside: what either side has."""
    before = [ABSENT] * len(unit.paths) if base is None else [ABSENT if value is None else value for value in base]
    bases, theirs, ours = (
        dict(zip(unit.paths, values, strict=True))
        for values in (before, values_of(outside, unit), values_of(inside, unit))
    )
    return Dispute(unit.name, bases, theirs, ours, verdict.winner, verdict.why, verdict.chosen)
