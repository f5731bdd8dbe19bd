"""Excuses: why a record that a run accepted may be rejected later on, without a fault of the mapping."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, parse_path
from etl.mapping.places import overlap
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Side, Use
from etl.record import NOTHING_KNOWN, Violation

_REJECTED: Final = ("W156", "W164")
"""The codes of what a rule may reject, though its schema has it."""


def are_excused(rules: tuple[Rule, ...], violations: Sequence[Violation], direction: Direction) -> bool:
    """Return whether all that is wrong with a record is excused, or follows from what is.

    A rule that reads what another one says may be missing fails for no reason of its own.
    """
    excused = [_path(one) for one in violations if is_excused(rules, one)]
    return all(is_excused(rules, one) or _follows(rules, _path(one), excused, direction) for one in violations)


def _follows(rules: tuple[Rule, ...], path: Path, excused: Sequence[Path], direction: Direction) -> bool:
    """Return whether a path is written by rules that read what is excused."""
    writing = [rule for rule in rules if any(overlap(path, one.path) for one in rule.fields(direction.target))]
    return bool(writing) and all(
        any(overlap(one, other) for one in rule.reads(direction.source) for other in excused) for rule in writing
    )


def _path(violation: Violation) -> Path:
    return parse_path(violation.path) if violation.path else ()


def is_excused(rules: tuple[Rule, ...], violation: Violation) -> bool:
    """Return whether a rule says why it rejects what is right, or a codec does not read what others have written."""
    path = _path(violation)
    return (violation.code == "form" and _is_only_read(rules, path)) or _may_reject(rules, path)


def _is_only_read(rules: tuple[Rule, ...], path: Path) -> bool:
    """Return whether a codec that writes nothing there reads a path."""
    for rule in rules:
        if rule.only is Direction.INBOUND and rule.codec is not None:
            if any(overlap(path, read) for read in rule.reads(Side.OUTSIDE)):
                return True
        elif rule.inner:
            lists = [one.path for one in rule.fields(Side.OUTSIDE) if overlap(one.path, path)]
            if any(_is_only_read(rule.inner, path[len(one) + 1 :]) for one in lists):
                return True
    return False


def _may_reject(rules: tuple[Rule, ...], path: Path) -> bool:
    """Return whether a rule that has to do with a path says why it rejects what is right by its schema."""
    for rule in rules:
        named = [one.path for side in Side for one in rule.fields(side) if overlap(one.path, path)]
        if named and rule.may_lose(*_REJECTED):
            return True
        if any(_may_reject(rule.inner, path[len(one) + 1 :]) for one in named):
            return True
    return False


def given(mapping: Mapping) -> Iterator[Path]:
    """Yield where a record may be wrong that lacks what is only read: the paths of rules that make something of it."""
    places = mapping.outside.only(Use.READ)
    for rule in mapping.rules:
        if {field.use for field in rule.fields(Side.OUTSIDE)} == {Use.READ}:
            yield from (*rule.paths(Side.INSIDE), *(field.path for field in rule.fields(Side.OUTSIDE)))
        elif isinstance(rule, Computed) and rule.side is Side.INSIDE:
            looked_at = rule.looks_at(Direction.INBOUND)
            if any(path[: len(place)] == place for path in looked_at for place in places):
                yield from (*rule.paths(Side.INSIDE), *rule.evidence(Direction.INBOUND, NOTHING_KNOWN))


def is_given(paths: Collection[str], violation: Violation) -> bool:
    """Return whether it is about a value that the outside alone says, and that is not there, since nobody sends it.

    What is written inside for an absent value need not be right then, where the outside always has one; nor has an
    object to be there that nothing else is in. paths: as `given`.
    """
    at = violation.path
    is_above = violation.code == "required" and any(path.startswith((f"{at}.", f"{at}[")) for path in paths)
    return is_above or at in paths
