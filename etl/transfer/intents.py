"""Write intents: what a run notes before it writes, so that the next one knows what a dead run did.

| before | is noted | after a crash |
|---|---|---|
| an update | one note a batch: the values that each rule is about to write, and when | the agreement has it from then on, until the record shows what of it was written: that the outside has said since, and it is no edit of the inside |
| a creation | one note a batch: the record's identity, and what is agreed once it is there | a record of that identity was made by that run: what was to be agreed is agreed |
| an export | one note a batch: what the outside is about to be told | the outside may have been told it: when it says just that, it says nothing new; and it is told again |
"""  # noqa: E501 - a table

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol, TypeAlias, assert_never

from etl.mapping.equality import same
from etl.mapping.paths import assign
from etl.mapping.terms import Sort
from etl.record import ABSENT, Key, Record, Violation, is_unkeyed
from etl.transfer.agreement import Agreement, Intent, Noted, alike, in_this_form, note, noted, values_of
from etl.transfer.batches import gathered
from etl.transfer.decision import Detail
from etl.transfer.endpoint import KeyedWriter
from etl.transfer.ledger import Ledger
from etl.transfer.unit import Unit

_UNKNOWN: Final = b""
"""The mark of what a rule may have sent, or may not."""


@dataclass(frozen=True, slots=True)
class Creation:
    """A record is about to be made. identity: tells it from one that somebody else makes under its key."""

    key: Key
    identity: Any
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Updating:
    """A record of which something is remembered is about to be written."""

    key: Key
    intent: Intent


@dataclass(frozen=True, slots=True)
class Telling:
    """A record is about to be sent. told: what the outside has not said, nor been told, before. mark: of the record.

    sent: by rule, a mark of what one sends of which imports say nothing, where it is another one than before.
    """

    key: Key
    told: Noted
    mark: bytes
    sent: Table[str, bytes] = field(default_factory=dict)


Begun: TypeAlias = Creation | Updating | Telling
"""What a run notes of a record beside what is remembered of it."""


class IntentStore(Protocol):
    """Where the notes of one mapping are kept."""

    def keep(self, intents: Sequence[Begun]) -> None:
        """Keep what this run is about to write, in the place of what it kept before.

        Raises:
            LeaseLostError: when a later run has begun.

        """
        ...

    def outstanding(self) -> list[Begun]:
        """Return what earlier runs have kept and not cleared, oldest first."""
        ...

    def clear(self) -> None:
        """Clear what this run has kept, and what was outstanding: all is remembered."""
        ...


def intend(units: Iterable[Unit], detail: Detail, stamps: Record) -> Intent:
    """Return what is about to be done to a record that is written, or made anew. stamps: those that say when."""
    current = detail.current
    after = {**(current or {}), **detail.decision.patch}
    values: Noted = {}
    for unit in units:
        ours = values_of(after, unit)
        if current is None or not alike(ours, values_of(current, unit)):
            note(values, unit, ours)
    return Intent(values, stamps, detail.agreement)


def settle_intent(agreed: Agreement, units: Sequence[Unit], current: Record | None) -> Agreement:
    """Return what is agreed, once a record has shown what of these units was begun and has been written."""
    agreed = in_this_form(agreed, units)
    intent = agreed.intent
    if intent is None:
        return agreed
    asked = [unit for unit in units if noted(intent.values, unit)]
    texts = {text for unit in asked for text in unit.texts}
    rest = {text: value for text, value in intent.values.items() if text not in texts}
    left = replace(intent, values=rest) if rest else None
    is_stamped = _is_stamped(intent.stamps, current)
    written = asked if is_stamped else [unit for unit in asked if _is_written(unit, intent.values, current)]
    if not written:
        return replace(agreed, intent=left)
    if intent.done is not None and (is_stamped or len(written) == len(asked)) and not rest:
        return intent.done
    settled = replace(agreed, fingerprint=b"", file="", deliveries=_read_before(agreed, intent), intent=left)
    settled.seen, settled.told, settled.inside = copy.deepcopy(agreed.seen), dict(agreed.told), dict(agreed.inside)
    settled.kept, settled.had = dict(agreed.kept), dict(agreed.had)
    for unit in written:
        agree_as_written(settled, unit, noted(intent.values, unit) or ())
        _keep_as_said(settled, unit, intent.done)
    return settled


def _read_before(agreed: Agreement, intent: Intent) -> dict[bytes, bytes]:
    """Return the deliveries that were read before, without those that the dead run had read: they may be news."""
    done = {} if intent.done is None else intent.done.deliveries
    return {mark: print_ for mark, print_ in agreed.deliveries.items() if done.get(mark) == print_}


