"""Which fields of each side a mapping reads and writes."""

from __future__ import annotations

from typing import Any, assert_never

from etl.mapping.model import Cases, Copy, Derive, Each, Flags, Mapping, Rule, Values
from etl.mapping.paths import Path
from etl.mapping.rules.tables import pattern_fields
from etl.mapping.terms import Side


def written_paths(rule: Rule, side: Side) -> tuple[Path, ...]:
    """Return the paths of one side that a rule writes."""
    match rule:
        case Copy():
            fields = rule.outside if side is Side.OUTSIDE else (rule.inside,)
        case Derive():
            fields = (rule.target,) if rule.side is side else ()
        case Flags():
            fields = (rule.value,) if rule.side is side else tuple(field for field, _ in rule.flags)
        case Values() | Each():
            fields = (rule.outside if side is Side.OUTSIDE else rule.inside,)
        case Cases():
            otherwise = [rule.otherwise[side]] if side in rule.otherwise else []
            fields = pattern_fields([case.of(side) for case in rule.cases] + otherwise)
        case _:
            assert_never(rule)
    return tuple(field.path for field in fields)


def owned_paths(mapping: Mapping, side: Side) -> dict[Path, bool]:
    """Return the paths that the mapping writes on one side, each with whether only a creation writes it."""
    return {path: side is Side.INSIDE and is_once(rule) for rule in mapping.rules for path in written_paths(rule, side)}


def is_once(rule: Rule) -> bool:
    """Return whether a rule writes inside only when the record is created."""
    return isinstance(rule, Copy | Derive | Values) and rule.once


def is_key(rule: Rule) -> bool:
    """Return whether a rule is a part of what identifies a record."""
    return isinstance(rule, Copy) and rule.key


def overlap(one: Path, other: Path) -> bool:
    """Return whether one path leads to the other, or to what stands in it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def read_names(mapping: Mapping, side: Side) -> tuple[str, ...]:
    """Return the top-level names of one side that a translation to the other, or its schema, looks at."""
    names: set[Any] = set(mapping.system(side).schema.get("properties", {}))
    for rule in mapping.rules:
        if isinstance(rule, Derive):
            names.update(rule.reads if rule.side is not side else ())
        else:
            names.update(path[0] for path in written_paths(rule, side))
    return tuple(sorted(names))
