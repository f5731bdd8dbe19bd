"""What adds to one list or text of a target: lines of tables a member or a word, paths that select an element.

A list with a key adds its elements to those without one, which stay.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, islice, product
from typing import Any, Final, TypeAlias

from etl.mapping.checks.context import Context
from etl.mapping.checks.trials import Trial
from etl.mapping.equality import distinct
from etl.mapping.paths import Path, assign, get
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.conditions import Condition
from etl.mapping.rules.each import Each
from etl.mapping.rules.elements import key_of
from etl.mapping.rules.elsewhere import is_absent
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line
from etl.mapping.rules.table import Table
from etl.mapping.selectors import Selector
from etl.mapping.terms import Direction, Field, Side, Use
from etl.record import ABSENT, Record

Values: TypeAlias = tuple[tuple[Path, Any], ...]
"""What is laid into a record, by paths from where its rules start."""

_MOST: Final = 256
_WAYS: Final = 2
"""In so many ways rules are tried together, and once all of them; and in so many ways one adds a value, or nothing."""


@dataclass(frozen=True, slots=True)
class Adding:
    """A rule that may add to a field of its target. path: of that field. at: where the paths of its target start."""

    rule: Rule
    direction: Direction
    path: Path
    at: Path

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields by which it adds something: that one, or those in elements of it that are selected."""
        written = _written(self.rule, self.direction.target)
        return (*self._kept, *(field for field in written if self.path in _lists_of(field.path, self.keys)))

    @property
    def selectors(self) -> tuple[Selector, ...]:
        """What selects the elements of its list into which it writes."""
        steps = (field.path[len(self.path)] for field in self.fields if len(field.path) > len(self.path))
        return tuple(dict.fromkeys(step for step in steps if isinstance(step, Selector)))

    def is_there(self, last: Any) -> bool:
        """Return whether a list has all elements already into which it writes."""
        items = last if isinstance(last, list) else []
        return bool(self.selectors) and all(any(map(one.holds, items)) for one in self.selectors)

    @property
    def is_only_written(self) -> bool:
        """Whether nobody knows what was there last."""
        return any(field.use is Use.WRITE for field in self.fields)

    @property
    def keys(self) -> tuple[Field, ...]:
        """The fields that tell the elements of its list from those that stay, () where it is none with a key."""
        return _keys(self.rule, self.direction.target)

    @property
    def _kept(self) -> tuple[Field, ...]:
        kept = self.rule.kept(self.direction.target) if isinstance(self.rule, Table) else ()
        return tuple(field for field in kept if field.path == self.path)

    def names(self, element: Any) -> bool:
        """Return whether an element of the list is a member that lines name, one that is selected, or has the key."""
        target = self.direction.target
        parts = [
            part
            for field in self._kept
            if isinstance(self.rule, Table) and (found := self.rule.named_parts(target, field)) is not None
            for part in found[1]
        ]
        is_own = any(one.holds(element) for one in self.selectors)
        is_told = bool(self.keys) and key_of(element, self.keys) is not None
        return is_own or is_told or distinct(element) in {*map(distinct, parts)}

    def without_key(self, elements: Iterable[Any]) -> Iterator[Any]:
        """Yield elements of its list whose key means absent."""
        for element, field in product(elements, self.keys):
            for null in (*field.nulls, field.when_absent) if isinstance(element, dict) else ():
                made: Record = copy.deepcopy(element)
                assign(made, field.path, null)
                yield made

    def line(self, element: Record) -> Line | None:
        """Return the line of its table by which it adds something of what is read; None where there is none."""
        line = next(self.rule.matching(self.direction, element), None) if self._kept else None
        return line if line is not None and self._is_adding(line) else None

    def added(self, element: Record, made: Record) -> tuple[object, ...]:
        """Return by what it adds something of what is read, () for nothing. made: what became of the record.

        Of a field, with whether that stands for no value: where what came is kept, only a value adds.
        """
        line = self.line(element)
        selected = ((one, get(made, (*self.at, *one.path))) for one in self.fields if one not in self._kept)
        there = ((one, value) for one, value in selected if value is not ABSENT and value != [])
        absent = ((one.path, is_absent(one, value) or means_absent(one, value)) for one, value in there)
        return (*(() if line is None else (id(line),)), *absent)

    def ways(self, trials: Sequence[Trial], source: Path) -> list[Values]:
        """Return what is read where it adds something, by each line and each path twice. source: where that starts."""
        ways: dict[tuple[object, ...], dict[str, Values]] = {}
        for trial in trials:
            element = get(trial.record, source)
            if (added := self.added(element, trial.made)) and len(known := ways.setdefault(added, {})) < _WAYS:
                laid = tuple((path, get(element, path)) for path in self.rule.reads(self.direction.source))
                known.setdefault(repr(laid), laid)
        return [laid for known in ways.values() for laid in known.values()]

    def idle(self, trials: Sequence[Trial], source: Path) -> list[Values]:
        """Return what is read where it adds nothing, in two ways at most. source: where that starts."""
        ways: dict[str, Values] = {}
        for trial in trials:
            if not self.added(element := get(trial.record, source), trial.made):
                laid = tuple((path, get(element, path)) for path in self.rule.reads(self.direction.source))
                ways.setdefault(repr(laid), laid)
        return list(ways.values())[:_WAYS]

    def _is_adding(self, line: Line) -> bool:
        accepted = (one for field, many in line.of(self.direction.target) if field.path == self.path for one in many)
        return any(isinstance(one, Condition) and one.has for one in accepted)


