"""Keeping: what came is what goes back, while the inside still has what it meant.

Of each rule that goes both ways the target's last values stay as they lie there, in whatever form, as long as all that
is sent means what the record has, or what the record's values come to when they go out and come back: the rule would
tell the outside nothing new. Else it writes, and where it cannot, the record is rejected. All fields of a rule stay or
go together, so nothing goes stale. Rules that share fields are judged together, by what all of them read of what they
have left and written: what one of them means rests on what the others leave.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeAlias

from etl.mapping.equality import same
from etl.mapping.paths import Path, assign, get, put
from etl.mapping.places import overlap
from etl.mapping.rules.above import filling_above
from etl.mapping.rules.access import Step, reader
from etl.mapping.rules.beside import bound, written_by
from etl.mapping.rules.each import Each, compiled_rules, in_order
from etl.mapping.rules.kept import Held, held_of
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.parents import stay
from etl.mapping.rules.rest import rest_of, returning
from etl.mapping.terms import Direction, Keep, Side, Use
from etl.record import ABSENT, Record, Violation

_Values: TypeAlias = list[Any] | None
"""The inside values of a rule that a record means; None where it refuses the record."""

_Wrong: TypeAlias = list[list[Violation]]
"""Why the rules of a group cannot write, one by one."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one rule made of a record. kept: what lies outside stays. written: what it would write, as it would lie."""

    kept: bool
    violations: Sequence[Violation]
    written: Record


@dataclass(frozen=True, slots=True)
class _Out:
    """A record on its way out. last: what the outside had. lying: how what each rule of a group keeps lies in that."""

    record: Record
    last: Record
    lying: Sequence[bytes]


class _Member:
    """One rule of a group. held: what is remembered of it; None where it always writes. paths: those that it lays."""

    def __init__(self, rule: Rule, held: Held | None, paths: tuple[Path, ...], keep: Keep) -> None:
        self.held = held
        self._paths = paths
        self._outward = compiled_rules((_by_element(rule, keep),), Direction.OUTBOUND, stays=False)
        self._inward = compiled_rules((rule,), Direction.INBOUND)
        self._inside = tuple(map(reader, rule.written(Side.INSIDE))) if rule.only is None else ()

    def write(self, record: Record, last: Record, into: Record) -> list[Violation]:
        """Write what the rule writes; return why it cannot."""
        wrong: list[Violation] = []
        for step in self._outward:
            step(record, last, into, wrong)
        return wrong

    def lying(self, record: Record) -> bytes:
        """Return how what it keeps lies in a record."""
        return b"" if self.held is None else self.held.lying(record, self._paths)

    def lay(self, lying: bytes, into: Record) -> None:
        """Let lie what it keeps as that did."""
        if self.held is not None:
            self.held.lay(into, lying, self._paths)

    def read(self, outside: Record, record: Record, into: Record) -> bool:
        """Write inside what an outside record means; return whether that is refused."""
        wrong: list[Violation] = []
        for step in self._inward:
            step(outside, record, into, wrong)
        return bool(wrong)

    def values(self, inside: Record) -> list[Any]:
        """Return the inside values that are its own."""
        return [read(inside) for read in self._inside]


