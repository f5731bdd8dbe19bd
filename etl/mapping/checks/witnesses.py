"""Witnesses: records that a schema accepts and the mapping makes unacceptable, each named at the rule that does it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from etl.mapping.checks.context import Context
from etl.mapping.checks.trials import Trial, Trials, writer_of
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.validation import Problem, json_form
from etl.mapping.terms import Direction, Position, Side
from etl.record import ABSENT, Record, Violation, shown

_TYPED: Final = {"type": "E150", "enum": "E153", "const": "E153"}
_FORM: Final = "expression"


def check_witnesses(context: Context, trials: Trials) -> None:
    """E121, E122, E150, E153, W155, W156, W182: records that are right are accepted, and some record is."""
    for direction in Direction:
        tried = trials.of(direction)
        told: set[Any] = set()
        for trial in tried:
            _check_expressions(context, direction, trial, told)
            for problem in trial.problems if not trial.violations else ():
                _check_problem(context, direction, trial, problem, told)
    for direction in Direction:
        _check_proven(context, direction, trials.of(direction))


def _check_proven(context: Context, direction: Direction, tried: list[Trial]) -> None:
    """W182: some record is accepted; where an error or W156 was found, that says already why none is."""
    system = context.mapping.system(direction.source)
    if any(trial.accepted for trial in tried) or any(finding.is_error for finding in context.findings):
        return
    if any(code == "W156" for _, code in context.losing):
        return
    if not tried:
        message = f"no record could be made of the schema of {system.name}"
        fix = "add examples that show such a record, and run etl test"
    else:
        reasons = [*map(str, tried[0].violations), *map(_said, tried[0].problems)]
        message = f"every record that was made of the schema of {system.name} is rejected, as for: {reasons[0]}"
        fix = "correct the rule or the schema that rejects them"
    context.find(system.where, "W182", f"{message}; so nothing is proven of {direction.value}", fix)


def _said(problem: Problem) -> str:
    return f"{format_path(problem.place)}: {problem.message}"


def _check_expressions(context: Context, direction: Direction, trial: Trial, told: set[Any]) -> None:
    """W155: an expression does not fail."""
    if all(violation.code != _FORM for violation in trial.violations):
        return
    for rule, record in _computed(context.rules, direction, trial.record):
        if id(rule) in told or _is_told(context, rule):
            continue
        wrong: list[Violation] = []
        step = rule.compiled(direction)
        if callable(step):
            step(record, {}, wrong)
        for violation in wrong:
            if violation.code == _FORM:
                told.add(id(rule))
                message = (
                    f"a record with {_evidence(context, rule, direction, record)} is rejected: {violation.message}"
                )
                fix = "let the expression take such a record, as length(note || '') does without a note"
                context.find(rule.source.where, "W155", message, fix)


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


def _evidence(context: Context, rule: Computed, direction: Direction, record: Record) -> str:
    """Return what an expression read: each path with its value."""
    name, paths = context.mapping.system(direction.source).name, rule.source.looks_at
    deepest = [path for path in paths if all(path == other or other[: len(path)] != path for other in paths)]
    read = [(format_path(path), get(record, path)) for path in deepest]
    return (
        ", ".join(f"{'no ' if value is ABSENT else ''}{name}.{path}{_value(value)}" for path, value in read)
        or "any values"
    )


def _value(value: Any) -> str:
    return "" if value is ABSENT else f" {shown(json_form(value))}"


def _check_problem(context: Context, direction: Direction, trial: Trial, problem: Problem, told: set[Any]) -> None:
    """E121, E122, E150, E153, W156: what was made is right by the target's schema."""
    system = context.mapping.system(direction.target)
    place = tuple(0 if isinstance(step, int) else step for step in problem.place)
    rule = writer_of(context.rules, direction.target, problem.place) if place else None
    key = (problem.keyword, place if rule is None else id(rule))
    if key in told:
        return
    told.add(key)
    name = f"{system.name}.{format_path(problem.place)}" if place else system.name
    if rule is not None:
        where, code, message, fix = _fault(context, direction, trial, rule, problem, name)
        if _is_told(context, rule) or context.loses(rule, code):
            return
        if code == "W156":
            context.lose(rule, where, code, message, fix)
        else:
            context.find(where, code, message, fix)
    elif problem.keyword == "required":
        path = format_path(place)
        message, fix = (
            f"no rule writes {system.name}.{path}, which its schema requires",
            f"add a rule that writes {path}",
        )
        context.find(system.where, "E121", message, f"{fix}, or do not require it")
    elif not any(finding.is_error for finding in context.findings):
        message = f"{_witness(context, direction, trial)} is rejected by {name}: {problem.message}"
        context.find(system.where, "W156", message, "make the schemas agree")


def _fault(
    context: Context, direction: Direction, trial: Trial, rule: Rule, problem: Problem, name: str
) -> tuple[Position, str, str, str]:
    """Return the finding of a value that a rule makes, or does not make, of a record that is right."""
    where = next((field.where for field in rule.written(direction.target) if field.where.line > 1), rule.where)
    witness, maker = _witness(context, direction, trial), f"this {rule.word}"
    if isinstance(rule, Computed):
        where, maker = rule.source.where, f"from: {shown(rule.source.text)}"
        if rule in context.rules:
            witness = f"a record with {_evidence(context, rule, direction, trial.record)}"
    if problem.keyword == "required" and not _is_below(rule, direction, problem):
        message = f"{maker} makes nothing of {witness}, but {name} is required"
        return where, "E122", message, "make a value of every record, or do not require it"
    if isinstance(rule, Computed) and problem.keyword in _TYPED:
        message = f"{maker} does not fit {name}, as for {witness}: {problem.message}"
        return where, _TYPED[problem.keyword], message, "correct the expression or the schema"
    message = f"{witness} is rejected, since in {name} {problem.message}"
    return where, "W156", message, "make the schemas agree, or say lossy: and why such a record may be rejected"


def _is_below(rule: Rule, direction: Direction, problem: Problem) -> bool:
    """Return whether something is wrong inside a value that a rule, perhaps one of a list, writes whole."""
    place = _names(problem.place)
    written = [_names(path) for path in rule.paths(direction.target)]
    return not rule.inner and any(
        place[at : at + len(path)] == path for path in written for at in range(len(place) - len(path))
    )


def _names(path: Path) -> Path:
    return tuple(step for step in path if isinstance(step, str))


def _witness(context: Context, direction: Direction, trial: Trial) -> str:
    """Return a record for people: by the value that tells it from the smallest one."""
    name = context.mapping.system(direction.source).name
    if not trial.at:
        return f"a record of {name}"
    value, path = get(trial.record, trial.at), f"{name}.{format_path(trial.at)}"
    return f"a record with no {path}" if value is ABSENT else f"a record with {path}{_value(value)}"


def _is_told(context: Context, rule: Rule) -> bool:
    """Return whether an error at a rule says already that it does not fit."""
    places = {rule.where, *(field.where for side in Side for field in (*rule.fields(side), *rule.written(side)))}
    places |= {line.where for line in rule.lines} | ({rule.source.where} if isinstance(rule, Computed) else set())
    return any(finding.is_error and Position(finding.line, finding.column) in places for finding in context.findings)
