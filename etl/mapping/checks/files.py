"""What files can hold and be called: values of CSV files are text in columns, those of file names are keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from etl.mapping.checks.context import Context
from etl.mapping.codecs import Codec, codecs_that
from etl.mapping.files import FileFormat
from etl.mapping.language.parse_files import TEMPLATE
from etl.mapping.paths import format_path, overlap, parse_path
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.shapes import TYPES
from etl.mapping.terms import Direction, Field, Side

_NAMING: Final = frozenset({"string", "integer", "number"})


def check_csv(context: Context) -> None:
    """E145: what is read of a CSV file may be text, and what is written has a column."""
    files = context.mapping.files
    for rule in context.rules:
        if files.inbound_format is FileFormat.CSV:
            for field in _read(rule):
                _check_text(context, field, rule.codec)
        if files.outbound_format is FileFormat.CSV:
            _check_columns(context, rule)
    if files.inbound_format is FileFormat.CSV and (newest := context.mapping.conflicts.newest):
        _check_text(context, newest.outside, newest.codec)


def _read(rule: Rule) -> Iterator[Field]:
    """Yield the outside fields that an import reads as they are."""
    if rule.only is None:
        yield from rule.fields(Side.OUTSIDE)
    for _, sources in rule.follows(Direction.INBOUND) if rule.only is Direction.INBOUND else ():
        yield from sources


def check_file_names(context: Context) -> None:
    """E146: every value in the name of an outbound file can stand there, and tells its record from all others."""
    files = context.mapping.files
    written = [path for rule in context.rules for path in rule.paths(Side.OUTSIDE)]
    for text in [] if files.outbound_format.many else TEMPLATE.findall(files.outbound):
        path = parse_path(text)
        shape = context.shape(Side.OUTSIDE, Field(path))
        if shape.known and not shape.types & _NAMING:
            message = f"{{{text}}} is neither text nor a whole number, and nothing else stands in a file name"
            context.find(files.outbound_where, "E146", message, "name a field that is")
        elif shape.known and {"string"} < shape.types & {"string", "integer", "number"} and shape.types != TYPES:
            message = f'{{{text}}} is text or a number, so 7 and "7" would share a file'
            context.find(files.outbound_where, "E146", message, "say in the schema which of the two it is")
        elif shape.known and not any(overlap(path, other) for other in written):
            message = f"no rule writes {{{text}}}, so no record has a file name"
            context.find(files.outbound_where, "E146", message, "name a field that a rule writes")


def check_spreadsheet(context: Context) -> None:
    """W148: whether spreadsheets open the CSV files that are written is said."""
    files, schema = context.mapping.files, context.schemas[Side.OUTSIDE]
    if files.outbound_format is not FileFormat.CSV or files.csv.spreadsheet is not None:
        return
    shapes = {format_path(path): schema.shape(path) for path in schema.leaves()}
    texts = [name for name, shape in shapes.items() if "string" in shape.types and shape.enum is None]
    if texts:
        message = f"text such as =1+1 in {texts[0]} runs as a formula where a spreadsheet opens the file"
        fix = "write csv: {spreadsheet: true}, or {spreadsheet: false} where only programs read it"
        context.find(files.outbound_where, "W148", message, fix)


def _check_text(context: Context, field: Field, codec: Codec | None) -> None:
    shape, name = context.shape(Side.OUTSIDE, field), context.name(Side.OUTSIDE, field)
    if codec is not None and "string" not in codec.reads:
        message = f"codec {codec.name} does not read text, as every value of a CSV file is, so not {name}"
        fix = f"name one that does: {codecs_that(lambda other: 'string' in other.reads)}"
        context.find(field.where, "E145", message, fix)
    elif shape.known and "string" not in shape.types:
        message = f"{name} cannot be text, and every value of a CSV file is"
        fix = 'write "type": "string" in the schema, and name a codec or a table that makes other values of it'
        context.find(field.where, "E145", message, fix)


def _check_columns(context: Context, rule: Rule) -> None:
    columns = set(context.schemas[Side.OUTSIDE].leaves())
    for path in rule.paths(Side.OUTSIDE):
        if path not in columns:
            name = f"{context.mapping.outside.name}.{format_path(path)}"
            message = f"{name} has no column in a CSV file, which has one for each single value that the schema lists"
            context.find(rule.where, "E145", message, "list it in the schema, or choose another format")
