"""What another rule writes to a field at which a table looks, whatever it reads or where that is nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from etl.mapping.checks.cells import asked, deciding, is_too_wide, read_of, states
from etl.mapping.checks.context import Context
from etl.mapping.checks.pairs import tried
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.lines import Line, matcher
from etl.mapping.rules.table import Table
from etl.mapping.samples.formed import lies_absent
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT


def is_always_written(context: Context, table: Table, side: Side, field: Field) -> bool:
    """Return whether another rule writes a value to a field whatever it reads: since that has one, or by every line."""
    rule = _other_writer(context, table, side, field)
    if rule is None:
        return False
    may_lack = any(context.shape(side.other, one).may_be_absent(one.means_absent) for one in rule.fields(side.other))
    if not isinstance(rule, Table):
        is_there = not may_lack or not lies_absent(field, written_for_nothing(context, table, side, field))
        return is_there and not _may_mean_nothing(context, rule, side, field)
    values = [_line_value(rule, line, side, field) for line in _ever_deciding(context, rule, side)]
    return not any(lies_absent(field, value) for value in values)


def _ever_deciding(context: Context, rule: Table, side: Side) -> Iterable[Line]:
    """Return the lines that may decide towards a side, whatever it had; all that do where there is too much to try."""
    direction = Direction.towards(side)
    if is_too_wide(context, rule, side.other):
        return [line for line in rule.lines if line.decides(direction)]
    read = states(context, rule, side.other, read_of(rule, side.other))
    return deciding(rule, direction, itertools.product(read, states(context, rule, side, asked(rule, direction))))


def _may_mean_nothing(context: Context, rule: Copy, side: Side, field: Field) -> bool:
    """Return whether a rule may write a value that means absent where it lies, and none where it comes from."""
    empty = [value for value in field.means_absent if context.shape(side, field).accepts(value)]
    if rule.codec is not None and len(rule.outside) == 1:
        makes = rule.codec.encode if side is Side.INSIDE else rule.codec.decode  # what it makes, it takes back
        return any(True for value in empty for _ in tried(makes, value))
    if rule.codec is not None:
        return bool(empty)
    sources = [(one, context.shape(side.other, one)) for one in rule.fields(side.other)]
    return any(shape.accepts(value) and not lies_absent(one, value) for one, shape in sources for value in empty)


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
