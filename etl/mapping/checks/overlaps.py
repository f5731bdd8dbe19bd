"""Mappings that are checked together: what one of them exports is no other one's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from etl.errors import Finding
from etl.mapping.model import Mapping


def check_overlaps(mappings: Iterable[Mapping]) -> list[Finding]:
    """W196: two mappings of one collection whose `export_when` may match the same document."""
    found: list[Finding] = []
    for one, other in combinations(mappings, 2):
        if one.mongodb.collection == other.mongodb.collection and not _exclude_each_other(one, other):
            found += [_finding(one, other), _finding(other, one)]
    return found


def _finding(one: Mapping, other: Mapping) -> Finding:
    where = one.inside.where
    message = (
        f"{other.file} exports from the collection {one.mongodb.collection} as well, and may take what is for this one"
    )
    fix = "let each export_when have a field with a value of its own, such as {customer: hafen}"
    return Finding(where.file or str(one.file), where.line, where.column, "W196", message, fix)


def _exclude_each_other(one: Mapping, other: Mapping) -> bool:
    """Return whether some field must have one value for the one mapping, and another for the other."""
    ours, theirs = _fixed(one), _fixed(other)
    return any(not set(map(repr, ours[name])) & set(map(repr, theirs[name])) for name in ours.keys() & theirs.keys())


def _fixed(mapping: Mapping) -> dict[str, Sequence[object]]:
    """Return the fields that a filter, or the scope, fixes to one value, or to one of several."""
    fixed: dict[str, Sequence[object]] = {name: (value,) for name, value in mapping.mongodb.scope.items()}
    for name, condition in mapping.mongodb.export_when.items():
        if name.startswith("$") or name in fixed:
            continue
        if not isinstance(condition, dict):
            fixed[name] = (condition,)
        elif "$eq" in condition:
            fixed[name] = (condition["$eq"],)
        elif "$in" in condition:
            fixed[name] = tuple(condition["$in"])
    return fixed
