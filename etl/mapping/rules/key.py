"""The key: what identifies a record, read strictly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from etl.mapping.paths import format_path
from etl.mapping.rules.access import reader, source_name
from etl.mapping.rules.copy import Copy
from etl.mapping.terms import Direction
from etl.record import ABSENT, MAX_INT64, MIN_INT64, Key, KeyPart, Record, Violation, shown

KeyReader: TypeAlias = Callable[[Record, list[Violation]], Key]


def key_reader(rules: Sequence[Copy], direction: Direction) -> KeyReader:
    """Return a function that reads the key of an inside record and adds a violation for each part that is none.

    A part is text or a whole number of 64 bits: never a truth value, and never an object that a query could obey.
    """
    parts = [(format_path(rule.fields(direction.source)[0].path), reader(rule.inside)) for rule in rules]

    def read_key(inside: Record, violations: list[Violation]) -> Key:
        key: list[KeyPart] = []
        for path, read in parts:
            value = read(inside)
            if _is_part(value):
                key.append(value)
            elif all(violation.path != path for violation in violations):
                violations.append(Violation(path, "key", _refusal(value)))
        return tuple(key)

    name = source_name(rules[0].inside) if len(rules) == 1 else None
    return read_key if name is None else _name_reader(name, read_key)


def _is_part(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value)
    return isinstance(value, int) and not isinstance(value, bool) and MIN_INT64 <= value <= MAX_INT64


def _refusal(value: Any) -> str:
    if value is ABSENT:
        return "is required: it identifies the record"
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
