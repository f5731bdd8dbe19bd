"""What is sent is made of expected records, once it is known what the outside has: one step, before the writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from etl.mapping.carrying import Carried, carried
from etl.mapping.model import Mapping
from etl.mapping.rules.translate import Translator
from etl.mapping.terms import Direction, Occasion, Side
from etl.transfer.agreement import Agreement, alike, projection, values_of
from etl.transfer.echo import Marks
from etl.transfer.model import Candidate, Compare, D, Item
from etl.transfer.sending import Part, Sending
from etl.transfer.unit import Unit

Known: TypeAlias = Callable[[Sequence[Candidate]], Sequence[Agreement]]
"""Says what is agreed of each record; an empty agreement where nothing is."""

Identify: TypeAlias = Callable[[Item], str]
"""Returns what the inside calls a record by itself."""


class _Part:
    """What an entry carries on one occasion. rules: by their places."""

    def __init__(self, mapping: Mapping, one: Carried) -> None:
        self.entry = one.entry
        self.rules = frozenset(place for place, rule in enumerate(mapping.rules) if any(rule is r for r in one.rules))
        self.of = projection(path for rule in one.rules for path in rule.paths(Side.OUTSIDE))


class Parts:
    """The files that records go out in, where a mapping has several, or one that is written by what has changed."""

    def __init__(self, mapping: Mapping) -> None:
        self._is_whole = mapping.files.entries[0].always
        self._parts = {one: [_Part(mapping, c) for c in carried(mapping, one)] for one in Occasion}
        self._one_way = frozenset(place for place, r in enumerate(mapping.rules) if r.only is Direction.OUTBOUND)

    def sending(self, candidate: Candidate, occasion: Occasion, news: frozenset[int] | None) -> Sending:
        """Return how a record is sent; news: see `Sending`."""
        sending = Sending(occasion, candidate.target, news)
        if not self._is_whole:
            due = [part for part in self._parts[occasion] if self._is_due(part, occasion, news)]
            sending.parts = tuple(Part(part.entry, part.of(candidate.target)) for part in due)
            sending.carried = frozenset().union(*(part.rules for part in due))
        return sending

    def _is_due(self, part: _Part, occasion: Occasion, news: frozenset[int] | None) -> bool:
        """Return whether something of what an entry carries is new; who does not have the record lacks all of it."""
        return occasion is not Occasion.UPDATE or news is None or bool((news & part.rules) - self._one_way)

    def known_whole(self, candidate: Candidate) -> Candidate:
        """Return a record as it is sent to one who has it and may have forgotten all of it."""
        return (
            candidate if self._is_whole else replace(candidate, sending=self.sending(candidate, Occasion.UPDATE, None))
        )


class Sender:
    """Makes what is sent of expected records.

    inward: what these mean inside. known: what the outside has of them. identify: for files that are called so.
    """

    def __init__(
        self,
        mapping: Mapping,
        units: Sequence[Unit],
        inward: Translator,
        marks: Marks,
        known: Known,
        identify: Identify = lambda _: "",
    ) -> None:
        self._two_way = [unit for unit in units if unit.is_two_way]
        self._parts = Parts(mapping)
        self._identify = identify
        self._one_way = {place for place, rule in enumerate(mapping.rules) if rule.only is Direction.OUTBOUND}
        self._is_farewell = mapping.is_farewell
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
        occasion, news = self._occasion(candidate, agreed), self._news(candidate, agreed)
        sending = self._parts.sending(candidate, occasion, news)
        if any(part.entry.has_identity for part in sending.parts or ()):
            sending.identity = self._identify(candidate.item)
        return sending

    def is_told(self, candidate: Candidate, agreed: Agreement) -> bool:
        """Return whether there is nothing to send. A `from` makes nothing due by itself: a stamp always would."""
        if self._is_farewell(candidate.source):
            return not agreed.is_had
        news = self._news(candidate, agreed)
        return news is not None and news <= self._one_way

    def _occasion(self, candidate: Candidate, agreed: Agreement) -> Occasion:
        if self._is_farewell(candidate.source):
            return Occasion.DELETE
        return Occasion.UPDATE if agreed.is_had else Occasion.CREATE

    def _news(self, candidate: Candidate, agreed: Agreement) -> frozenset[int] | None:
        """Return which rules say something new; None where what was sent last is not known."""
        if agreed.telling or agreed.is_unsure or not agreed.is_had:
            return None
        meant, _, _ = self._inward(candidate.target)
        told = [u.place for u in self._two_way if not alike(values_of(meant, u), agreed.known(u))]
        return frozenset((*told, *self._marks.differing(candidate.target, agreed.sent)))
