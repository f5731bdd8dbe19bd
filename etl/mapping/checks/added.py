"""What rules add to: a member, a word or an element beside all that may stand there is one too many for the schema.

Tables add members and words, paths that select an element add that, and lists with a key add elements to those without
one. A value that is as long as it may be is laid where they do, as what was there last or as what a rule beside them
writes; and what several rules add is tried together.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, product
from typing import Any, Final

from etl.mapping.checks.adding import Adding, Values, adding_to, together
from etl.mapping.checks.context import Context
from etl.mapping.checks.trials import Trial, Trials
from etl.mapping.equality import distinct
from etl.mapping.paths import Path, assign, get, put, take_away
from etl.mapping.places import overlap
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.kinds import Rule
from etl.mapping.samples.full import full_values, limits_of
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.validation import Problem, json_form
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation, shown

_LONGEST: Final = 3
"""So many of the longest values of a field are tried."""

_FIX: Final = "let the schema have more, or say lossy: and why such a record may be rejected"


def check_added(context: Context, trials: Trials) -> None:
    """W156: what rules add to a list or a text has room beside what may stand there."""
    for direction in Direction:
        for path, adding in adding_to(context, direction).items():
            _Room(context, trials, direction, path, tuple(adding)).check()
    for inner in context.elements():
        check_added(inner, trials)


@dataclass(frozen=True, slots=True)
class _Room:
    """The room that there is in one field of the target. adding: the rules that add to it."""

    context: Context
    trials: Trials
    direction: Direction
    path: Path
    adding: tuple[Adding, ...]

    def check(self) -> None:
        """Find rules, and lines of their tables, that add one too many, each once."""
        told: set[int] = set()
        base = next(self._bases(self.direction), None)
        if base is None:
            return
        lasts = [NOTHING_KNOWN, *(_laid(base.made, ((self._target, value),)) for value in self._lasts())]
        for laid in self._meetings():
            record = _laid(base.record, [((*self._source, *path), value) for path, value in laid])
            for last in lasts:
                trial = self._judged(record, last)
                problem = None if trial is None or trial.violations else self._problem(trial)
                if trial is not None and problem is not None:
                    self._tell(trial, self._message(problem, laid, last), get(last, self._target), told)

    @property
    def _source(self) -> Path:
        """Where the paths of the source start."""
        return self.context.at[self.direction.source]

    @property
    def _target(self) -> Path:
        """Where the field lies."""
        return (*self.context.at[self.direction.target], *self.path)

    def _bases(self, direction: Direction) -> Iterator[Trial]:
        """Yield the records that are accepted, and have what the rules read."""
        return (one for one in self._made(direction) if one.accepted)

    def _made(self, direction: Direction) -> Iterator[Trial]:
        """Yield the records of which rules make something, whatever the target's schema says of that."""
        at = self.context.at[direction.source]
        tried = (one for one in self.trials.of(direction) if not one.violations)
        return (one for one in tried if isinstance(get(one.record, at), dict))

    def _judged(self, record: Record, last: Record) -> Trial | None:
        """Return what becomes of a record; inside, elements are written into the list that was there, or beside it."""
        trial = self.trials.judged(self.direction, record, self._source, last)
        there = get(last, self._target)
        if trial is None or self.direction is Direction.OUTBOUND or not isinstance(there, list):
            return trial
        fields = [field for one in self.adding if not one.rule.once for field in one.fields]
        paths = [(*self.context.at[Side.INSIDE], *field.path) for field in fields if field.path != self.path]
        told = any(one.keys for one in self.adding)
        if not (paths or told) or not self.context.stays:
            return trial
        own = get(trial.made, self._target) if told else ABSENT
        stay = [one for one in there if not told or self._is_free(one)]
        made = _laid(trial.made, [(self._target, [*stay, *own] if isinstance(own, list) else stay)])
        for path in paths:
            if (value := get(trial.made, path)) is ABSENT:
                take_away(made, path, len(self._target))
            else:
                put(made, path, value)
        return self.trials.remade(self.direction, trial, made)

    def _problem(self, trial: Trial) -> Problem | None:
        """Return why the schema refuses the field, whatever it refuses of what stands in it."""
        here = (one for one in trial.problems if len(one.place) <= len(self._target))
        return next((one for one in here if overlap(self._target, one.place)), None)

    def _full(self, side: Side, path: Path) -> list[Any]:
        """Return values of a path that are as long as that or the field of the target may be."""
        context, target = self.context, self.direction.target
        shape, room = context.shape(side, Field(path)), context.shape(target, Field(self.path))
        elements = [*edges_of(context.shape(side, Field((*path, 0))).alternatives)]
        nothing = [one for add in self.adding for one in add.without_key(elements)]
        return list(full_values(shape, [*elements, *nothing], limits_of(shape) | limits_of(room), self._is_free))

    def _is_free(self, element: Any) -> bool:
        """Return whether an element of the list is none that a rule writes."""
        return not any(add.names(element) for add in self.adding)

    def _lasts(self) -> Iterator[Any]:
        """Yield what the field may have been that is long; of what is only written, nobody knows what that was."""
        if any(one.is_only_written for one in self.adding):
            return
        back, at = Direction.towards(self.direction.source), self._target
        tried = _longest(get(trial.record, at) for trial in self.trials.of(back) if trial.accepted)
        full = self._full(self.direction.target, self.path)
        values = [*full, *([one, *others[1:]] for one in self._selected() for others in full), *tried]
        for base in islice(self._bases(back), 1):
            for value in values:
                if self.trials.judged(back, _laid(base.record, ((at, value),)), at) is not None:
                    yield value

    def _selected(self) -> Iterator[Any]:
        """Yield an element for each that rules select, as they write it."""
        lists = [get(trial.made, self._target) for trial in self._bases(self.direction)]
        for selector in dict.fromkeys(one for adding in self.adding for one in adding.selectors):
            found = (one for items in lists if isinstance(items, list) for one in items if selector.holds(one))
            yield from islice(found, 1)

    def _meetings(self) -> Iterator[Values]:
        """Yield what is laid into a record so that rules add something, beside what other rules write there."""
        bases = list(self._bases(self.direction))
        others = [(), *self._beside([get(trial.record, self._source) for trial in bases])]
        tried = [*bases, *self._made(self.direction)]
        ways = [one.ways(tried, self._source) for one in self.adding]
        idle = [one.idle(tried, self._source) for one in self.adding]
        return (tuple(chain(*both)) for both in product(together(ways, idle), others))

    def _beside(self, elements: Sequence[Record]) -> Iterator[Values]:
        """Yield what other rules read of which they write something long to the field that its schema accepts."""
        adding = [one.rule for one in self.adding]
        for rule in self.context.rules:
            reads = rule.reads(self.direction.source)
            if rule in adding or len(reads) != 1 or self.path not in rule.paths(self.direction.target):
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

    def _tell(self, trial: Trial, message: str, last: Any, told: set[int]) -> None:
        """Add a finding at the first rule that adds something to such a record, at the line of a table that does.

        last: what the field was.
        """
        element = get(trial.record, self._source)
        for one in self.adding:
            rule, line = one.rule, one.line(element)
            if not one.added(element, trial.made) or one.is_there(last) or self.context.is_wrong(rule):
                continue
            mark = id(rule if line is None else line)
            if mark not in told:
                told.add(mark)
                where = rule.where if line is None else line.where
                self.context.lose(rule, where, "W156", message, _FIX, line)
            return

    def _message(self, problem: Problem, laid: Values, last: Record) -> str:
        context, source, target = self.context, self.direction.source, self.direction.target
        values = ", ".join(f"{context.full_name(source, path)} {_shown(value)}" for path, value in dict(laid).items())
        said = f"with {values}" if values else f"of {context.mapping.system(source).name}"
        name, was = context.full_name(target, self.path), get(last, self._target)
        over = "" if was is ABSENT else f" where {_shown(was)} of {name} was last"
        return f"a record {said} is rejected{over}, since in {name} {problem.message}"


def _laid(record: Record, values: Iterable[tuple[Path, Any]]) -> Record:
    """Return a record with values at some paths."""
    made = copy.deepcopy(record)
    for path, value in values:
        assign(made, path, copy.deepcopy(value))
    return made


def _longest(values: Iterable[Any]) -> list[Any]:
    """Return the longest texts and lists among some values."""
    found = {distinct(value): value for value in values if isinstance(value, str | list)}
    return sorted(found.values(), key=len, reverse=True)[:_LONGEST]


def _shown(value: Any) -> str:
    return "no value" if value is ABSENT else shown(json_form(value))
