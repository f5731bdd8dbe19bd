"""From samples, or a vendor's description, to the files of a first mapping."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from etl.draft.leaves import Leaf, leaves_of_records, leaves_of_schema
from etl.draft.openapi import parse_openapi, schema_from
from etl.draft.pairs import Matched, match
from etl.draft.samples import Form, Samples, content_of, read_samples
from etl.draft.schemas import Claims, formatted, schema_of
from etl.draft.tables import Values
from etl.draft.text import STAMPS, Plan, doubts_in, mapping_text, without_doubles
from etl.draft.twins import find_twins
from etl.draft.words import slug
from etl.errors import DraftError
from etl.mapping.files import FileFormat
from etl.mapping.shipped import EDITOR_SCHEMA, MAPPINGS, SCHEMAS, shipped_schema
from etl.strict_json import loads

DEFAULT_INSIDE: Final = "tracos_workorder.schema.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a draft is to be made of.

    samples: files of records, or one document of a vendor, `#/pointer` behind it or not. folder: in which it will lie.
    inside: the JSON Schema of the inside system, None for the one that comes with the engine. documents: records of
    the inside, some of which are those of the samples.
    """

    samples: tuple[str, ...]
    folder: Path
    name: str = ""
    inside: Path | None = None
    documents: Path | None = None


@dataclass(frozen=True, slots=True)
class Drafted:
    """The files of a draft by place. mapping: which one is that. new: those that must not be there yet.

    rules, doubts, left: how many there are.
    """

    files: dict[PurePosixPath, bytes]
    mapping: PurePosixPath
    new: tuple[PurePosixPath, ...]
    rules: int
    doubts: int
    left: int


@dataclass(frozen=True, slots=True)
class _Source:
    """What the samples say. schema: that of a vendor, None where it is to be made of the records."""

    name: str
    made_of: str
    form: Form
    pattern: str
    leaves: list[Leaf]
    records: tuple[Any, ...] = ()
    schema: dict[str, Any] | None = None
    doubts: tuple[str, ...] = ()

    @property
    def has_blanks(self) -> bool:
        """Whether empty text stands for no value; in a CSV file it always does."""
        return self.form.format is not FileFormat.CSV and any("" in leaf.values for leaf in self.leaves)


def draft(asked: Asked) -> Drafted:
    """Return the files of a first mapping; nothing is written.

    Raises:
        DraftError: when the samples or the schema cannot be used.

    """
    source = _source(asked.samples)
    name = asked.name or slug(source.name, "draft")[:100]
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}", name):
        raise DraftError(f"{name} is no name of a mapping: write letters, digits, _, . and -, at most 100")
    inside_schema, inside_name = _inside(asked)
    inside = leaves_of_schema(inside_schema, documents := _documents(asked.documents))
    twins = find_twins(source.leaves, inside)
    if documents and not twins.indexes:
        raise DraftError(f"{asked.documents} has no work orders of the samples: no two fields have values in common")
    matched = match(source.leaves, _mappable(inside), twins)
    if not matched.pairs and not matched.tables:
        raise DraftError(
            f"no field of {asked.samples[0]} can be paired with one of {inside_name}; is it the right file? Work "
            "orders of both sides tell more: --documents"
        )
    files = _files(
        asked,
        source,
        matched,
        Plan(
            name,
            source.made_of,
            source.form,
            source.pattern,
            f"../{SCHEMAS}/{name}.schema.json",
            inside_name,
            frozenset(inside_schema.get("properties", {})),
            source.has_blanks,
            source.doubts,
        ),
    )
    mapping, schema = list(files)[:2]
    rules, doubts = len(matched.pairs) + len(matched.tables), doubts_in(files[mapping].decode())
    return Drafted(files, mapping, (mapping, schema), rules, doubts, len(matched.outside))


def _files(asked: Asked, source: _Source, matched: Matched, plan: Plan) -> dict[PurePosixPath, bytes]:
    """Return the files of a draft: the mapping, the outside schema, and those that are shared."""
    place = PurePosixPath(MAPPINGS, f"{plan.name}.yaml")
    blank = plan.blank or source.form.format is FileFormat.CSV
    schema = source.schema or schema_of(source.records, plan.name, _claims(matched, blank=blank))
    files = {
        place: mapping_text(plan, matched, place).encode(),
        PurePosixPath(SCHEMAS, f"{plan.name}.schema.json"): formatted(schema).encode(),
        PurePosixPath(SCHEMAS, EDITOR_SCHEMA): shipped_schema(EDITOR_SCHEMA),
    }
    if asked.inside is None:
        files[PurePosixPath(SCHEMAS, DEFAULT_INSIDE)] = shipped_schema(DEFAULT_INSIDE)
    return files


