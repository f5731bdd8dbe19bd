"""When two values are one and the same, strictly on type: the engine's own equality, wherever values are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeAlias

from etl.mapping.paths import Path, get
from etl.record import ABSENT, Record

Distinct: TypeAlias = tuple[type, object]

_KINDS: Final = (str, bool, int, float)
_EQUAL_IF_ALIKE: Final = (str, bool, int, datetime)


def distinct(value: object) -> Distinct:
    """Return a dictionary key under which `True` is not `1` and `1.0` is not `1`; no list or object equals a scalar."""
    kind = type(value)
    if kind in _KINDS:
        return (kind, value)
    for base in _KINDS:
        if isinstance(value, base):
            return (base, base(value))  # MongoDB's own kinds may not be hashable
    return (kind, None)


def each_once(values: Iterable[Any]) -> list[Any]:
    """Return values without those that are there again, lists and objects by what is in them."""
    return list({_told_apart(value): value for value in values}.values())


def one_of(values: Iterable[Any]) -> Callable[[Any], bool]:
    """Return a function that says of a value whether it is one of some, a list or an object by what is in it."""
    known = frozenset(map(_told_apart, values))
    return lambda value: _told_apart(value) in known


def _told_apart(value: Any) -> tuple[type, object]:
    return (type(value), repr(value)) if isinstance(value, list | dict) else distinct(value)


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal and of one kind: `True` is not `1`, and absent is what null is."""
    if one is other:
        return True
    if type(one) is type(other) and type(one) in _EQUAL_IF_ALIKE:
        return bool(one == other)
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(name), other.get(name)) for name in one.keys() | other.keys())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if one is None or other is None:
        return one in (None, ABSENT) and other in (None, ABSENT)
    if isinstance(one, float) and one != one:  # noqa: PLR0124 - only NaN differs from itself
        return isinstance(other, float) and other != other  # noqa: PLR0124 - as above
    return bool(one == other) and (not isinstance(one, bool | int | float) or distinct(one) == distinct(other))


def same_at(one: Record, other: Record, paths: Iterable[Path]) -> bool:
    """Return whether two records have the same values at these paths."""
    return all(same(get(one, path), get(other, path)) for path in paths)
