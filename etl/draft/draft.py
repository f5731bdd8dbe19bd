"""From samples, or a vendor's description, to the files of a first mapping."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from etl.draft.leaves import Leaf, leaves_of_schema
from etl.draft.pairs import Matched, match
from etl.draft.samples import content_of, read_samples
from etl.draft.schemas import Claims, formatted, schema_of
from etl.draft.source import read_source
from etl.draft.tables import Values
from etl.draft.text import STAMPS, Plan, doubts_in, mapping_text
from etl.draft.twins import find_twins
from etl.draft.words import slug
from etl.errors import DraftError
from etl.mapping.files import FileFormat
from etl.shipped import EDITOR_SCHEMA, MAPPINGS, SCHEMAS, shipped_schema
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


def draft(asked: Asked) -> Drafted:
    """Return the files of a first mapping; nothing is written.

    Raises:
        DraftError: when the samples or the schema cannot be used.

    """
    source = read_source(asked.samples)
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
    plan = Plan(name, source, inside_name, frozenset(inside_schema.get("properties", {})))
    files = _files(asked, matched, plan)
    mapping, schema = list(files)[:2]
    rules, doubts = len(matched.pairs) + len(matched.tables), doubts_in(files[mapping].decode())
    return Drafted(files, mapping, (mapping, schema), rules, doubts, len(matched.outside))


def _files(asked: Asked, matched: Matched, plan: Plan) -> dict[PurePosixPath, bytes]:
    """Return the files of a draft: the mapping, the outside schema, and those that are shared."""
    place = PurePosixPath(MAPPINGS, f"{plan.name}.yaml")
    source = plan.source
    blank = source.has_blanks or source.form.format is FileFormat.CSV
    schema = source.schema or schema_of(source.records, plan.name, _claims(matched, blank=blank))
    files = {
        place: mapping_text(plan, matched, place).encode(),
        PurePosixPath(SCHEMAS, f"{plan.name}.schema.json"): formatted(schema).encode(),
        PurePosixPath(SCHEMAS, EDITOR_SCHEMA): shipped_schema(EDITOR_SCHEMA),
    }
    if asked.inside is None:
        files[PurePosixPath(SCHEMAS, DEFAULT_INSIDE)] = shipped_schema(DEFAULT_INSIDE)
    return files


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
