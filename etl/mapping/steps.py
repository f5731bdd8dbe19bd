"""Steps: how one value is read and written, and how decision tables are applied to records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from etl.mapping.model import Cases, Direction, Field, Flags, Values
from etl.mapping.paths import format_path, getter, setter
from etl.mapping.tables import (
    UnknownValueError,
    case_matcher,
    distinct,
    flags_choice,
    flags_inverse,
    pattern_fields,
    values_lookup,
)
from etl.record import ABSENT, Record, Violation, shown

Step: TypeAlias = Callable[[Record, Record, list[Violation]], None]
"""Reads the first record, writes the second, adds what is wrong to the list."""


def reader(field: Field) -> Callable[[Record], Any]:
    """Return a function that reads a field: ABSENT where there is no value, null, or one that means absent."""
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
    write = setter(field.path)
    when_absent = field.when_absent

    def write_or_omit(record: Record, value: Any) -> None:
        if value is not ABSENT:
            write(record, value)
        elif when_absent is not ABSENT:
            write(record, when_absent)

    return write_or_omit


def collapse(rule: Flags) -> Step:
    """Return the step that makes one value of flags: the first true one wins."""
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

    def step(record: Record, into: Record, violations: list[Violation]) -> None:
        try:
            raised = invert(read(record))
        except UnknownValueError as error:
            return violations.append(Violation(path, "unknown_value", str(error)))
        for write, flag in zip(writes, raised, strict=True):
            write(into, flag)
        return None

    return step


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
