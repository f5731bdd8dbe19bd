"""What each rule of a mapping does with one record: to explain it, to blame it for a difference, to count coverage.

Nothing is decided here. Every rule is compiled and applied as the interpreter does it, one at a time, and tables name
the lines that match. For every mapping and record, with `written` the values at the paths that a rule wrote alone:

    the translator's record = written(rule 1), then written(rule 2), … put into one record
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, TypeVar

from etl.mapping.paths import Path, assign, get, written
from etl.mapping.rules.each import Each, compiled_rules
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Field, Side
from etl.record import NOTHING_KNOWN, Record, Violation


@dataclass(frozen=True, slots=True)
class Traced:
    """What one rule did with one record.

    applies: whether it does anything in this direction. source, target: the values that it reads and wrote, by path
    from the record on, ABSENT where there is none. lines: of its table, all that match; the first decided. did: in
    words, of a record that it accepts. elements: for a list, what its rules did with every element.
    """

    rule: Rule
    applies: bool
    source: dict[Path, Any] = field(default_factory=dict)
    target: dict[Path, Any] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    is_absent: bool = False
    did: str = ""
    violations: tuple[Violation, ...] = ()
    elements: tuple[Traced, ...] = ()


def trace(
    rules: tuple[Rule, ...], direction: Direction, record: Record, last: Record = NOTHING_KNOWN
) -> tuple[Traced, ...]:
    """Return what every rule does with a record (native form), in the order of the file.

    last: the target's record as it was last known.
    """
    return tuple(
        _traced(rule, direction, (record, _beside(rules, rule, direction, record, last)), (), ()) for rule in rules
    )


def _beside(rules: Iterable[Rule], rule: Rule, direction: Direction, record: Record, last: Record) -> Record:
    """Return what a rule looks at: what the target was last, and in its place what other rules have written."""
    if not rule.runs_after:
        return last
    made: Record = {}
    for step in compiled_rules(tuple(one for one in rules if one.runs_after < rule.runs_after), direction):
        step(record, last, made, [])
    found = copy.deepcopy(last)
    for one in _looked_at(rule, direction.target):
        assign(found, one.path, get(made, one.path))
    return found


def _looked_at(rule: Rule, side: Side) -> tuple[Field, ...]:
    """Return the fields of one side that others write, and at which a rule looks."""
    return (*rule.stand_in_fields(side), *(rule.beside(side) if isinstance(rule, Table) else ()))


class Nested(Protocol):
    """What is said of a rule, with the same of what its rules did with every element of a list."""

    @property
    def elements(self) -> tuple[Self, ...]:
        """What is said of its elements."""
        ...


Said = TypeVar("Said", bound=Nested)


def flatten(said: Iterable[Said]) -> Iterator[tuple[int, Said]]:
    """Yield what is said of every rule, with how deep it stands: 0 for the mapping's own, 1 for those of an element."""
    for one in said:
        yield 0, one
        yield from ((depth + 1, inner) for depth, inner in flatten(one.elements))


def _traced(rule: Rule, direction: Direction, records: tuple[Record, Record], above: Path, into: Path) -> Traced:
    record, last = records
    steps = compiled_rules((rule,), direction)
    if not steps:
        return Traced(rule, applies=False, source=_unsent(rule, direction, record, above))
    made: Record = {}
    violations: list[Violation] = []
    for one in _looked_at(rule, direction.target):
        assign(made, one.path, get(last, one.path))
    for step in steps:
        step(record, last, made, violations)
    is_absent = not violations and rule.is_absent(direction, record)
    return Traced(
        rule,
        applies=True,
        source={(*above, *path): get(record, path) for path in rule.evidence(direction, record)},
        target={(*into, *path): written(made, path) for path in _written(rule, direction)},
        lines=() if violations else tuple(rule.matching(direction, record, last)),
        is_absent=is_absent,
        did="" if violations or is_absent else rule.did(direction, record),
        violations=tuple(violations),
        elements=tuple(_elements(rule, direction, records, above, into)),
    )


def _written(rule: Rule, direction: Direction) -> tuple[Path, ...]:
    is_each = isinstance(rule, Each) and rule.goes(direction)
    return tuple(f.path for f in rule.fields(direction.target)) if is_each else rule.paths(direction.target)


def _unsent(rule: Rule, direction: Direction, record: Record, above: Path) -> dict[Path, Any]:
    """Return the inside values of a rule that are not sent, since its fields outside are only read."""
    if direction is Direction.INBOUND or rule.way is not Direction.INBOUND:
        return {}
    return {(*above, *field.path): get(record, field.path) for field in rule.fields(Side.INSIDE)}


def _elements(
    rule: Rule, direction: Direction, records: tuple[Record, Record], above: Path, into: Path
) -> Iterator[Traced]:
    if not isinstance(rule, Each):
        return
    items, last = (get(one, rule.field(side).path) for one, side in zip(records, direction.ends, strict=True))
    for source, item, target, was in rule.placed(direction, items, last):
        for inner in rule.inner:
            beside = _beside(rule.inner, inner, direction, item, was)
            yield _traced(inner, direction, (item, beside), (*above, *source), (*into, *target))