def agree_as_written(agreed: Agreement, unit: Unit, values: Sequence[Any]) -> None:
    """Agree on the values that the inside has of a rule, as if the outside had said them; `agreed` is changed."""
    note(agreed.inside, unit, None)
    note(agreed.had, unit, None)
    if agreed.seen is None:  # of the other rules it never said anything
        note(agreed.told, unit, values)
        return
    note(agreed.told, unit, None)
    for path, value in zip(unit.paths, values, strict=True):
        assign(agreed.seen, path, ABSENT if value is None else value)


def _keep_as_said(agreed: Agreement, unit: Unit, done: Agreement | None) -> None:
    """Keep of one rule what would be kept if all had been done."""
    kept = {mark: lying for mark, lying in agreed.kept.items() if mark != unit.mark}
    if done is not None and unit.mark in done.kept:
        kept[unit.mark] = done.kept[unit.mark]
    agreed.kept = kept


def _is_stamped(stamps: Record, current: Record | None) -> bool:
    """Return whether a record has just the stamps that were to be written: then all was, and changed since."""
    return bool(stamps) and current is not None and all(same(current.get(name), at) for name, at in stamps.items())


def _is_written(unit: Unit, values: Noted, current: Record | None) -> bool:
    intended = noted(values, unit)
    return current is not None and intended is not None and alike(values_of(current, unit), intended)


def recovered(intents: Iterable[Begun], records: KeyedWriter, ledger: Ledger) -> dict[Key, Agreement]:
    """Return what is agreed in the light of what dead runs have noted, where that is something else than before.

    What is too much to remember is left out: it may become a conflict.
    """
    noted_ones = list(intents)
    agreed = gathered(ledger.load, {intent.key for intent in noted_ones})
    creations = [intent.key for intent in noted_ones if isinstance(intent, Creation)]
    made = gathered(lambda keys: records.find(keys).records, creations)
    news: dict[Key, Agreement] = {}
    for intent in noted_ones:
        before = news.get(intent.key, agreed.get(intent.key))
        match intent:
            case Creation():
                record = made.get(intent.key)
                if before is None and record is not None and records.identity_of(record) == intent.identity:
                    news[intent.key] = intent.agreement
            case Updating():
                if before is not None and not _is_done(before, intent.intent):
                    news[intent.key] = replace(before, intent=intent.intent)
            case Telling():
                known = before or Agreement()
                telling = {path: value for path, value in intent.told.items() if not _is_told(known, path, value)}
                sent = {name: _UNKNOWN for name, mark in intent.sent.items() if known.sent.get(name) != mark}
                if telling or sent or intent.mark != known.record_sent:
                    may_be = {**known.telling, **telling}
                    news[intent.key] = replace(known, telling=may_be, sent={**known.sent, **sent}, is_unsure=True)
            case _:
                assert_never(intent)
    unfit = ledger.unfit(news)
    return {key: found for key, found in news.items() if key not in unfit}


def _is_done(agreed: Agreement, intent: Intent) -> bool:
    """Return whether what was intended is remembered as done: the outside may have been told something since."""
    done = intent.done
    if done is None or agreed.fingerprint != done.fingerprint or not same(agreed.seen, done.seen):
        return False
    return done.deliveries.items() <= agreed.deliveries.items()


def _is_told(agreed: Agreement, path: str, value: Any) -> bool:
    return path in agreed.told and same(agreed.told[path], value)


@dataclass(frozen=True, slots=True)
class Recovered:
    """A ledger as the next run will find it, for those who look and write nothing."""

    ledger: Ledger
    news: Table[Key, Agreement]

    def has_any(self) -> bool:
        """Return whether anything is remembered."""
        return bool(self.news) or self.ledger.has_any()

    def has_heard(self) -> bool:
        """Return whether anything is remembered that the outside has said."""
        return any(agreed.seen is not None for agreed in self.news.values()) or self.ledger.has_heard()

    def heard(self) -> Iterator[Key]:
        """Yield the keys of which the outside has said something; some twice."""
        yield from self.ledger.heard()
        yield from (key for key, agreed in self.news.items() if agreed.seen is not None and agreed.sort is Sort.RECORD)

    def load(self, keys: Iterable[Key]) -> dict[Key, Agreement]:
        """Return what is remembered of these keys."""
        asked = list(keys)
        return self.ledger.load(asked) | {key: self.news[key] for key in asked if key in self.news}

    def save(self, agreements: Table[Key, Agreement], before: Table[Key, Agreement]) -> None:
        """Remember these agreements."""
        self.ledger.save(agreements, before)

    def waiting(self) -> dict[Key, Agreement]:
        """Return what is remembered of records that have no key yet."""
        found = self.ledger.waiting()
        return found | {key: agreed for key, agreed in self.news.items() if is_unkeyed(key)}

    def forget(self, keys: Iterable[Key]) -> None:
        """Remember nothing of these keys any more."""
        self.ledger.forget(keys)

    def unfit(self, agreements: Table[Key, Agreement]) -> dict[Key, Violation]:
        """Return a violation for each agreement that cannot be remembered."""
        return self.ledger.unfit(agreements)
