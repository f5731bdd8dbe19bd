"""Which rule, and which line of its table, a record went through: to blame one for a difference, and for coverage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from etl.mapping.fields import written_paths
from etl.mapping.language.document import Document, Place, read_document
from etl.mapping.model import Cases, Copy, Derive, Each, Flags, Mapping, Rule, Values
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.steps import reader
from etl.mapping.rules.tables import (
    distinct,
    flags_by_value,
    flags_raised,
    matching_cases,
    pairs_by_value,
    pattern_fields,
)
from etl.mapping.terms import Direction, Position, Side
from etl.record import ABSENT, Record, shown


@dataclass(frozen=True, slots=True)
class Unit:
    """A rule, or a line of a table: what a case can exercise. name: what it is, in words."""

    where: Position
    name: str


@dataclass(frozen=True, slots=True)
class Traced:
    """What one rule did with a record.

    line: the line of its table that decided. writes: the paths that it writes, in full. needs_value: whether it did
    nothing worth the name unless a value was written.
    """

    rule: Unit
    line: Unit | None
    writes: tuple[Path, ...]
    needs_value: bool


class Tracer:
    """Traces records through a mapping. units: every rule and every line of a table, in the order of the file."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._otherwise = dict(_otherwise_places(mapping, read_document(mapping.file), mapping.rules, ("rules",)))
        self.units = tuple(sorted(set(self._units(mapping.rules)), key=lambda u: (u.where.line, u.where.column)))

    def trace(self, direction: Direction, record: Record) -> list[Traced]:
        """Return what every rule of a direction does with a record (native form) that is accepted."""
        return list(self._trace(self._mapping.rules, direction, record, ()))

    def _trace(self, rules: tuple[Rule, ...], direction: Direction, record: Record, at: Path) -> Iterator[Traced]:
        for rule in rules:
            if isinstance(rule, Derive) and rule.side is not direction.target:
                continue
            writes = tuple((*at, *path) for path in written_paths(rule, direction.target))
            yield Traced(_unit(rule), self._line(rule, direction, record), writes, isinstance(rule, Copy | Derive))
            if isinstance(rule, Each):
                (source,) = written_paths(rule, direction.source)
                items = get(record, source)
                for index, item in enumerate(items if isinstance(items, list) else ()):
                    if isinstance(item, dict):
                        yield from self._trace(rule.rules, direction, item, (*writes[0], index))

    def _line(self, rule: Rule, direction: Direction, record: Record) -> Unit | None:
        source = direction.source
        match rule:
            case Flags() if rule.side is direction.target:
                raised = flags_raised(reader(flag)(record) for flag, _ in rule.flags)
                return _first((_flag(rule, at) for at in raised), self._otherwise.get((rule.where, rule.side)))
            case Flags():
                raised = iter(flags_by_value(rule).get(distinct(reader(rule.value)(record)), ()))
                return _first((_flag(rule, at) for at in raised), self._otherwise.get((rule.where, rule.side)))
            case Values():
                value = reader(rule.outside if source is Side.OUTSIDE else rule.inside)(record)
                pairs = pairs_by_value(rule, source).get(distinct(None if value is ABSENT else value), ())
                otherwise = None if value is ABSENT else self._otherwise.get((rule.where, direction.target))
                return _first((_pair(rule, rule.pairs.index(pair)) for pair in pairs), otherwise)
            case Cases():
                fields = pattern_fields(case.of(source) for case in rule.cases)
                found = matching_cases(rule.cases, source)({one: reader(one)(record) for one in fields})
                otherwise = self._otherwise.get((rule.where, direction.target))
                return _first((_case(rule, rule.cases.index(case)) for case in found), otherwise)
            case _:
                return None

    def _units(self, rules: tuple[Rule, ...]) -> Iterator[Unit]:
        for rule in rules:
            yield _unit(rule)
            yield from (self._otherwise[rule.where, side] for side in Side if (rule.where, side) in self._otherwise)
            match rule:
                case Flags():
                    yield from (_flag(rule, at) for at in range(len(rule.flags)))
                case Values():
                    yield from (_pair(rule, at) for at in range(len(rule.pairs)))
                case Cases():
                    yield from (_case(rule, at) for at in range(len(rule.cases)))
                case Each():
                    yield from self._units(rule.rules)
                case _:
                    pass


def _otherwise_places(
    mapping: Mapping, document: Document, rules: tuple[Rule, ...], place: Place
) -> Iterator[tuple[tuple[Position, Side], Unit]]:
    """Yield the place of every `otherwise`, by the place of its rule and the side that it writes."""
    for index, rule in enumerate(rules):
        here: Place = (*place, index, "otherwise")
        if isinstance(rule, Flags) and rule.otherwise is not ABSENT:
            yield (rule.where, rule.side), Unit(document.position(here, key=True), "otherwise")
        elif isinstance(rule, Values | Cases):
            for side in rule.otherwise:
                name = mapping.system(side).name
                yield (rule.where, side), Unit(document.position((*here, name), key=True), f"otherwise of {name}")
        elif isinstance(rule, Each):
            yield from _otherwise_places(mapping, document, rule.rules, (*place, index, "each"))


def _first(units: Iterator[Unit], otherwise: Unit | None) -> Unit | None:
    return next(units, otherwise)


def _unit(rule: Rule) -> Unit:
    paths = dict.fromkeys(format_path(path) for side in Side for path in written_paths(rule, side))
    if isinstance(rule, Flags):
        paths = {format_path(rule.value.path): None}
    return Unit(rule.where, f"rule of {' and '.join(paths)}")


def _flag(rule: Flags, at: int) -> Unit:
    field, value = rule.flags[at]
    return Unit(field.where, f"flag {format_path(field.path)} ({shown(value)})")


def _pair(rule: Values, at: int) -> Unit:
    pair = rule.pairs[at]
    return Unit(pair.where, f"pair {_values(pair.outside)} and {_values(pair.inside)}")


def _values(values: tuple[Any, ...]) -> str:
    return " or ".join(map(shown, values))


def _case(rule: Cases, at: int) -> Unit:
    return Unit(rule.cases[at].where, f"case {at + 1}")
