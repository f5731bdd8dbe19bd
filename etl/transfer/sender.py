"""What is sent is made of expected records, once it is known what the outside has: one step, before the writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from etl.mapping.carrying import Carried, carried
from etl.mapping.model import Mapping
from etl.mapping.paths import put, selected_list
from etl.mapping.rules.elsewhere import reached
from etl.mapping.rules.rest import rest_of
from etl.mapping.rules.sent import EVERYTHING, News, SentForm
from etl.mapping.rules.staying import SentPlace, Staying, sent_places
from etl.mapping.rules.translate import Translator
from etl.mapping.rules.wanted import SentSchema
from etl.mapping.terms import Direction, Keep, Occasion, Side
from etl.record import Record, Violation
from etl.transfer.agreement import Agreement, alike, noted, projection, values_of
from etl.transfer.echo import Marks
from etl.transfer.model import Candidate, Change, Compare, D, Item, Outcome
from etl.transfer.sending import Part, Sending
from etl.transfer.unit import Unit

Known: TypeAlias = Callable[[Sequence[Candidate]], Sequence[Agreement]]
"""Says what is agreed of each record; an empty agreement where nothing is."""

Identify: TypeAlias = Callable[[Item], str]
"""Returns what the inside calls a record by itself."""


class _Part:
    """What an entry carries on one occasion: of a list from which a rule selects, all of it. rules: by their places.

    Where all of a record goes back, what no rule maps goes with what no other entry has.
    """

    def __init__(self, mapping: Mapping, one: Carried) -> None:
        self.entry = one.entry
        self.rules = frozenset(place for place, rule in enumerate(mapping.rules) if any(rule is r for r in one.rules))
        paths = dict.fromkeys(selected_list(path) or path for rule in one.rules for path in rule.paths(Side.OUTSIDE))
        self._project = projection(paths)
        has_rest = mapping.keep is Keep.WHOLE and one.entry.takes_rest
        self._rest = rest_of(mapping.rules) if has_rest else None
        self._below = [path for path in paths if len(path) > 1]

    def of(self, record: Record) -> Record:
        """Return what it carries of an expected record."""
        made = self._project(record)
        for path in self._below:
            at, value = reached(record, path)
            if at != path:
                put(made, at, value)
        if self._rest is not None:
            self._rest.lay(made, self._rest(record))
        return made


class Parts:
    """The files that records go out in, where a mapping has several, or one that is written by what has changed."""

    def __init__(self, mapping: Mapping) -> None:
        self._is_whole = mapping.files.entries[0].always
        self._parts = {one: [_Part(mapping, c) for c in carried(mapping, one)] for one in Occasion}
        self._made_up = frozenset(idle_places(mapping))
        self._is_farewell = mapping.is_farewell
        self._places = sent_places(mapping)
        self.every = frozenset(range(len(mapping.rules)))

    def share(self, sending: Sending, candidate: Candidate, form: SentForm | None) -> None:
        """Say of what is sent what goes in which file. form: what makes that of what is expected."""
        occasion, news = sending.occasion, sending.news
        if self._is_whole or occasion is None:
            return
        due = [sending.is_due and self._is_due(part, occasion, news) for part in self._parts[occasion]]
        formed = (_formed(part, candidate, form, sending, self._places) for part in self._parts[occasion])
        sending.parts = tuple(replace(part, is_due=is_due) for part, is_due in zip(formed, due, strict=True))
        sending.carried = frozenset().union(*(p.rules for p in sending.parts if p.is_due or not sending.is_due))

    def staying(self, candidate: Candidate, form: SentForm, sending: Sending) -> Staying | None:
        """Return what stays of a record that goes out in one file, and lies there still; None for nothing."""
        resting = form.resting(self._places, candidate.source, _news(sending))
        return _staying(resting, candidate, form, sending)

    def again(self, candidate: Candidate, form: SentForm | None) -> Candidate:
        """Return a record as it is sent to one who has it and is told all of it again, but for what is only written."""
        if self._is_whole:
            record = None if form is None else form.again(candidate.target, candidate.source)
            return candidate if record is None else replace(candidate, sending=Sending(None, record))
        occasion = Occasion.DELETE if self._is_farewell(candidate.source) else Occasion.UPDATE
        parts = [
            Part(
                one.entry,
                one.of(candidate.target) if form is None else form.again(one.of(candidate.target), candidate.source),
                one.rules,
            )
            for one in self._parts[occasion]
        ]
        return replace(candidate, sending=Sending(occasion, candidate.target, parts=tuple(parts)))

    def elsewhere(self, candidate: Candidate, identify: Callable[[Candidate], str]) -> Iterator[Candidate]:
        """Yield a record as it would go out in each file in which none goes that the outside has.

        identify: for files that are called as the inside calls the record.
        """
        known = {one.entry.file for one in self._parts[Occasion.UPDATE]}
        others = {p.entry.file: p for on in (Occasion.CREATE, Occasion.DELETE) for p in self._parts[on]}
        for file, one in others.items():
            if file not in known:
                parts = (Part(one.entry, one.of(candidate.target)),)
                identity = identify(candidate) if one.entry.has_identity else ""
                yield replace(candidate, sending=Sending(None, candidate.target, parts=parts, identity=identity))

    def _is_due(self, part: _Part, occasion: Occasion, news: frozenset[int] | None) -> bool:
        """Return whether something of what an entry carries is new; who does not have the record lacks all of it."""
        return occasion is not Occasion.UPDATE or news is None or bool((news & part.rules) - self._made_up)


def idle_places(mapping: Mapping) -> list[int]:
    """Return the places of the rules that make nothing due: a `from` towards the outside."""
    return [place for place, rule in enumerate(mapping.rules) if rule.only is Direction.OUTBOUND and not rule.way]


def _formed(
    part: _Part, candidate: Candidate, form: SentForm | None, sending: Sending, places: Sequence[SentPlace]
) -> Part:
    """Return what of a record goes into one file. places: where rules are sent, of all of them."""
    expected, news = part.of(candidate.target), sending.news
    others = [one for one in places if one.place not in part.rules]
    if form is None:
        return Part(part.entry, expected, part.rules, _staying(others, candidate, form, sending))
    said = replace(_news(sending), rules=part.rules if news is None else part.rules & news)
    is_farewell = sending.occasion is Occasion.DELETE
    rules = part.rules if is_farewell else part.rules - form.held_back(candidate.source, said)
    carried = [one for one in places if one.place in part.rules]
    resting = [*others, *form.resting(carried, candidate.source, said)]
    staying = _staying(resting, candidate, form, sending)
    return Part(part.entry, form(expected, candidate.source, said)[0], rules, staying)


def _staying(
    resting: Sequence[SentPlace], candidate: Candidate, form: SentForm | None, sending: Sending
) -> Staying | None:
    """Return what stays beside a record in its file. resting: where nothing goes out that may have before."""
    if sending.occasion is not Occasion.UPDATE or not resting:
        return None

    def now() -> Record:
        return candidate.target if form is None else form(candidate.target, candidate.source, EVERYTHING)[0]

    return Staying(tuple(resting), sending.settled, now)


def _news(sending: Sending) -> News:
    return News(sending.news, sending.written, is_new=sending.occasion is Occasion.CREATE)


class Sender:
    """Makes what is sent of expected records.

    form: None where that is what is expected. schema: of what is sent, None where that is judged already. asking: None
    where it does not depend on what is known outside. parts: the files that it goes out in. identify: for files that
    are called so.
    """

    def __init__(
        self,
        form: SentForm | None,
        schema: SentSchema | None,
        asking: Asking | None,
        parts: Parts,
        identify: Identify = lambda _: "",
    ) -> None:
        self._form = form
        self._parts = parts
        self._identify = identify
        self._schema = schema
        self._asking = asking

    def before(self, compare: Compare[D]) -> Compare[D]:
        """Return a comparison of what is sent; what is refused there is rejected."""

        def comparing(candidates: Sequence[Candidate]) -> list[Change[D]]:
            judged = [(one, self._violations(one)) for one in self(candidates)]
            compared = iter(compare([one for one, wrong in judged if not wrong]))
            return [Change(one, Outcome.REJECTED, reasons=wrong) if wrong else next(compared) for one, wrong in judged]

        return comparing

    def _violations(self, candidate: Candidate) -> tuple[Violation, ...]:
        sending = candidate.sending
        is_farewell = sending is not None and sending.parts is not None and sending.occasion is Occasion.DELETE
        if is_farewell or sending is None:
            return ()
        wrong = tuple(sending.violations)
        if wrong or self._schema is None:
            return wrong
        return tuple(self._schema.violations(candidate.sent, is_partial=sending.is_partial))

    def __call__(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return candidates as they are sent."""
        asking = self._asking
        if asking is None:
            return [replace(c, sending=self._sending(c, Sending(None, c.target))) for c in candidates]
        agreed = asking.known(candidates)
        return [
            replace(c, sending=self._sending(c, asking.sending(c, known)))
            for c, known in zip(candidates, agreed, strict=True)
        ]

    def _sending(self, candidate: Candidate, sending: Sending) -> Sending:
        if self._form is not None:
            news = _news(sending)
            sending.record, sending.violations = self._form(candidate.target, candidate.source, news)
            sending.is_partial = bool(self._form.timed) and not news.is_new
            if sending.occasion is not None:
                sending.carried = self._parts.every - self._form.held_back(candidate.source, news)
                sending.staying = self._parts.staying(candidate, self._form, sending)
        self._parts.share(sending, candidate, self._form)
        if any(part.entry.has_identity for part in sending.parts or ()):
            sending.identity = self._identify(candidate.item)
        return sending


