"""Steps: how one value is read and written, and how decision tables are applied to records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from etl.mapping.model import Cases, Flags, Values
from etl.mapping.paths import format_path, getter, only_name, setter
from etl.mapping.rules.tables import (
    Distinct,
    UnknownValueError,
    case_matcher,
    distinct,
    flags_choice,
    flags_inverse,
    flags_table,
    pattern_fields,
    values_lookup,
)
from etl.mapping.terms import Direction, Field
from etl.record import ABSENT, Absent, Record, Scalar, Violation, shown

Step: TypeAlias = Callable[[Record, Record, list[Violation]], None]
"""Reads the first record, writes the second, adds what is wrong to the list."""


def source_name(field: Field) -> str | None:
    """Return the name of a top-level field in which nothing but null is absent, None for any other field."""
    return None if field.nulls else only_name(field.path)


def reader(field: Field) -> Callable[[Record], Any]:
    """Return a function that reads a field: ABSENT where there is no value, null, or one that means absent."""
    name = source_name(field)
    if name is not None:
        return lambda record: ABSENT if (value := record.get(name)) is None else value
    read = getter(field.path)
    if not field.nulls:
        return lambda record: ABSENT if (value := read(record)) is None else value
    nulls = {distinct(null) for null in field.nulls} | {distinct(None)}

    def read_or_absent(record: Record) -> Any:
        value = read(record)
        return ABSENT if distinct(value) in nulls else value

    return read_or_absent


def writer(field: Field) -> Callable[[Record, Any], None]:
    """Return a function that writes a field; ABSENT is written as the field's `when_absent`, or not at all."""
    name, when_absent = only_name(field.path), field.when_absent
    if name is not None:
        return _name_writer(name, when_absent)
    write = setter(field.path)

    def write_or_omit(record: Record, value: Any) -> None:
        if value is not ABSENT:
            write(record, value)
        elif when_absent is not ABSENT:
            write(record, when_absent)

    return write_or_omit


def _name_writer(name: str, when_absent: Scalar | Absent) -> Callable[[Record, Any], None]:
    def write_or_omit(record: Record, value: Any) -> None:
        if value is not ABSENT:
            record[name] = value
        elif when_absent is not ABSENT:
            record[name] = when_absent

    return write_or_omit


def collapse(rule: Flags) -> Step:
    """Return the step that makes one value of flags: the first true one wins."""
    judge, write, otherwise = _judge_flags(rule), writer(rule.value), rule.otherwise
    named = [(name, value) for field, value in rule.flags if (name := source_name(field)) is not None]
    if len(named) < len(rule.flags):
        return judge
    backwards = named[::-1]  # so the first true one is the last that is seen

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        read, chosen = record.get, otherwise
        for name, value in backwards:
            flag = read(name)
            if flag is True:
                chosen = value
            elif flag is not False and flag is not None:
                return judge(record, into, violations)
        return judge(record, into, violations) if chosen is ABSENT else write(into, chosen)

    return step


def _judge_flags(rule: Flags) -> Step:
    """Return the same step for any fields, and for records that are to be refused."""
    reads = [(format_path(field.path), reader(field)) for field, _ in rule.flags]
    choose, write, path = flags_choice(rule), writer(rule.value), format_path(rule.value.path)

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        raised = [read(record) for _, read in reads]
        wrong = [
            Violation(path, "type", f"expected true or false, found {shown(value)}")
            for (path, _), value in zip(reads, raised, strict=True)
            if value is not ABSENT and not isinstance(value, bool)
        ]
        if wrong:
            return violations.extend(wrong)
        value = choose(raised)
        if value is ABSENT:
            return violations.append(
                Violation(path, "unknown_value", "no flag is true, and the table has no otherwise")
            )
        return write(into, value)

    return step


def expand(rule: Flags) -> Step:
    """Return the step that makes flags of one value: exactly one is true."""
    read, invert, path = reader(rule.value), flags_inverse(rule), format_path(rule.value.path)
    writes = [writer(field) for field, _ in rule.flags]
    ready = _ready_flags(rule)

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        value = read(record)
        if (found := ready.get(distinct(value))) is not None:
            return into.update(found)
        try:
            raised = invert(value)
        except UnknownValueError as error:
            return violations.append(Violation(path, "unknown_value", str(error)))
        for write, flag in zip(writes, raised, strict=True):
            write(into, flag)
        return None

    return step


def _ready_flags(rule: Flags) -> dict[Distinct, Record]:
    """Return the flags for each value as they are written; {} where a flag is not one top-level name."""
    names = [name for field, _ in rule.flags if (name := only_name(field.path)) is not None]
    if len(names) < len(rule.flags):
        return {}
    return {value: dict(zip(names, raised, strict=True)) for value, raised in flags_table(rule).items()}


def values(rule: Values, direction: Direction) -> Step:
    """Return the step that looks a value up."""
    source, target = (rule.outside, rule.inside) if direction is Direction.INBOUND else (rule.inside, rule.outside)
    read, write, path = reader(source), writer(target), format_path(source.path)
    look_up = values_lookup(rule, direction.source)

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        try:
            write(into, look_up(read(record)))
        except UnknownValueError as error:
            violations.append(Violation(path, "unknown_value", str(error)))

    return step


def cases(rule: Cases, direction: Direction) -> Step:
    """Return the step that writes the fields of the first case that matches."""
    sources = pattern_fields(case.of(direction.source) for case in rule.cases)
    otherwise = rule.otherwise.get(direction.target)
    patterns = [case.of(direction.target) for case in rule.cases] + ([] if otherwise is None else [otherwise])
    reads = [(field, reader(field)) for field in sources]
    writes = [(field, writer(field)) for field in pattern_fields(patterns)]
    match = case_matcher(rule.cases, direction.source)

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        values = {field: read(record) for field, read in reads}
        case = match(values)
        pattern = otherwise if case is None else case.of(direction.target)
        if pattern is None:
            found = ", ".join(f"{format_path(f.path)} {shown(None if v is ABSENT else v)}" for f, v in values.items())
            violations.append(Violation(format_path(sources[0].path), "unknown_value", f"no case has {found}"))
            return
        chosen = {field: accepted[0] for field, accepted in pattern}
        for field, write in writes:
            value = chosen.get(field)
            write(into, ABSENT if value is None else value)

    return step