def adding_to(context: Context, direction: Direction) -> dict[Path, list[Adding]]:
    """Return the rules that add to a list or a text of a target, by its path."""
    found: dict[Path, list[Adding]] = {}
    at = context.at[direction.target]
    for rule in context.rules:
        if not rule.goes(direction):
            continue
        kept = rule.kept(direction.target) if isinstance(rule, Table) else ()
        keys, written = _keys(rule, direction.target), _written(rule, direction.target)
        lists = chain.from_iterable(_lists_of(field.path, keys) for field in written)
        for path in dict.fromkeys((*(field.path for field in kept), *lists)):
            found.setdefault(path, []).append(Adding(rule, direction, path, at))
    return found


def together(ways: Sequence[Sequence[Values]], idle: Sequence[Sequence[Values]]) -> Iterator[Values]:
    """Yield what is laid so that some of several rules add something: few of them first, at last all.

    idle: what is laid so that a rule adds nothing: after all others, the rest of the rules does not.
    """
    yield from islice(_some(ways, [() for _ in ways]), _MOST)
    yield tuple(chain.from_iterable(one[0] for one in ways if one))
    for index in range(_WAYS):
        yield from islice(_some(ways, [one[index] if index < len(one) else () for one in idle]), _MOST)


def _some(ways: Sequence[Sequence[Values]], rest: Sequence[Values]) -> Iterator[Values]:
    """Yield what is laid for some of several rules, and for the rest of them."""
    places = range(len(ways))
    for chosen in chain.from_iterable(combinations(places, size) for size in range(1, len(ways) + 1)):
        others = tuple(chain.from_iterable(rest[place] for place in places if place not in chosen))
        for way in product(*(ways[place] for place in chosen)):
            yield (*others, *chain.from_iterable(way))


def _written(rule: Rule, side: Side) -> tuple[Field, ...]:
    """Return the fields that a rule writes; of a list, or a group, where that is."""
    return rule.fields(side) if rule.inner else rule.written(side)


def _keys(rule: Rule, side: Side) -> tuple[Field, ...]:
    """Return the fields that tell the elements of a list apart."""
    return rule.keys(side) if isinstance(rule, Each) and not rule.is_group else ()


def _lists_of(path: Path, keys: Sequence[Field]) -> Iterator[Path]:
    """Yield the lists of which a path selects an element, and the one that it leads to, where that has a key."""
    yield from (path[:at] for at, step in enumerate(path) if isinstance(step, Selector))
    if keys:
        yield path
