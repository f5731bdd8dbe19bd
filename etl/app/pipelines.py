"""A mapping's two directions, compiled: schema, rules, schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from etl.errors import RecordError
from etl.mapping.files import FileFormat
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path
from etl.mapping.places import overlap
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.selection import compile_selection
from etl.mapping.rules.translate import compile_mapping
from etl.mapping.schemas.enclosed import enclosed
from etl.mapping.schemas.validation import RecordSchema
from etl.mapping.terms import Direction, Side
from etl.record import NOTHING_KNOWN, WHATEVER, Record, Violation
from etl.transfer.pipeline import Hint, Pipeline, no_hint
from etl.transfer.prepare import Preparer, in_process
from etl.transfer.selecting import selecting


def compile_pipeline(mapping: Mapping, direction: Direction) -> Pipeline:
    """Compile one direction of a mapping: source schema, rules, target schema."""
    pipeline = _compile(mapping, direction)
    if direction is Direction.OUTBOUND and mapping.files.deletes:
        return replace(pipeline, otherwise=(mapping.is_farewell, _farewell(mapping)))
    return pipeline


def _farewell(mapping: Mapping) -> Pipeline:
    """Compile the way out of a record that counts as deleted: rules that read what says so may have no word for it."""
    fields = [field.path for field, _ in mapping.deleted_when]
    rules = tuple(rule for rule in mapping.rules if rule.key or not _reads(rule, fields))
    written = {str(path[0]) for rule in mapping.rules for path in rule.paths(Side.OUTSIDE)}
    return _compile(replace(mapping, rules=rules), Direction.OUTBOUND, written)


def _reads(rule: Rule, fields: Sequence[Path]) -> bool:
    return any(overlap(path, field) for path in rule.reads(Side.INSIDE) for field in fields)


def _compile(mapping: Mapping, direction: Direction, lacking: Iterable[str] = ()) -> Pipeline:
    """Compile a direction. lacking: names that the target schema may require, and that are not required."""
    unborn = {side: mapping.unborn(side) if direction is Direction.OUTBOUND else set() for side in Side}
    provided = {*lacking, *unborn[Side.OUTSIDE]}
    provided |= set(mapping.mongodb.provided) if direction is Direction.INBOUND else set()
    source, target = mapping.system(direction.source), mapping.system(direction.target)
    return Pipeline(
        RecordSchema(source.schema, unborn[Side.INSIDE], plain=source.side is Side.OUTSIDE),
        compile_mapping(mapping, direction),
        RecordSchema(target.expected, provided, plain=target.side is Side.OUTSIDE),
        _envelope_hint(mapping) if direction is Direction.INBOUND else no_hint,
        WHATEVER if direction is Direction.INBOUND else NOTHING_KNOWN,  # what it means, until the document is known
    )


def preparer(mapping: Mapping, direction: Direction) -> Preparer:
    """Return what prepares the batches of one direction in this process."""
    return selecting_inbound(mapping, direction, in_process(compile_pipeline(mapping, direction)))


def selecting_inbound(mapping: Mapping, direction: Direction, prepare: Preparer) -> Preparer:
    """Return a preparer of one direction before which the records that are not imported are told apart."""
    return selecting(compile_selection(mapping), prepare) if direction is Direction.INBOUND else prepare


def _envelope_hint(mapping: Mapping) -> Hint:
    """Return what names the line to write where a record that is refused is what stands around the records."""
    files, required = mapping.files, mapping.outside.schema.get("required", ())
    needed = dict.fromkeys([*required, *(str(rule.outside[0].path[0]) for rule in mapping.keys)])
    if files.inbound_format not in (FileFormat.JSON, FileFormat.JSON_LINES):
        return no_hint

    def hint(record: Record) -> Violation | None:
        path = enclosed(record, needed)
        if path is None:
            return None
        inner = format_path(path)
        known = {base for base in files.records if base}
        if len(known) > 1 or (known and () in files.records):
            line = f"records under files has to lead there, to {inner} of what it names"
        else:
            line = f"write records: {format_path((*next(iter(known), ()), *path))} under files"
        return Violation("", "records", f"what it lacks is in {inner}, where the records seem to lie; {line}")

    return hint


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
