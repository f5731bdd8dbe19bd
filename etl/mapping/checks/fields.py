"""Every path exists, every required field is produced, and no field is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress

from etl.mapping.checks.absent import following
from etl.mapping.checks.context import Context, named_fields
from etl.mapping.equality import distinct
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.paths import Path, format_path, parse_path
from etl.mapping.places import in_schema, overlap, with_selecting
from etl.mapping.rules.above import fields_of
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.shapes import Schema, UnknownFieldError
from etl.mapping.selectors import Selector
from etl.mapping.terms import Direction, Field, Position, Side, Use
from etl.record import ABSENT, shown


def check_paths(context: Context) -> None:
    """E110: every path that a rule names is in its schema."""
    for rule in context.rules:
        for side, field in named_fields(rule):
            check_path(context, side, field.path, field.where)
            check_selectors(context, side, field)
    for inner in context.elements():
        check_paths(inner)


def check_names(context: Context) -> None:
    """E110: what is ignored, stamped, or named in the name or the envelope of a file, is in the schema as well."""
    for entry in context.mapping.files.entries:
        for _, path in entry.named:
            check_path(context, Side.OUTSIDE, path, entry.where)
        for text in () if entry.around is None else entry.around.named:
            check_path(context, Side.OUTSIDE, parse_path(text), entry.where)
    for side in Side:
        for field in context.mapping.system(side).ignore:
            check_path(context, side, field.path, field.where)
    for name in (*context.mapping.mongodb.provided, *context.mapping.mongodb.on_export):
        check_path(context, Side.INSIDE, (name,), context.mapping.inside.where)


def check_path(context: Context, side: Side, path: Path, where: Position) -> None:
    """E110: one path of one side is in its schema."""
    try:
        context.schemas[side].shape(path)
    except UnknownFieldError as error:
        system = context.mapping.system(side)
        fix = did_you_mean(error.name, error.known) if error.known else f"add it to {system.files[0].name}"
        context.find(where, "E110", f"{system.name} has no field {shown(error.name)}", fix)


def check_selectors(context: Context, side: Side, field: Field) -> None:
    """E110, E161: what selects an element may stand in it."""
    for at, step in enumerate(field.path):
        for names, value in step.wanted if isinstance(step, Selector) else ():
            path = (*field.path[: at + 1], *names)
            check_path(context, side, path, field.where)
            with suppress(UnknownFieldError):
                if not context.schemas[side].shape(path).accepts(value):
                    name = f"{context.mapping.system(side).name}.{format_path((*context.at[side], *path))}"
                    message = f"{name} is never {shown(value)}, so {step} selects nothing"
                    context.find(field.where, "E161", message, "write a value that the schema has")


def check_required(context: Context) -> None:
    """E121 to E123: every required field is always produced, and null only where the schema has it."""
    for direction in Direction:
        _check_produced(context, direction)
        for rule in context.rules:
            for target, sources in following(context, rule, direction):
                if not context.is_all(direction.target, target, sources):
                    _check_absence(context, direction, target, sources)
    for inner in context.elements():
        check_required(inner)


def _check_produced(context: Context, direction: Direction) -> None:
    side = direction.target
    fields = [field for rule in context.rules for field in rule.written(side)]
    if context.at[side] and all(field.use is Use.READ for field in fields):
        return  # no element is made
    system, schema = context.mapping.system(side), context.targets[side]
    written = _written(context, side)
    for above in _objects(schema, written):
        for name in schema.required(above):
            path = (*above, name)
            if not any(overlap(path, other) for other in written):
                message = f"no rule writes {context.full_name(side, path)}, which its schema requires"
                fix = f"add a rule that writes {format_path((*context.at[side], *path))}, or do not require it"
                context.find(system.where, "E121", message, fix)


def _written(context: Context, side: Side) -> list[Path]:
    """Return the paths of one side that rules write, or imports stamp."""
    written = [one for rule in context.rules for path in rule.paths(side) for one in with_selecting(path)]
    if side is Side.INSIDE and not context.at[side]:
        written += [(name,) for name in context.mapping.mongodb.provided]
    return written


def _objects(schema: Schema, paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the paths of all that is made on the way of paths, and is in the schema; () is the whole."""
    made = dict.fromkeys(path[:length] for path in ((0,), *paths) for length in range(len(path)))
    for path in made:
        with suppress(UnknownFieldError):
            schema.shape(path)
            yield path


