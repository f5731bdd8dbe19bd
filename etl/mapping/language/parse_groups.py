"""What the schemas say of `each`: whether it maps lists or objects, and what is written for an absent element."""

from __future__ import annotations

from collections.abc import Mapping as Object
from dataclasses import replace

from etl.mapping.model import System
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.shapes import TYPES, Schema, UnknownFieldError
from etl.mapping.terms import Side
from etl.record import ABSENT


def settled(rules: tuple[Rule, ...], *systems: System) -> tuple[Rule, ...]:
    """Return rules with what the schemas of two systems say of their lists and groups."""
    return _every(rules, {one.side: Schema(one.schema, has_dates=one.side is Side.INSIDE) for one in systems})


def _every(rules: tuple[Rule, ...], schemas: Object[Side, Schema]) -> tuple[Rule, ...]:
    return tuple(_settled(rule, schemas) if isinstance(rule, Each) else rule for rule in rules)


def _settled(rule: Each, schemas: Object[Side, Schema]) -> Each:
    is_group = all(_is_object(schemas[side], rule, side) for side in Side)
    rule = replace(rule, is_group=is_group)
    below = {side: _part(schemas[side], rule, side) for side in Side}
    fills = () if is_group else tuple(side for side in Side if _takes(below[side], rule.field(side).when_absent))
    return replace(rule, rules=_every(rule.rules, below), fills=fills)


def _is_object(schema: Schema, rule: Each, side: Side) -> bool:
    try:
        types = schema.shape(rule.field(side).path).types
    except UnknownFieldError:
        return False
    return "object" in types and "array" not in types


def _part(schema: Schema, rule: Each, side: Side) -> Schema:
    try:
        return schema.part(rule.element(side)) or Schema({})
    except UnknownFieldError:
        return Schema({})


def _takes(schema: Schema, value: object) -> bool:
    shape = schema.shape(())
    return value is not ABSENT and shape.types != TYPES and shape.accepts(value)
