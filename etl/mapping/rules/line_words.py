"""What a line of a table is called, in coverage and in blame, and how an explanation shows it."""

from __future__ import annotations

from collections.abc import Callable

from etl.mapping.paths import format_path
from etl.mapping.rules.conditions import Pattern, accepted_text
from etl.mapping.rules.lines import Line, Role, Spelling
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Side
from etl.record import shown


def line_name(table: Table, line: Line, name: Callable[[Side], str]) -> str:
    """Return what a line is called in coverage and in blame. name: of a system."""
    if line.role is Role.OTHERWISE:
        if line.only is None:
            return "otherwise"
        return f"otherwise of {name(line.only.target)}"
    match table.spelling:
        case Spelling.FLAGS:
            assert table.flags is not None  # noqa: S101 - a table of flags has a side that they stand on
            (flag, _), (_, (value, *_)) = line.of(table.flags)[0], line.of(table.flags.other)[0]
            return f"flag {format_path(flag.path)} ({shown(value)})"
        case Spelling.VALUES:
            (_, outside), (_, inside) = line.outside[0], line.inside[0]
            return f"pair {accepted_text(outside)} and {accepted_text(inside)}"
        case Spelling.CASES:
            return f"case {table.lines.index(line) + 1}"


def displayed_line(table: Table, line: Line, direction: Direction) -> str:
    """Return a line as an explanation shows it: what it reads, and what it writes."""
    source, target = line.of(direction.source), line.of(direction.target)
    if line.role is Role.OTHERWISE:
        if table.flags is direction.target:
            return "otherwise -> no flag"
        return f"otherwise -> {_written(table, target)}"
    match table.spelling:
        case Spelling.FLAGS:
            assert table.flags is not None  # noqa: S101 - as above
            return format_path(line.of(table.flags)[0][0].path)
        case Spelling.VALUES:
            return f"{accepted_text(source[0][1])} -> {accepted_text(target[0][1][:1])}"
        case Spelling.CASES:
            return f"{displayed_pattern(source)} -> {_written(table, target)}"


def _written(table: Table, pattern: Pattern) -> str:
    if table.spelling is Spelling.CASES:
        return displayed_pattern(tuple((field, accepted[:1]) for field, accepted in pattern))
    return accepted_text(pattern[0][1][:1])


def displayed_pattern(pattern: Pattern) -> str:
    """Return the fields of a pattern with what each accepts."""
    return ", ".join(f"{format_path(f.path)} {accepted_text(a)}" for f, a in pattern) or "anything"