class Keeping:
    """Rules that share fields, on their way out under `keep`; most often one. held: those that are remembered."""

    def __init__(self, rules: Sequence[Rule], held: Dict[int, Held], keep: Keep) -> None:
        self.rules = rules
        self._members = [_Member(rule, held.get(id(rule)), _laid(rules, rule), keep) for rule in rules]
        self._held = frozenset(place for place, one in enumerate(self._members) if one.held is not None)
        self._lists = tuple(dict.fromkeys(path for rule in rules for path in rule.writes_into(Direction.OUTBOUND)))
        self._stay = stay(self._lists)
        fields = (field for rule in rules for field in rule.fields(Side.OUTSIDE))
        self._read = tuple(dict.fromkeys(field.path for field in fields if field.use is Use.READ))
        self._is_alone = not rules[1:]

    def __call__(self, record: Record, last: Record, into: Record, violations: list[Violation]) -> None:
        """Write what the rules write, or let lie what lies there."""
        if self._is_alone:
            return self._alone(record, last, into, violations)
        _, _, kept, out = self._tried(record, last)
        violations.extend(reason for reasons in self._write(out, into, kept) for reason in reasons)
        return None

    def _alone(self, record: Record, last: Record, into: Record, violations: list[Violation]) -> None:
        """Do so with one rule that shares nothing, as most are: it writes, and then lays what lay there."""
        (one,) = self._members
        lists = [(path, [*items]) for path in self._lists if isinstance(items := get(into, path), list)]
        wrong, lying = one.write(record, last, into), one.lying(last)
        if not wrong and lying == one.lying(into):
            return
        if self._kept(_Out(record, last, (lying,)), into, [wrong]):
            for path, items in lists:
                put(into, path, items)  # an element that the rule would take away keeps its place
            one.lay(lying, into)
        else:
            violations.extend(wrong)

    def _tried(self, record: Record, last: Record) -> tuple[Record, _Wrong, Collection[int], _Out]:
        """Return what all rules write, beside nothing else, why some cannot, and of which stays what lies there."""
        out, plain = _Out(record, last, [one.lying(last) for one in self._members]), self._begun(last)
        wrong = self._write(out, plain)
        differs = any(wrong) or any(one.lying(plain) != was for one, was in zip(self._members, out.lying, strict=True))
        return plain, wrong, self._kept(out, plain, wrong) if differs else (), out

    def judged(self, record: Record, last: Record) -> dict[int, Judged]:
        """Return what each rule that is remembered makes of one record, by its identity, for people who wonder why."""
        plain, wrong, kept, out = self._tried(record, last)
        made = self._begun(last)
        self._write(out, made, kept)
        judged = {}
        for place in self._held:
            one, lying = self._members[place], out.lying[place]
            is_news = bool(wrong[place]) or lying != one.lying(plain)
            stays = place in kept and lying == one.lying(made)
            judged[id(self.rules[place])] = Judged(stays and is_news, wrong[place], plain)
        return judged

    def _begun(self, last: Record) -> Record:
        """Return a record of the group alone in which nothing is written yet."""
        made: Record = {}
        if self._stay is not None:
            self._stay({}, last, made, [])
        for path in self._read:
            if (value := get(last, path)) is not ABSENT:
                assign(made, path, value)
        return made

    def _write(self, out: _Out, into: Record, kept: Collection[int] = ()) -> _Wrong:
        """Let lie what lies there, of some rules, and write what the others do; return why they cannot."""
        wrong: _Wrong = []
        for place, one in enumerate(self._members):
            if place in kept:
                one.lay(out.lying[place], into)
            wrong.append([] if place in kept else one.write(out.record, out.last, into))
        return wrong

    def _kept(self, out: _Out, plain: Record, wrong: _Wrong) -> Collection[int]:
        """Return the rules of which stays what lies there. plain: what all write. wrong: why some cannot.

        At first that is all of them. Those that then read otherwise than they should write go, until all are right;
        then those come again that went for the sake of others, and have nothing new to tell.
        """
        ours: list[_Values] = [one.values(out.record) for one in self._members]
        plainly = cache(lambda: self._plainly_meant(out, plain, wrong))

        def is_right(place: int, values: _Values) -> bool:
            return _alike(values, ours[place]) or _alike(values, plainly()[place])

        def off(kept: Collection[int]) -> set[int]:
            return {place for place, values in enumerate(self._left(out, kept)) if not is_right(place, values)}

        kept = set(self._held)
        while kept and (going := off(kept)):
            kept -= (kept & going) or {max(kept)}
        for place in sorted(self._held - kept) if not self._is_alone else ():
            if is_right(place, self._lying(out, place)) and not off({*kept, place}):
                kept.add(place)
        return kept

    def _lying(self, out: _Out, place: int) -> _Values:
        """Return what a rule by itself reads of what lies there, nothing where it does not read it."""
        made: Record = {}
        one = self._members[place]
        return None if one.read(out.last, out.record, made) else one.values(made)

    def _left(self, out: _Out, kept: Collection[int]) -> list[_Values]:
        """Return what a record means in which some rules let lie what lies there; nothing of one that cannot write.

        One rule alone reads the last record.
        """
        if self._is_alone:
            return self._meant(out.last, out.record)
        made = self._begun(out.last)
        wrong = self._write(out, made, kept)
        return _written(self._meant(made, out.record), wrong)

    def _plainly_meant(self, out: _Out, plain: Record, wrong: _Wrong) -> list[_Values]:
        """Return what comes back of what each rule writes, nothing of one that cannot."""
        unwritten = {place for place, reasons in enumerate(wrong) if reasons}
        if unwritten:
            plain = self._begun(out.last)
            if not unwritten <= self._held or any(self._write(out, plain, unwritten)):
                return [None for _ in wrong]
        return _written(self._meant(plain, out.record), wrong)

    def _meant(self, outside: Record, record: Record) -> list[_Values]:
        """Return the inside values that an outside record means, rule by rule."""
        made: Record = {}
        refused = [one.read(outside, record, made) for one in self._members]
        return [None if wrong else one.values(made) for wrong, one in zip(refused, self._members, strict=True)]


