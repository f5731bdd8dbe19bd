"""Which fields of each side a mapping reads and writes."""

from __future__ import annotations

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, overlap
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Side

__all__ = ["is_key", "is_once", "overlap", "owned_paths", "read_names", "written_paths"]


def written_paths(rule: Rule, side: Side) -> tuple[Path, ...]:
    """Return the paths of one side that a rule writes."""
    return rule.paths(side)


def owned_paths(mapping: Mapping, side: Side) -> dict[Path, bool]:
    """Return the paths that the mapping writes on one side, each with whether only a creation writes it."""
    return mapping.owned_paths(side)


def is_once(rule: Rule) -> bool:
    """Return whether a rule writes inside only when the record is created."""
    return rule.once


def is_key(rule: Rule) -> bool:
    """Return whether a rule is a part of what identifies a record."""
    return rule.key


def read_names(mapping: Mapping, side: Side) -> tuple[str, ...]:
    """Return the top-level names of one side that a translation to the other, or its schema, looks at."""
    return mapping.read_names(side)
