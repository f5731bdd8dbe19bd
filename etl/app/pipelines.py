"""A mapping's two directions, compiled: schema, rules, schema."""

from __future__ import annotations

from collections.abc import Callable

from etl.errors import RecordError
from etl.mapping.model import Mapping
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Direction, Side
from etl.record import Record
from etl.transfer.pipeline import Pipeline


def compile_pipeline(mapping: Mapping, direction: Direction) -> Pipeline:
    """Compile one direction of a mapping: source schema, rules, target schema."""
    provided = mapping.mongodb.on_import if direction is Direction.INBOUND else ()
    source, target = mapping.system(direction.source), mapping.system(direction.target)
    return Pipeline(
        RecordSchema(source.schema, plain=source.side is Side.OUTSIDE),
        compile_mapping(mapping, direction),
        RecordSchema(target.schema, provided, plain=target.side is Side.OUTSIDE),
    )


def translator(mapping: Mapping, direction: Direction) -> Callable[[Record], Record]:
    """Return a function that checks and translates one record.

    It takes and returns plain objects; inside records hold aware `datetime` values. It raises RecordError, with every
    violation, for a record that a run would reject.
    """
    pipeline = compile_pipeline(mapping, direction)

    def translate(record: Record) -> Record:
        translated, _, violations = pipeline(record)
        if violations:
            raise RecordError(violations)
        return translated

    return translate
