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

_Wrong: TypeAlias = dict[int, list[Violation]]
"""Why rules cannot write, by their places in the group."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one rule made of a record. kept: what lies outside stays. written: what it would write, as it would lie."""

    kept: bool
    violations: Sequence[Violation]
    written: Record


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

    def lay(self, last: Record, into: Record) -> None:
        """Let lie what lay there last."""
        if self.held is not None:
            self.held.lay(into, self.held.lying(last, self._paths), self._paths)

    def lies_alike(self, one: Record, other: Record) -> bool:
        """Return whether what it keeps lies in two records in the same way."""
        return self.held is None or self.held.lying(one, self._paths) == self.held.lying(other, self._paths)

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
        lists = [(path, [*items]) for path in self._lists if isinstance(items := get(into, path), list)]
        plain = into if self._is_alone else self._begun(last)
        wrong = self._write(record, last, plain)
        kept = self._kept(record, last, plain, wrong)
        if self._is_alone and kept:
            for path, items in lists:
                put(into, path, items)  # an element that the rule would take away keeps its place
        if kept or not self._is_alone:
            wrong = self._write(record, last, into, kept)
        violations.extend(reason for reasons in wrong.values() for reason in reasons)

    def judged(self, record: Record, last: Record) -> dict[int, Judged]:
        """Return what each rule that is remembered makes of one record, by its identity, for people who wonder why."""
        plain, made = self._begun(last), self._begun(last)
        wrong = self._write(record, last, plain)
        kept = self._kept(record, last, plain, wrong)
        self._write(record, last, made, kept)
        judged = {}
        for place in self._held:
            one = self._members[place]
            stays = place in kept and one.lies_alike(last, made)
            is_news = bool(wrong[place]) or not one.lies_alike(last, plain)
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

    def _write(self, record: Record, last: Record, into: Record, kept: Collection[int] = ()) -> _Wrong:
        """Let lie what lies there, of some rules, and write what the others do; return why they cannot."""
        wrong: _Wrong = {}
        for place, one in enumerate(self._members):
            if place in kept:
                one.lay(last, into)
            wrong[place] = [] if place in kept else one.write(record, last, into)
        return wrong

    def _kept(self, record: Record, last: Record, plain: Record, wrong: _Wrong) -> Collection[int]:
        """Return the rules of which stays what lies there. plain: what all write. wrong: why some cannot.

        At first that is all of them. Those that then read otherwise than they should write, until all are right.
        """
        if not any(wrong.values()) and all(one.lies_alike(last, plain) for one in self._members):
            return ()
        right = self._plainly_meant(record, last, plain, wrong)
        kept = set(self._held)
        while kept:
            made = self._begun(last)
            unwritten = self._write(record, last, made, kept)
            meant = self._meant(made, record)
            off = {place for place, reasons in unwritten.items() if reasons}
            off |= {place for place, values in meant.items() if not any(_alike(values, one) for one in right[place])}
            if not off:
                return kept
            kept -= (kept & off) or {max(kept)}
        return ()

    def _plainly_meant(self, record: Record, last: Record, plain: Record, wrong: _Wrong) -> list[list[_Values]]:
        """Return the values that each rule may mean: the record's, and what comes back of them if it can be written."""
        right: list[list[_Values]] = [[one.values(record)] for one in self._members]
        unwritten = {place for place, reasons in wrong.items() if reasons}
        if unwritten:
            plain = self._begun(last)
            if not unwritten <= self._held or any(self._write(record, last, plain, unwritten).values()):
                return right
        for place, values in self._meant(plain, record).items():
            if place not in unwritten and values is not None:
                right[place].append(values)
        return right

    def _meant(self, outside: Record, record: Record) -> dict[int, _Values]:
        """Return the inside values that an outside record means, rule by rule."""
        made: Record = {}
        refused = [one.read(outside, record, made) for one in self._members]
        return {place: None if refused[place] else one.values(made) for place, one in enumerate(self._members)}


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
