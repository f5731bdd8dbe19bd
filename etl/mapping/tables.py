"""Decision tables, read top-down in one direction and inverted in the other.

Look-ups are strict on type: `True` is not `1`, `"false"` is not `false`, and no match is never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from etl.mapping.model import Case, Field, Flags, Pattern, Side, Values
from etl.record import ABSENT, Absent, Scalar, shown

Lookup: TypeAlias = Callable[[Any], Any]


class UnknownValueError(ValueError):
    """A value that the table has no line for, and no `otherwise` decides."""


def distinct(value: object) -> tuple[type, object]:
    """Return a dictionary key under which `True` is not `1` and `1.0` is not `1`; no list or object equals a scalar."""
    for kind in (str, bool, int, float):
        if isinstance(value, kind):
            return (kind, value)
    return (type(value), None)


def values_lookup(rule: Values, source: Side) -> Lookup:
    """Return a function from a source value to a target value, each may be ABSENT; it raises UnknownValueError."""
    target = source.other
    table: dict[tuple[type, object], Scalar] = {}
    for pair in rule.pairs:
        for accepted in pair.of(source):
            table.setdefault(distinct(accepted), pair.of(target)[0])
    absent = table.get(distinct(None), ABSENT)
    otherwise = rule.otherwise.get(target, ABSENT)

    def look_up(value: Any) -> Any:
        if value is ABSENT:
            return _absent_for_null(absent)
        found = table.get(distinct(value), otherwise)
        if found is ABSENT:
            raise UnknownValueError(_not_one_of(value, (v for pair in rule.pairs for v in pair.of(source))))
        return _absent_for_null(found)

    return look_up


def flags_choice(rule: Flags) -> Callable[[list[bool]], Scalar | Absent]:
    """Return a function from the flags, in the rule's order, to the value of the first true one or to `otherwise`."""
    values = [value for _, value in rule.flags]

    def choose(raised: list[bool]) -> Scalar | Absent:
        for flag, value in zip(raised, values, strict=True):
            if flag:
                return value
        return rule.otherwise

    return choose


def flags_inverse(rule: Flags) -> Callable[[Any], list[bool]]:
    """Return a function from a value to the flags, of which exactly the first with that value is true.

    The value of `otherwise` has no flag true where no line names it. Any other value raises UnknownValueError.
    """
    count = len(rule.flags)
    table = {distinct(rule.otherwise): [False] * count} if rule.otherwise is not ABSENT else {}
    for index, (_, value) in reversed(list(enumerate(rule.flags))):
        table[distinct(value)] = [at == index for at in range(count)]

    def invert(value: Any) -> list[bool]:
        if value is ABSENT:
            raise UnknownValueError("has no value, and the table has no line for that")
        raised = table.get(distinct(value))
        if raised is None:
            raise UnknownValueError(_not_one_of(value, (v for _, v in rule.flags)))
        return raised

    return invert


def case_matcher(cases: Iterable[Case], source: Side) -> Callable[[dict[Field, Any]], Case | None]:
    """Return a function from the values of the source fields to the first case that they match."""
    compiled = [(case, [(f, {distinct(v) for v in accepted}) for f, accepted in case.of(source)]) for case in cases]

    def match(values: dict[Field, Any]) -> Case | None:
        for case, pattern in compiled:
            if all(distinct(None if values[f] is ABSENT else values[f]) in accepted for f, accepted in pattern):
                return case
        return None

    return match


def pattern_fields(patterns: Iterable[Pattern]) -> tuple[Field, ...]:
    """Return every field that some pattern names, once, in order."""
    return tuple(dict.fromkeys(f for pattern in patterns for f, _ in pattern))


def _absent_for_null(value: Any) -> Any:
    return ABSENT if value is None else value


def _not_one_of(value: Any, known: Iterable[Scalar]) -> str:
    return f"{shown(value)} is not one of {', '.join(dict.fromkeys(map(shown, known)))}"