def _check_absence(context: Context, direction: Direction, target: Field, sources: tuple[Field, ...]) -> None:
    shapes = [context.coming(direction.source, source) for source in sources]
    shape = context.taken(direction.target, target)
    if not all(each.known for each in (shape, *shapes)):
        return
    name = context.name(direction.target, target)
    feeding = " and ".join(context.name(direction.source, source) for source in sources)
    if target.when_absent is not ABSENT and not context.takes(direction.target, target, target.when_absent):
        message = f"{shown(target.when_absent)} is written to {name} when {feeding} is absent, which its schema refuses"
        context.find(target.where, "E123", message, "allow it in the schema, or say when_absent: for this rule")
    elif context.writes_nothing(direction.target, target) and shape.required:
        is_blank = not all(context.shape(direction.source, Field(one.path)).may_be_absent(one.nulls) for one in sources)
        may, fix = (
            ("nothing but blanks", 'give the one a "pattern": "\\\\S"') if is_blank else ("absent", "require the one")
        )
        message = f"{feeding} may be {may}, but {name} is required"
        context.find(target.where, "E122", message, f"{fix}, or do not require the other")


def check_above(context: Context) -> None:
    """E120: what is written above fields for absent values is one value."""
    told: dict[Path, Field] = {}
    for rule in context.rules:
        for field in fields_of(rule, Side.OUTSIDE):
            if field.above is None:
                continue
            first = told.setdefault(field.above.path, field)
            if first.above is not None and distinct(first.above.value) != distinct(field.above.value):
                name, line = context.full_name(Side.OUTSIDE, field.above.path), context.line(first.where, field.where)
                said = f"{shown(field.above.value)} where nothing below it has a value"
                message = f"{name} is {said}, and {shown(first.above.value)} by {line}"
                context.find(field.where, "E120", message, "say one when_absent for both")
    for inner in context.elements():
        check_above(inner)


def check_unmapped(context: Context) -> None:
    """W170: every field of both schemas is mapped, or ignored on purpose."""
    for side in Side:
        system = context.mapping.system(side)
        for path in unmapped_paths(context, side):
            message = f"no rule maps {system.name}.{format_path(path)}"
            fix = f"add a rule for it, or {format_path(path)} to ignore: of {side.value}"
            context.find(system.where, "W170", message, fix)


def unmapped_paths(context: Context, side: Side) -> Iterator[Path]:
    """Yield the fields of one side's schema that nothing maps or ignores, to any depth, each with its full path.

    An object, or a list, that nothing maps is one field. What an object requires that rules write into is left out:
    that none writes it is E121.
    """
    at, schema = context.at[side], context.schemas[side]
    mapped = [
        one
        for rule in context.rules
        for path in (*(field.path for field in rule.fields(side)), *_read(rule, side))
        for one in map(in_schema, with_selecting(path))
    ]
    known = [(*at, *path) for path in mapped] + list(_accounted(context, side))
    asked = list(_asked(context, side))
    below = [path[len(at) :] for path in (*known, *asked) if path[: len(at)] == at]
    made = set(_objects(schema, map(in_schema, _written(context, side))))
    for above in _objects(schema, below):
        required = context.targets[side].required(above) if above in made else ()
        for name in schema.properties(above):
            path = (*at, *above, name)
            is_known = any(overlap(path, other) for other in known) or any(path == ask[: len(path)] for ask in asked)
            if name not in required and not is_known:
                yield path
    for inner in context.elements():
        yield from unmapped_paths(inner, side)


def _read(rule: Rule, side: Side) -> Iterable[Path]:
    """Return the paths of one side that a rule looks at: of an expression, no more than it needs."""
    return rule.source.looks_at if isinstance(rule, Computed) and rule.side is side.other else rule.reads(side)


def _accounted(context: Context, side: Side) -> Iterator[Path]:
    """Yield the paths of one side that a run stamps, or that are ignored on purpose, with all below them."""
    if side is Side.INSIDE:
        mongodb = context.mapping.mongodb
        yield from ((name,) for name in (*mongodb.provided, *mongodb.on_export))
    yield from (field.path for field in context.mapping.system(side).ignore)


def _asked(context: Context, side: Side) -> Iterator[Path]:
    """Yield the paths of one side of which a run asks something: that says nothing of what lies below them."""
    if side is Side.INSIDE:
        yield from (tuple(name.split(".")) for name in context.mapping.mongodb.export_when)
        yield from (field.path for field, _ in context.mapping.deleted_when)
    else:
        mapping = context.mapping
        asked = (*mapping.import_when, *(mapping.tombstone.asked if mapping.tombstone else ()))
        yield from (field.path for field, _ in asked if not field.is_around)
    if newest := context.mapping.conflicts.newest:
        yield newest.of(side).path
