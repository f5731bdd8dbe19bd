"""What the schemas say of `each`: whether it maps lists or objects, and what is written for an absent element."""

from __future__ import annotations

from collections.abc import Mapping as Object

from etl.mapping.rules.each import Each
from etl.mapping.schemas.shapes import TYPES, Schema, UnknownFieldError
from etl.mapping.terms import Side
from etl.record import ABSENT


def is_group(schemas: Object[Side, Schema], rule: Each) -> bool:
    """Return whether both sides have an object where a rule has `each`, and no list."""
    return all(side in schemas and _is_object(schemas[side], rule, side) for side in Side)


def filled(schemas: Object[Side, Schema], rule: Each) -> tuple[Side, ...]:
    """Return the sides whose elements may be what is written for an absent one. schemas: of the elements."""
    return tuple(side for side, schema in schemas.items() if _takes(schema, rule.field(side).for_none))


def part_of(schemas: Object[Side, Schema], rule: Each, side: Side) -> Schema | None:
    """Return what a schema says of the elements of a rule, None where it says nothing."""
    try:
        return schemas[side].part(rule.element(side)) if side in schemas else None
    except UnknownFieldError:
        return None


def _is_object(schema: Schema, rule: Each, side: Side) -> bool:
    try:
        types = schema.shape(rule.field(side).path).types
    except UnknownFieldError:
        return False
    return "object" in types and "array" not in types


def _takes(schema: Schema, value: object) -> bool:
    shape = schema.shape(())
    return value is not ABSENT and shape.types != TYPES and shape.accepts(value)
