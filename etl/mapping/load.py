"""Loading a mapping file: strict YAML, then its form, its meaning, its proof; every finding of a stage at once."""

from __future__ import annotations

from functools import cache
from pathlib import Path as FilePath

from etl.errors import Finding, MappingError
from etl.mapping.language.document import read_document
from etl.mapping.language.extends import extended
from etl.mapping.language.form import check_form
from etl.mapping.language.parse import parse_mapping
from etl.mapping.model import Mapping
from etl.mapping.schemas.validation import RecordSchema, load_schema
from etl.mapping.shipped import EDITOR_SCHEMA, shipped_schema


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
    from etl.mapping.checks.run import check_mapping  # noqa: PLC0415 - what only looks at a mapping does without proofs

    mapping = read_mapping(file)
    return mapping, check_mapping(mapping)


def read_mapping(file: str | FilePath) -> Mapping:
    """Load a mapping without proving it: for what transfers nothing, and has to be quick.

    Raises:
        MappingError: with every finding, when the file is no mapping.

    """
    document = extended(read_document(FilePath(file)))
    check_form(document, mapping_schema())
    return parse_mapping(document)


@cache
def mapping_schema() -> RecordSchema:
    """Return the JSON Schema of mapping files, compiled once."""
    return RecordSchema(load_schema(shipped_schema(EDITOR_SCHEMA)))
