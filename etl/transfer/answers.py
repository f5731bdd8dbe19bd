"""Answers: what the outside says of a record that was born inside right when it takes it, its key.

What waits for a key and was answered gets it before anything is transferred, as if somebody had written it by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from collections.abc import Mapping as Table
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

from etl.mapping.codecs import CodecError
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get, put
from etl.mapping.rules.access import reader
from etl.mapping.rules.copy import Copy, converter
from etl.mapping.rules.key import is_part, key_refusal
from etl.mapping.schemas.shapes import Schema
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Side
from etl.record import ABSENT, Key, Record, Violation, is_key, show_key, shown
from etl.transfer.births import Births
from etl.transfer.model import Doubt, Notice, Notify

TAKEN: Final = Violation("", "key", "another document has this key; leave it to one of the two")


@dataclass(frozen=True, slots=True)
class Given:
    """An answer. place: what it is called. parts: what it says of the parts of the key; ABSENT where it says nothing.

    why: why it says nothing at all, "" where it does.
    """

    place: str
    parts: tuple[Any, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A record that was answered its key, and the patch that gives it that."""

    given: Given
    key: Key
    record: Record
    patch: Record


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


def take_answers(found: Table[Key, Answered], records: Recipients, notify: Notify) -> None:
    """Give what waits the keys that it was answered."""
    patches = {unkeyed: (one.record, one.patch) for unkeyed, one in found.items()}
    for unkeyed, violation in records.give(patches).items():
        tell_waiting(notify, found[unkeyed].given, violation.message)


def answered(
    answers: Answers, records: Recipients, births: Births, mapping: Mapping, notify: Notify
) -> dict[Key, Answered]:
    """Return what waits and was answered its key."""
    given = {key: one for key in births.waiting() if (one := answers.of(records.identity_text(key))) is not None}
    found: dict[Key, Answered] = {}
    misfit = _judge(mapping)
    for unkeyed, record in records.unkeyed(given).items():
        if is_key(tuple(get(record, path) for path in births.key)):
            continue
        said, why = given[unkeyed].parts, given[unkeyed].why
        parts, why = ({}, why) if why else key_parts(mapping.assigned, said)
        why = why or misfit(said, parts)
        key = tuple(parts.get(path, get(record, path)) for path in births.key)
        if why or not is_key(key):
            tell_waiting(notify, given[unkeyed], why or "the rest of the key is missing")
        else:
            found[unkeyed] = Answered(given[unkeyed], key, record, births.patch(record, key, {}))
    return found


def _judge(mapping: Mapping) -> Callable[[Sequence[Any], Table[Any, Any]], str]:
    """Return what says why parts of a key, as an answer says them and by their inside paths, break a schema; "" if not.

    A record with that key would be refused for the same.
    """
    rules, schemas = mapping.assigned, {side: Schema(mapping.system(side).schema) for side in Side}

    def misfit(said: Sequence[Any], parts: Table[Any, Any]) -> str:
        outside = [(Side.OUTSIDE, rule.outside[0].path, one) for rule, one in zip(rules, said, strict=True)]
        inside = [(Side.INSIDE, path, part) for path, part in parts.items()]
        for side, path, value in (*outside, *inside):
            if not schemas[side].shape(path).accepts(value):
                return f"{format_path(path)} of {mapping.system(side).name}: {_broken(mapping, side, path, value)}"
        return ""

    return misfit


def _broken(mapping: Mapping, side: Side, path: Path, value: Any) -> str:
    """Return in words how a value breaks the schema of its side."""
    record: Record = {}
    put(record, path, value)
    problems = RecordSchema(mapping.system(side).schema).problems(record)
    return next((one.message for one in problems if one.place == path), f"the schema does not allow {shown(value)}")


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


def tell_given(notify: Notify, one: Answered) -> None:
    """Tell which key a record is given by its answer."""
    notify(Notice(Doubt.ANSWERED, f"{one.given.place} gives the key {show_key(one.key)}"))


def tell_waiting(notify: Notify, given: Given, why: str) -> None:
    """Tell that a record waits for its key although it was answered."""
    notify(Notice(Doubt.UNANSWERED, f"{given.place} gives no key, and the record waits: {why}"))
