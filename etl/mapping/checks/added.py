"""What tables add to: a member or a word beside all that may stand there is one too many for the schema.

A value that is as long as it may be is laid where a table adds to it, as what was there last or as what a rule beside
the table writes, and so is what other tables add.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Final, TypeAlias

from etl.mapping.checks.context import Context
from etl.mapping.checks.trials import Trial, Trials
from etl.mapping.equality import distinct
from etl.mapping.paths import Path, assign, get
from etl.mapping.places import overlap
from etl.mapping.rules.conditions import Condition
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line
from etl.mapping.rules.table import Table
from etl.mapping.samples.full import full_values, limits_of
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Direction, Field, Side, Use
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation, shown

_MOST: Final = 256
"""So many records are tried of a field."""

_LONGEST: Final = 3
"""So many of the longest values of a field are tried."""

_Values: TypeAlias = tuple[tuple[Path, Any], ...]
"""What is laid into a record, by paths from where its rules start."""

_FIX: Final = "let the schema have more, or say lossy: and why such a record may be rejected"


def check_added(context: Context, trials: Trials) -> None:
    """W156: what a table adds to a list or a text has room beside what may stand there."""
    for direction in Direction:
        fields = [field for rule in _tables_of(context, direction) for field in rule.kept(direction.target)]
        for path in dict.fromkeys(field.path for field in fields):
            _Room(context, trials, direction, path).check()
    for inner in context.elements():
        check_added(inner, trials)


def _tables_of(context: Context, direction: Direction) -> list[Table]:
    return [rule for rule in context.rules if isinstance(rule, Table) and rule.goes(direction)]


@dataclass(frozen=True, slots=True)
class _Room:
    """The room that there is in one field of the target to which tables add."""

    context: Context
    trials: Trials
    direction: Direction
    path: Path

    def check(self) -> None:
        """Find lines that add one too many, each once."""
        told: set[int] = set()
        base = next(self._bases(self.direction), None)
        if base is None:
            return
        lasts = [NOTHING_KNOWN, *(_laid(base.made, ((self._target, value),)) for value in self._lasts())]
        for laid in self._meetings():
            record = _laid(base.record, [((*self._source, *path), value) for path, value in laid])
            for last in lasts:
                trial = self.trials.judged(self.direction, record, self._source, last)
                if trial is not None and not trial.violations and trial.is_refused_at([self._target]):
                    self._tell(trial, laid, last, told)

    @property
    def _source(self) -> Path:
        """Where the paths of the source start."""
        return self.context.at[self.direction.source]

    @property
    def _target(self) -> Path:
        """Where the field lies."""
        return (*self.context.at[self.direction.target], *self.path)

    @property
    def _tables(self) -> list[Table]:
        """The tables that may add to the field."""
        target = self.direction.target
        found = _tables_of(self.context, self.direction)
        return [rule for rule in found if any(field.path == self.path for field in rule.kept(target))]

    def _bases(self, direction: Direction) -> Iterator[Trial]:
        """Yield the records that are accepted, and have what the rules read."""
        at = self.context.at[direction.source]
        return (one for one in self.trials.of(direction) if one.accepted and isinstance(get(one.record, at), dict))

    def _full(self, side: Side, path: Path) -> list[Any]:
        """Return values of a path that are as long as that or the field of the target may be."""
        context, target = self.context, self.direction.target
        asked = [(rule, field) for rule in self._tables for field in rule.kept(target) if field.path == self.path]
        found = [parts for rule, field in asked if (parts := rule.named_parts(target, field)) is not None]
        shape, room = context.shape(side, Field(path)), context.shape(target, Field(self.path))
        lengths, named = limits_of(shape) | limits_of(room), [one for _, parts in found for one in parts]
        return list(full_values(shape, context.shape(side, Field((*path, 0))), lengths, named))

    def _lasts(self) -> Iterator[Any]:
        """Yield what the field may have been that is long; of what is only written, nobody knows what that was."""
        if any(field.use is Use.WRITE for rule in self._tables for field in rule.kept(self.direction.target)):
            return
        back, at = Direction.towards(self.direction.source), self._target
        tried = _longest(get(trial.record, at) for trial in self.trials.of(back))
        values = [*self._full(self.direction.target, self.path), *tried]
        for base in islice(self._bases(back), 1):
            for value in values:
                if self.trials.judged(back, _laid(base.record, ((at, value),)), at) is not None:
                    yield value

    def _meetings(self) -> Iterator[_Values]:
        """Yield what is laid into a record so that tables add something, beside what other rules write there."""
        elements = [get(trial.record, self._source) for trial in self._bases(self.direction)]
        lines = product(*([(), *self._ways(rule, elements)] for rule in self._tables))
        for chosen, other in islice(product(lines, [(), *self._beside(elements)]), _MOST):
            if any(chosen):
                yield (*(one for way in chosen for one in way), *other)

    def _ways(self, rule: Table, elements: Sequence[Record]) -> list[_Values]:
        """Return what is read where each line of a table decides that adds something."""
        ways: dict[int, _Values] = {}
        for element in elements:
            line = next(rule.matching(self.direction, element), None)
            if line is not None and id(line) not in ways and self._adds(line):
                ways[id(line)] = tuple((path, get(element, path)) for path in rule.reads(self.direction.source))
        return list(ways.values())

    def _beside(self, elements: Sequence[Record]) -> Iterator[_Values]:
        """Yield what other rules read of which they write something long to the field that its schema accepts."""
        for rule in self.context.rules:
            reads = rule.reads(self.direction.source)
            if rule in self._tables or len(reads) != 1 or self.path not in rule.paths(self.direction.target):
                continue
            values = [get(element, reads[0]) for element in elements]
            for value in (*self._full(self.direction.source, reads[0]), *_longest(values)):
                if self._fits(rule, _laid({}, ((reads[0], value),))):
                    yield ((reads[0], value),)

    def _fits(self, rule: Rule, element: Record) -> bool:
        """Return whether what a rule writes to the field by itself is accepted there."""
        made: Record = {}
        wrong: list[Violation] = []
        for step in compiled_rules((rule,), self.direction):
            step(element, NOTHING_KNOWN, made, wrong)
        shape = self.context.taken(self.direction.target, Field(self.path))
        return not wrong and shape.accepts(json_form(get(made, self.path)))

    def _adds(self, line: Line) -> bool:
        """Return whether a line writes a member, or a word, to the field."""
        accepted = (one for field, many in line.of(self.direction.target) if field.path == self.path for one in many)
        return any(isinstance(one, Condition) and one.has for one in accepted)

    def _tell(self, trial: Trial, laid: _Values, last: Record, told: set[int]) -> None:
        """Add a finding at the line of the first table that adds something to such a record."""
        for rule in self._tables:
            line = next(rule.matching(self.direction, get(trial.record, self._source)), None)
            if line is None or not self._adds(line) or self.context.is_wrong(rule):
                continue
            if id(line) not in told:
                told.add(id(line))
                self.context.lose(rule, line.where, "W156", self._message(trial, laid, last), _FIX, line)
            return

    def _message(self, trial: Trial, laid: _Values, last: Record) -> str:
        context, source, target = self.context, self.direction.source, self.direction.target
        said = ", ".join(f"{context.full_name(source, path)} {_shown(value)}" for path, value in dict(laid).items())
        name, was = context.full_name(target, self.path), get(last, self._target)
        over = "" if was is ABSENT else f" where {_shown(was)} of {name} was last"
        problem = next(one for one in trial.problems if overlap(self._target, one.place))
        return f"a record with {said} is rejected{over}, since in {name} {problem.message}"


def _laid(record: Record, values: Iterable[tuple[Path, Any]]) -> Record:
    """Return a record with values at some paths."""
    made = copy.deepcopy(record)
    for path, value in values:
        assign(made, path, value)
    return made


def _longest(values: Iterable[Any]) -> list[Any]:
    """Return the longest texts and lists among some values."""
    found = {distinct(value): value for value in values if isinstance(value, str | list)}
    return sorted(found.values(), key=len, reverse=True)[:_LONGEST]


def _shown(value: Any) -> str:
    return "no value" if value is ABSENT else shown(json_form(value))
