"""Trials: small records, made from a schema, and what the mapping makes of each; proofs by example stand on them.

A record that its schema accepts, and that is rejected for what the mapping says, is a witness: a finding that stands on
it says no more than that there is such a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Final, TypeAlias

from etl.mapping.checks.context import Context
from etl.mapping.imported import imported_schemas
from etl.mapping.mongodb import Stamp
from etl.mapping.paths import Path, Spot, StepOf, get, selected_list
from etl.mapping.places import in_schema, overlap
from etl.mapping.rules.kept import held_of
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.selection import compile_selection
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.samples.beside import BesideWords
from etl.mapping.samples.choices import Decision, Varied, systematic
from etl.mapping.samples.emptied import emptied
from etl.mapping.samples.maker import Maker
from etl.mapping.samples.rooms import DATES
from etl.mapping.schemas.validation import Problem, RecordSchema, json_form
from etl.mapping.terms import Direction, Field, Side, Sort
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation

_MOST: Final = 5_000
"""So many records are tried in each direction."""

_MENDED: Final = 8
"""So many choices are changed at most until a record is accepted, and what it becomes is on the way back."""

_MORE: Final = "more"
"""The name of a column that a schema does not list, where it allows others."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one record that its schema accepts.

    at: the place that was varied in it, () for the first. made: its translation, whole only without violations.
    problems: what the target's schema refuses in it. beside: further places that were varied at once.
    """

    at: Path
    record: Record
    made: Record
    violations: tuple[Violation, ...]
    problems: tuple[Problem, ...]
    beside: tuple[Path, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether a run accepts the record."""
        return not self.violations and not self.problems

    def is_refused_at(self, paths: Iterable[Path]) -> bool:
        """Return whether the target's schema refuses what was made at one of some paths."""
        return bool(self.problems) and any(overlap(path, problem.place) for path in paths for problem in self.problems)


Tried: TypeAlias = tuple[Varied, Trial | None]
"""A record that was made, and what became of it; None of one that is not right by its own schema."""


