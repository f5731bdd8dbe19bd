"""Witnesses: records that a schema accepts and the mapping makes unacceptable, each named at the rule that does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, Final

from etl.mapping.checks.beside import trials_beside
from etl.mapping.checks.context import Context, Loss
from etl.mapping.checks.trials import Trial, Trials, Writer, writer_of
from etl.mapping.codecs import Form
from etl.mapping.equality import distinct
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.each import compiled_rules
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.alternatives import type_of
from etl.mapping.schemas.shapes import UnknownFieldError
from etl.mapping.schemas.validation import Problem, json_form
from etl.mapping.terms import Direction, Position
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation, shown

_TYPED: Final = {"type": "E150", "enum": "E153", "const": "E153"}
_COMPUTED: Final = frozenset({"expression", "form"})
"""Codes of what is wrong with what an expression makes."""

_AGREE: Final = "make the schemas agree, or say lossy: and why such a record may be rejected"


def check_witnesses(context: Context, trials: Trials) -> None:
    """E121 to E123, E150, E153, W155, W156, W182: records that are right are accepted, and some record is."""
    for direction in Direction:
        tried = [*trials.of(direction), *trials_beside(context, trials, direction)]
        _Witnesses(context, direction, tried).check()
    for direction in Direction:
        _check_proven(context, direction, trials.of(direction))


def _check_proven(context: Context, direction: Direction, tried: list[Trial]) -> None:
    """W182: some record is accepted; where an error was found, that says already why none is."""
    system = context.mapping.system(direction.source)
    if any(trial.accepted for trial in tried) or any(finding.is_error for finding in context.findings):
        return
    if not tried:
        message = f"no record could be made of the schema of {system.name}"
        fix = "add examples that show such a record, and run etl test"
    else:
        problems = (f"{format_path(problem.place)}: {problem.message}" for problem in tried[0].problems)
        reasons = [*map(str, tried[0].violations), *problems]
        message = f"every record that was made of the schema of {system.name} is rejected, as for: {reasons[0]}"
        fix = "correct the rule or the schema that rejects them"
    context.find(system.where, "W182", f"{message}; so nothing is proven of {direction.value}", fix)


class _Witnesses:
    """The records of one direction, and what they show."""

    def __init__(self, context: Context, direction: Direction, tried: list[Trial]) -> None:
        self._context = context
        self._tried = tried
        self._direction = direction
        self._source = context.mapping.system(direction.source).name
        self._target = context.mapping.system(direction.target)
        self._told: set[Any] = set()

    def check(self) -> None:
        """Find what is wrong; of each rule, each kind of fault once."""
        for trial in self._tried:
            if any(violation.code in _COMPUTED for violation in trial.violations):
                self._check_computed(trial)
            for problem in trial.problems if not trial.violations else ():
                self._check_problem(trial, problem)

    def _is_new(self, *what: Any) -> bool:
        is_new = what not in self._told
        self._told.add(what)
        return is_new

    def _check_computed(self, trial: Trial) -> None:
        """W155, W156, E151: an expression does not fail, and its codec understands what it makes."""
        for rule, record in _computed(self._context.rules, self._direction, trial.record):
            if self._context.is_wrong(rule):
                continue
            for violation in _violations(rule, self._direction, record):
                if violation.code not in _COMPUTED or not self._is_new(violation.code, id(rule)):
                    continue
                message = f"a record with {self._evidence(rule, record)} is rejected: {violation.message}"
                if violation.code == "expression":
                    fix = "let the expression take such a record, as length(note || '') does without a note"
                    self._context.find(rule.source.where, "W155", message, fix)
                else:
                    self._tell_unread(rule, record, message)

    def _tell_unread(self, rule: Computed, record: Record, message: str) -> None:
        """W156, E151: a codec understands some of what an expression makes, or nothing of it.

        What it refuses of the types that it reads is the content of the record.
        """
        codec, where = rule.codec, rule.source.where
        if codec is None or self._context.loses(rule, "W156"):
            return
        if self._direction is Direction.INBOUND and Form(codec.reads).reads_any(
            frozenset({type_of(rule.source.compute(record))})
        ):
            return
        every = (found for one in self._tried for found in _computed(self._context.rules, self._direction, one.record))
        if any(one is rule and _is_converted(rule, self._direction, below) for one, below in every):
            self._context.lose(rule, where, "W156", message, _AGREE)
        else:
            made = f"codec {codec.name} understands nothing that from: {shown(rule.source.text)} makes"
            self._context.find(where, "E151", f"{made}: {message}", "name a codec for it, or correct the expression")

    def _check_problem(self, trial: Trial, problem: Problem) -> None:
        """E121 to E123, E150, E153, W156: what was made is right by the target's schema."""
        writer = self._writer(problem)
        if writer is not None:
            if self._is_new(problem.keyword, id(writer.rule)) and not self._context.is_wrong(writer.rule):
                self._tell(writer, *self._fault(trial, writer, problem))
        elif problem.keyword == "required":
            path = format_path(tuple(0 if isinstance(step, int) else step for step in problem.place))
            message = f"no rule writes {self._target.name}.{path}, which its schema requires"
            fix = f"add a rule that writes {path}, or do not require it"
            self._context.find(self._target.where, "E121", message, fix)
        elif self._is_new(problem.keyword) and not any(finding.is_error for finding in self._context.findings):
            message = f"{self._witness(trial)} is rejected by {self._target.name}: {problem.message}"
            self._context.find(self._target.where, "W156", message, "make the schemas agree")

    def _writer(self, problem: Problem) -> Writer | None:
        """Return what writes the place of a problem; of an object that is missing, what writes a field it requires."""
        rules, side, place = self._context.rules, self._direction.target, problem.place
        if not place:
            return None
        names: tuple[str, ...] = ()
        if problem.keyword == "required":
            with suppress(UnknownFieldError):
                above = tuple(0 if isinstance(step, int) else step for step in place)
                names = self._context.targets[side].required(above)
        found = (writer_of(rules, side, (*place, name)) for name in names)
        return next(filter(None, found), None) or writer_of(rules, side, place)

    def _tell(self, writer: Writer, where: Position, code: str, message: str, fix: str) -> None:
        """Add a finding, unless another check has it; lossy may say that some values are refused, not that all are."""
        if self._context.loses(writer.rule, code):
            return
        if code != "W156":
            self._context.find(where, code, message, fix)
        elif self._is_ever_taken(writer):
            self._context.lose(writer.rule, where, code, message, fix)
        else:
            self._context.losing.append(Loss(writer.rule, code))
            self._context.find(where, code, f"{message}; no value that was tried is taken", "make the schemas agree")

    def _fault(self, trial: Trial, writer: Writer, problem: Problem) -> tuple[Position, str, str, str]:
        """Return the finding of a value that a rule makes, or does not make, of a record that is right."""
        rule, field = writer.rule, writer.field
        name = f"{self._target.name}.{format_path(problem.place)}"
        witness, maker, where = (
            self._witness(trial),
            f"this {rule.word}",
            field.where if field.where.line > 1 else rule.where,
        )
        if isinstance(rule, Computed):
            where, maker = rule.source.where, f"from: {shown(rule.source.text)}"
            if rule in self._context.rules:
                witness = f"a record with {self._evidence(rule, trial.record)}"
        value = get(trial.made, writer.path)
        if problem.keyword == "required" and len(problem.place) <= len(writer.path):
            message = f"{maker} makes nothing of {witness}, but {name} is required"
            return where, "E122", message, "make a value of every record, or do not require it"
        if value is not ABSENT and field.when_absent is not ABSENT and distinct(value) == distinct(field.when_absent):
            message = (
                f"{shown(value)} is written to {name} where there is no value, as for {witness}: {problem.message}"
            )
            return where, "E123", message, "allow it in the schema, or say when_absent: for this rule"
        if isinstance(rule, Computed) and problem.keyword in _TYPED:
            message = f"{maker} does not fit {name}, as for {witness}: {problem.message}"
            return where, _TYPED[problem.keyword], message, "correct the expression or the schema"
        return where, "W156", f"{witness} is rejected, since in {name} {problem.message}", _AGREE

    def _is_ever_taken(self, writer: Writer) -> bool:
        """Return whether the target's schema takes any value that a field was given."""
        return any(
            get(trial.made, writer.path) not in (ABSENT, None) and not trial.is_refused_at([writer.path])
            for trial in self._tried
        )

    def _witness(self, trial: Trial) -> str:
        """Return a record for people: by the value that tells it from the smallest one."""
        if not trial.at:
            return f"a record of {self._source}"
        return f"a record with {', '.join(self._shown(trial.record, path) for path in (trial.at, *trial.beside))}"

    def _evidence(self, rule: Computed, record: Record) -> str:
        """Return what an expression read: each path with its value."""
        paths = rule.source.looks_at
        deepest = [path for path in paths if all(path == other or other[: len(path)] != path for other in paths)]
        return ", ".join(self._shown(record, path) for path in deepest) or "any values"

    def _shown(self, record: Record, path: Path) -> str:
        value = get(record, path)
        return f"{'no ' if value is ABSENT else ''}{self._source}.{format_path(path)}{_value(value)}"


def _computed(rules: Iterable[Rule], direction: Direction, record: Record) -> Iterator[tuple[Computed, Record]]:
    """Yield the rules that compute, those of lists with each element."""
    for rule in rules:
        if isinstance(rule, Computed) and rule.only is direction:
            yield rule, record
        for path in rule.paths(direction.source) if rule.inner else ():
            items = get(record, path)
            for item in items if isinstance(items, list) else ():
                if isinstance(item, dict):
                    yield from _computed(rule.inner, direction, item)


def _violations(rule: Computed, direction: Direction, record: Record) -> list[Violation]:
    wrong: list[Violation] = []
    for step in compiled_rules((rule,), direction, stays=False):
        step(record, NOTHING_KNOWN, {}, wrong)
    return wrong


def _is_converted(rule: Computed, direction: Direction, record: Record) -> bool:
    """Return whether an expression makes a value of a record, and the codec understands it."""
    return not _violations(rule, direction, record) and not rule.is_absent(direction, record)


def _value(value: Any) -> str:
    return "" if value is ABSENT else f" {shown(json_form(value))}"
