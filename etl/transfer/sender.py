"""What is sent is made of expected records, once it is known what the outside has: one step, before the writer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from etl.mapping.model import Mapping
from etl.mapping.rules.access import matcher_of
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.sent import SentForm
from etl.mapping.rules.translate import Translator
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Direction, When
from etl.record import Violation
from etl.transfer.agreement import Agreement, alike, values_of
from etl.transfer.echo import Marks
from etl.transfer.model import Candidate, Change, Compare, D, Outcome
from etl.transfer.sending import Occasion, Sending
from etl.transfer.unit import Unit, is_unit

Known: TypeAlias = Callable[[Sequence[Candidate]], Sequence[Agreement]]
"""Says what is agreed of each record; an empty agreement where nothing is."""


class Sender:
    """Makes what is sent of expected records.

    form: None where that is what is expected. schema: of what is sent, None where that is judged already. asking: None
    where it does not depend on what is known outside.
    """

    def __init__(self, form: SentForm | None, schema: RecordSchema | None, asking: Asking | None) -> None:
        self._form = form
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
        wrong = () if candidate.sending is None else tuple(candidate.sending.violations)
        return wrong if wrong or self._schema is None else tuple(self._schema.violations(candidate.sent))

    def __call__(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return candidates as they are sent."""
        asking = self._asking
        if asking is None:
            return [replace(c, sending=self._sending(c, None, None)) for c in candidates]
        agreed = asking.known(candidates)
        return [
            replace(c, sending=self._sending(c, asking.occasion(c, known), asking.news(c, known)))
            for c, known in zip(candidates, agreed, strict=True)
        ]

    def _sending(self, candidate: Candidate, occasion: Occasion | None, news: frozenset[int] | None) -> Sending:
        if self._form is None:
            return Sending(occasion, candidate.target, news)
        is_new = occasion is Occasion.CREATE
        record, violations = self._form(candidate.target, candidate.source, news, is_new=is_new)
        return Sending(occasion, record, news, bool(self._form.timed) and not is_new, violations)


class Asking:
    """Says on which occasion a record is sent, and what it says that is new.

    inward: what expected records mean inside. known: what the outside has of them.
    """

    def __init__(self, mapping: Mapping, units: Sequence[Unit], inward: Translator, marks: Marks, known: Known) -> None:
        written = [place for place, rule in enumerate(mapping.rules) if is_unit(rule)]
        self._two_way = [(place, unit) for place, unit in zip(written, units, strict=True) if unit.is_two_way]
        self._idle = {place for place, rule in enumerate(mapping.rules) if _is_idle(rule)}
        self._is_deleted = matcher_of(mapping.deleted_when)
        self._inward = inward
        self._marks = marks
        self.known = known

    def is_told(self, candidate: Candidate, agreed: Agreement) -> bool:
        """Return whether there is nothing to send. A `from` makes nothing due by itself: a stamp always would."""
        news = self.news(candidate, agreed)
        return news is not None and news <= self._idle

    def occasion(self, candidate: Candidate, agreed: Agreement) -> Occasion:
        """Return on which occasion a record is sent."""
        if self._is_deleted(candidate.source):
            return Occasion.DELETE
        is_known = agreed.seen is not None or agreed.told or agreed.told_whole is not None or agreed.record_sent
        return Occasion.UPDATE if is_known else Occasion.CREATE

    def news(self, candidate: Candidate, agreed: Agreement) -> frozenset[int] | None:
        """Return which rules say something new; None where what was sent last is not known."""
        if agreed.telling or agreed.is_unsure or (agreed.is_empty and not agreed.record_sent):
            return None
        meant, _, _ = self._inward.meaning(candidate.target)
        told = [place for place, unit in self._two_way if not alike(values_of(meant, unit), agreed.known(unit))]
        return frozenset((*told, *self._marks.differing(candidate, agreed.sent)))


def _is_idle(rule: Rule) -> bool:
    """Return whether a rule makes no record due by what it says."""
    is_from = rule.only is Direction.OUTBOUND and rule.way is None
    return is_from or rule.sent is When.CREATION
