"""Every path exists, every required field is produced, and no field is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from etl.mapping.checks.context import Context, named_fields
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.language.parse_files import TEMPLATE
from etl.mapping.paths import Path, format_path, parse_path
from etl.mapping.schemas.shapes import UnknownFieldError
from etl.mapping.terms import Direction, Field, Position, Side
from etl.record import ABSENT, shown


def check_paths(context: Context) -> None:
    """E110: every path that a rule names is in its schema."""
    for rule in context.rules:
        for side, field in named_fields(rule):
            check_path(context, side, field.path, field.where)
    for inner in context.elements():
        check_paths(inner)


def check_names(context: Context) -> None:
    """E110: what is ignored, stamped or named in a file name is in the schema as well."""
    files = context.mapping.files
    for text in [] if files.outbound_format.many else TEMPLATE.findall(files.outbound):
        check_path(context, Side.OUTSIDE, parse_path(text), context.mapping.outside.where)
    for side in Side:
        for field in context.mapping.system(side).ignore:
            check_path(context, side, field.path, field.where)
    for name in (*context.mapping.mongodb.on_import, *context.mapping.mongodb.on_export):
        check_path(context, Side.INSIDE, (name,), context.mapping.inside.where)


def check_path(context: Context, side: Side, path: Path, where: Position) -> None:
    """E110: one path of one side is in its schema."""
    try:
        context.schemas[side].shape(path)
    except UnknownFieldError as error:
        system = context.mapping.system(side)
        fix = did_you_mean(error.name, error.known) if error.known else f"add it to {system.schema_file.name}"
        context.find(where, "E110", f"{system.name} has no field {shown(error.name)}", fix)


def check_required(context: Context) -> None:
    """E121 to E123: every required field is always produced, and null only where the schema has it."""
    for direction in Direction:
        produced = {path[0] for rule in context.rules for path in rule.paths(direction.target)}
        if direction is Direction.INBOUND:
            produced |= set(context.mapping.mongodb.on_import)
        _check_produced(context, direction, produced)
        for rule in context.rules:
            for target, sources in rule.follows(direction):
                _check_absence(context, direction, target, sources)


def _check_produced(context: Context, direction: Direction, produced: set[str | int]) -> None:
    system = context.mapping.system(direction.target)
    for name, shape in context.schemas[direction.target].properties().items():
        if shape.required and name not in produced:
            message = f"no rule writes {system.name}.{name}, which its schema requires"
            context.find(system.where, "E121", message, f"add a rule that writes {name}, or do not require it")


def _check_absence(context: Context, direction: Direction, target: Field, sources: tuple[Field, ...]) -> None:
    shapes = [context.shape(direction.source, source) for source in sources]
    if all(shape.always for shape in shapes) and not any(source.nulls for source in sources):
        return
    shape = context.shape(direction.target, target)
    if not all(each.known for each in (shape, *shapes)):
        return
    name = context.name(direction.target, target)
    feeding = " and ".join(context.name(direction.source, source) for source in sources)
    if target.when_absent is ABSENT:
        if shape.required and len(target.path) == 1:
            message = f"{feeding} may be absent, but {name} is required"
            context.find(target.where, "E122", message, "require the one, or do not require the other")
    elif not context.takes(direction.target, target, target.when_absent):
        message = f"{shown(target.when_absent)} is written to {name} when {feeding} is absent, which its schema refuses"
        context.find(target.where, "E123", message, "allow it in the schema, or say when_absent: for this rule")


def mapped_names(context: Context, side: Side) -> set[Any]:
    """Return the top-level names of one side that some rule reads or writes, or a run stamps or looks at."""
    names: set[Any] = set()
    for rule in context.rules:
        names.update(field.path[0] for field in rule.fields(side))
        names.update(path[0] for path in rule.reads(side))
    if side is Side.INSIDE:
        mongodb = context.mapping.mongodb
        names.update(mongodb.on_import, mongodb.on_export, mongodb.export_when)
        names.update(field.path[0] for field, _ in context.mapping.deleted_when)
    if newest := context.mapping.conflicts.newest:
        names.add(newest.of(side).path[0])
    return names | {field.path[0] for field in context.mapping.system(side).ignore}


def check_unmapped(context: Context) -> None:
    """W170: every field of both schemas is mapped, or ignored on purpose."""
    for side in Side:
        system = context.mapping.system(side)
        for name in unmapped_names(context, side):
            message = f"no rule maps {system.name}.{format_path((name,))}"
            context.find(system.where, "W170", message, f"add a rule for it, or {name} to ignore: of {side.value}")


def unmapped_names(context: Context, side: Side) -> Iterator[str]:
    """Yield the fields of one side's schema that nothing maps or ignores; without required ones, which are E121."""
    mapped = mapped_names(context, side)
    for name, shape in context.schemas[side].properties().items():
        if name not in mapped and not shape.required:
            yield name
