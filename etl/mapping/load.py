"""Loading a mapping file: strict YAML, then its form, its meaning, its proof; every finding of a stage at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path as FilePath

from etl.errors import Finding, MappingError
from etl.mapping.language.document import Document, parse_document, read_document
from etl.mapping.language.extends import extended
from etl.mapping.language.form import check_form
from etl.mapping.language.parse import parse_mapping
from etl.mapping.model import Mapping
from etl.mapping.schemas.validation import RecordSchema, load_schema
from etl.shipped import EDITOR_SCHEMA, shipped_schema


def load_mapping(file: str | FilePath) -> Mapping:
    """Load a mapping and the two JSON Schemas that it names.

    Raises:
        MappingError: with every error, each with file, line, column, code and fix.

    """
    mapping, findings = examine(file)
    errors = [finding for finding in findings if finding.is_error]
    if errors:
        raise MappingError(errors)
    return mapping


def examine(file: str | FilePath) -> tuple[Mapping, list[Finding]]:
    """Load a mapping and check it; return it with every finding, warnings too.

    Raises:
        MappingError: with every finding, when the file is no mapping that could be checked.

    """
    return _proven(_read(read_document(FilePath(file))))


def examine_text(text: str, name: str) -> tuple[Mapping, list[Finding]]:
    """Check the text of a mapping as if it stood in the file `name`: what it names lies beside that.

    Raises: as `examine`.
    """
    return _proven(_read(parse_document(text, name)))


def read_mapping(file: str | FilePath) -> Mapping:
    """Load a mapping without proving it: for what transfers nothing, and has to be quick.

    Raises:
        MappingError: with every finding, when the file is no mapping.

    """
    return _read(read_document(FilePath(file)))


def _read(document: Document) -> Mapping:
    document = extended(document)
    check_form(document, mapping_schema())
    return parse_mapping(document)


def _proven(mapping: Mapping) -> tuple[Mapping, list[Finding]]:
    from etl.mapping.checks.run import check_mapping  # noqa: PLC0415 - what only looks at a mapping does without proofs

    return mapping, check_mapping(mapping)


@cache
def mapping_schema() -> RecordSchema:
    """Return the JSON Schema of mapping files, compiled once."""
    return RecordSchema(load_schema(shipped_schema(EDITOR_SCHEMA)))
