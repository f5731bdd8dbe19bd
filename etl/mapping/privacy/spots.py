"""Spots: where in records something private stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from etl.mapping.paths import Path
from etl.mapping.terms import Place


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A step to every member of an object that is not listed."""

    listed: frozenset[str]


Spot: TypeAlias = tuple[str | Unlisted | None, ...]
"""Where something private stands: names, None for every element of a list, and members that are not listed."""


def place_of(path: Path) -> Place:
    """Return where a path leads: whatever element of a list it is."""
    return tuple(step if isinstance(step, str) else None for step in path)


def meets(spot: Spot, place: Place) -> bool:
    """Return whether one of the two lies in the other."""
    return all(is_met(step, name) for step, name in zip(spot, place, strict=False))


def is_met(step: str | Unlisted | None, name: str | None) -> bool:
    """Return whether a step of a spot leads where a name does."""
    return name is not None and name not in step.listed if isinstance(step, Unlisted) else step == name
