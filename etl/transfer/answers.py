"""Answers: what the outside says of a record that was born inside right when it takes it, its key.

What waits for a key and was answered gets it before anything is transferred, as if somebody had written it by hand.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from etl.mapping.codecs import CodecError
from etl.mapping.paths import format_path, get, put
from etl.mapping.rules.access import reader
from etl.mapping.rules.copy import Copy, converter
from etl.mapping.rules.key import is_part, key_refusal
from etl.mapping.terms import Side
from etl.record import ABSENT, Key, Record, Violation, is_key
from etl.transfer.births import Births
from etl.transfer.model import Doubt, Notice, Notify


@dataclass(frozen=True, slots=True)
class Given:
    """An answer. place: what it is called. parts: what it says of the parts of the key; ABSENT where it says nothing.

    why: why it says nothing at all, "" where it does.
    """

    place: str
    parts: tuple[Any, ...]
    why: str = ""


class Answers(Protocol):
    """The answers of an outside."""

    def of(self, identity: str) -> Given | None:
        """Return what the outside has answered to the creation of a record; None where it has not.

        identity: what the inside calls the record.
        """
        ...


@runtime_checkable
class Answering(Protocol):
    """An outside that answers."""

    def answers(self) -> Answers:
        """Return what it has answered."""
        ...


class Recipients(Protocol):
    """Inside records that wait for a key."""

    def unkeyed(self, keys: Collection[Key]) -> dict[Key, Record]:
        """Return the records for which these stand in the place of a key, also those that have one by now."""
        ...

    def identity_text(self, unkeyed: Key) -> str:
        """Return what files call the record for which this stands in the place of a key."""
        ...

    def give(self, patches: Table[Key, tuple[Record, Record]]) -> dict[Key, Violation]:
        """Give records their keys where they have none still; return of which not, and why."""
        ...


def take_answers(answers: Answers, records: Recipients, births: Births, rules: Sequence[Copy], notify: Notify) -> None:
    """Give what waits the keys that it was answered. rules: of the parts of the key that the outside gives."""
    given = {key: one for key in births.waiting() if (one := answers.of(records.identity_text(key))) is not None}
    patches: dict[Key, tuple[Record, Record]] = {}
    for unkeyed, record in records.unkeyed(given).items():
        if is_key(tuple(get(record, path) for path in births.key)):
            continue
        why = given[unkeyed].why
        parts, why = ({}, why) if why else key_parts(rules, given[unkeyed].parts)
        key = tuple(parts.get(path, get(record, path)) for path in births.key)
        if why or not is_key(key):
            _tell(notify, given[unkeyed], why or "the rest of the key is missing")
        else:
            patches[unkeyed] = record, births.patch(record, key, {})
    for unkeyed, violation in records.give(patches).items():
        _tell(notify, given[unkeyed], violation.message)


def key_parts(rules: Sequence[Copy], said: Sequence[Any]) -> tuple[dict[Any, Any], str]:
    """Return the parts of a key as the inside has them, by their paths; and why there are none, "" where they are."""
    parts: dict[Any, Any] = {}
    for rule, one in zip(rules, said, strict=True):
        (field,) = rule.outside
        fragment: Record = {}
        if one is not ABSENT:
            put(fragment, field.path, one)
        value, convert = reader(field)(fragment), converter(rule.codec, Side.INSIDE)
        try:
            value = value if value is ABSENT or convert is None else convert(value)
        except CodecError as error:
            return parts, str(error)
        if not is_part(value):
            return parts, f"{format_path(field.path)} {key_refusal(value)}"
        parts[rule.inside.path] = value
    return parts, ""


def _tell(notify: Notify, given: Given, why: str) -> None:
    notify(Notice(Doubt.UNANSWERED, f"{given.place} gives no key, and the record waits: {why}"))