class Trials:
    """The records of one mapping that are tried, in both directions. held: the rules whose outside values are known."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._translate = {direction: compile_mapping(context.mapping, direction) for direction in Direction}
        self.selection = compile_selection(context.mapping)
        self._sources = {side: RecordSchema(context.mapping.system(side).schema) for side in Side}
        provided = context.mapping.mongodb.provided
        self._targets = {
            Side.INSIDE: RecordSchema(context.mapping.inside.schema, provided),
            Side.OUTSIDE: RecordSchema(context.mapping.outside.expected),
        }
        self.held = held_of(context.rules, context.mapping.keep)
        self._done: dict[tuple[Direction, str, str], Trial] = {}
        self._refused: dict[Direction, set[Spot]] = {}
        self._touching: dict[tuple[Side, StepOf], list[Rule]] = {}
        for rule in context.rules:
            for key in dict.fromkeys((side, path[0]) for side in Side for path in rule.paths(side)):
                self._touching.setdefault(key, []).append(rule)

    @cached_property
    def inbound(self) -> list[Trial]:
        """Outside records, and what they become inside."""
        return list(self._trials(Direction.INBOUND))

    @cached_property
    def outbound(self) -> list[Trial]:
        """Inside records, and what they become outside."""
        return list(self._trials(Direction.OUTBOUND))

    def of(self, direction: Direction) -> list[Trial]:
        """Return the trials of one direction."""
        return self.inbound if direction is Direction.INBOUND else self.outbound

    def is_sent(self, direction: Direction, trial: Trial) -> bool:
        """Return whether the target's schema refuses nothing in a record that it does not refuse in every record."""
        if direction not in self._refused:
            translated = [{p.place for p in one.problems} for one in self.of(direction) if not one.violations]
            self._refused[direction] = set.intersection(*translated) if translated else set()
        return not trial.violations and {problem.place for problem in trial.problems} <= self._refused[direction]

    def touching(self, side: Side, at: Path) -> Iterable[Rule]:
        """Return the rules that may have to do with a place of one side; for the whole record, all."""
        return self._touching.get((side, at[0]), ()) if at else self._context.rules

    def trial(self, direction: Direction, record: Record, at: Path = (), last: Record = NOTHING_KNOWN) -> Trial:
        """Translate a record, and judge what it becomes; many come more than once, and are judged once.

        last: what the target was.
        """
        translate = self._translate[direction]
        key = (direction, repr(record), repr(last) if translate.looks_back else "")
        done = self._done.get(key)
        if done is None:
            made, _, violations = translate(record, last)
            problems = self._targets[direction.target].problems(json_form(made))
            done = self._done[key] = Trial(at, record, made, tuple(violations), tuple(problems))
        return done if done.at == at else Trial(at, done.record, done.made, done.violations, done.problems)

    def remade(self, direction: Direction, trial: Trial, made: Record) -> Trial:
        """Return a trial of which something else was made."""
        problems = self._targets[direction.target].problems(json_form(made))
        return replace(trial, made=made, problems=tuple(problems))

    def back(self, direction: Direction, trial: Trial) -> Trial:
        """Return what becomes of a trial's translation on the way back."""
        stored = self.as_stored(direction.target, trial.made)
        return self.trial(Direction.towards(direction.source), stored, last=trial.record)

    def unread(self, direction: Direction, trial: Trial) -> tuple[Problem, ...]:
        """Return what is refused of what was made when it is read again: in a row, an empty cell is no value."""
        if direction is Direction.INBOUND or not self._context.is_text(Side.OUTSIDE):
            return ()
        return tuple(self._targets[Side.OUTSIDE].problems(json_form(self.as_stored(Side.OUTSIDE, trial.made))))

    def kept(self, trial: Trial) -> Record:
        """Return what goes back of an outside record that nobody has touched."""
        inside = self.as_stored(Side.INSIDE, trial.made)
        return self.as_stored(Side.OUTSIDE, self._translate[Direction.OUTBOUND](inside, trial.record)[0])

    def as_stored(self, side: Side, record: Record) -> Record:
        """Return a record as it is read again once it came to its system: inside, as an import stamps it."""
        if side is Side.OUTSIDE:
            return self._context.mapping.files.as_read(record)
        stamps = self._context.mapping.mongodb.provided
        values: dict[str, Any] = {name: DATES[0] if stamp is Stamp.NOW else stamp for name, stamp in stamps.items()}
        left = {name: value for name, value in record.items() if values.get(name) is not Stamp.ABSENT}
        return {**left, **{name: value for name, value in values.items() if value is not Stamp.ABSENT}}

    def _trials(self, direction: Direction) -> Iterator[Trial]:
        """Yield what becomes of the smallest record, and of those that differ from one that is accepted both ways."""
        context = self._context
        schemas = context.schemas if context.imported is None else imported_schemas(context.mapping)
        maker = Maker(context.mapping, direction.source, schemas)
        rules = self._context.mapping.rules
        places = [path for rule in rules for path in (*rule.paths(direction.source), *rule.reads(direction.source))]

        @cache
        def matters(at: Path) -> bool:
            return any(overlap(at, path) for path in places)

        def varied(base: dict[Decision, int]) -> Iterator[Varied]:
            return systematic(maker.record, matters, _MOST, base)

        waiting: list[dict[Decision, int]] = [{}]
        for _ in range(_MENDED):
            base = waiting.pop(0)
            tried = [(one, self.judged(direction, one.record, one.at)) for one in varied(base)]
            yield from (trial for _, trial in tried if trial is not None)
            yield from self._beside_words(direction, [trial for _, trial in tried if trial is not None])
            yield from self._emptied(direction, [one.record for one, trial in tried if trial is not None])
            if any(self._faults(direction, *tried[0])):
                best, _ = min(tried, key=lambda pair: self._faults(direction, *pair))
                waiting += [best.decided] if best.decided != base else []
            elif not base:
                waiting += self._with_elements(direction, tried)
            if not waiting:
                return

    def _with_elements(self, direction: Direction, tried: list[Tried]) -> Iterator[dict[Decision, int]]:
        """Yield what is decided in records with an element, for lists of which the smallest element is refused."""
        for path in dict.fromkeys(_lists_of(self._context.rules, direction.source)):
            there = [(one, trial) for one, trial in tried if get(one.record, path) not in (ABSENT, None, [])]
            if there and any(self._faults(direction, *there[0])):
                yield min(there, key=lambda pair: self._faults(direction, *pair))[0].decided

    def _beside_words(self, direction: Direction, trials: list[Trial]) -> Iterator[Trial]:
        """Yield what becomes of texts beside the words that tables write of the records of some trials."""
        beside = BesideWords(self._context.rules)
        for trial in trials if direction is Direction.OUTBOUND else ():
            for at, record in beside(trial.record, trial.at) if trial.accepted else ():
                if (made := self.judged(direction, record, at)) is not None:
                    yield made

    def _emptied(self, direction: Direction, records: Sequence[Record]) -> Iterator[Trial]:
        """Yield what becomes of a record in which all is absent that an element has, or that a rule joins."""
        source = direction.source

        def accepts(record: Record, path: Path) -> bool:
            value = get(record, path)
            shape = self._context.shape(source, Field(in_schema(path)))  # inside, no text is a date
            fits = source is Side.OUTSIDE or value is ABSENT or shape.accepts(value)
            return fits and self._sources[source].accepts(json_form(record))

        for (at, *beside), record in emptied(self._context.rules, source, records, accepts):
            if (made := self.judged(direction, record, at)) is not None:
                yield replace(made, beside=tuple(beside))

    def judged(self, direction: Direction, record: Record, at: Path = (), last: Record = NOTHING_KNOWN) -> Trial | None:
        """Return what becomes of a record; None of one that is not right by its own schema.

        last: what the target was.
        """
        if direction is Direction.INBOUND:
            record = self._as_it_comes(record)
            if self.selection is not None and self.selection.sort_of(record) is not Sort.RECORD:
                return None
        if self._sources[direction.source].accepts(json_form(record)):
            trial = self.trial(direction, record, at, last)
            is_farewell = direction is Direction.OUTBOUND and self._context.mapping.is_farewell(record)
            return trial if trial.accepted or not is_farewell else None  # what cannot be said of it need not be
        return None

    def _as_it_comes(self, record: Record) -> Record:
        """Return an outside record as it is read: in a row, an object is there where any cell of it has something."""
        read = self._context.mapping.files.as_read(record)
        if not self._context.is_text(Side.OUTSIDE) or self._sources[Side.OUTSIDE].accepts(json_form(read)):
            return read
        filled = _with_more(record, read)
        return filled if self._sources[Side.OUTSIDE].accepts(json_form(filled)) else read

    def _faults(self, direction: Direction, varied: Varied, trial: Trial | None) -> tuple[int, int, int]:
        """Return how far a record is from being accepted: by its own schema, by the mapping, and on the way back."""
        if trial is None:
            return len(self._sources[direction.source].problems(json_form(varied.record))), 0, 0
        there, back = (len(one.violations) + len(one.problems) for one in (trial, self.back(direction, trial)))
        return 0, there, back


