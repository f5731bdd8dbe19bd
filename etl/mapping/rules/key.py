"""The key: what identifies a record, read strictly."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeAlias

from etl.mapping.codecs import CodecError
from etl.mapping.paths import format_path
from etl.mapping.rules.access import means_absent, reader, source_name
from etl.mapping.rules.copy import Copy, converter
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, MAX_INT64, MIN_INT64, Key, KeyPart, Record, Violation, shown

_NO_MATCH: Final = "is required while the record has no key: it would not be found again"

KeyReader: TypeAlias = Callable[[Record, list[Violation]], Key]


def key_reader(rules: Sequence[Copy], direction: Direction, matches: Sequence[Copy] = ()) -> KeyReader:
    """Return a function that reads the key of an inside record and adds a violation for each part that is none.

    A part is text or a whole number of 64 bits: never a truth value, and never an object that a query could obey. What
    means absent on either side is none: a record that is written without a key never comes back. A record that goes out
    may lack what the outside gives: then its key is (), and it has what it can be found by. matches: the rules of that.
    """
    parts = [
        (_named(rule, direction), _part_reader(rule, direction), rule.assigned and direction is Direction.OUTBOUND)
        for rule in rules
    ]
    found_by = [(_named(rule, direction), reader(rule.inside)) for rule in matches]

    def read_key(inside: Record, violations: list[Violation]) -> Key:
        key: list[KeyPart] = []
        is_whole = True
        for path, read, is_given in parts:
            value = read(inside)
            if is_part(value):
                key.append(value)
            elif is_given and value is ABSENT:
                is_whole = False
            else:
                refuse(path, key_refusal(value), violations)
        if is_whole:
            return tuple(key)
        for path, read in found_by:
            value = read(inside)
            if not is_part(value):
                refuse(path, _NO_MATCH if value is ABSENT else key_refusal(value), violations)
        return ()

    def refuse(path: str, why: str, violations: list[Violation]) -> None:
        if all(violation.path != path for violation in violations):
            violations.append(Violation(path, "key", why))

    is_plain = len(rules) == 1 and (direction is Direction.INBOUND or not _has_nulls(rules[0]))
    name = source_name(rules[0].inside) if is_plain else None
    return read_key if name is None else _name_reader(name, read_key)


def _named(rule: Copy, direction: Direction) -> str:
    return format_path(rule.fields(direction.source)[0].path)


def _has_nulls(rule: Copy) -> bool:
    return bool(rule.outside[0].nulls) or rule.outside[0].blank


def _part_reader(rule: Copy, direction: Direction) -> Callable[[Record], Any]:
    """Return what reads one part of the key of an inside record; outbound, what is written for it may mean absent."""
    read, outside = reader(rule.inside), rule.outside[0]
    if direction is Direction.INBOUND or not _has_nulls(rule):
        return read
    convert = converter(rule.codec, Side.OUTSIDE)

    def read_part(inside: Record) -> Any:
        value = read(inside)
        try:
            written = value if convert is None or value is ABSENT else convert(value)
        except CodecError:
            return value
        return ABSENT if means_absent(outside, written) else value

    return read_part


def is_part(value: Any) -> bool:
    """Return whether a value identifies: text or a whole number of 64 bits, and never a truth value."""
    if isinstance(value, str):
        return bool(value) and isinstance(value, Hashable)  # code in BSON is a text that equals no other one
    return isinstance(value, int) and not isinstance(value, bool) and MIN_INT64 <= value <= MAX_INT64


def key_refusal(value: Any) -> str:
    """Return why a value is no part of a key."""
    if value is ABSENT:
        return "is required: it identifies the record"
    if value == "":
        return 'a key is never empty, found ""'
    return f"expected text or a whole number of 64 bits as key, found {shown(value)}"


def _name_reader(name: str, judge: KeyReader) -> KeyReader:
    """Return a reader of the usual key, one whole number or text of one name; `judge` reads every other one."""

    def read_name(inside: Record, violations: list[Violation]) -> Key:
        value: Any = inside.get(name)
        kind = type(value)
        if (kind is int and MIN_INT64 <= value <= MAX_INT64) or (kind is str and value):
            return (value,)
        return judge(inside, violations)

    return read_name