def _source(names: Sequence[str]) -> _Source:
    files = [Path(name.partition("#")[0]) if not Path(name).exists() else Path(name) for name in names]
    text, _ = content_of(files[0])
    document = parse_openapi(text)
    if document is None:
        return _of_samples(read_samples(files))
    title, schema, others = schema_from(document, names[0].partition("#")[2])
    doubts = (f"is {title} the record? There are also {', '.join(others[:8])}",) if others else ()
    samples = read_samples(files[1:]) if files[1:] else Samples((), Form(FileFormat.JSON), ())
    leaves = leaves_of_schema(schema, samples.records)
    made_of = f"{title} of {files[0].name}" + (f", and {_said(samples)}" if samples.names else "")
    pattern = without_doubles(samples.names) if samples.names else "*.json"
    return _Source(title, made_of, samples.form, pattern, leaves, samples.records, schema, doubts)


def _of_samples(samples: Samples) -> _Source:
    leaves = leaves_of_records(samples.records)
    if not leaves:
        raise DraftError(f"{samples.names[0]} has no record with a field")
    stem = samples.names[0].partition(".")[0].rstrip("0123456789_- ")
    made_of, pattern = _said(samples), without_doubles(samples.names)
    return _Source(stem, made_of, samples.form, pattern, leaves, samples.records, doubts=samples.doubts)


def _said(samples: Samples) -> str:
    count = len(samples.records)
    return f"{', '.join(samples.names)} ({count} record{'' if count == 1 else 's'})"


def _inside(asked: Asked) -> tuple[dict[str, Any], str]:
    """Return the inside schema, and how the mapping names it."""
    there = asked.folder / SCHEMAS / DEFAULT_INSIDE
    if asked.inside is None and not there.exists():
        return loads(shipped_schema(DEFAULT_INSIDE)), f"../{SCHEMAS}/{DEFAULT_INSIDE}"
    file = asked.inside or there
    text, _ = content_of(file)
    try:
        schema = loads(text.encode())
    except ValueError as error:
        raise DraftError(f"{file} is no JSON Schema: {error}") from None
    if not isinstance(schema, dict) or not leaves_of_schema(schema):
        raise DraftError(f"{file} is no JSON Schema that lists fields")
    return schema, Path(os.path.relpath(file, asked.folder / MAPPINGS)).as_posix()


def _documents(file: Path | None) -> tuple[Any, ...]:
    """Return documents of the inside, as JSON has them; what mongoexport writes of dates is text."""
    return () if file is None else tuple(_plain(record) for record in read_samples([file]).records)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    match list(value.items()):
        case [("$date" | "$oid", str(text))]:
            return text
        case [("$numberLong" | "$numberInt", str(text))]:
            return int(text)
        case [("$numberDouble", str(text))]:
            return float(text)
    return {name: _plain(inner) for name, inner in value.items() if name != "_id"}


def _mappable(inside: Sequence[Leaf]) -> list[Leaf]:
    """Return the fields inside that a rule may write: those that runs stamp are none."""
    stamped = {name for stamps in STAMPS.values() for name in stamps}
    return [leaf for leaf in inside if leaf.path[0] not in stamped]


def _claims(matched: Matched, *, blank: bool) -> Claims:
    """Return what the outside schema has to say for the mapping to hold. blank: empty text means that nothing is."""
    tables = [table for table in matched.tables if isinstance(table, Values)]
    needed = [pair.outside for pair in matched.pairs if pair.key or pair.inside.always]
    needed += [table.outside for table in tables if table.inside.always]
    required = {leaf.path for leaf in needed if leaf.filled == len(leaf.values)}
    listed: dict[Any, list[Any]] = {table.outside.path: list(table.outside.distinct) for table in tables}
    for pair in matched.pairs:
        if pair.form.codec is not None and pair.form.codec.name in ("boolean", "boolean_text"):
            listed[pair.outside.path] = sorted({*pair.outside.texts})
    filled = {leaf.path for leaf in needed if leaf.path in required and "string" in leaf.types and blank}
    return Claims(required, listed, filled - set(listed))
