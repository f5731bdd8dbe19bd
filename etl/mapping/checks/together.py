"""Two tables over one field: what one writes and another takes away does not come back."""

from __future__ import annotations

from collections.abc import Iterator

from etl.mapping.checks.context import LOSSY, Context
from etl.mapping.rules.lines import Line
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Field, Side


def check_together(context: Context) -> None:
    """W180: what a table writes outside is not taken away by a line of another one."""
    for taker, line, field in _taking(context):
        for rule in context.rules:
            is_owner = rule is not taker and rule.only is None and field.path in rule.paths(Side.OUTSIDE)
            if isinstance(rule, Table) and is_owner:
                name, other = context.name(Side.OUTSIDE, field), context.line(line.where, rule.where)
                message = f"what this rule writes to {name} does not come back where {other} takes it away"
                context.lose(rule, rule.where, "W180", message, f"let {other} leave it, as by $any, or {LOSSY}")
    for inner in context.elements():
        check_together(inner)


def _taking(context: Context) -> Iterator[tuple[Table, Line, Field]]:
    """Yield the first line of each table that takes away what another one writes outside, with table and field."""
    for rule in context.rules:
        if not isinstance(rule, Table) or not rule.goes(Direction.OUTBOUND):
            continue
        for field in rule.beside(Side.OUTSIDE):
            for line in rule.lines:
                if line.decides(Direction.OUTBOUND) and dict(line.of(Side.OUTSIDE)).get(field, ())[:1] == (None,):
                    yield rule, line, field
                    break
