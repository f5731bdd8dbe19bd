"""Decision tables, read top-down in one direction and inverted in the other.

Look-ups are strict on type: `True` is not `1`, `"false"` is not `false`, and no match is never a guess.

Of the lines that match, the first decides. What lists them (`pairs_by_value`, `flags_raised`, `flags_by_value`,
`matching_cases`) is what decides by them, so that an explanation names the same line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from etl.mapping.model import Case, Flags, Pair, Pattern, Values
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Absent, Scalar, shown

Lookup: TypeAlias = Callable[[Any], Any]
Distinct: TypeAlias = tuple[type, object]
Line = TypeVar("Line")

_KINDS: Final = (str, bool, int, float)


class UnknownValueError(ValueError):
    """A value that the table has no line for, and no `otherwise` decides."""


def distinct(value: object) -> Distinct:
    """Return a dictionary key under which `True` is not `1` and `1.0` is not `1`; no list or object equals a scalar."""
    kind = type(value)
    if kind in _KINDS:
        return (kind, value)
    for base in _KINDS:
        if isinstance(value, base):
            return (base, base(value))  # MongoDB's own kinds may not be hashable
    return (kind, None)


def _by_value(lines: Iterable[tuple[Line, Sequence[Scalar]]]) -> dict[Distinct, list[Line]]:
    """Return, for every value that some line accepts, all lines that do, in order."""
    table: dict[Distinct, list[Line]] = {}
    for line, accepted in lines:
        for key in dict.fromkeys(map(distinct, accepted)):
            table.setdefault(key, []).append(line)
    return table


def pairs_by_value(rule: Values, source: Side) -> dict[Distinct, list[Pair]]:
    """Return all pairs that accept a value of one side, by that value."""
    return _by_value((pair, pair.of(source)) for pair in rule.pairs)


def values_lookup(rule: Values, source: Side) -> Lookup:
    """Return a function from a source value to a target value, each may be ABSENT; it raises UnknownValueError."""
    target = source.other
    table = {value: pairs[0].of(target)[0] for value, pairs in pairs_by_value(rule, source).items()}
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


def flags_raised(raised: Iterable[bool | Absent]) -> Iterator[int]:
    """Yield which flags are true, in the rule's order."""
    return (index for index, flag in enumerate(raised) if flag)


def flags_choice(rule: Flags) -> Callable[[list[bool]], Scalar | Absent]:
    """Return a function from the flags, in the rule's order, to the value of the first true one or to `otherwise`."""
    values = [value for _, value in rule.flags]

    def choose(raised: list[bool]) -> Scalar | Absent:
        first = next(flags_raised(raised), None)
        return rule.otherwise if first is None else values[first]

    return choose


def flags_by_value(rule: Flags) -> dict[Distinct, list[int]]:
    """Return which flags stand for a value, in the rule's order, by that value."""
    return _by_value((index, (value,)) for index, (_, value) in enumerate(rule.flags))


def flags_table(rule: Flags) -> dict[Distinct, list[bool]]:
    """Return the flags for each value, of which exactly the first with that value is true.

    The value of `otherwise` has no flag true where no line names it.
    """
    count = len(rule.flags)
    table = {value: [at == flags[0] for at in range(count)] for value, flags in flags_by_value(rule).items()}
    if rule.otherwise is not ABSENT:
        table.setdefault(distinct(rule.otherwise), [False] * count)
    return table


def flags_inverse(rule: Flags) -> Callable[[Any], list[bool]]:
    """Return a function from a value to its flags; for one that the table does not know it raises UnknownValueError."""
    table = flags_table(rule)

    def invert(value: Any) -> list[bool]:
        if value is ABSENT:
            raise UnknownValueError("has no value, and the table has no line for that")
        raised = table.get(distinct(value))
        if raised is None:
            raise UnknownValueError(_not_one_of(value, (v for _, v in rule.flags)))
        return raised

    return invert


def matching_cases(cases: Iterable[Case], source: Side) -> Callable[[dict[Field, Any]], Iterator[Case]]:
    """Return a function from the values of the source fields to all cases that they match, in order."""
    compiled = [(case, [(f, {distinct(v) for v in accepted}) for f, accepted in case.of(source)]) for case in cases]

    def match(values: dict[Field, Any]) -> Iterator[Case]:
        for case, pattern in compiled:
            if all(distinct(None if values[f] is ABSENT else values[f]) in accepted for f, accepted in pattern):
                yield case

    return match


def case_matcher(cases: Iterable[Case], source: Side) -> Callable[[dict[Field, Any]], Case | None]:
    """Return a function from the values of the source fields to the first case that they match."""
    match = matching_cases(cases, source)
    return lambda values: next(match(values), None)


def pattern_fields(patterns: Iterable[Pattern]) -> tuple[Field, ...]:
    """Return every field that some pattern names, once, in order."""
    return tuple(dict.fromkeys(f for pattern in patterns for f, _ in pattern))


def _absent_for_null(value: Any) -> Any:
    return ABSENT if value is None else value


def _not_one_of(value: Any, known: Iterable[Scalar]) -> str:
    return f"{shown(value)} is not one of {', '.join(dict.fromkeys(map(shown, known)))}"
