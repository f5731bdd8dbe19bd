"""Records of both sides that are the same work order: known by values that each side has once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from etl.draft.leaves import Leaf
from etl.draft.values import Form, forms, kind_of
from etl.draft.words import likeness
from etl.mapping.codecs import CodecError, make_codec
from etl.mapping.equality import distinct, same
from etl.record import ABSENT

_ENOUGH: Final = 2
_MOSTLY: Final = 0.8
_HARDLY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Twins:
    """Which records are the same. indexes: of the outside record and of the inside one."""

    indexes: tuple[tuple[int, int], ...] = ()

    def values(self, outside: Leaf, inside: Leaf) -> list[tuple[Any, Any]]:
        """Return the values that both sides have of these records, where each has one."""
        pairs = [(outside.values[there], inside.values[here]) for there, here in self.indexes]
        return [(one, two) for one, two in pairs if not outside.is_nothing(one) and not inside.is_nothing(two)]

    def agree(self, outside: Leaf, inside: Leaf, form: Form) -> tuple[int, int]:
        """Return how many of these values are equal in a form, and how many there are; (0, 0) where all are one."""
        pairs = self.values(outside, inside)
        if len({distinct(two) for _, two in pairs}) < min(_ENOUGH, len(self.indexes)):
            return 0, 0
        return sum(same(_decoded(form, one), _held(inside, two)) for one, two in pairs), len(pairs)


def find_twins(outside: Sequence[Leaf], inside: Sequence[Leaf]) -> Twins:
    """Return the records that are the same, by the two fields that have most values in common, and each but once."""
    best: tuple[float, tuple[tuple[int, int], ...]] = (0, ())
    for own in inside:
        held = _by_value([_held(own, value) for value in own.values])
        for leaf in outside if len(held) > 1 else ():
            for form in forms(leaf, kind_of(own)):
                come = _by_value([_decoded(form, value) for value in leaf.values])
                common = tuple((come[value], held[value]) for value in come if value in held)
                weight = len(common) * (1 + likeness(leaf.path, own.path))
                if len(common) >= _ENOUGH and weight > best[0]:
                    best = (weight, common)
    return Twins(best[1])


def is_same(equal: int, of: int) -> bool:
    """Return whether so many equal values say that two fields correspond."""
    return of >= _ENOUGH and equal >= _MOSTLY * of


def is_other(equal: int, of: int) -> bool:
    """Return whether so few equal values say that two fields do not correspond."""
    return of > _ENOUGH and equal < _HARDLY * of


def _by_value(values: Sequence[Any]) -> dict[Any, int]:
    """Return the places of values that are there once."""
    keys = [None if value is ABSENT else distinct(value) for value in values]
    counted = Counter(keys)
    return {key: index for index, key in enumerate(keys) if key is not None and counted[key] == 1}


def _decoded(form: Form, value: Any) -> Any:
    try:
        return ABSENT if value in (None, "", ABSENT) else form.decode(value)
    except (CodecError, OverflowError):
        return ABSENT


def _held(leaf: Leaf, value: Any) -> Any:
    """Return an inside value as it is held: a date of a date's text."""
    if not leaf.date_time or isinstance(value, datetime):
        return ABSENT if value is None else value
    return _decoded(Form("datetime", (), make_codec("datetime", {})), value)
