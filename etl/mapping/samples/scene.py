"""Scenes: rules with what the schemas say where their paths start, of a record or of an element in it."""

from __future__ import annotations

from dataclasses import dataclass

from etl.mapping.paths import Path
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.shapes import TYPES, Schema, Shape, UnknownFieldError
from etl.mapping.terms import Field, Side


@dataclass(frozen=True, slots=True)
class Scene:
    """Rules, and the schemas that their paths start from. at: the place in the record where those stand."""

    rules: tuple[Rule, ...]
    schemas: dict[Side, Schema]
    at: Path = ()

    def shape(self, side: Side, field: Field) -> Shape:
        """Return the shape of a field, one that is not known where its schema does not have it."""
        try:
            return self.schemas[side].shape(field.path)
        except UnknownFieldError:
            return Shape(TYPES, known=False)

    def element(self, rule: Each, side: Side, index: int) -> Scene | None:
        """Return the scene of an element of a list, None where a schema says nothing of it."""
        try:
            schemas = {each: self.schemas[each].part(rule.element(each)) for each in Side}
        except UnknownFieldError:
            return None
        known = {each: schema for each, schema in schemas.items() if schema is not None}
        at = (*self.at, *rule.element(side, index))
        return Scene(rule.rules, known, at) if len(known) == len(schemas) else None
