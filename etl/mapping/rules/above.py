"""Above: where nothing below a place has a value, what stands for that is written at the place itself.

A reference is `{"id": 7}`, or `false` where there is none: the schema takes `false` there, and at no field of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from etl.mapping.paths import Path, assign, get, put
from etl.mapping.rules.access import Step, reader
from etl.mapping.rules.rule import BaseRule
from etl.mapping.terms import Above, Direction, Field, Side
from etl.record import ABSENT, Record, Violation


def fields_of(rule: BaseRule, side: Side) -> tuple[Field, ...]:
    """Return the fields of one side that a rule writes by itself; a list, or a group, is one."""
    if rule.inner:
        return rule.fields(side) if rule.goes(Direction.towards(side)) else ()
    return rule.written(side)


def aboves(rules: Iterable[BaseRule], side: Side) -> tuple[Above, ...]:
    """Return what rules write above their fields for absent values, the deepest first."""
    found = (field.above for rule in rules for field in fields_of(rule, side) if field.above is not None)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: -len(one.path)))


def filling_above(rules: Sequence[BaseRule], direction: Direction, *, keeps: bool = False) -> Iterator[Step]:
    """Yield the step that writes what stands for an absent value above fields, if rules have such fields.

    keeps: where nothing below had a value either, it stays as it was last, whatever it was; and so does what means
    absent and lies in the place of a field itself.
    """
    side = direction.target
    places = [
        (one, [reader(field) for field in below], own if keeps else (), keeps and is_two_way)
        for one in aboves(rules, side)
        for below, is_two_way in [_below(rules, side, one.path)]
        for own in [tuple(field.path for field in below if field.above == one)]
    ]

    def step(_record: Record, last: Record, into: Record, _violations: list[Violation]) -> None:
        for one, reads, own, is_kept in places:
            if any(read(into) is not ABSENT for read in reads) or any(get(into, path) is not ABSENT for path in own):
                continue
            if is_kept and last and all(read(last) is ABSENT for read in reads):
                assign(into, one.path, get(last, one.path))
            else:
                put(into, one.path, one.value)

    if places:
        yield step


def _below(rules: Iterable[BaseRule], side: Side, above: Path) -> tuple[list[Field], bool]:
    """Return the fields below a place that rules write, and whether all of these rules go both ways."""
    found = [
        (field, rule.only is None)
        for rule in rules
        for field in rule.written(side)
        if field.path[: len(above)] == above
    ]
    return [field for field, _ in found], all(is_two_way for _, is_two_way in found)
