"""What files can hold: every value of a CSV file is text, and stands in a column."""

from __future__ import annotations

from etl.mapping.checks.context import Context
from etl.mapping.files import FileFormat
from etl.mapping.paths import format_path
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Field, Side


def check_csv(context: Context) -> None:
    """E145: what is read of a CSV file may be text, and what is written has a column."""
    files = context.mapping.files
    for rule in context.rules:
        if files.inbound_format is FileFormat.CSV:
            for field in rule.fields(Side.OUTSIDE) if rule.only is None else ():
                _check_text(context, field)
        if files.outbound_format is FileFormat.CSV:
            _check_columns(context, rule)


def _check_text(context: Context, field: Field) -> None:
    shape = context.shape(Side.OUTSIDE, field)
    if shape.known and "string" not in shape.types:
        message = f"{context.name(Side.OUTSIDE, field)} cannot be text, and every value of a CSV file is"
        fix = 'write "type": "string" in the schema, and name a codec such as integer_text or a table for its values'
        context.find(field.where, "E145", message, fix)


def _check_columns(context: Context, rule: Rule) -> None:
    columns = set(context.schemas[Side.OUTSIDE].leaves())
    for path in rule.paths(Side.OUTSIDE):
        if path not in columns:
            name = f"{context.mapping.outside.name}.{format_path(path)}"
            message = f"{name} has no column in a CSV file, which has one for each single value that the schema lists"
            context.find(rule.where, "E145", message, "list it in the schema, or choose another format")
