"""What the fuzzers try: everything that reads what comes from outside. A target takes bytes, and returns.

An input may be refused, with the error that the function documents and a message of one printable line. Any other
exception is a bug, and so is an input on which a target does not return soon.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson

from etl import Direction, Mapping, MappingError, SettingsError, load_settings
from etl.app import compile_pipeline
from etl.endpoints.files.json_object import parse_json
from etl.endpoints.mongodb.encoding import unfit_documents
from etl.mapping.checks.run import check_mapping
from etl.mapping.codecs import Codec, CodecError, make_codec
from etl.mapping.expressions.expression import ExpressionError, compile_expression, names_read, reads
from etl.mapping.formatter.format import format_mapping
from etl.mapping.language.document import Document, parse_document
from etl.mapping.language.extends import extended
from etl.mapping.language.form import check_form
from etl.mapping.language.parse import parse_mapping
from etl.mapping.load import mapping_schema
from etl.mapping.schemas.validation import RecordSchema, SchemaError, load_schema, native_form
from etl.mapping.terms import Side
from etl.record import Violation
from tests.fault.fuzz_bases import (
    SHIPPED,
    bson_document,
    codecs,
    mapping_bases,
    one_line,
    schema_bases,
    shipped_pipeline,
)
from tests.fault.fuzz_edits import edited
from tests.fault.fuzz_files import files
from tests.fault.fuzz_uris import folder_url, uri

Target: TypeAlias = Callable[[bytes], None]


def record(raw: bytes) -> None:
    """Try a client's file: read, checked, translated, and fit for MongoDB, or refused."""
    try:
        found = parse_json(raw)
    except ValueError as error:
        return one_line(str(error))
    translated, key, violations = shipped_pipeline(Direction.INBOUND)(found)
    if not violations:
        violations = list(unfit_documents({key: translated}).values())
    return _said(violations)


def document(raw: bytes) -> None:
    """Try a work order, the elements of a BSON document: checked, translated and fit for JSON, or refused."""
    found = bson_document(raw)
    if found is None:
        return None
    translated, _, violations = shipped_pipeline(Direction.OUTBOUND)(found)
    if not violations:
        orjson.dumps(translated)
    return _said(violations)


def yaml(raw: bytes) -> None:
    """Try the text of a mapping file."""
    try:
        found = parse_document(raw.decode("utf-8-sig"), str(SHIPPED))
    except UnicodeDecodeError:
        return None  # refused before it is parsed
    except MappingError as error:
        return _found(error)
    return _examine(found)


def fmt(raw: bytes) -> None:
    """Try the formatter on the text of a mapping file: what it has written once it writes again."""
    try:
        once = format_mapping(raw.decode("utf-8-sig"), str(SHIPPED))
        once.encode()
        assert format_mapping(once, str(SHIPPED)) == once, "not stable"
    except UnicodeDecodeError:
        return  # refused before it is parsed
    except MappingError as error:
        _found(error)


def mapping(recipe: bytes) -> None:
    """Try a mapping that somebody edited; the first byte chooses which."""
    if recipe:
        bases = mapping_bases()
        file, value = bases[recipe[0] % len(bases)]
        _examine(Document(str(file), edited(value, recipe[1:])))


def schema(recipe: bytes) -> None:
    """Try a JSON Schema that somebody edited, with the mapping that names it; the first byte chooses which."""
    if not recipe:
        return None
    bases = schema_bases()
    base, side = bases[recipe[0] % len(bases)]
    changed = edited(base.system(side).schema, recipe[1:])
    try:
        RecordSchema(load_schema(orjson.dumps(changed)))
    except orjson.JSONEncodeError:
        return None  # no file says that
    except SchemaError as error:
        return _said([Violation("", "schema", str(error))])
    system = replace(base.system(side), schema=changed)
    return _prove(replace(base, outside=system) if side is Side.OUTSIDE else replace(base, inside=system))