def _written(meant: Sequence[_Values], wrong: _Wrong) -> list[_Values]:
    """Return what rules mean, nothing of those that cannot write."""
    return [None if reasons else values for values, reasons in zip(meant, wrong, strict=True)]


def _alike(one: _Values, other: _Values) -> bool:
    return one is not None and other is not None and all(map(same, one, other))


def _laid(rules: Sequence[Rule], one: Rule) -> tuple[Path, ...]:
    """Return the outside paths that a rule lays: those that it names, but for what a rule before it writes.

    What it only looks at is laid by the rule that writes it, wherever that is.
    """
    own = written_by(one, Side.OUTSIDE)
    before = list(itertools.takewhile(lambda rule: rule is not one, rules))
    first = {path for rule in before for path in written_by(rule, Side.OUTSIDE)}
    others = first | {path for rule in rules if rule is not one for path in written_by(rule, Side.OUTSIDE)}
    named = dict.fromkeys(field.path for field in one.fields(Side.OUTSIDE))
    return tuple(
        path for path in named if not any(overlap(path, other) for other in (first if path in own else others))
    )


def keeps_by_element(rule: Each) -> bool:
    """Return whether of a list that somebody has edited stays what nobody has: its elements are told apart."""
    return not rule.is_group and bool(rule.keys(Side.OUTSIDE))


def _by_element(rule: Rule, keep: Keep) -> Rule:
    """Return a rule whose list keeps element by element, and of each rule by rule; of a group its lists do."""
    if not isinstance(rule, Each):
        return rule
    if rule.is_group:
        return replace(rule, rules=tuple(_by_element(one, keep) for one in rule.rules))
    if not keeps_by_element(rule):
        return rule
    above = filling_above(rule.rules, Direction.OUTBOUND, keeps=True)
    return replace(rule, keeping=(*keeping_steps(rule.rules, keep), *above))


def keepings(rules: Sequence[Rule], keep: Keep) -> tuple[Keeping, ...]:
    """Return what keeps of rules, by those that share fields; () where nothing is kept."""
    held = {id(one.rule): one for one in held_of(rules, keep)} if keep is not Keep.NOTHING else {}
    groups = bound(rules) if held else ()
    return tuple(Keeping(group, held, keep) for group in groups if any(id(rule) in held for rule in group))


def keeping_steps(rules: Sequence[Rule], keep: Keep) -> tuple[Step, ...]:
    """Return what rules do to a record whose target is known, where what came goes back; () where nothing does.

    Rules that share fields are done where the last of them is.
    """
    if keep is Keep.NOTHING:
        return ()
    others = stay(path for rule in rules for path in rule.writes_into(Direction.OUTBOUND))
    steps: list[Step] = [] if others is None else [others]
    kept = {id(rule): one for one in keepings(rules, keep) for rule in one.rules}
    for rule in in_order(rules):
        one = kept.get(id(rule))
        if one is None:
            steps += compiled_rules((rule,), Direction.OUTBOUND, stays=False)
        elif rule is one.rules[-1]:
            steps.append(one)
    return (*steps, returning(rest_of(rules))) if keep is Keep.WHOLE else tuple(steps)
