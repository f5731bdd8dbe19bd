"""What is sent is made of expected records, once it is known what the outside has: one step, before the writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from etl.mapping.model import Mapping
from etl.mapping.rules.access import matcher_of
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Direction
from etl.transfer.agreement import Agreement, alike, values_of
from etl.transfer.echo import Marks
from etl.transfer.model import Candidate, Compare, D
from etl.transfer.sending import Occasion, Sending
from etl.transfer.unit import Unit, is_unit

Known: TypeAlias = Callable[[Sequence[Candidate]], Sequence[Agreement]]
"""Says what is agreed of each record; an empty agreement where nothing is."""


class Sender:
    """Makes what is sent of expected records. inward: what these mean inside. known: what the outside has of them."""

    def __init__(self, mapping: Mapping, units: Sequence[Unit], inward: Translator, marks: Marks, known: Known) -> None:
        written = [place for place, rule in enumerate(mapping.rules) if is_unit(rule)]
        self._two_way = [(place, unit) for place, unit in zip(written, units, strict=True) if unit.is_two_way]
        self._one_way = {place for place, rule in enumerate(mapping.rules) if rule.only is Direction.OUTBOUND}
        self._is_deleted = matcher_of(mapping.deleted_when)
        self._inward = inward
        self._marks = marks
        self._known = known

    def before(self, compare: Compare[D]) -> Compare[D]:
        """Return a comparison of what is sent."""
        return lambda candidates: compare(self(candidates))

    def __call__(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return candidates as they are sent."""
        agreed = self._known(candidates)
        return [replace(c, sending=self.sending(c, known)) for c, known in zip(candidates, agreed, strict=True)]

    def sending(self, candidate: Candidate, agreed: Agreement) -> Sending:
        """Return how a record is sent, by what is agreed of it."""
        return Sending(self._occasion(candidate, agreed), candidate.target, self._news(candidate, agreed))

    def is_told(self, candidate: Candidate, agreed: Agreement) -> bool:
        """Return whether there is nothing to send. A `from` makes nothing due by itself: a stamp always would."""
        news = self._news(candidate, agreed)
        return news is not None and news <= self._one_way

    def _occasion(self, candidate: Candidate, agreed: Agreement) -> Occasion:
        if self._is_deleted(candidate.source):
            return Occasion.DELETE
        is_known = agreed.seen is not None or agreed.told or agreed.told_whole is not None or agreed.record_sent
        return Occasion.UPDATE if is_known else Occasion.CREATE

    def _news(self, candidate: Candidate, agreed: Agreement) -> frozenset[int] | None:
        """Return which rules say something new; None where what was sent last is not known."""
        if agreed.telling or agreed.is_unsure or (agreed.is_empty and not agreed.record_sent):
            return None
        meant, _, _ = self._inward.meaning(candidate.target)
        told = [place for place, unit in self._two_way if not alike(values_of(meant, unit), agreed.known(unit))]
        return frozenset((*told, *self._marks.differing(candidate.target, agreed.sent)))
