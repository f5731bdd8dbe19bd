"""The text of a draft: a mapping in which every doubt is marked, and what is left stands as a comment to go on from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from etl.draft.leaves import MANY, Leaf
from etl.draft.pairs import Matched, Pair
from etl.draft.source import Source
from etl.draft.tables import Flags, Values
from etl.mapping.equality import distinct
from etl.mapping.files import UTF8, FileFormat
from etl.mapping.formatter.format import format_mapping
from etl.mapping.language.flow import flow
from etl.mapping.paths import format_path
from etl.record import printable, shown
from etl.shipped import SCHEMAS

DOUBT: Final = "DOUBT"
OUTSIDE: Final = "client"
INSIDE: Final = "tracos"

_SHOWN: Final = 3
_WORD: Final = 30
STAMPS: Final = {
    "on_import": {"isSynced": False, "updatedAt": "$now", "syncedAt": "$absent"},
    "on_export": {"isSynced": True, "syncedAt": "$now"},
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a draft says beside its rules. inside_schema: how the mapping names it. inside_names: its fields."""

    name: str
    source: Source
    inside_schema: str
    inside_names: frozenset[str]


def mapping_text(plan: Plan, matched: Matched, place: PurePosixPath) -> str:
    """Return the text of a mapping in its one form. place: of its file."""
    lines = [*_head(plan, place), *_outside(plan, matched), *_inside(plan), "conflicts: {wins: review}", "", "rules:"]
    for rule in _in_order(matched):
        lines += [f"  {line}" for line in rule]
    lines += [f"  # {line}" for line in _left(matched)]
    return format_mapping("\n".join(lines) + "\n", str(place))


def _head(plan: Plan, place: PurePosixPath) -> Iterator[str]:
    up = "../" * (len(place.parts) - 1)
    yield f"# yaml-language-server: $schema={up}schemas/mapping.schema.json"
    yield f"# A draft, made of {printable(plan.source.made_of)}. What nobody can tell from that is marked {DOUBT}."
    yield f"# What is open, says: etl check {place}"
    yield from (f"# {DOUBT}: {printable(doubt)}" for doubt in plan.source.doubts)
    yield f"mapping: {flow(plan.name)}"
    yield from ("language: 1", "")


def _outside(plan: Plan, matched: Matched) -> Iterator[str]:
    yield from (
        "outside:",
        f"  name: {OUTSIDE}",
        f"  schema: {flow(f'../{SCHEMAS}/{plan.name}.schema.json')}",
        "  keep: true",
    )
    if plan.source.has_blanks:
        yield '  nulls: [""]'
    if ignored := _said_of_itself(matched):
        yield f"  ignore: {flow(ignored)}"
    yield "  files:"
    yield f"    inbound: {flow(plan.source.pattern)}"
    form, (leaving, name) = plan.source.form, _leaving(plan, matched)
    yield f"    outbound: {flow(name)}"
    if form.format is not leaving:
        yield f"    format: {{inbound: {form.format.value}, outbound: {leaving.value}}}"
    elif form.format is not FileFormat.JSON:
        yield f"    format: {form.format.value}"
    if form.encoding != UTF8:
        yield f"    encoding: {form.encoding}"
    if form.records is not None:
        yield f"    records: {flow(format_path(form.records) if form.records else '$')}"
    if form.format is FileFormat.CSV:
        yield f"    csv: {{delimiter: {flow(form.delimiter)}, spreadsheet: false}}   # true, where people open it"
    yield ""


def _said_of_itself(matched: Matched) -> list[str]:
    """Return the fields by which an API speaks of its record, and those that are only labels of others."""
    names = dict.fromkeys((str(leaf.path[0]),) for leaf in matched.outside if _is_of_api(leaf))
    return [*map(format_path, names), *(format_path(leaf.path) for leaf in matched.outside if leaf.of is not None)]


def _is_of_api(leaf: Leaf) -> bool:
    return str(leaf.path[0])[:1] in ("_", "@") or "__deferred" in leaf.path


def _leaving(plan: Plan, matched: Matched) -> tuple[FileFormat, str]:
    """Return the format and the name of written files: one of its own for each key that can stand in a name."""
    keys = [format_path(pair.outside.path) for pair in matched.pairs if pair.key]
    if plan.source.form.format is FileFormat.JSON and keys and not re.search(r"[/\\{}]", "".join(keys)):
        return FileFormat.JSON, f"{plan.name}_{'_'.join(f'{{{key}}}' for key in keys)}.json"
    if plan.source.form.format is FileFormat.CSV:
        return FileFormat.CSV, f"{plan.name}_{{run}}_{{part}}.csv"
    return FileFormat.JSON_LINES, f"{plan.name}_{{run}}_{{part}}.jsonl"


