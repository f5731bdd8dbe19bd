"""What files can hold: values of CSV files are text in columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from etl.mapping.checks.context import Context
from etl.mapping.checks.pairs import tried, values_of
from etl.mapping.codecs import Codec, codecs_that
from etl.mapping.files import FileFormat, is_run
from etl.mapping.paths import format_path, selected_list
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.written import written_of
from etl.mapping.samples.formed import lying
from etl.mapping.schemas.shapes import Schema
from etl.mapping.terms import Direction, Field, Side, Use

_FORMULAS: Final = ("=1+1", "=1", "=", "+a", "-a", "@a", "\ta")


def check_csv(context: Context) -> None:
    """E145: what is read of a CSV file may be text, and what is written has a column."""
    files = context.mapping.files
    for rule in context.rules:
        if FileFormat.CSV in (files.inbound_format, files.outbound_format) and _selects(context, rule):
            continue
        if files.inbound_format is FileFormat.CSV:
            for index, field in enumerate(_read(rule)):
                _check_text(context, field, rule.codec, index)
        if files.outbound_format is FileFormat.CSV:
            _check_columns(context, rule)
    if files.inbound_format is FileFormat.CSV and (newest := context.mapping.conflicts.newest):
        _check_text(context, newest.outside, newest.codec)


def _selects(context: Context, rule: Rule) -> bool:
    """E145: return whether a path of a rule selects an element of a list: the rows of a file have columns."""
    found = [field for field in rule.fields(Side.OUTSIDE) if selected_list(field.path) is not None]
    for field in found:
        message = f"{context.name(Side.OUTSIDE, field)} selects an element of a list, and a CSV file has columns"
        fix = "name the column in which its value is, and let the schema have that; or choose another format"
        context.find(field.where, "E145", message, fix)
    return bool(found)


def _read(rule: Rule) -> Iterator[Field]:
    """Yield the outside fields that an import reads as they are, or that come back once they were written."""
    if rule.only is not Direction.INBOUND:
        yield from (field for field in rule.fields(Side.OUTSIDE) if field.use is not Use.WRITE)
    for _, sources in rule.follows(Direction.INBOUND) if rule.only is Direction.INBOUND else ():
        yield from sources


def check_spreadsheet(context: Context) -> None:
    """W148: whether spreadsheets open the CSV files that are written is said, where text may be a formula."""
    files = context.mapping.files
    if files.outbound_format is not FileFormat.CSV or files.csv.spreadsheet is not None:
        return
    for rule in context.rules:
        for field in rule.written(Side.OUTSIDE):
            if field.use is not Use.READ and any(_may_send(context, rule, field, text) for text in _FORMULAS):
                where = files.entries[0].where
                message = f"text such as =1+1 in {format_path(field.path)} runs as a formula where a spreadsheet opens"
                fix = "write csv: {spreadsheet: true}, or {spreadsheet: false} where only programs read it"
                context.find(where, "W148", f"{message} the file", fix)
                return


def _may_send(context: Context, rule: Rule, field: Field, text: str) -> bool:
    """Return whether a text may be sent of a field: as the rule writes it, or as `written` says."""
    entry = written_of(context.mapping.written, field.path)
    if entry is None or entry.codecs is None or rule.lines:
        return _may_write(context, rule, field, text)
    if not entry.codecs:
        return all(context.shape(Side.INSIDE, inside).accepts(text) for inside in rule.fields(Side.INSIDE))
    return any(_may_encode(context, rule, codec, text) for codec in entry.codecs)


def _may_write(context: Context, rule: Rule, field: Field, text: str) -> bool:
    """Return whether a rule may write a text to a field outside; of what codecs make, text alone may be any."""
    if not context.shape(Side.OUTSIDE, field if field.converted is None else replace(field, form=None)).accepts(text):
        return False
    if rule.codec is not None and not rule.lines:
        return _may_encode(context, rule, rule.codec, text)
    if isinstance(rule, Computed) and rule.source.path is None:
        return _may_make(context, rule, text)
    if rule.lines:
        said = (value for line in rule.lines for named, values in line.outside if named == field for value in values)
        written = (lying(field, value) for value in said)
        return any(isinstance(value, str) and value.startswith(text[0]) for value in written)
    sources = [source for target, found in rule.follows(Direction.OUTBOUND) if target == field for source in found]
    sources += rule.fields(Side.INSIDE) if rule.key else []
    return all(context.shape(Side.INSIDE, source).accepts(text) for source in sources)


def _may_encode(context: Context, rule: Rule, codec: Codec, text: str) -> bool:
    """Return whether a codec may write a text that begins as another one: of that one, or of what a field may have."""
    itself, fields = [text] if codec.makes == "array" else text, rule.fields(Side.INSIDE)
    values = [] if fields else [itself]
    for field in fields:
        some = (itself, *codec.hard(), *values_of(codec, context.shape(Side.INSIDE, field).alternatives))
        values += [value for value in some if context.takes(Side.INSIDE, field, value)]
    made = (one for value in values for one in tried(codec.encode, value))
    written = (one for many in made for one in (many if isinstance(many, list) else [many]))
    return any(isinstance(one, str) and one.startswith(text[0]) and is_run(one) for one in written)


def _may_make(context: Context, rule: Computed, text: str) -> bool:
    """Return whether an expression may make such a text: of one that it reads, or that it has in itself."""
    if re.search(rf"[@*]|['\"`]{re.escape(text[0])}", rule.source.text):
        return True
    shapes = [context.shape(Side.INSIDE, Field(path)) for path in rule.source.looks_at]
    return any(shape.types & {"array", "object"} or shape.accepts(text) for shape in shapes)


def _check_text(context: Context, field: Field, codec: Codec | None, index: int = 0) -> None:
    shape, name = context.shape(Side.OUTSIDE, replace(field, form=None)), context.name(Side.OUTSIDE, field)
    if codec is not None and "string" not in codec.form(index).reads:
        message = f"codec {codec.name} does not read text, as every value of a CSV file is, so not {name}"
        fix = f"name one that does: {codecs_that(lambda other: 'string' in other.reads)}"
        context.find(field.where, "E145", message, fix)
    elif shape.known and "string" not in shape.types:
        message = f"{name} cannot be text, and every value of a CSV file is"
        fix = 'write "type": "string" in the schema, and name a codec or a table that makes other values of it'
        context.find(field.where, "E145", message, fix)


def _check_columns(context: Context, rule: Rule) -> None:
    mapping = context.mapping
    sent = mapping.outside.sent
    columns = set((context.schemas[Side.OUTSIDE] if sent is None else Schema(sent)).leaves())
    for path in rule.paths(Side.OUTSIDE):
        entry = written_of(mapping.written, path)
        place = path if entry is None else entry.place(path)
        if place not in columns and (entry is None or entry.to is not None):
            name = f"{mapping.outside.name}.{format_path(place)}"
            message = f"{name} has no column in a CSV file, which has one for each single value that the schema lists"
            fix = "list it in the schema, or choose another format"
            context.find(rule.where, "E145", message, fix)
