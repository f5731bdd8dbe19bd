"""The filter of what waits, and what runs stamp: their fields are there, and can have the values that are named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from etl.mapping.checks.context import Context
from etl.mapping.checks.fields import check_path
from etl.mapping.mongodb import Stamp
from etl.mapping.paths import Path
from etl.mapping.schemas.shapes import type_of
from etl.mapping.schemas.validation import json_form
from etl.mapping.terms import Field, Side
from etl.record import shown

Compared: TypeAlias = tuple[Path, Any]
"""A field of a filter, and a value that it is compared with."""

_NOW: Final = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
_COMPARING: Final = frozenset({"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$all"})


def check_export_when(context: Context) -> None:
    """E110, E195: fields of the filter, and the values that they are compared with, are in the inside schema."""
    where = context.mapping.inside.where
    told: set[Path] = set()
    for path, value in _compared(context.mapping.mongodb.export_when):
        field = Field(path, where=where)
        shape = context.shape(Side.INSIDE, field)
        if path not in told and not shape.known:
            told.add(path)
            check_path(context, Side.INSIDE, path, where)
        if not shape.known or value is None:
            continue
        name = context.name(Side.INSIDE, field)
        if shape.date_time and not isinstance(value, datetime):
            fix = 'write {$date: "2025-01-02T03:04:05Z"} for a date'
            context.find(where, "E195", f"export_when compares {name}, a date, with {shown(value)}", fix)
        elif isinstance(value, datetime) and not shape.date_time and "string" not in shape.types:
            context.find(where, "E195", f"export_when compares {name}, no date, with one", "compare its values")
        elif not isinstance(value, datetime) and not _can_be(value, shape.types):
            kinds = " or ".join(sorted(shape.types - {"null"}))
            message = f"export_when compares {name} with {shown(value)}, which it never is"
            context.find(where, "E195", message, f"compare it with a value of type {kinds}")


def check_stamps(context: Context) -> None:
    """E161: what runs stamp leaves a document as the inside schema has it; otherwise it never goes out again."""
    mongodb, where = context.mapping.mongodb, context.mapping.inside.where
    for word, stamps in (("on_import", mongodb.on_import), ("on_export", mongodb.on_export)):
        for name, stamp in stamps.items():
            field = Field((name,), where=where)
            shape, full = context.shape(Side.INSIDE, field), context.name(Side.INSIDE, field)
            if stamp is Stamp.ABSENT and shape.required:
                message = f"{word} removes {full}, which its schema requires"
                context.find(where, "E161", message, "do not require it")
            elif stamp is not Stamp.ABSENT and not shape.accepts(json_form(_NOW) if stamp is Stamp.NOW else stamp):
                value = "$now, a date," if stamp is Stamp.NOW else shown(stamp)
                message = f"{value} is no value of {full}, to which {word} sets it"
                context.find(where, "E161", message, "correct the stamp or the schema")


def check_scope(context: Context) -> None:
    """E161: what tells the documents of a mapping apart are values that their schema has."""
    where = context.mapping.inside.where
    for name, value in context.mapping.mongodb.scope.items():
        shape, full = context.shape(Side.INSIDE, Field((name,), where=where)), context.name(Side.INSIDE, Field((name,)))
        if shape.known and (shape.date_time or not shape.accepts(value)):
            message = f"{shown(value)} is no value of {full}, by which scope tells documents apart"
            context.find(where, "E161", message, "correct the scope or the schema")


def _can_be(value: Any, types: frozenset[str]) -> bool:
    kind = type_of(value)
    return kind in types or "array" in types or (kind in {"integer", "number"} and bool(types & {"integer", "number"}))


def _compared(condition: Any) -> Iterator[Compared]:
    """Yield every field of a filter with each value that it is compared with; None where that is no plain value."""
    for name, value in condition.items():
        if name in {"$and", "$or", "$nor"}:
            for each in value:
                yield from _compared(each)
        elif not name.startswith("$"):
            path: Path = tuple(int(step) if step.isdecimal() else step for step in name.split("."))
            yield from ((path, each) for each in _values(value))


def _values(value: Any) -> Iterator[Any]:
    if not isinstance(value, dict):
        yield value
        return
    for name, operand in value.items():
        if name == "$not":
            yield from _values(operand)
        elif name in _COMPARING:
            yield from operand if isinstance(operand, list) else (operand,)
        else:
            yield None
