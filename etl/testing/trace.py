"""Which rule, and which line of its table, a record went through: to blame one for a difference, and for coverage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, shown_path
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.line_words import line_name
from etl.mapping.rules.lines import Line, Role
from etl.mapping.rules.table import Table
from etl.mapping.rules.trace import Traced, flatten, trace
from etl.mapping.terms import Direction, Position, Side
from etl.record import Record


@dataclass(frozen=True, slots=True)
class Unit:
    """A rule, or a line of a table: what a case can exercise. name: what it is, in words."""

    where: Position
    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule did with a record.

    line: the line of its table that decided. writes: the paths that it writes, in full. needs_value: whether it did
    nothing worth the name unless a value was written.
    """

    rule: Unit
    line: Unit | None
    writes: tuple[Path, ...]
    needs_value: bool


class Coverage:
    """Traces records through a mapping. units: every rule and every line of a table, in the order of the file."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self.units = tuple(
            sorted(set(self._units()), key=lambda unit: (unit.where.file, unit.where.line, unit.where.column))
        )

    def trace(self, direction: Direction, record: Record) -> list[Step]:
        """Return what every rule of a direction does with a record (native form) that is accepted."""
        traced = trace(self._mapping.rules, direction, record)
        return [self._step(one) for _, one in flatten(traced) if one.applies]

    def _step(self, traced: Traced) -> Step:
        rule = traced.rule
        deciding = next((line for line in traced.lines if line.role is not Role.ABSENT_PASSES), None)
        line = None if deciding is None or traced.is_absent else self._line(rule, deciding)
        return Step(_unit(rule), line, tuple(traced.target), not rule.lines and not rule.inner)

    def _units(self) -> Iterator[Unit]:
        for rule in self._mapping.every_rule():
            yield _unit(rule)
            yield from (self._line(rule, line) for line in rule.lines if line.role is not Role.ABSENT_PASSES)

    def _line(self, rule: Rule, line: Line) -> Unit:
        assert isinstance(rule, Table)  # noqa: S101 - no other kind of rule has lines
        return Unit(line.where, line_name(rule, line, lambda side: self._mapping.system(side).name))


def _named(rule: Rule, side: Side) -> tuple[Path, ...]:
    return (rule.field(side).path,) if isinstance(rule, Each) else rule.paths(side)


def _unit(rule: Rule) -> Unit:
    paths = dict.fromkeys(shown_path(path) for side in Side for path in _named(rule, side))
    if isinstance(rule, Table) and rule.flags is not None:
        paths = dict.fromkeys(map(format_path, rule.paths(rule.flags.other)))
    return Unit(rule.where, f"rule of {' and '.join(paths)}")
