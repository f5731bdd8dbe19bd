"""What both sides last agreed on, and when two values are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from etl.mapping.equality import distinct
from etl.mapping.paths import Path, assign, get, only_name
from etl.record import ABSENT, Record

Projection: TypeAlias = Callable[[Record], Record]

Turn: TypeAlias = tuple[bytes, int]
"""What the last import replaced by what, and how often in a row it did just that."""


_EQUAL_IF_ALIKE: Final = (str, bool, int, datetime)


@dataclass(slots=True)
class Agreement:
    """What is remembered of one key; not frozen, see `etl.transfer.model`.

    fingerprint: of the outside record that was last read, b"" if none was. seen: the inside values that it meant.
    sent: the inside values that the record last exported would mean, where they are not the same.
    shared: several outside records had this key when it was last read. turns: by rule. begun: by path, the inside
    values that a run was about to write; see `etl.transfer.begun`.
    """

    fingerprint: bytes = b""
    seen: Record | None = None
    sent: Record | None = None
    shared: bool = False
    turns: Table[str, Turn] = field(default_factory=dict)
    begun: dict[str, Any] | None = None

    @property
    def base(self) -> Record:
        """The inside values on which both sides last agreed."""
        return (self.seen if self.sent is None else self.sent) or {}


def projection(paths: Iterable[Path]) -> Projection:
    """Return `part` for these paths."""
    every = tuple(paths)
    names = dict.fromkeys(filter(None, map(only_name, every)))
    if len(names) < len(every):
        return lambda record: part(record, every)
    return lambda record: {name: record[name] for name in names if name in record}


def part(record: Record, paths: Iterable[Path]) -> Record:
    """Return a record with the values of `record` at these paths only."""
    made: Record = {}
    for path in paths:
        if len(path) > 1:
            if (value := get(record, path)) is not ABSENT:
                assign(made, path, value)
        elif path[0] in record:
            made[str(path[0])] = record[path[0]]
    return made


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
