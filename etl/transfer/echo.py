"""Echoes: outside records that tell the outside only what it has said, or was told, already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from enum import Enum

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Direction, Keep, Occasion, Side, Use, When
from etl.record import ABSENT, Record
from etl.transfer.agreement import Agreement, alike, values_of
from etl.transfer.deliveries import values_mark
from etl.transfer.model import Candidate
from etl.transfer.unit import Unit


class Marks:
    """Tells by a few bytes what rules write of which imports say nothing. inward, outward: the mapping's directions.

    Of a rule that keeps what came, it tells what that means; of what is only written, which is not expected, the inside
    values, of which none is as good as never sent. Of a rule that is sent once there is nothing to tell.
    """

    def __init__(self, mapping: Mapping, inward: Translator, outward: Translator) -> None:
        self._inward, self._outward = inward, outward
        self._sent = list(_remembered(mapping))
        known = {one.place for one in self._sent}
        self._stamps = [
            place
            for place, rule in enumerate(mapping.rules)
            if rule.only is Direction.OUTBOUND and not rule.is_constant and place not in known
            if rule.sent is not When.CREATION
        ]

    def of(self, target: Record, inside: Record) -> dict[str, bytes]:
        """Return, by rule, 8 bytes that tell what it writes for an inside record from anything else.

        target: the record that is expected for it.
        """
        meant = self._inward(target)[0] if any(one.told_by is _ToldBy.MEANING for one in self._sent) else {}
        records = {_ToldBy.EXPECTED: target, _ToldBy.MEANING: meant, _ToldBy.INSIDE: inside}
        return {one.name: values_mark([get(records[one.told_by], path) for path in one.paths]) for one in self._sent}

    def after(self, candidate: Candidate, sent: Table[str, bytes]) -> dict[str, bytes]:
        """Return the same of what has been sent, given what was sent before: of the rules that go out.

        Who is sent a record as a new one was sent nothing of it before.
        """
        now, sending = self.of(candidate.target, candidate.source), candidate.sending
        if sending is None:
            return now
        before = {} if sending.occasion is Occasion.CREATE else sent
        marks = ((one.name, (now if sending.carries(one.place) else before).get(one.name)) for one in self._sent)
        return {name: mark for name, mark in marks if mark is not None}

    def of_inside(self, inside: Record, last: Record) -> dict[str, bytes]:
        """Return the same of an inside record: what would be sent of it. last: what the outside was last."""
        return self.of(self._outward(inside, last)[0], inside)

    def differing(self, candidate: Candidate, sent: Table[str, bytes]) -> list[int]:
        """Return the places of the rules that write something else than was sent, or may do so."""
        return [*self._stamps, *(one.place for one in self._otherwise(candidate, sent))]

    def written(self, candidate: Candidate, sent: Table[str, bytes]) -> frozenset[int]:
        """Return the places of the rules that are only written, and whose inside values are others than were sent."""
        return frozenset(o.place for o in self._otherwise(candidate, sent) if o.told_by is _ToldBy.INSIDE)

    def are_sent(self, candidate: Candidate, sent: Table[str, bytes]) -> bool:
        """Return whether just these rules have sent just what they would write."""
        known = {one.name for one in self._sent}
        return known >= sent.keys() and not any(True for _ in self._otherwise(candidate, sent))

    def _otherwise(self, candidate: Candidate, sent: Table[str, bytes]) -> Iterator[_Remembered]:
        now = self.of(candidate.target, candidate.source)
        for one in self._sent:
            is_other = now[one.name] != sent.get(one.name)
            if is_other and (one.name in sent or not one.is_nothing(candidate.source)):
                yield one


class Echo:
    """Knows whether an expected record tells the outside nothing. inward: what such records mean inside."""

    def __init__(self, units: Sequence[Unit], inward: Translator, marks: Marks) -> None:
        self._units = [unit for unit in units if unit.is_updated]
        self._inward = inward
        self._marks = marks

    def __call__(self, candidate: Candidate, agreed: Agreement) -> bool:
        """Return whether an expected record means what is known outside, and has what was last sent."""
        target = candidate.target
        if agreed.telling or agreed.is_unsure or (agreed.is_empty and not agreed.record_sent):
            return False
        meant, _, violations = self._inward.meaning(target)
        if violations or not all(alike(values_of(meant, unit), agreed.known(unit)) for unit in self._units):
            return False
        return self._marks.are_sent(candidate, agreed.sent)


class _ToldBy(Enum):
    """Which record tells what a rule has sent."""

    EXPECTED = "the expected record"
    MEANING = "what that means"
    INSIDE = "the inside record"


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A rule of which what was sent is remembered, by its place and its name, and the paths that tell it."""

    place: int
    name: str
    told_by: _ToldBy
    paths: tuple[Path, ...]

    def is_nothing(self, inside: Record) -> bool:
        """Return whether a rule that is only written has no value, and so says nothing if it never said any."""
        return self.told_by is _ToldBy.INSIDE and all(get(inside, path) in (None, ABSENT) for path in self.paths)


def _remembered(mapping: Mapping) -> Iterator[_Remembered]:
    """Yield the rules of which what was sent is remembered."""
    stamped = {*mapping.mongodb.on_import, *mapping.mongodb.on_export}
    for place, rule in enumerate(mapping.rules):
        paths = rule.paths(Side.OUTSIDE)
        if rule.key or not paths or rule.sent is When.CREATION:
            continue
        name = format_path(paths[0])
        if rule.way is not None:
            yield _Remembered(place, name, _ToldBy.INSIDE, rule.reads(Side.INSIDE))
        elif rule.once and rule.only is None and mapping.keep is not Keep.NOTHING:
            yield _Remembered(place, name, _ToldBy.MEANING, rule.paths(Side.INSIDE))
        elif rule.once or (rule.only is Direction.OUTBOUND and not _reads_only(rule, stamped)):
            yield _Remembered(place, name, _ToldBy.EXPECTED, paths)


def _reads_only(rule: Rule, stamped: set[str]) -> bool:
    """Return whether a rule looks at nothing but what runs stamp."""
    return all(path[0] in stamped for path in rule.reads(Side.INSIDE))


def lasting_paths(mapping: Mapping, *, alone: bool = False) -> tuple[Path, ...]:
    """Return the outside paths that runs write again, without those that say only when a run was.

    alone: only those of rules of which imports say nothing.
    """
    stamped = {*mapping.mongodb.on_import, *mapping.mongodb.on_export}
    return tuple(
        path
        for rule in mapping.rules
        if not (rule.only is Direction.OUTBOUND and _reads_only(rule, stamped))
        and rule.sent is not When.CREATION
        and (not alone or rule.once or rule.only is Direction.OUTBOUND)
        for field in rule.written(Side.OUTSIDE)
        if field.use is Use.BOTH
        for path in (field.path,)
    )
