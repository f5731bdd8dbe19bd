"""What an import sets, and a filter of what waits: whether a document that waited does so still.

Truth has three values here: a filter asks of other fields as well, and in ways that nobody knows before it runs.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Table
from datetime import datetime
from enum import Enum
from typing import Any, Final, TypeAlias

from etl.mapping.equality import distinct
from etl.record import Scalar


class Stamp(Enum):
    """What a run writes that no record says."""

    NOW = "$now"
    ABSENT = "$absent"


Truth: TypeAlias = bool | None
"""Whether a condition holds; None where nobody knows."""

_LOGICAL: Final = frozenset({"$and", "$or", "$nor"})

_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def settled(export_when: Table[str, Any], stamps: Table[str, Scalar | Stamp]) -> frozenset[str]:
    """Return the stamps by which a document that waits may wait no more; none where it surely waits with them."""
    return frozenset(_unmet(export_when, stamps))


def _unmet(filter_: Table[str, Any], stamps: Table[str, Scalar | Stamp], *, wanted: bool = True) -> Iterator[str]:
    """Yield the stamps for which a filter may not come out as it is wanted to, those of its parts that do left out."""
    for name, asked in filter_.items():
        if _condition(name, asked, stamps) is wanted:
            continue
        if name in _LOGICAL:
            within = wanted is not (name == "$nor")
            for part in asked:
                if _filter(part, stamps) is not within:
                    yield from _unmet(part, stamps, wanted=within)
        elif (top := name.split(".")[0]) in stamps:
            yield top


def _filter(filter_: Table[str, Any], stamps: Table[str, Scalar | Stamp]) -> Truth:
    """Return whether a filter takes a document of which only the stamps are known."""
    return _all(_condition(name, asked, stamps) for name, asked in filter_.items())


def _condition(name: str, asked: Any, stamps: Table[str, Scalar | Stamp]) -> Truth:
    if name not in _LOGICAL:
        return None if name.startswith("$") else _holds(asked, name, stamps)
    parts = [_filter(each, stamps) for each in asked]
    return _all(parts) if name == "$and" else _any(parts) if name == "$or" else _not(_any(parts))


def _holds(asked: Any, name: str, stamps: Table[str, Scalar | Stamp]) -> Truth:
    """Return whether a field is as it is asked for once the stamps are set; None of one that none sets."""
    top, _, below = name.partition(".")
    return _is_so(asked, Stamp.ABSENT if below else stamps[top]) if top in stamps else None


def _is_so(asked: Any, stamp: Scalar | Stamp) -> Truth:
    if not isinstance(asked, dict) or not all(name.startswith("$") for name in asked):
        return _is_one(asked, stamp)
    return _all(_meets(name, value, stamp) for name, value in asked.items())


def _meets(name: str, value: Any, stamp: Scalar | Stamp) -> Truth:
    """Return whether what a run sets meets one operator of a filter."""
    match name:
        case "$eq":
            return _is_one(value, stamp)
        case "$ne":
            return not _is_one(value, stamp)
        case "$in":
            return any(_is_one(one, stamp) for one in value)
        case "$nin":
            return not any(_is_one(one, stamp) for one in value)
        case "$exists":
            return bool(value) is not (stamp is Stamp.ABSENT)
        case "$not":
            return _not(_is_so(value, stamp)) if isinstance(value, dict) else None
        case "$gt" | "$gte" | "$lt" | "$lte":
            return _is_ordered(name, value, stamp)
    return None


def _is_ordered(name: str, value: Any, stamp: Scalar | Stamp) -> Truth:
    """Compare as MongoDB does: only what is of one type. The time of a run comes after every date of a filter."""
    if stamp is Stamp.NOW:
        return isinstance(value, datetime) and name in {"$gt", "$gte"}
    if value is None or stamp is None:
        return None
    is_number = [isinstance(one, int | float) and not isinstance(one, bool) for one in (value, stamp)]
    return (all(is_number) or type(value) is type(stamp)) and _ORDERS[name](stamp, value)


def _is_one(value: Any, stamp: Scalar | Stamp) -> bool:
    """Return whether MongoDB takes a value of a filter for what a run sets: null is as good as nothing there."""
    if stamp is Stamp.ABSENT or stamp is None:
        return value is None
    if isinstance(value, int | float) and isinstance(stamp, int | float):
        return isinstance(value, bool) is isinstance(stamp, bool) and value == stamp
    return isinstance(value, str) and distinct(value) == distinct(stamp)


def _all(parts: Iterable[Truth]) -> Truth:
    found = list(parts)
    return False if False in found else None if None in found else True


def _any(parts: Iterable[Truth]) -> Truth:
    return _not(_all(map(_not, parts)))


def _not(holds: Truth) -> Truth:
    return None if holds is None else not holds
