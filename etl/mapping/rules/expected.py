"""The expected record: what is only read outside has its last value in it, and what is only written is not in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, assign, get
from etl.mapping.rules.access import Step
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Place, Side, Use
from etl.record import ABSENT, Record, Violation


def paths_only_read(mapping: Mapping) -> tuple[Path, ...]:
    """Return the outside paths that are only read, and that rules look at.

    What is sent in another field, in a form of its own that says it whole, is written there as it will be read.
    """
    places = mapping.outside.only(Use.READ)
    rules = mapping.rules if places else ()
    made = {path for rule in rules if _is_whole(rule) for path in rule.paths(Side.OUTSIDE)}
    asked = dict.fromkeys(path for rule in rules for path in rule.looks_at(Direction.INBOUND) if path not in made)
    return tuple(path for path in asked if all(isinstance(step, str) for step in path) and any(_is_in(path, places)))


def _is_whole(rule: Rule) -> bool:
    return isinstance(rule, Copy) and rule.goes(Direction.OUTBOUND) and len(rule.fields(Side.OUTSIDE)) > 1


def only_read(mapping: Mapping) -> Iterator[Step]:
    """Yield the step that writes the last value of what is only read, if rules read any of that."""
    paths = paths_only_read(mapping)

    def step(_record: Record, last: Record, into: Record, _violations: list[Violation]) -> None:
        for path in paths:
            if (value := get(last, path)) is not ABSENT:
                assign(into, path, value)

    if paths:
        yield step


def _is_in(path: Path, places: tuple[Place, ...]) -> Iterator[bool]:
    return (path[: len(place)] == place for place in places)


def only_written(mapping: Mapping) -> Iterator[Step]:
    """Yield the step that takes away what is only written, if there is any of that."""
    places = mapping.outside.only(Use.WRITE)
    take_away = taking_away(places)

    def step(_record: Record, _last: Record, into: Record, _violations: list[Violation]) -> None:
        take_away(into)

    if places:
        yield step


def taking_away(places: tuple[Place, ...]) -> Callable[[Record], None]:
    """Return what takes the values at some places out of a record, with the objects of which nothing is left."""

    def take_away(record: Record) -> None:
        for place in places:
            _take(record, place)

    return take_away


def _take(value: Any, place: Place) -> None:
    step, *rest = place
    if step is None:
        for item in value if isinstance(value, list) else ():
            _take(item, tuple(rest))
    elif isinstance(value, dict) and step in value:
        if not rest:
            del value[step]
        elif value[step]:
            _take(value[step], tuple(rest))
            if value[step] == {}:
                del value[step]