def _inside(plan: Plan) -> Iterator[str]:
    known = plan.inside_names
    yield from ("inside:", f"  name: {INSIDE}", f"  schema: {flow(plan.inside_schema)}", "  mongodb:")
    yield "    collection: workorders"
    marked = "isSynced" in known
    doubt = "" if marked else f"   # {DOUBT}: which field says that a document is to be sent?"
    for word, stamps in STAMPS.items():
        there = {name: stamp for name, stamp in stamps.items() if name in known or name == "isSynced"}
        if word == "on_import":
            yield f"    on_import: {flow(there)}{doubt}"
            yield "    export_when: {isSynced: {$ne: true}}"
        else:
            yield f"    on_export: {flow(there)}"
    yield ""


def _in_order(matched: Matched) -> Iterator[list[str]]:
    """Yield the rules: the key, the pairs, then the tables."""
    for pair in sorted(matched.pairs, key=lambda pair: not pair.key):
        yield _copied(pair)
    for table in matched.tables:
        yield _flagged(table) if isinstance(table, Flags) else _valued(table)


def _copied(pair: Pair) -> list[str]:
    rule: dict[str, Any] = {OUTSIDE: format_path(pair.outside.path), INSIDE: format_path(pair.inside.path)}
    if pair.form.said is not None:
        rule["as"] = pair.form.said
    if pair.key:
        rule["key"] = True
    if pair.outside.nulls and not pair.key:
        rule["nulls"] = {OUTSIDE: list(pair.outside.nulls)}
        rule["when_absent"] = {OUTSIDE: pair.outside.nulls[0]}
    elif "" in pair.outside.values:
        rule["when_absent"] = {OUTSIDE: ""}
    return [f"- {flow(rule)}{_doubt('; '.join(pair.doubts))}"]


def _valued(table: Values) -> list[str]:
    unknown, missing = table.left
    lines = [
        f"- {OUTSIDE}: {flow(format_path(table.outside.path))}",
        f"  {INSIDE}: {flow(format_path(table.inside.path))}",
        "  values:",
    ]
    for line in table.lines:
        outside = line.outside[0] if len(line.outside) == 1 else list(line.outside)
        lines.append(f"    - {flow({OUTSIDE: outside, INSIDE: line.inside})}{_doubt(line.doubt)}")
    if not table.lines:
        lines.append(f"    - {flow({OUTSIDE: unknown[0], INSIDE: missing[0]})}{_doubt('only to have a line')}")
        unknown, missing = unknown[1:], missing[1:]
    lines += [f"    # - {flow({OUTSIDE: value})}   # {DOUBT}: which {INSIDE} value is it?" for value in unknown]
    lines += [f"    # - {flow({INSIDE: value})}   # {DOUBT}: which {OUTSIDE} value is it?" for value in missing]
    return lines


def _flagged(table: Flags) -> list[str]:
    lines = [f"- {INSIDE}: {flow(format_path(table.inside.path))}{_doubt('by the names of the flags')}", "  flags:"]
    lines += [f"    - {flow({OUTSIDE: format_path(path), INSIDE: value})}" for path, value in table.lines]
    return lines + [f"    # - {flow({INSIDE: value})}   # {DOUBT}: which flag is it?" for value in table.left]


def _left(matched: Matched) -> Iterator[str]:
    """Yield what no rule has yet, as rules to go on from."""
    needed = [leaf for leaf in matched.inside if leaf.always]
    stamped = {name for stamps in STAMPS.values() for name in stamps}
    others = [leaf for leaf in matched.inside if not leaf.always and str(leaf.path[0]) not in stamped]
    if needed or others or matched.outside:
        yield "not mapped yet; what is not meant to be goes under `ignore` of its system:"
    for leaf in needed:
        yield f"- {{{INSIDE}: {format_path(leaf.path)}}}   {DOUBT}: it is required, and no field is like it"
    yield from (f"- {{{INSIDE}: {format_path(leaf.path)}}}" for leaf in others)
    for leaf in matched.outside:
        if not _is_of_api(leaf) and leaf.of is None:
            yield f"- {{{OUTSIDE}: {format_path(leaf.path)}}}   {_about(leaf)}"


def _about(leaf: Leaf) -> str:
    types = " or ".join(sorted(leaf.types)) or "nothing"
    if leaf.types & MANY:
        return types
    values = leaf.distinct
    both = zip(leaf.values, leaf.labels, strict=False)
    words = {distinct(value): f" ({shown(label, _WORD)})" for value, label in both if not leaf.is_nothing(label)}
    some = ", ".join(shown(value, _WORD) + words.get(distinct(value), "") for value in values[:_SHOWN])
    return f"{types}, such as {some}" if some else types


def _doubt(text: str) -> str:
    return f"   # {DOUBT}: {text}" if text else ""


def doubts_in(text: str) -> int:
    """Return how many doubts are marked in a draft."""
    return text.count(f"{DOUBT}:")
