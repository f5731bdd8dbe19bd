"""Which fields of a record that is made may have no value: asked here of every kind of rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from etl.mapping.checks.context import Context
from etl.mapping.checks.trips import ever_deciding
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line, Role
from etl.mapping.rules.table import Table
from etl.mapping.samples.formed import absent_values
from etl.mapping.schemas.shapes import Shape
from etl.mapping.terms import Direction, Field, Side, Use
from etl.record import ABSENT


def left_absent(context: Context, rule: Rule, side: Side) -> Iterator[Field]:
    """Yield the fields of one side that a rule leaves without a value for some record that may come."""
    for target, _ in following(context, rule, Direction.towards(side)):
        yield target
    if isinstance(rule, Table) and rule.goes(Direction.towards(side)):
        for _, field in left_by(context, rule, side, ever_deciding(context, rule, side.other)):
            yield field


def following(context: Context, rule: Rule, direction: Direction) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    """Yield the fields that a rule leaves absent where all that they are made of is, with that; if all of it may be."""
    for target, sources in rule.follows(direction):
        if rule.lines and _is_added_to(context, direction.target, target):
            continue
        shapes = [context.coming(direction.source, source) for source in sources]
        if not all(may_be_absent(shape, source) for shape, source in zip(shapes, sources, strict=True)):
            continue
        if not any(_is_there_with_key(context, direction.source, source) for source in sources):
            yield target, sources


def left_by(context: Context, rule: Table, side: Side, lines: Iterable[Line]) -> Iterator[tuple[Line, Field]]:
    """Yield the fields that lines leave absent, but where nothing stays nothing; none that is only read."""
    direction = Direction.towards(side)
    for line in lines:
        if line.role is Role.ABSENT_PASSES or not line.decides(direction):
            continue
        for field in rule.leaves(line, side):
            if field.use is not Use.READ and not _is_added_to(context, side, field):
                yield line, field


def _is_added_to(context: Context, side: Side, field: Field) -> bool:
    """Return whether a later table, which adds to the same field, has something for it by every line that decides."""
    for rule in context.rules:
        if isinstance(rule, Table) and rule.goes(Direction.towards(side)) and (side, field.path) in rule.joint:
            made = [rule.writes(line, side) for line in ever_deciding(context, rule, side.other)]
            values = [value for one in made for other, value in one.items() if other.path == field.path]
            if values and not any(value is ABSENT for value in values):
                return True
    return False


def may_be_absent(shape: Shape, source: Field) -> bool:
    """Return whether a field that is read may have no value."""
    return shape.may_be_absent(absent_values(source))


def _is_there_with_key(context: Context, side: Side, source: Field) -> bool:
    """Return whether an element has a value wherever it has a key, without which nothing is made of it."""
    above, shape = source.path[:-1], context.coming(side, source)
    if not shape.known:
        return False
    keys = [one.path for rule in context.rules if rule.key for one in rule.fields(side)]
    if not context.at[side] or not any(len(key) > len(above) and key[: len(above)] == above for key in keys):
        return False
    is_any_null = "null" in shape.types or any(shape.accepts(null) for null in source.nulls)
    return source.path[-1] in context.schemas[side].required(above) and not is_any_null and not source.blank