def codec(raw: bytes) -> None:
    """Try a value on a codec, both ways; the first byte chooses the codec, the second how the rest is read."""
    if len(raw) > 1:
        _convert(codecs()[raw[0] % len(codecs())], _value(raw[1], raw[2:]))


def codec_options(raw: bytes) -> None:
    """Try options of `datetime`, and a text on what they make: zone, format and text, a NUL between them."""
    zone, *rest = raw.decode("utf-8", "surrogateescape").split("\0", 2)
    formats = rest[0].split("|") if rest else []
    options = {"zone": zone, "format": formats if len(formats) > 1 else "".join(formats) or None}
    try:
        made = make_codec("datetime", options)
    except CodecError as error:
        return _said([Violation("", "options", str(error))])
    return _convert(made, rest[1] if len(rest) > 1 else "")


def expression(raw: bytes) -> None:
    """Try a JMESPath expression, on the first line, and a record, on the others."""
    text, _, rest = raw.partition(b"\n")
    line = text.decode("utf-8", "surrogateescape")
    try:
        compute = compile_expression(line)
    except ExpressionError as error:
        return _said([Violation("", "expression", str(error))])
    names_read(line)
    reads(line)
    try:
        given = parse_json(rest)
    except ValueError:
        given = {}
    try:
        compute(given)
    except ExpressionError as error:
        _said([Violation("", "expression", str(error))])


def env(raw: bytes) -> None:
    """Try a .env file."""
    with tempfile.TemporaryDirectory(prefix="etl-fuzz-") as folder:
        file = Path(folder, ".env")
        file.write_bytes(raw)
        try:
            load_settings({}, file)
        except SettingsError as error:
            for problem in error.problems:
                one_line(problem)


_ALL: Final = (
    record,
    files,
    document,
    yaml,
    fmt,
    mapping,
    schema,
    codec,
    codec_options,
    expression,
    uri,
    folder_url,
    env,
)
TARGETS: Final[dict[str, Target]] = {target.__name__: target for target in _ALL}


def _examine(found: Document) -> None:
    try:
        whole = extended(found)
        check_form(whole, mapping_schema())
        _prove(parse_mapping(whole))
    except MappingError as error:
        _found(error)


def _prove(proven: Mapping) -> None:
    """Check a mapping; where nothing speaks against it, translate its examples both ways."""
    findings = check_mapping(proven)
    for finding in findings:
        one_line(str(finding))
    if any(finding.is_error for finding in findings):
        return
    native = native_form(proven.inside.schema)
    given = [record for example in proven.examples for record in (example.outside, example.inside) if record]
    for direction in Direction:
        translate = compile_pipeline(proven, direction)
        for each in ({}, *given):
            _said(translate(each if direction is Direction.INBOUND else native(each))[2])


def _found(error: MappingError) -> None:
    assert error.findings
    for finding in error.findings:
        assert finding.line >= 1
        assert finding.column >= 1
        one_line(str(finding))


def _said(violations: Iterable[Violation]) -> None:
    for violation in violations:
        one_line(str(violation))


def _value(how: int, raw: bytes) -> Any:
    """Return the value of some bytes: JSON where `how` is even, else the BSON of that type."""
    if how % 2:
        found = bson_document(bytes([how // 2]) + b"v\0" + raw)
        return found.get("v") if found else None
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode("utf-8", "surrogateescape")


def _convert(made: Codec, value: Any) -> None:
    """Decode and encode a value; what a codec has written it reads, and writes again."""
    with suppress(CodecError):
        made.encode(value)
    try:
        once = made.encode(made.decode(value if made.parts == 1 else _parts(value, made.parts)))
    except CodecError:
        return
    assert made.encode(made.decode(once)) == once, "not stable"


def _parts(value: Any, count: int) -> list[Any]:
    return value if isinstance(value, list) and len(value) == count else [value] * count
