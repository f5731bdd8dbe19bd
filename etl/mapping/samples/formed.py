"""Formed: what a schema says of a field whose text has another form for rules than in the records of its system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from etl.mapping.codecs import CodecError
from etl.mapping.equality import distinct, each_once, one_of
from etl.mapping.rules.access import means_absent
from etl.mapping.schemas.shapes import Shape
from etl.mapping.terms import Field, TextForm


def lying(field: Field, value: Any) -> Any:
    """Return a value of a field as it lies in a record; what has no such form as it is."""
    if not field.has_form or field.form is None or not (isinstance(value, str) or field.form.makes):
        return value
    try:
        return field.form.encode(value)
    except CodecError:
        return value


def lies_absent(field: Field, value: Any) -> bool:
    """Return whether a value of a field, as rules have it, means absent where it lies in a record."""
    return means_absent(field, lying(field, value))


def absent_values(field: Field) -> tuple[Any, ...]:
    """Return values that mean absent in a field, of texts those that its form makes, so that they come."""
    form = field.form if field.converted is None else None
    return tuple(null for null in field.means_absent if form is None or not null or _is_made(form, null))


def _is_made(form: TextForm, value: Any) -> bool:
    if not isinstance(value, str) or not value.strip():
        return True
    try:
        return bool(form.read(form.lay(value)) == value)
    except CodecError:
        return True  # it is asked for as it stands there


def in_form(shape: Shape, field: Field) -> Shape:
    """Return the shape of a field as rules have its text, or its value."""
    if field.others is not None and not field.others.is_emptied:
        shape = _not_empty(shape)
    if not field.has_form:
        return shape
    if field.converted is not None:
        return _converted(shape, field, field.converted)
    listed = None if shape.listed is None or field.form is None else tuple(each_once(_read(field.form, shape.listed)))
    comes = one_of(listed or ())

    def accepts(value: Any) -> bool:
        return comes(value) or shape.accepts(lying(field, value))

    return replace(shape, judge=accepts, formed=listed)


def _not_empty(shape: Shape) -> Shape:
    """Return the shape of a list, or a text, that is absent where nothing is in it."""
    return replace(shape, judge=lambda value: value not in ([], "") and shape.accepts(value))


def _converted(shape: Shape, field: Field, form: TextForm) -> Shape:
    """Return the shape of what a table makes of the values of a field; what means absent there is none of them."""
    nulls = (*form.nulls, *field.means_absent)
    left = shape.without(nulls)
    read = None if left.listed is None else tuple(each_once(_read(form, left.listed)))
    comes = one_of(read or ())

    def accepts(value: Any) -> bool:
        if value is None:
            return shape.accepts(None)
        if distinct(value) == distinct(field.when_absent):
            return shape.accepts(value)
        try:
            return comes(value) or left.accepts(form.encode(value))
        except CodecError:
            return False

    made: tuple[Any, ...] | None = (True, False) if form.makes == "boolean" else read
    return replace(
        shape,
        types=frozenset({form.makes}) | (shape.types & {"null"}),
        enum=None,
        date_time=False,
        required=shape.required and not shape.may_be_absent(nulls),
        judge=accepts,
        alternatives=(),
        formed=made,
    )


def _read(form: TextForm, values: Iterable[Any]) -> Iterator[Any]:
    """Yield what a form makes of values; nothing of those that it does not read."""
    for value in values:
        with suppress(CodecError):
            yield form.read(value)


def elements_in_form(form: TextForm) -> Shape:
    """Return the shape of the elements of the lists that a table makes of the values of a field."""

    def accepts(value: Any) -> bool:
        try:
            form.encode([value])
        except CodecError:
            return False
        return True

    return Shape(frozenset({form.items}), judge=accepts)