def _lists_of(rules: Iterable[Rule], side: Side) -> Iterator[Path]:
    """Yield the lists of which rules map the elements, or select some."""
    for rule in rules:
        paths = rule.paths(side)
        yield from paths[:1] if rule.inner else filter(None, map(selected_list, paths))


def _with_more(record: Record, read: Record) -> Record:
    """Return a record as it is read, with a cell that no rule knows in each object of which nothing is left."""
    made: Record = {}
    for name, value in record.items():
        if isinstance(value, dict):
            made[name] = _with_more(value, read.get(name, {})) or {_MORE: "1"}
        elif name in read:
            made[name] = read[name]
    return made


@dataclass(frozen=True, slots=True)
class Writer:
    """The rule that writes a place, and the field of it that does. path: where that field lies in the record."""

    rule: Rule
    field: Field
    path: Path


def writer_of(rules: Iterable[Rule], side: Side, place: Path, at: Path = ()) -> Writer | None:
    """Return what writes a place, or should have: the field whose path is the nearest. at: where their paths start."""
    below = place[len(at) :]
    fields = [(field, rule) for rule in rules for field in rule.written(side) if overlap(field.path, below)]
    if not fields:
        return None
    field, rule = max(fields, key=lambda one: len(one[0].path))
    path = (*at, *field.path)
    if rule.inner and len(place) > len(path) + 1:
        return writer_of(rule.inner, side, place, place[: len(path) + 1])
    return Writer(rule, field, path)
