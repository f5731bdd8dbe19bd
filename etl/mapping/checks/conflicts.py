"""What decides conflicts and tells deletions is there: dates to compare, fields and values of the inside schema."""

from __future__ import annotations

from dataclasses import replace

from etl.mapping.checks.context import Context
from etl.mapping.checks.fields import check_path
from etl.mapping.checks.named import check_exists, check_form
from etl.mapping.codecs import Codec
from etl.mapping.paths import Path
from etl.mapping.places import overlap
from etl.mapping.rules.access import means_absent
from etl.mapping.rules.conditions import Accepted, Condition, Parts, named_values
from etl.mapping.rules.selection import named
from etl.mapping.schemas.shapes import TYPES, Shape
from etl.mapping.terms import Field, Side
from etl.record import shown


def check_conflicts(context: Context) -> None:
    """E110, E192, W197: what newest compares are dates of the two schemas, which only edits move."""
    newest = context.mapping.conflicts.newest
    if newest is None:
        return
    for side in Side:
        field = newest.of(side)
        check_path(context, side, field.path, field.where)
        shape = context.shape(side, field)
        if side is Side.INSIDE and field.path[0] in context.mapping.mongodb.on_import:
            message = f"{context.name(side, field)} is stamped by imports, so an import of anything makes it newest"
            context.find(field.where, "W197", message, "name a date that only edits move")
        if shape.types == TYPES:
            continue  # not there, or the schema says nothing of it
        fix = _outside_fix(newest.codec, shape) if side is Side.OUTSIDE else _inside_fix(shape)
        if fix:
            context.find(field.where, "E192", f"newest compares dates, and {context.name(side, field)} is none", fix)


def _outside_fix(codec: Codec, shape: Shape) -> str:
    """Return what helps where a codec finds no dates in an outside field; "" where it does.

    Text of which no format says how a date is written has to be a date-time by its schema.
    """
    if not codec.reads_any(shape.types):
        return f"name a date that codec {codec.name} reads, or say with as: how it is written"
    return _inside_fix(shape) if codec.schema_format == "date-time" else ""


def _inside_fix(shape: Shape) -> str:
    return "" if shape.date_time else 'name a date, or write "format": "date-time" in the schema'


def check_deletion(context: Context) -> None:
    """E110, E161, W194: what deleted_when names are fields that imports write, with values that they can have."""
    for field, accepted in context.mapping.deleted_when:
        check_path(context, Side.INSIDE, field.path, field.where)
        shape, name = context.shape(Side.INSIDE, field), context.name(Side.INSIDE, field)
        if not shape.known:
            continue
        for value in named_values(accepted):
            if isinstance(value, str) and shape.date_time:
                context.find(
                    field.where, "E161", f"{shown(value)} is no value of {name}, a date", "write null for none"
                )
            elif value is not None:
                check_exists(context, field.where, name, shape, value)
        if not _is_imported(context, field) and (lost := _without_a_rule(context)):
            message = f"no {lost[0]} writes {name}, so {lost[1]}"
            context.find(field.where, "W194", message, "name a field that a rule writes on every import")


def _without_a_rule(context: Context) -> tuple[str, str] | None:
    """Return what does not happen where no rule writes what deleted_when names; None where nothing is missed."""
    if context.mapping.tombstone is not None:
        return "rule", "a record that comes again stays deleted"
    return None if context.mapping.files.deletes else ("import", "none deletes a record by it")


def _is_imported(context: Context, field: Field) -> bool:
    owned = context.mapping.owned_paths(Side.INSIDE).items()
    stamped = ((name,) for name in context.mapping.mongodb.provided)
    return any(overlap(field.path, path) for path in (*(path for path, once in owned if not once), *stamped))


def check_import_when(context: Context) -> None:
    """E013, E110, E161: what import_when names are fields of the outside schema; and what it asks, and deleted_when.

    A record that says that there is none any more may have a form of its own.
    """
    mapping = context.mapping
    for field, _ in mapping.import_when:
        if not field.is_around:
            check_path(context, Side.OUTSIDE, _inmost(field), field.where)
    for field, accepted in (*mapping.import_when, *(mapping.tombstone.asked if mapping.tombstone else ())):
        if field.is_around:
            continue  # no schema speaks of it
        if field.of_each:
            _check_members(context, field, accepted)
        else:
            _check_asked(context, field, accepted)


def _inmost(field: Field) -> Path:
    """Return the path of what is asked, by the first element where that is each of a list."""
    return (*field.path, 0, *field.of_each) if field.of_each else field.path


def _check_members(context: Context, field: Field, accepted: Accepted) -> None:
    """E013, E161: of the elements of a list it is asked whether one has a value, and it may have it."""
    name = f"{context.mapping.outside.name}.{named(field)}"
    shape = context.shape(Side.OUTSIDE, replace(field, path=_inmost(field), of_each=()))
    for one in accepted:
        if not isinstance(one, Condition) or one.parts is not Parts.MEMBERS:
            fix = "write {has: VALUE}, or {not: {has: VALUE}}"
            context.find(field.where, "E013", f"{name} are the values of several elements", fix)
            continue
        for value in (*one.has, *one.lacks) if shape.known else ():
            check_exists(context, field.where, name, shape, value)


def _check_asked(context: Context, field: Field, accepted: Accepted) -> None:
    """E161: the values that a field is asked for are in its schema."""
    shape, name = context.shape(Side.OUTSIDE, field), context.name(Side.OUTSIDE, field)
    for value in named_values(accepted) if shape.known else ():
        if value is None or means_absent(field, value):
            continue
        check_exists(context, field.where, name, shape, value)
        check_form(context, field.where, Side.OUTSIDE, field, value, value)
        if context.is_text(Side.OUTSIDE) and not isinstance(value, str):
            message = f"{shown(value)} is no text, and every value of {name} is in a CSV file"
            context.find(field.where, "E161", message, f'write "{shown(value)}", and let the schema have it')
