"""Meanings: the values that rules know, and that a schema alone would not lead to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from etl.mapping.codecs import CodecError
from etl.mapping.paths import Path
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy, converter
from etl.mapping.rules.kinds import Rule
from etl.mapping.samples.formed import lying
from etl.mapping.schemas.shapes import Shape
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Field, Side
from etl.record import ABSENT

_DIGITS: Final = 7
_IN_FORM: Final = ("a", "1", "")
"""Texts that an expression is given in the form that the outside has for all of them: others are refused before it."""


def fields_read(rule: Copy | Computed, side: Side) -> tuple[Field, ...]:
    """Return the fields of one side whose values a rule reads one by one."""
    if isinstance(rule, Copy):
        fields = rule.fields(side)
        return fields if (len(fields) == 1 or len(rule.groups) > 1) and not rule.key else ()
    return tuple(map(rule.source.field, rule.source.looks_at)) if rule.side is side.other else ()


def meaning_absent(rule: Copy | Computed, side: Side, own: Field, shape: Shape) -> list[Any]:
    """Return values that a field can have and that mean absent, or are written for it, on this side or the other."""
    found, others = [*own.nulls, own.when_absent, *(("", "  ") if own.blank else ())], rule.fields(side.other)
    if isinstance(rule, Computed):
        found += [text for null in own.nulls for text in _saying(null)]
        found += [lying(own, text) for text in (*_IN_FORM, *own.nulls)] if own.form is not None else []
    convert = converter(rule.codec, side)
    for value in (value for field in others for value in (*field.nulls, field.when_absent)) if len(others) == 1 else ():
        try:
            found.append(value if convert is None or value in (ABSENT, None) else convert(value))
        except CodecError:
            continue
    return [value for value in found if value not in (ABSENT, None) and shape.accepts(json_form(value))]


def _saying(number: Any) -> list[str]:
    """Return texts that say a number, with zeros in front, which an expression may make that number of."""
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    return [str(number).zfill(digits) for digits in range(1, _DIGITS)] if is_number else []


def samples_that_fit(rule: Rule, side: Side, shapes: dict[Path, Shape]) -> list[dict[Path, list[Any]]]:
    """Return the groups of values that a rule understands, such as those of a line, whose fields can all have one."""
    found, fields = [], {field.path: field for field in rule.fields(side)}
    for group in rule.samples(side):
        lie = {path: [lying(fields[path], value) for value in values] for path, values in group.items()}
        fitting = {path: fit for path, values in lie.items() if (fit := _fitting(shapes[path], values))}
        if fitting and len(fitting) == len(group):
            found.append(fitting)
    return found


def _fitting(shape: Shape, values: Sequence[Any]) -> list[Any]:
    """Return the values of a group that a field can have; None is absent."""
    return [value for value in values if (value is None and not shape.required) or shape.accepts(value)]