class Asking:
    """Says on which occasion a record is sent, and what it says that is new.

    inward: what expected records mean inside. known: what the outside has of them. holds_back: whether one that says
    nothing new is not sent.
    """

    def __init__(
        self,
        mapping: Mapping,
        units: Sequence[Unit],
        inward: Translator,
        marks: Marks,
        known: Known,
        *,
        holds_back: bool,
    ) -> None:
        self._two_way = [unit for unit in units if unit.is_updated]
        self.holds_back = holds_back
        self._idle = set(idle_places(mapping))
        self._mapping = mapping
        self._inward = inward
        self._marks = marks
        self.known = known

    def is_told(self, candidate: Candidate, agreed: Agreement) -> bool:
        """Return whether there is nothing to send. A `from` makes nothing due by itself: a stamp always would."""
        if self._mapping.is_farewell(candidate.source):
            return not agreed.may_be_had
        return not self._is_due(self.news(candidate, agreed))

    def _is_due(self, news: frozenset[int] | None) -> bool:
        return news is None or not news <= self._idle

    def sending(self, candidate: Candidate, agreed: Agreement) -> Sending:
        """Return how a record is sent: on which occasion, and what is new of it."""
        occasion, news = self.occasion(candidate, agreed), self.news(candidate, agreed)
        settled = frozenset(unit.place for unit in self._two_way if noted(agreed.told, unit) is None)
        written = self._marks.written(candidate, agreed.sent)
        is_due = not self.holds_back or occasion is not Occasion.UPDATE or self._is_due(news)
        return Sending(occasion, candidate.target, news, written, settled=settled, is_due=is_due)

    def occasion(self, candidate: Candidate, agreed: Agreement) -> Occasion:
        """Return on which occasion a record is sent."""
        if self._mapping.is_farewell(candidate.source):
            return Occasion.DELETE
        return Occasion.UPDATE if agreed.is_had else Occasion.CREATE

    def news(self, candidate: Candidate, agreed: Agreement) -> frozenset[int] | None:
        """Return which rules say something new; None where what was sent last is not known."""
        if agreed.telling or agreed.is_unsure or not agreed.is_had:
            return None
        meant, _, _ = self._inward.meaning(candidate.target)
        told = [u.place for u in self._two_way if not alike(values_of(meant, u), agreed.known(u))]
        return frozenset((*told, *self._marks.differing(candidate, agreed.sent)))
