"""What is sent: made of an expected record and the inside record that it was made of, in one step.

sent = expected, without what is only read, and with what is only written
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, assign, get
from etl.mapping.rules.access import Step
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.expected import taking_away
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Place, Side, Use
from etl.record import ABSENT, NOTHING_KNOWN, Record


@dataclass(frozen=True, slots=True)
class OnlyWritten:
    """What a rule writes that is only written. place: the rule's among the rules. steps: how it writes."""

    place: int
    paths: tuple[Path, ...]
    steps: tuple[Step, ...]

    def add(self, sent: Record, inside: Record) -> None:
        """Write it."""
        made: Record = {}
        for step in self.steps:
            step(inside, NOTHING_KNOWN, made, [])
        for path in self.paths:
            if (value := get(made, path)) is not ABSENT:
                assign(sent, path, value)


@dataclass(frozen=True, slots=True)
class SentForm:
    """Makes what is sent. dropped: the places of an expected record that are not sent."""

    dropped: tuple[Place, ...]
    added: tuple[OnlyWritten, ...]

    def __call__(self, expected: Record, inside: Record, news: Collection[int] | None = None) -> Record:
        """Return a record as it is sent. news: the rules that say something new, by their places; None for all."""
        sent = copy.deepcopy(expected)
        for one in self.added:
            if news is None or one.place in news:
                one.add(sent, inside)
        taking_away(self.dropped)(sent)
        return sent


def sent_form(mapping: Mapping) -> SentForm | None:
    """Return what makes that which is sent of what is expected; None where the two are one."""
    dropped, added = mapping.outside.only(Use.READ), tuple(_only_written(mapping.rules))
    return SentForm(dropped, added) if dropped or added else None


def _only_written(rules: Sequence[Rule]) -> Iterator[OnlyWritten]:
    for place, rule in enumerate(rules):
        if paths := tuple(dict.fromkeys(_paths(rule))):
            yield OnlyWritten(place, paths, compiled_rules((rule,), Direction.OUTBOUND))


def _paths(rule: Rule) -> Iterator[Path]:
    """Yield the outside paths of a rule that are only written; a list is one where anything in it is."""
    for field in rule.fields(Side.OUTSIDE):
        if field.use is Use.WRITE or any(True for inner in rule.inner for _ in _paths(inner)):
            yield field.path
