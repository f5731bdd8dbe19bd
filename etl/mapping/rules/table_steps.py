"""A decision table, compiled: one look for a table of flags or of one field, line by line for any other.

The short ways do what the long one does for the values that nearly all records have, and leave the others to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from etl.mapping.equality import Distinct, distinct, same
from etl.mapping.paths import format_path, only_name, take_away
from etl.mapping.rules.access import Step, reader, refuser, source_name, writer
from etl.mapping.rules.conditions import UNWRITABLE, accepted_text, acceptor, chosen, key_of
from etl.mapping.rules.lines import (
    NO_VALUES,
    Line,
    Role,
    Spelling,
    Values,
    are_plain,
    known_values,
    looking_back,
    matcher,
)
from etl.mapping.terms import Direction, Field, Side, Use
from etl.record import ABSENT, Record, Violation, is_whatever, shown

if TYPE_CHECKING:
    from etl.mapping.rules.line_values import LineValues
    from etl.mapping.rules.table import Table

_Write: TypeAlias = Callable[[Record, Values | None], None]
"""Writes a line into a record, over what its fields were last."""

_UNNAMED: Final = object()
"""A value that no table names."""


def compiled_table(table: Table, direction: Direction) -> Step:
    """Return the step that writes the fields of the first line that matches."""
    judge = _line_by_line(table, direction)
    sources = table.sources(direction)
    if table.runs_after:
        return judge
    is_looked_up = are_plain(table.lines, direction) and not table.asks(direction)
    if len(sources) == 1 and table.flags is not direction.source and is_looked_up:
        return _by_one_value(table, direction, sources[0], judge)
    if table.flags is direction.source:
        return _first_flag(table, direction, judge) or judge
    return judge


def _line_by_line(table: Table, direction: Direction) -> Step:
    """Return the step for any table, and for records that are to be refused."""
    reads, asks = (
        [(field, reader(field)) for field in fields] for fields in (table.sources(direction), table.asks(direction))
    )
    match, write = matcher(table.lines, direction), _line_writer(table, direction)
    flags = [field for field, _ in reads] if table.flags is direction.source else []
    beside = [(field, reader(field)) for field in table.beside(direction.target)]
    refusers = [refuser(field) for field, _ in reads if field.converted is not None]

    def step(record: Record, last: Record, into: Record, violations: list[Violation]) -> None:
        if any(refused(record) for refused in refusers):
            return None  # said already
        values = {field: read(record) for field, read in reads}
        if flags and (wrong := _not_flags(values)):
            return violations.extend(wrong)
        was = None if is_whatever(last) else {field: read(last) for field, read in asks}
        if beside and was is not None:
            was |= {field: read(into) for field, read in beside}
        line = next(match(values, was), None)
        if line is None:
            return violations.append(_refusal(table, direction, values, was))
        return write[id(line)](into, was)

    return step


def _not_flags(values: Values) -> list[Violation]:
    return [
        Violation(format_path(field.path), "type", f"expected true or false, found {shown(value)}")
        for field, value in values.items()
        if value is not ABSENT and not isinstance(value, bool)
    ]


def _line_writer(table: Table, direction: Direction) -> dict[int, _Write]:
    """Return what writes each line, by the line's identity: to hash a whole line for every record takes its time."""
    values = table.line_values(direction.target)
    return {id(line): _writer(table, line, direction, values) for line in table.lines if line.decides(direction)}


def _writer(table: Table, line: Line, direction: Direction, line_values: LineValues) -> _Write:
    """Return what writes a line's values: one update where all stand at top-level names, and on nothing else."""
    if looking_back(line, direction.target) or table.asks(direction) or table.runs_after:
        return _writer_over(table, line, direction, line_values)
    values = list(line_values(line).items())
    names = _ready(values)
    if names is not None:
        return lambda into, _was: into.update(names)
    writes = [(writer(field), value) for field, value in values]

    def write(into: Record, _was: Values | None) -> None:
        for put, value in writes:
            put(into, value)

    return write


def _writer_over(table: Table, line: Line, direction: Direction, line_values: LineValues) -> _Write:
    """Return what writes a line over what its fields were last, and over what others have written, where it changes."""
    side, fields = direction.target, table.targets(direction)
    puts = {field: _put(table, side, field) for field in fields}
    joint = [(field, reader(field)) for field in fields if table.is_joint(side, field)]

    def write(into: Record, was: Values | None) -> None:
        values, there = line_values(line, was), {field: read(into) for field, read in joint}
        if was is None:  # nothing is known of before, but of what tables before this one have written
            values |= {field: line_values.one(line, field, value) for field, value in there.items()}
        for field, value in values.items():
            if field not in there or not same(value, there[field]):
                puts[field](into, value)

    return write


def _put(table: Table, side: Side, field: Field) -> Callable[[Record, Any], None]:
    """Return what writes a field; what is only read, or written by others, is there unless it is taken away.

    With it go the objects and elements that others have made for nothing else.
    """
    write, is_others = writer(field), (side, field.path) in table.shared
    if is_others or table.is_joint(side, field):

        def put(into: Record, value: Any) -> None:
            if value is ABSENT:
                take_away(into, field.path)
            if value is ABSENT or not is_others:
                write(into, value)

        return put
    return write if field.use is not Use.READ else _put_only_read(field)


