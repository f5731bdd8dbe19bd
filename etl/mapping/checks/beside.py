"""Beside: objects that require a value which may be absent, where another rule writes into them.

The small records differ in one value from one another, so none lacks the one value and has the other: such records are
put together here, of one that lacks it and one that has the other.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

from etl.mapping.checks.context import Context
from etl.mapping.checks.trials import Trial, Trials
from etl.mapping.paths import Path, assign, get
from etl.mapping.places import in_schema, overlap
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.shapes import UnknownFieldError
from etl.mapping.terms import Direction, Side
from etl.record import ABSENT, Record

_FEW: Final = 3
"""So many records that lack a value, and that have one of another rule, are put together."""


def trials_beside(context: Context, trials: Trials, direction: Direction) -> Iterator[Trial]:
    """Yield records that lack what an object requires and have what else a rule writes into it."""
    side = direction.target
    for path in _required(context, side):
        yield from _Beside(context, trials, direction, path).trials()
    for inner in context.elements():
        yield from trials_beside(inner, trials, direction)


def _required(context: Context, side: Side) -> Iterator[Path]:
    """Yield the paths that rules write, and what they lead through, which objects that need not be there require.

    They need not be where something else may stand for an absent value in their place.
    """
    written = dict.fromkeys(path for rule in context.rules for path in rule.paths(side))
    above = [field.above.path for rule in context.rules for field in rule.fields(side) if field.above is not None]
    for path in dict.fromkeys(one[:length] for one in written for length in range(2, len(one) + 1)):
        try:
            is_required = path[-1] in context.targets[side].required(in_schema(path[:-1]))
            may_lack = not context.targets[side].shape(in_schema(path)).required
            if is_required and (may_lack or any(path[: len(one)] == one for one in above)):
                yield path
        except UnknownFieldError:
            continue


class _Beside:
    """One required path of a target, from where its rules start."""

    def __init__(self, context: Context, trials: Trials, direction: Direction, path: Path) -> None:
        self._context, self._trials, self._direction, self._path = context, trials, direction, path
        self._source, self._target = context.at[direction.source], context.at[direction.target]
        self._writers = [rule for rule in context.rules if self._writes(rule, path)]

    def trials(self) -> Iterator[Trial]:
        """Yield what becomes of records in which the value is lacking beside that of each other rule."""
        above, whole = self._path[:-1], (*self._target, *self._path)
        accepted = [one for one in self._trials.of(self._direction) if one.accepted]
        lacking = [one for one in accepted if get(one.made, whole) is ABSENT and self._is_read(one)]
        for rule in self._context.rules if lacking else ():
            fields = [(*self._target, *path) for path in rule.paths(self._direction.target) if overlap(above, path)]
            if rule in self._writers or not fields:
                continue
            having = [one for one in accepted if any(get(one.made, field) is not ABSENT for field in fields)]
            full = [one for one in having if any(get(one.made, field) not in (ABSENT, None) for field in fields)]
            for one, other in product([*having[:_FEW], *full[:_FEW]], _nearest(lacking, self._reads())):
                at, record = self._put_together(one.record, other.record)
                if (made := self._trials.judged(self._direction, record, at)) is not None:
                    yield made

    def _writes(self, rule: Rule, path: Path) -> bool:
        return rule.goes(self._direction) and any(overlap(path, one) for one in rule.paths(self._direction.target))

    def _reads(self) -> list[Path]:
        """Return what the rules read that write the value."""
        found = (path for rule in self._writers for path in rule.reads(self._direction.source))
        return [(*self._source, *path) for path in dict.fromkeys(found)]

    def _is_read(self, trial: Trial) -> bool:
        """Return whether a record has that of which the rules make a value: an element, of one in a list."""
        return not self._source or isinstance(get(trial.record, self._source), dict)

    def _put_together(self, record: Record, lacking: Record) -> tuple[Path, Record]:
        """Return a record in which what the rules read is as in another one, with the first path that differs."""
        made, at = copy.deepcopy(record), None
        for path in self._reads():
            value = get(lacking, path)
            if repr(value) != repr(get(made, path)):
                at = path if at is None else at
                assign(made, path, copy.deepcopy(value))
        return at or (), made


def _nearest(trials: Iterable[Trial], paths: list[Path]) -> list[Trial]:
    """Return a few records, those first in which what is at some paths was varied."""
    return sorted(trials, key=lambda one: not any(overlap(one.at, path) for path in paths))[:_FEW]
