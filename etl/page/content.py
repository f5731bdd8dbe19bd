"""What the page of a mapping says, section by section, without any markup."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

from etl.mapping.checks.context import Context
from etl.mapping.checks.fields import unmapped_paths
from etl.mapping.files import UTF8, FileFormat, FilesEndpoint
from etl.mapping.model import Example, Mapping, System
from etl.mapping.mongodb import Stamp
from etl.mapping.paths import format_path, parse_path
from etl.mapping.schemas.shapes import TYPES, Schema, UnknownFieldError
from etl.mapping.terms import Field, Side
from etl.page.entries import leaving, occasions, picked_up
from etl.page.model import (
    Block,
    Bullets,
    Code,
    Diagram,
    Heading,
    Inline,
    Line,
    Page,
    Paragraph,
    Records,
    Row,
    Section,
    Table,
)
from etl.page.policies import conflict_policies, deletion, drift, kept, no_echo, scope, selection, text_form
from etl.page.tables import decision_table
from etl.page.values import listed, literal
from etl.page.words import Placed, absence, conversion, fields, label, place_rules
from etl.record import Scalar


def page_of(mapping: Mapping) -> Page:
    """Return the page of a mapping; the same mapping gives the same page."""
    rules = place_rules(mapping)
    tables = tuple(block for placed in rules for block in decision_table(placed))
    sections = (
        Section("Fields at a glance", (_diagram(mapping, rules),)),
        Section("Rules", _rules(mapping, rules)),
        Section("Decision tables", tables),
        Section("Conflicts", conflict_policies(mapping, rules)),
        Section("What is lost", _losses(mapping, rules)),
        Section("What is not mapped", _not_mapped(mapping)),
        Section("Examples", tuple(_examples(mapping))),
    )
    note: Inline = ("This page was made by ", Code("etl docs"), ". To change it, change the mapping.")
    return Page(
        f"The mapping {mapping.name}",
        _lead(mapping),
        tuple(section for section in sections if section.blocks),
        note,
        searchable=True,
    )


_KINDS: Final = {
    FileFormat.JSON: "JSON files",
    FileFormat.JSON_ARRAY: "JSON files of many records",
    FileFormat.JSON_LINES: "JSON Lines files",
    FileFormat.CSV: "CSV files",
}


def _lead(mapping: Mapping) -> tuple[Block, ...]:
    outside, inside, mongodb = mapping.outside, mapping.inside, mapping.mongodb
    lead: Inline = (
        f"This mapping connects two systems, {outside.name} and {inside.name}. The records of {outside.name}",
        *_title(outside),
        *_files(mapping.files),
        f". The records of {inside.name}",
        *_title(inside),
        " are documents of the MongoDB collection ",
        Code(mongodb.collection),
        ". A record is identified by ",
        *_keys(mapping),
        ".",
    )
    marks: tuple[Inline, ...] = (
        (f"An import into {inside.name} sets ", *_stamps(mongodb.on_import), "."),
        (f"A record of {inside.name} waits to be exported while ", _json(mongodb.export_when), " holds."),
        (f"An export to {outside.name} then sets ", *_stamps(mongodb.on_export), "."),
    )
    return (
        Paragraph(lead),
        *occasions(mapping),
        Bullets(
            (
                *picked_up(mapping),
                *(marks if mongodb.on_import else marks[1:]),
                *text_form(mapping),
                *scope(mapping),
                *selection(mapping),
                *no_echo(mapping),
                *kept(mapping),
                *drift(mapping),
                *deletion(mapping),
            )
        ),
    )


def _files(files: FilesEndpoint) -> Inline:
    come, leave = _KINDS[files.inbound_format], _KINDS[files.outbound_format]
    read, written = _encoding(files.inbound_encoding), _encoding(files.outbound_encoding)
    is_alike = come == leave and read == written and not files.records
    return (
        f" are {come}{read}",
        *_places(files),
        ": those that match ",
        Code(files.inbound),
        *leaving(files, "" if is_alike else f"{leave}{written}"),
    )


def _places(files: FilesEndpoint) -> Inline:
    """Say where in a document records lie."""
    if not files.records:
        return ()
    what = "line" if files.inbound_format is FileFormat.JSON_LINES else "file"
    names: list[str | Code] = [Code(format_path(path)) if path else "the document itself" for path in files.records]
    first = ", of these the first that is there" if len(names) > 1 else ""
    return (f" (in each {what} they lie at ", *listed(names, " or "), f"{first})")


def _encoding(encoding: str) -> str:
    return "" if encoding == UTF8 else f" in {encoding}"


def _title(system: System) -> Inline:
    title = system.schema.get("title")
    return (f" (“{title}”)",) if isinstance(title, str) and title.strip() else ()


def _keys(mapping: Mapping) -> Inline:
    keys = mapping.keys
    outside = listed((Code(format_path(rule.outside[0].path)) for rule in keys), " and ")
    inside = listed((Code(format_path(rule.inside.path)) for rule in keys), " and ")
    return (*outside, f" in {mapping.outside.name} and by ", *inside, f" in {mapping.inside.name}")


def _stamps(stamps: Any) -> Inline:
    said: Inline = ()
    for name, value in stamps.items():
        said = (*said, ", ", Code(format_path((name,))), " to ", *_stamp(value))
    return said[1:]


def _stamp(value: Scalar | Stamp) -> Inline:
    if isinstance(value, Stamp):
        return ("the time of the run",) if value is Stamp.NOW else ("nothing (the field is removed)",)
    return (literal(value),)


def _json(value: Any) -> Code:
    return Code(json.dumps(value, ensure_ascii=False, default=str))


def _diagram(mapping: Mapping, rules: Iterable[Placed]) -> Diagram:
    left: dict[str, int] = {}
    right: dict[str, int] = {}
    lines: dict[Line, None] = {}
    for number, placed in enumerate(rules, 1):
        outside = [left.setdefault(path, len(left)) for path in placed.paths(Side.OUTSIDE)]
        inside = [right.setdefault(path, len(right)) for path in placed.paths(Side.INSIDE)]
        pairs = ((one, other) for one in outside for other in inside)
        lines.update(dict.fromkeys(Line(*pair, placed.arrow, _anchor(number)) for pair in pairs))
    return Diagram(mapping.outside.name, mapping.inside.name, tuple(left), tuple(right), tuple(lines))


def _anchor(number: int) -> str:
    return f"rule-{number}"


def _rules(mapping: Mapping, rules: Iterable[Placed]) -> tuple[Block, ...]:
    outside, inside = mapping.outside.name, mapping.inside.name
    header: tuple[Inline, ...] = (
        (outside,),
        ("",),
        (inside,),
        ("how",),
        ("if there is no value",),
        ("why a loss is right",),
    )
    rows = tuple(
        Row(
            (
                fields(placed, Side.OUTSIDE),
                (placed.arrow.value,),
                fields(placed, Side.INSIDE),
                conversion(placed),
                absence(placed),
                (placed.rule.lossy.text if placed.rule.lossy else "",),
            ),
            placed.depth,
            _anchor(number),
        )
        for number, placed in enumerate(rules, 1)
    )
    legend = f"⇄ both ways, → from {outside} to {inside}, ← from {inside} to {outside}."
    return (Paragraph((legend,)), Table(header, rows))


def _losses(mapping: Mapping, rules: Iterable[Placed]) -> tuple[Block, ...]:
    schema = Schema(mapping.outside.schema)
    rows = []
    for placed in rules:
        rule = placed.rule
        losses = [*rule.losses(placed.name, partial(_types, schema, placed)), *rule.lost_forms(placed.name)]
        lost = "; ".join(what for _, what, side in losses if side is None or not mapping.keeps(placed.rule, side))
        if lost or placed.rule.lossy:
            why = placed.rule.lossy.text if placed.rule.lossy else "nobody has said so far"
            rows.append(Row((label(placed), (lost or "see the reason",), (why,))))
    if not rows:
        return (Paragraph(("No loss is known.",)),)
    return (Table((("rule",), ("what is lost",), ("why that is right",)), tuple(rows)),)


def _types(schema: Schema, placed: Placed, field: Field) -> frozenset[str]:
    try:
        return schema.shape(parse_path(placed.path(Side.OUTSIDE, field.path).replace("[]", "[0]"))).types
    except UnknownFieldError:
        return TYPES


def _not_mapped(mapping: Mapping) -> tuple[Block, ...]:
    context = Context.of(mapping)
    points: list[Inline] = []
    for side in Side:
        system = mapping.system(side)
        ignored = listed(Code(format_path(field.path)) for field in system.ignore)
        forgotten = listed(Code(format_path(path)) for path in unmapped_paths(context, side))
        if ignored:
            points.append((f"{system.name}, on purpose: ", *ignored))
        if forgotten:
            points.append((f"{system.name}, and nobody has said why: ", *forgotten))
        if not ignored and not forgotten:
            points.append((f"{system.name}: no field of its schema is left out",))
    return (Bullets(tuple(points)),)


def _examples(mapping: Mapping) -> Iterator[Block]:
    if mapping.examples:
        yield Paragraph(("What a record becomes. A record that comes out may have more fields than are shown.",))
    for example in mapping.examples:
        yield Heading((example.name,))
        yield Paragraph(_happens(mapping, example))
        sides = (example.directions[0].source, example.directions[0].target)
        records = ((mapping.system(side).name, example.record(side)) for side in sides)
        yield Records(
            tuple(
                (name, json.dumps(record, indent=2, ensure_ascii=False))
                for name, record in records
                if record is not None
            )
        )


def _happens(mapping: Mapping, example: Example) -> Inline:
    """Return which ways an example goes, and why it is refused where it is."""
    source, target = (
        mapping.system(side).name for side in (example.directions[0].source, example.directions[0].target)
    )
    if example.skips:
        return (f"It is no record for {target}: it is skipped.",)
    if example.rejects:
        return (f"On the way from {source} to {target} it is rejected: ", *listed(map(Code, example.rejects), "; "))
    back = " and back" if len(example.directions) > 1 else ""
    return (f"From {source} to {target}{back}.",)
