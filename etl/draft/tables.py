"""Proposed tables: which values of two fields correspond, by records that both sides have, else by their words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from etl.draft.leaves import Leaf
from etl.draft.twins import Twins
from etl.draft.words import closest, likeness
from etl.mapping.equality import Distinct, distinct
from etl.mapping.paths import Path
from etl.record import shown

MOST_VALUES: Final = 40
_SURE: Final = 0.9
_SEEN: Final = 3
_NAMED_ALIKE: Final = 0.6
_RANKS: Final = ("deleted", "cancelled", "completed", "on_hold", "in_progress", "pending")
"""Where several flags are true, what comes later in the life of a work order counts."""


@dataclass(frozen=True, slots=True)
class Line:
    """Values of the outside that correspond to one of the inside. doubt: "" where records of both sides say so."""

    outside: tuple[Any, ...]
    inside: Any
    doubt: str


@dataclass(frozen=True, slots=True)
class Values:
    """A table of one field of each side. left: values outside, and inside, of which nobody knows what they are."""

    outside: Leaf
    inside: Leaf
    lines: tuple[Line, ...]
    left: tuple[tuple[Any, ...], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Flags:
    """A table of fields outside of which at most one is true. left: values inside that have none."""

    outside: tuple[Leaf, ...]
    inside: Leaf
    lines: tuple[tuple[Path, Any], ...]
    left: tuple[Any, ...]


def find_table(outside: Sequence[Leaf], inside: Leaf, twins: Twins) -> Values | Flags | None:
    """Return the table of a field inside that has few values, None where no field outside is like it."""
    weighed = [(weight, leaf) for leaf in outside if (weight := _weight(leaf, inside, twins)) > 0]
    if weighed:
        best = max(weighed, key=lambda one: one[0])[1]
        return _values(best, inside, twins)
    return _flags(outside, inside)


def _weight(leaf: Leaf, inside: Leaf, twins: Twins) -> float:
    """Return how likely a field is that of a table; 0 where it is none."""
    values = leaf.distinct
    if not values or len(values) > MOST_VALUES or leaf.types <= {"boolean"} or leaf.date_time:
        return 0
    pairs = twins.values(leaf, inside)
    if len(pairs) >= _SEEN and len({str(two) for _, two in pairs}) > 1:
        share = sum(count for _, count in _votes(pairs).values()) / len(pairs)
        repeats = len(values) < len(pairs)
        return 2 * share if share >= _SURE and repeats else 0
    named = likeness(leaf.path, inside.path)
    words, names = _words(leaf), [str(value) for value in inside.enum or ()]
    meant = sum(closest(words.get(distinct(value), str(value)), names) is not None for value in values) / len(values)
    return named + meant if named >= _NAMED_ALIKE else 0


def _words(leaf: Leaf) -> dict[Distinct, str]:
    """Return what people call each value."""
    both = zip(leaf.values, leaf.labels, strict=False)
    return {distinct(value): label for value, label in both if isinstance(label, str) and label}


def _votes(pairs: Sequence[tuple[Any, Any]]) -> dict[Any, tuple[Any, int]]:
    """Return, of each value outside, the value inside that most of its records have, with how many."""
    counted: dict[Any, Counter[Any]] = defaultdict(Counter)
    for one, two in pairs:
        counted[one][two] += 1
    return {one: votes.most_common(1)[0] for one, votes in counted.items()}


def _values(leaf: Leaf, inside: Leaf, twins: Twins) -> Values:
    pairs, words = twins.values(leaf, inside), _words(leaf)
    voted = _votes(pairs)
    seen = Counter(one for one, _ in pairs)
    usual = Counter(value for value in leaf.values if not leaf.is_nothing(value) and not isinstance(value, list | dict))
    lines: dict[Any, list[tuple[Any, str]]] = defaultdict(list)
    unknown = []
    for value in sorted(leaf.distinct, key=lambda value: -usual[value]):
        meant, count = voted.get(value, (None, 0))
        doubt = ""
        if meant is None:
            word = words.get(distinct(value), str(value))
            meant = closest(word, map(str, inside.enum or ()))
            doubt = "by its word" if word == str(value) else f"by its word {shown(word)}"
        elif count < seen[value]:
            doubt = f"{count} of {seen[value]} records"
        if meant is None:
            unknown.append(value)
        else:
            lines[meant].append((value, doubt))
    ordered = [value for value in inside.enum or () if value in lines]
    found = tuple(
        Line(
            tuple(value for value, _ in lines[meant]),
            meant,
            "; ".join(dict.fromkeys(doubt for _, doubt in lines[meant] if doubt)),
        )
        for meant in ordered
    )
    missing = tuple(value for value in inside.enum or () if value is not None and value not in lines)
    return Values(leaf, inside, found, (tuple(unknown), missing))


def _flags(outside: Sequence[Leaf], inside: Leaf) -> Flags | None:
    names = [str(value) for value in inside.enum or () if value is not None]
    found: dict[str, Leaf] = {}
    for leaf in outside:
        if leaf.types == {"boolean"} and not leaf.nulls:
            meant = closest(str(leaf.path[-1]), names)
            if meant is not None:
                found.setdefault(meant, leaf)
    if len(found) < 2:  # noqa: PLR2004 - one alone is no table
        return None
    ranks = {name: rank for rank, name in enumerate(_RANKS)}
    ordered = sorted(found, key=lambda name: ranks.get(name, len(ranks)))
    lines = tuple((found[name].path, name) for name in ordered)
    left = tuple(name for name in names if name not in found)
    return Flags(tuple(found[name] for name in ordered), inside, lines, left)
