"""Formed: what a schema says of a field whose text has another form for rules than in the records of its system."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from etl.mapping.codecs import CodecError
from etl.mapping.equality import distinct
from etl.mapping.rules.access import seen
from etl.mapping.schemas.shapes import Shape
from etl.mapping.terms import Field


def lying(field: Field, value: Any) -> Any:
    """Return a value of a field as it lies in a record; what has no such form as it is."""
    if not field.has_form or field.form is None or not isinstance(value, str):
        return value
    try:
        return field.form.encode(value)
    except CodecError:
        return value


def in_form(shape: Shape, field: Field) -> Shape:
    """Return the shape of a field as rules have its text."""
    if not field.has_form:
        return shape
    listed = None if shape.listed is None else tuple(_once(seen(field, value) for value in shape.listed))
    known = frozenset(map(distinct, listed or ()))

    def accepts(value: Any) -> bool:
        return distinct(value) in known or shape.accepts(lying(field, value))

    return replace(shape, judge=accepts, formed=listed)


def _once(values: Iterable[Any]) -> Iterable[Any]:
    return {distinct(value): value for value in values}.values()
