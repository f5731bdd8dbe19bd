"""What another rule writes to a field at which a table looks, whatever it reads or where that is nothing."""

from __future__ import annotations

from typing import Any

from etl.mapping.checks.context import Context
from etl.mapping.checks.pairs import tried
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.lines import Line, matcher
from etl.mapping.rules.table import Table
from etl.mapping.samples.formed import lying
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT


def is_always_written(context: Context, table: Table, side: Side, field: Field) -> bool:
    """Return whether another rule writes a value to a field whatever it reads: since that has one, or by every line."""
    rule = _other_writer(context, table, side, field)
    if rule is None:
        return False
    may_lack = any(context.shape(side.other, one).may_be_absent(one.means_absent) for one in rule.fields(side.other))
    if not isinstance(rule, Table):
        is_there = not may_lack or not means_absent(field, written_for_nothing(context, table, side, field))
        return is_there and not _may_mean_nothing(context, rule, side, field)
    sources = rule.sources(Direction.towards(side))
    lines = [line for line in rule.lines if line.decides(Direction.towards(side))]
    met = [line for line in lines if _asks_for_a_value(line, side.other) or (may_lack and len(sources) > 1)]
    values = [_line_value(rule, line, side, field) for line in met]
    values += [written_for_nothing(context, table, side, field)] if may_lack and _for_nothing(rule, side) else []
    return not any(means_absent(field, lying(field, value)) for value in values)


def _may_mean_nothing(context: Context, rule: Copy, side: Side, field: Field) -> bool:
    """Return whether a rule may write a value that means absent where it lies, and none where it comes from."""
    empty = [value for value in field.means_absent if context.shape(side, field).accepts(value)]
    if rule.codec is not None and len(rule.outside) == 1:
        makes = rule.codec.encode if side is Side.INSIDE else rule.codec.decode  # what it makes, it takes back
        return any(True for value in empty for _ in tried(makes, value))
    if rule.codec is not None:
        return bool(empty)
    sources = [(one, context.shape(side.other, one)) for one in rule.fields(side.other)]
    return any(shape.accepts(value) and not means_absent(one, value) for one, shape in sources for value in empty)


def _other_writer(context: Context, table: Table, side: Side, field: Field) -> Copy | Table | None:
    """Return the first other rule that writes a field, of those of which it is known what they write."""
    others = (rule for rule in context.rules if rule is not table and isinstance(rule, Copy | Table))
    return next((rule for rule in others if field.path in rule.paths(side)), None)


def written_for_nothing(context: Context, table: Table, side: Side, field: Field) -> Any:
    """Return what another rule writes to a field where all that it reads is absent; ABSENT for nothing."""
    rule = _other_writer(context, table, side, field)
    if isinstance(rule, Copy):
        return next((one.for_none for one in rule.written(side) if one.path == field.path), ABSENT)
    line = None if rule is None else _for_nothing(rule, side)
    return ABSENT if line is None or rule is None else _line_value(rule, line, side, field)


def _for_nothing(rule: Table, side: Side) -> Line | None:
    """Return the line of a table that decides where all that it reads is absent."""
    direction = Direction.towards(side)
    return next(matcher(rule.lines, direction)(dict.fromkeys(rule.sources(direction), ABSENT)), None)


def _line_value(rule: Table, line: Line, side: Side, field: Field) -> Any:
    """Return what a line writes to a field, ABSENT for nothing."""
    return {one.path: value for one, value in rule.line_values(side)(line, None).items()}.get(field.path, ABSENT)


def _asks_for_a_value(line: Line, side: Side) -> bool:
    """Return whether a line is for anything of a side but that there is no value."""
    return any(one is not None for _, accepted in line.of(side) for one in accepted)
