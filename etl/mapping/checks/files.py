"""What files can hold: every value of a CSV file is text, and stands in a column."""

from __future__ import annotations

from collections.abc import Iterator

from etl.mapping.checks.scope import Scope, rule_fields
from etl.mapping.codecs import Codec, codecs_that
from etl.mapping.expressions.expression import plain_path
from etl.mapping.fields import written_paths
from etl.mapping.files import FileFormat
from etl.mapping.model import Copy, Derive, Rule
from etl.mapping.paths import format_path
from etl.mapping.terms import Field, Side


def check_csv(scope: Scope) -> None:
    """E145: what is read of a CSV file may be text, and what is written has a column."""
    files = scope.mapping.files
    for rule in scope.rules:
        if files.inbound_format is FileFormat.CSV:
            for field, codec in _read(rule):
                _check_text(scope, field, codec)
        if files.outbound_format is FileFormat.CSV:
            _check_columns(scope, rule)
    if files.inbound_format is FileFormat.CSV and (newest := scope.mapping.conflicts.newest):
        _check_text(scope, newest.outside, newest.codec)


def _read(rule: Rule) -> Iterator[tuple[Field, Codec | None]]:
    """Yield the outside fields that an import reads as they are, each with the codec that reads it."""
    if isinstance(rule, Derive):
        if rule.side is Side.INSIDE and (path := plain_path(rule.source)):
            yield Field(path, where=rule.source_where), rule.codec
        return
    codec = rule.codec if isinstance(rule, Copy) else None
    yield from ((field, codec) for side, field in rule_fields(rule) if side is Side.OUTSIDE)


def _check_text(scope: Scope, field: Field, codec: Codec | None) -> None:
    shape = scope.shape(Side.OUTSIDE, field)
    if codec is not None and "string" not in codec.reads:
        name = scope.name(Side.OUTSIDE, field)
        message = f"codec {codec.name} does not read text, as every value of a CSV file is, so not {name}"
        scope.find(field.where, "E145", message, f"name one that does: {_text_codecs()}")
    elif shape.known and "string" not in shape.types:
        message = f"{scope.name(Side.OUTSIDE, field)} cannot be text, and every value of a CSV file is"
        fix = 'write "type": "string" in the schema, and name a codec or a table that makes other values of it'
        scope.find(field.where, "E145", message, fix)


def _text_codecs() -> str:
    return codecs_that(lambda codec: "string" in codec.reads)


def _check_columns(scope: Scope, rule: Rule) -> None:
    columns = set(scope.schemas[Side.OUTSIDE].leaves())
    for path in written_paths(rule, Side.OUTSIDE):
        if path not in columns:
            name = f"{scope.mapping.outside.name}.{format_path(path)}"
            message = f"{name} has no column in a CSV file, which has one for each single value that the schema lists"
            scope.find(rule.where, "E145", message, "list it in the schema, or choose another format")
