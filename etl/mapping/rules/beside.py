"""Beside: which rules share fields, so that what one of them writes is right only with what the others write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etl.mapping.paths import Path
from etl.mapping.places import overlap
from etl.mapping.rules.each import in_order
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Side


def written_by(rule: Rule, side: Side) -> tuple[Path, ...]:
    """Return the paths of one side that a rule writes; of a table also those that it takes away."""
    shared = rule.beside(side) if isinstance(rule, Table) and rule.goes(Direction.towards(side)) else ()
    return tuple(dict.fromkeys((*rule.paths(side), *(field.path for field in shared))))


def named_by(rule: Rule) -> tuple[Path, ...]:
    """Return the outside paths that decide what a rule means, or writes."""
    fields = (*rule.fields(Side.OUTSIDE), *rule.stand_in_fields(Side.OUTSIDE))
    return tuple(dict.fromkeys((*(field.path for field in fields), *rule.reads(Side.OUTSIDE))))


def bound(rules: Sequence[Rule]) -> tuple[tuple[Rule, ...], ...]:
    """Return rules in groups, each in the order in which its rules are done: no two groups have a field in common."""
    groups: list[list[Rule]] = []
    for rule in rules:
        met = [group for group in groups if any(_share(rule, other) for other in group)]
        groups = [group for group in groups if not any(group is one for one in met)]
        groups.append([one for group in met for one in group] + [rule])
    places = {id(rule): place for place, rule in enumerate(in_order(rules))}
    return tuple(tuple(sorted(group, key=lambda rule: places[id(rule)])) for group in groups)


def _share(one: Rule, other: Rule) -> bool:
    """Return whether one of two rules writes what the other one writes, or outside what that looks at."""
    if one.goes(Direction.OUTBOUND) and other.goes(Direction.OUTBOUND):
        pairs = ((one, other), (other, one))
        if any(_meet(written_by(first, Side.OUTSIDE), named_by(second)) for first, second in pairs):
            return True
    return _meet(written_by(one, Side.INSIDE), written_by(other, Side.INSIDE))


def _meet(some: Iterable[Path], others: Sequence[Path]) -> bool:
    return any(overlap(one, other) for one in some for other in others)
