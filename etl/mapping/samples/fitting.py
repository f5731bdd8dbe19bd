"""Fitting: values of one side of which a rule makes some that the other side's schema takes.

The plainest value of a schema may be one that the other refuses, such as `a` where a pattern stands. So where a rule
makes a value that is refused, values are known that it makes better ones of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from etl.mapping.codecs import CodecError
from etl.mapping.equality import distinct
from etl.mapping.expressions.expression import ExpressionError
from etl.mapping.paths import Path, written
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy, converter
from etl.mapping.schemas.edges import edges_of
from etl.mapping.schemas.shapes import Shape
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Field, Side
from etl.record import ABSENT, Record

_MOST: Final = 6
"""So many values are known of a field at most."""

Shapes = Callable[[Side, Field], Shape]


def is_refused(rule: Copy | Computed, side: Side, record: Record, shape: Shapes) -> bool:
    """Return whether the other side's schema refuses what a rule of one value makes of a record."""
    target = rule.target if isinstance(rule, Computed) else _only(rule, side.other)
    if target is None:
        return False
    try:
        made = _made(rule, side, record)
    except (CodecError, ExpressionError):
        return isinstance(rule, Computed) or side is Side.INSIDE  # outside, values come in the form of their codec
    there = shape(side.other, target)
    if made is ABSENT:
        return isinstance(rule, Computed) and there.required and target.when_absent is ABSENT
    return not there.accepts(json_form(made))


def _made(rule: Copy | Computed, side: Side, record: Record) -> Any:
    value = rule.source.compute(record) if isinstance(rule, Computed) else written(record, rule.fields(side)[0].path)
    convert = converter(rule.codec, side.other)
    return ABSENT if value in (ABSENT, None) else value if convert is None else convert(value)


def paths_that_decide(rule: Copy | Computed, side: Side) -> tuple[Path, ...]:
    """Return the paths of one side of which a rule makes one value; () where it does something else."""
    if isinstance(rule, Computed):
        return rule.source.looks_at if rule.side is side.other else ()
    field = _only(rule, side)
    return () if field is None else (field.path,)


def fitting(rule: Copy | Computed, side: Side, path: Path, shape: Shapes) -> list[Any]:
    """Return values of a path that its own schema has, and of which a rule may make some that the other side takes."""
    own = shape(side, Field(path))
    target = rule.target if isinstance(rule, Computed) else rule.fields(side.other)[0]
    nulls = {distinct(value) for field in (*rule.fields(side), target) for value in (*field.nulls, None)}
    found = {
        distinct(value): value
        for value in _candidates(rule, side, own, shape(side.other, target))
        if distinct(value) not in nulls and not (rule.key and value == "") and own.accepts(json_form(value))
    }
    return list(found.values())[:_MOST]


def _candidates(rule: Copy | Computed, side: Side, own: Shape, target: Shape) -> Iterator[Any]:
    convert = converter(rule.codec, side)
    if convert is not None:
        for value in edges_of(target.alternatives):
            with suppress(CodecError):
                yield convert(value)
    elif isinstance(rule, Copy):
        around = own.alternatives or target.alternatives
        yield from (value for value in edges_of(around, target.alternatives) if target.accepts(value))
    else:
        for value in edges_of(target.alternatives):
            yield from read_as(value)


def read_as(value: Any) -> Iterator[Any]:
    """Yield a value, and its number or its text: what an expression makes of it is not known."""
    yield value
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, str) and value.isdecimal() and str(int(value)) == value:
        yield int(value)


def _only(rule: Copy, side: Side) -> Field | None:
    """Return the one field of a side, None where a codec joins several of either."""
    return rule.fields(side)[0] if len(rule.outside) == 1 else None
