"""Every path exists, and what feeds a field fits it: types, codecs, required and null values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from etl.mapping.checks.scope import Scope, pair_in, rule_fields
from etl.mapping.codecs import Codec
from etl.mapping.expressions.expression import reads
from etl.mapping.fields import written_paths
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.language.parse_files import TEMPLATE
from etl.mapping.model import Cases, Copy, Derive, Each, Flags, Rule, Values
from etl.mapping.paths import Path, PathError, format_path, parse_path
from etl.mapping.schemas.shapes import TYPES, Shape, UnknownFieldError
from etl.mapping.terms import Direction, Field, Position, Side
from etl.record import ABSENT, shown

_NULL: Final = frozenset({"null"})


def check_paths(scope: Scope) -> None:
    """E110: every path, of rules and of expressions, is in its schema."""
    for rule in scope.rules:
        for side, field in rule_fields(rule):
            check_path(scope, side, field.path, field.where)
        if isinstance(rule, Derive):
            for path in reads(rule.source):
                check_path(scope, rule.side.other, path, rule.source_where)
    for inner in scope.elements():
        check_paths(inner)


def check_names(scope: Scope) -> None:
    """E110: what is ignored, stamped or named in a file name is in the schema as well."""
    files = scope.mapping.files
    for text in [] if files.outbound_format.many else TEMPLATE.findall(files.outbound):
        check_path(scope, Side.OUTSIDE, parse_path(text), scope.mapping.outside.where)
    for side in Side:
        for field in scope.mapping.system(side).ignore:
            check_path(scope, side, field.path, field.where)
    for name in (*scope.mapping.mongodb.on_import, *scope.mapping.mongodb.on_export):
        check_path(scope, Side.INSIDE, (name,), scope.mapping.inside.where)


def check_path(scope: Scope, side: Side, path: Path, where: Position) -> None:
    """E110: one path of one side is in its schema."""
    try:
        scope.schemas[side].shape(path)
    except UnknownFieldError as error:
        system = scope.mapping.system(side)
        fix = did_you_mean(error.name, error.known) if error.known else f"add it to {system.schema_file.name}"
        scope.find(where, "E110", f"{system.name} has no field {shown(error.name)}", fix)


def check_types(scope: Scope) -> None:
    """E150 to E152: what a two-way rule copies has one type on both sides, or a codec that fits both."""
    for rule in scope.rules:
        if not all(scope.shape(side, field).known for side, field in rule_fields(rule)):
            continue  # said already
        if isinstance(rule, Copy):
            _check_copy(scope, rule)
        if isinstance(rule, Flags):
            for flag, _ in rule.flags:
                _expect(scope, rule.side.other, flag, "boolean", "a flag is true or false")
        if isinstance(rule, Each):
            for side, field in rule_fields(rule):
                _expect(scope, side, field, "array", "each maps a list")
    for inner in scope.elements():
        check_types(inner)


def _check_copy(scope: Scope, rule: Copy) -> None:
    if rule.codec is not None:
        _check_codec(scope, rule, rule.codec)
        return
    inside = scope.shape(Side.INSIDE, rule.inside)
    if inside.date_time:
        fix = "name its outside form, as in as: datetime"
        scope.find(
            rule.inside.where, "E152", f"{scope.name(Side.INSIDE, rule.inside)} is a date, and has no codec", fix
        )
        return
    (outside,) = (scope.shape(Side.OUTSIDE, field) for field in rule.outside)
    for direction, source, target in ((Direction.INBOUND, outside, inside), (Direction.OUTBOUND, inside, outside)):
        _check_conversion(scope, rule, direction, source, target)


def _check_conversion(scope: Scope, rule: Copy, direction: Direction, source: Shape, target: Shape) -> None:
    (from_field,), (to_field,) = pair_in(rule, direction)
    names = scope.name(direction.source, from_field), scope.name(direction.target, to_field)
    allowed = target.types | (frozenset({"integer"}) if "number" in target.types else frozenset())
    if unfit := sorted(source.types - _NULL - allowed):
        message = f"{names[0]} may be {' or '.join(unfit)}, which {names[1]} may not"
        scope.find(to_field.where, "E150", message, "name a codec with as:, or make the schemas agree")
    elif source.enum is not None and target.enum is not None:
        for value in source.enum:
            if value is not None and not target.accepts(value):
                message = f"{shown(value)} of {names[0]} is no value of {names[1]}"
                scope.find(to_field.where, "E153", message, "say what corresponds with values:")


def _check_codec(scope: Scope, rule: Copy, codec: Codec) -> None:
    for field in rule.outside:
        shape, name = scope.shape(Side.OUTSIDE, field), scope.name(Side.OUTSIDE, field)
        message = ""
        if not codec.reads_any(shape.types) or unfit_types(codec.writes, shape.types):
            reads = "reads" if codec.reads == codec.writes else f"reads {_or(codec.reads)}"
            message = f"codec {codec.name} {reads} and writes {_or(codec.writes)}, which {name} is not"
        elif shape.types != TYPES and (unfit := unfit_types(shape.types, codec.reads)):
            message = f"{name} may be {_or(unfit)}, which codec {codec.name} does not read"
        if message:
            scope.find(field.where, "E151", message, "name a codec for that type, or correct the schema")
    shape, name = scope.shape(Side.INSIDE, rule.inside), scope.name(Side.INSIDE, rule.inside)
    made = frozenset({"string" if codec.makes_date else codec.makes})
    message, fix = "", "name a codec for that type, or correct the schema"
    if codec.makes_date and shape.types != TYPES and not shape.date_time:
        message = f"codec {codec.name} makes a date, which {name} is not"
        fix = 'write "format": "date-time" in the schema'
    elif unfit_types(made, shape.types):
        message = f"codec {codec.name} makes {codec.makes}, which {name} is not"
    elif shape.types != TYPES and (unfit := unfit_types(shape.types, made)):
        message = f"{name} may be {_or(unfit)}, which codec {codec.name} does not write"
    if message:
        scope.find(rule.inside.where, "E151", message, fix)


def unfit_types(types: frozenset[str], allowed: frozenset[str]) -> frozenset[str]:
    """Return those of the types that are not allowed; null is absent, and a whole number is a number."""
    return types - _NULL - allowed - (frozenset({"integer"}) if "number" in allowed else frozenset())


def _or(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))


def _expect(scope: Scope, side: Side, field: Field, kind: str, why: str) -> None:
    if kind not in scope.shape(side, field).types:
        scope.find(
            field.where, "E150", f"{scope.name(side, field)} is no {kind}; {why}", "correct the path or the schema"
        )


def check_required(scope: Scope) -> None:
    """E121 to E123: every required field is always produced, and null only where the schema has it."""
    for direction in Direction:
        produced = {path[0] for rule in scope.rules for path in written_paths(rule, direction.target)}
        if direction is Direction.INBOUND:
            produced |= set(scope.mapping.mongodb.on_import)
        _check_produced(scope, direction, produced)
        for rule in scope.rules:
            for target, sources in _copied(rule, direction):
                _check_absence(scope, direction, target, sources)
            if isinstance(rule, Cases):
                _check_cases(scope, direction.target, rule)


def _check_produced(scope: Scope, direction: Direction, produced: set[str | int]) -> None:
    system = scope.mapping.system(direction.target)
    for name, shape in scope.schemas[direction.target].properties().items():
        if shape.required and name not in produced:
            message = f"no rule writes {system.name}.{name}, which its schema requires"
            scope.find(system.where, "E121", message, f"add a rule that writes {name}, or do not require it")


def _copied(rule: Rule, direction: Direction) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    """Yield each target field that is absent when its source fields are."""
    if isinstance(rule, Copy) and not rule.key:  # a record without a key is rejected
        sources, targets = pair_in(rule, direction)
        for target in targets:
            yield target, sources
    elif isinstance(rule, Values) and not _maps_null(rule, direction.source):
        sources, targets = pair_in(rule, direction)
        yield targets[0], sources
    elif isinstance(rule, Derive) and rule.side is direction.target and (path := _plain_path(rule.source)):
        yield rule.target, (Field(path, where=rule.source_where),)


def _plain_path(source: str) -> Path | None:
    try:
        return parse_path(source)
    except PathError:
        return None


def _check_cases(scope: Scope, side: Side, rule: Cases) -> None:
    """E122: a required field that some case writes is written by every case."""
    every = {field.path: field for case in rule.cases for field, _ in case.of(side)}
    for path, field in every.items():
        if len(path) > 1 or not scope.shape(side, field).required or field.when_absent is not ABSENT:
            continue
        for case in rule.cases:
            if all(named.path != path or values[0] is None for named, values in case.of(side)):
                message = f"this case leaves {scope.name(side, field)} absent, but it is required"
                scope.find(case.where, "E122", message, "name a value for it in the case")


def _maps_null(rule: Values, source: Side) -> bool:
    return any(None in pair.of(source) and pair.of(source.other)[0] is not None for pair in rule.pairs)


def _check_absence(scope: Scope, direction: Direction, target: Field, sources: tuple[Field, ...]) -> None:
    shapes = [scope.shape(direction.source, source) for source in sources]
    if all(shape.always for shape in shapes) and not any(source.nulls for source in sources):
        return
    shape = scope.shape(direction.target, target)
    if not all(each.known for each in (shape, *shapes)):
        return
    name = scope.name(direction.target, target)
    feeding = " and ".join(scope.name(direction.source, source) for source in sources)
    if target.when_absent is ABSENT:
        if shape.required and len(target.path) == 1:
            message = f"{feeding} may be absent, but {name} is required"
            scope.find(target.where, "E122", message, "require the one, or do not require the other")
    elif not shape.accepts(target.when_absent):
        message = f"{shown(target.when_absent)} is written to {name} when {feeding} is absent, which its schema refuses"
        scope.find(target.where, "E123", message, "allow it in the schema, or say when_absent: for this rule")


def mapped_names(scope: Scope, side: Side) -> set[Any]:
    """Return the top-level names of one side that some rule reads or writes, or a run stamps or looks at."""
    names: set[Any] = set()
    for rule in scope.rules:
        names.update(field.path[0] for known, field in rule_fields(rule) if known is side)
        if isinstance(rule, Derive) and rule.side is not side:
            names.update(rule.reads)
    if side is Side.INSIDE:
        mongodb = scope.mapping.mongodb
        names.update(mongodb.on_import, mongodb.on_export, mongodb.export_when)
        names.update(field.path[0] for field, _ in scope.mapping.deleted_when)
    if newest := scope.mapping.conflicts.newest:
        names.add(newest.of(side).path[0])
    return names | {field.path[0] for field in scope.mapping.system(side).ignore}


def check_unmapped(scope: Scope) -> None:
    """W170: every field of both schemas is mapped, or ignored on purpose."""
    for side in Side:
        system = scope.mapping.system(side)
        for name in unmapped_names(scope, side):
            message = f"no rule maps {system.name}.{format_path((name,))}"
            scope.find(system.where, "W170", message, f"add a rule for it, or {name} to ignore: of {side.value}")


def unmapped_names(scope: Scope, side: Side) -> Iterator[str]:
    """Yield the fields of one side's schema that nothing maps or ignores; without required ones, which are E121."""
    mapped = mapped_names(scope, side)
    for name, shape in scope.schemas[side].properties().items():
        if name not in mapped and not shape.required:
            yield name