def _put_only_read(field: Field) -> Callable[[Record, Any], None]:
    """Return what writes a field that is only read: it stays as it lay there last where it has that value."""
    read, write = reader(field), writer(field)

    def put(into: Record, value: Any) -> None:
        if same(read(into), value):
            return
        if value is ABSENT:
            take_away(into, field.path)
        else:
            write(into, value)

    return put


def _ready(values: Sequence[tuple[Field, Any]]) -> Record | None:
    """Return what values come to as they are written, by top-level name; None where one stands elsewhere."""
    ready: Record = {}
    for field, value in values:
        name = only_name(field.path)
        if name is None or field.has_form or field.stand_in:
            return None
        written = field.when_absent if value is ABSENT else value
        if written is not ABSENT:
            ready[name] = written
    return ready


def _by_one_value(table: Table, direction: Direction, source: Field, judge: Step) -> Step:
    """Return the step for a table that one value decides: it is looked up."""
    read, writes = reader(source), _line_writer(table, direction)
    match = matcher(table.lines, direction)
    known = [*known_values(table.lines, direction.source), None]
    lines = {distinct(value): next(match({source: value}), None) for value in known}
    ready: dict[Distinct, _Write | None] = {
        value: None if line is None else writes[id(line)] for value, line in lines.items()
    }
    other = next(match({source: _UNNAMED}), None)
    otherwise = None if other is None else writes[id(other)]

    def step(record: Record, last: Record, into: Record, violations: list[Violation]) -> None:
        found = ready.get(key_of(read(record)), otherwise)
        return judge(record, last, into, violations) if found is None else found(into, NO_VALUES)

    return step


def _first_flag(table: Table, direction: Direction, judge: Step) -> Step | None:
    """Return the step that makes one value of flags at top-level names; None for any other table."""
    lines, targets = [line for line in table.lines if line.decides(direction)], table.targets(direction)
    named, last = [], lines[-1]
    for line in lines:
        if line.role is not Role.OTHERWISE:
            name, written = source_name(line.of(direction.source)[0][0]), table.writes(line, direction.target)
            if name is None:
                return None
            named.append((name, written[targets[0]]))
    write = writer(targets[0])
    otherwise = table.writes(last, direction.target)[targets[0]] if last.role is Role.OTHERWISE else ABSENT
    backwards = named[::-1]  # so the first true one is the last that is seen

    def step(record: Record, last: Record, into: Record, violations: list[Violation]) -> None:
        look, chosen = record.get, otherwise
        for name, value in backwards:
            flag = look(name)
            if flag is True:
                chosen = value
            elif flag is not False and flag is not None:
                return judge(record, last, into, violations)
        return judge(record, last, into, violations) if chosen is ABSENT else write(into, chosen)

    return step


def _refusal(table: Table, direction: Direction, values: Values, was: Values | None) -> Violation:
    """Return why no line decides, in the words of how the table is written."""
    field, value = next(iter(values.items()))
    path = format_path(field.path)
    if (asked := _unmet(table, direction, values, was)) is not None:
        return Violation(path, "unknown_value", asked)
    if table.spelling is Spelling.CASES:
        found = ", ".join(f"{format_path(f.path)} {shown(None if v is ABSENT else v)}" for f, v in values.items())
        return Violation(path, "unknown_value", f"no case has {found}")
    if table.flags is direction.source:
        path = format_path(table.targets(direction)[0].path)
        return Violation(path, "unknown_value", "no flag is true, and the table has no otherwise")
    if value is ABSENT:
        return Violation(path, "unknown_value", "has no value, and the table has no line for that")
    lines = [line for line in table.lines if line.role is Role.WRITTEN]
    known = ", ".join(dict.fromkeys(map(shown, known_values(lines, direction.source))))
    return Violation(path, "unknown_value", f"{shown(value)} is not one of {known}")


def _unmet(table: Table, direction: Direction, values: Values, was: Values | None) -> str | None:
    """Return which condition of the first line for such a record was not met; None where no line is for it."""
    if was is None:
        return None
    for line in table.lines:
        if line.decides(direction) and all(acceptor(accepted)(values[f]) for f, accepted in line.asked(direction)):
            for field, accepted in looking_back(line, direction.target):
                if chosen(accepted, was.get(field, ABSENT)) is UNWRITABLE:
                    last = was.get(field, ABSENT)
                    is_beside = field in table.beside(direction.target)
                    verbs = ("has", "is", "") if is_beside else ("had", "was", " last")
                    found = f"{verbs[0]} no value" if last is ABSENT else f"{verbs[1]} {shown(last)}"
                    name = format_path(field.path)
                    asked = accepted_text(accepted)
                    return f"the line for it ({line.where.told}) wants {name} {asked}, which {found}{verbs[2]}"
    return None
