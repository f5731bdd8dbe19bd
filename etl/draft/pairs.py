"""Which fields of the two sides correspond: by equal values of the same work orders, else by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from etl.draft.leaves import MANY, Leaf
from etl.draft.tables import Flags, Values, find_table
from etl.draft.twins import Twins, is_other, is_same
from etl.draft.values import PLAIN, Form, forms, kind_of
from etl.draft.words import concepts, likeness, plain, words

_ALIKE: Final = 0.65
_SURE: Final = 0.99
_KEYED: Final = 0.5
_INNER: Final = 0.6
"""So much less likely to be the key of a record is a field of an object in it, for each level; half as much one whose
name has other words, such as those of what it refers to."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two fields that seem to correspond. doubts: what speaks against it, or what nobody can tell."""

    outside: Leaf
    inside: Leaf
    form: Form
    doubts: tuple[str, ...] = ()
    key: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """All that corresponds. outside, inside: the fields that are left."""

    pairs: list[Pair] = field(default_factory=list)
    tables: list[Values | Flags] = field(default_factory=list)
    outside: list[Leaf] = field(default_factory=list)
    inside: list[Leaf] = field(default_factory=list)


def match(outside: Sequence[Leaf], inside: Sequence[Leaf], twins: Twins) -> Matched:
    """Return what corresponds, each field once: the key first, then what is likeliest."""
    left, right = [leaf for leaf in outside if _is_value(leaf)], list(inside)
    found = Matched(outside=[leaf for leaf in outside if not _is_value(leaf)])
    key = _key(left, right, twins)
    if key is not None:
        found.pairs.append(key)
        left.remove(key.outside)
        right.remove(key.inside)
    for leaf in [leaf for leaf in right if leaf.enum is not None]:
        table = find_table(left, leaf, twins)
        if table is not None:
            found.tables.append(table)
            right.remove(leaf)
            for used in table.outside if isinstance(table, Flags) else (table.outside,):
                left.remove(used)
    for pair in _others(left, right, twins):
        found.pairs.append(pair)
        left.remove(pair.outside)
        right.remove(pair.inside)
    found.outside.extend(left)
    found.inside.extend(right)
    return found


def _is_value(leaf: Leaf) -> bool:
    """Return whether a leaf may be one half of a pair; a label is only read."""
    return not leaf.types & MANY and leaf.of is None


def _others(outside: Sequence[Leaf], inside: Sequence[Leaf], twins: Twins) -> list[Pair]:
    weighed = []
    for own in inside:
        for leaf in outside:
            for form in forms(leaf, kind_of(own)):
                weight, doubts = _weight(leaf, own, form, twins)
                if weight >= _ALIKE:
                    left = form.doubts if doubts else ()  # values that are equal tell of their form, too
                    weighed.append((weight, Pair(leaf, own, form, (*doubts, *left))))
                    break
    chosen: list[Pair] = []
    for _, pair in sorted(weighed, key=lambda one: (-one[0], *_distance(one[1]))):
        taken = {id(other.outside) for other in chosen} | {id(other.inside) for other in chosen}
        if id(pair.outside) not in taken and id(pair.inside) not in taken:
            chosen.append(pair)
    return chosen


def _distance(pair: Pair) -> tuple[bool, int]:
    """Return how far apart the names of two fields are that are as likely as others: other words, and levels."""
    here, there = (plain(str(leaf.path[-1])) for leaf in (pair.outside, pair.inside))
    return here != there, abs(len(pair.outside.path) - len(pair.inside.path))


def _weight(outside: Leaf, inside: Leaf, form: Form, twins: Twins) -> tuple[float, tuple[str, ...]]:
    """Return how likely two fields correspond, and what is doubtful in it."""
    named = likeness(outside.path, inside.path)
    equal, of = twins.agree(outside, inside, form)
    if is_other(equal, of):
        return 0, ()
    if is_same(equal, of):
        return 2 + equal / of + named, () if equal == of else (f"{equal} of {of} values are equal",)
    return named, () if named >= _SURE and of else ("by its name alone",)


def _key(outside: Sequence[Leaf], inside: Sequence[Leaf], twins: Twins) -> Pair | None:
    """Return the two fields that name a record: each has a value in every record, and no two the same."""
    weighed: list[tuple[float, Pair]] = []
    for own in inside:
        kind = kind_of(own)
        if kind not in ("integer", "string") or "number" not in concepts(str(own.path[-1])):
            continue
        for place, leaf in enumerate(outside):
            if not _names_records(leaf):
                continue
            fitting = forms(leaf, kind)
            form = fitting[0] if fitting else PLAIN
            equal, of = twins.agree(leaf, own, form)
            named = "number" in concepts(str(leaf.path[-1]))
            alike = is_same(equal, of)
            weight = 4 * alike + 2 * bool(fitting) + named + own.always + likeness(leaf.path, own.path)
            weight -= _INNER * (len(leaf.path) - 1 + (len(words(str(leaf.path[-1]))) > 1) / 2) + place / 100
            doubts = () if alike else ("no two records have the same, and its name is like that of a key",)
            if not named and not alike:
                doubts = ("no two records have the same; is it the key?",)
            if not fitting:
                doubts = (f"{own.path[-1]} is no text, and this is: which key has TracOS?", *doubts)
            weighed.append((weight, Pair(leaf, own, form, doubts, key=True)))
    best = max(weighed, key=lambda one: one[0], default=None)
    return best[1] if best is not None and best[0] > _KEYED else None


def _names_records(leaf: Leaf) -> bool:
    """Return whether a field may name a record."""
    if leaf.enum is not None or leaf.date_time or leaf.nullable or not leaf.types <= {"string", "integer"}:
        return False
    values = leaf.distinct
    return len(values) == len(leaf.values) if leaf.values else bool(leaf.types)
