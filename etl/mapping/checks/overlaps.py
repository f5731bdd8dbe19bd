"""Mappings that are checked together: what is of one of them is no other one's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etl.errors import Finding
from etl.mapping.model import Mapping


def check_overlaps(mappings: Iterable[Mapping]) -> list[Finding]:
    """W196: mappings of one collection that may touch one document; one finding for each, which names the others."""
    every = list(mappings)
    found = ((one, [other for other in every if other is not one and _meet(one, other)]) for one in every)
    return [_finding(one, others) for one, others in found if others]


def _meet(one: Mapping, other: Mapping) -> bool:
    """Return whether nothing keeps the documents of two mappings apart: no field has another value in each scope."""
    ours, theirs = one.mongodb.scope, other.mongodb.scope
    is_apart = any(repr(ours[name]) != repr(theirs[name]) for name in ours.keys() & theirs.keys())
    return one.mongodb.collection == other.mongodb.collection and not is_apart


def _finding(one: Mapping, others: Sequence[Mapping]) -> Finding:
    where, collection = one.inside.where, one.mongodb.collection
    further = f" and {len(others) - 1} more" if others[1:] else ""
    verb = "work" if further else "works"
    message = (
        f"{others[0].file}{further} {verb} with the collection {collection} as well, and may touch what is of this one"
    )
    if all(_exclude_each_other(one, other) for other in others):
        message = f"{message}: export_when keeps exports apart, and no imports of one key"
    fix = "give each a scope: with a value of its own, such as scope: {customer: hafen}"
    return Finding(where.file or str(one.file), where.line, where.column, "W196", message, fix)


def _exclude_each_other(one: Mapping, other: Mapping) -> bool:
    """Return whether some field must have one value to be exported by the one mapping, and another by the other."""
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
