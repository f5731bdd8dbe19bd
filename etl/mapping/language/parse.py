"""A document becomes a mapping: parse, do not merely validate. Findings are collected, then raised together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any, Final

from etl.lengths import parse_length
from etl.mapping.expressions.forms import Element, form_of
from etl.mapping.language.document import Document
from etl.mapping.language.parse_codecs import CodecParser
from etl.mapping.language.parse_conflicts import (
    KEY,
    parse_conflicts,
    parse_deleted_when,
    parse_import_when,
    parse_tombstone,
)
from etl.mapping.language.parse_entries import check_entries
from etl.mapping.language.parse_examples import parse_examples
from etl.mapping.language.parse_fields import Defaults, when_absent_value
from etl.mapping.language.parse_files import parse_files
from etl.mapping.language.parse_mongodb import parse_mongodb
from etl.mapping.language.parse_rules import RuleParser
from etl.mapping.language.parse_systems import parse_system
from etl.mapping.language.parse_text_form import SystemForm, parse_text_form
from etl.mapping.language.parse_written import parse_written, uses_of
from etl.mapping.language.words import RESERVED
from etl.mapping.model import Drift, Mapping, System, Tombstone
from etl.mapping.paths import Path, format_path
from etl.mapping.places import overlap
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.conditions import Pattern
from etl.mapping.rules.elsewhere import with_groups
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.table import Table
from etl.mapping.rules.written import Written
from etl.mapping.schemas.shapes import Schema
from etl.mapping.templates import braced
from etl.mapping.terms import Keep, OnDrift, Position, Side, When
from etl.record import Scalar, shown

_KEEP: Final[dict[Any, Keep]] = {False: Keep.NOTHING, True: Keep.MAPPED, "whole": Keep.WHOLE}
"""What `keep` says."""


def parse_mapping(document: Document) -> Mapping:
    """Make a mapping of a document that has the right form.

    Raises:
        MappingError: with every finding.

    """
    value = document.value
    files = parse_files(document)
    _check_names(document)
    written = parse_written(document, codecs := CodecParser(document))
    outside, inside = systems = [parse_system(document, side, written) for side in Side]
    parser = _rule_parser(document, systems, files.nulls, codecs, written)
    conflicts, deleted_when = parse_conflicts(parser), parse_deleted_when(parser)
    import_when, tombstone = parse_import_when(parser), parse_tombstone(parser)
    rules = parser.rules(value["rules"], ("rules",))
    mongodb = parse_mongodb(document)
    examples = tuple(parse_examples(document, outside.name, inside.name))
    document.raise_findings()
    mapping = Mapping(
        file=FilePath(document.file),
        **_said_beside(document, codecs),
        name=value["mapping"],
        outside=outside,
        inside=inside,
        files=replace(files, asked=_asked(document, import_when, tombstone)),
        mongodb=mongodb,
        rules=rules,
        examples=examples,
        conflicts=conflicts,
        deleted_when=deleted_when,
        import_when=import_when,
        written=with_groups(written, rules),
        **_passing(value["outside"], parser.systems[Side.OUTSIDE].form),
        tombstone=tombstone,
    )
    _check_written_once(document, mapping)
    _check_key(document, mapping)
    document.raise_findings()
    return mapping


def _said_beside(document: Document, codecs: CodecParser) -> dict[str, Any]:
    """Return the files that it extends, those in which lines of its tables lie, and the codecs that it names."""
    bases, lines = (tuple(map(FilePath, some)) for some in (document.bases, dict.fromkeys(document.lines_files)))
    return {"bases": bases, "lines_files": lines, "codecs": codecs.named}


def _passing(outside: dict[str, Any], form: SystemForm | None) -> dict[str, Any]:
    """Return how the outside is listened to, and how what it has said, and has, goes back to it."""
    changes = outside.get("send") == When.CHANGED.value
    return {
        "echo": outside.get("echo", not changes),
        "keep": _KEEP[outside.get("keep", False)],
        "sends_changes": changes,
        "every": parse_length(outside["delivery"]["every"]) if "delivery" in outside else 0,
        "drift": _drift(outside.get("drift", {})),
        "text_form": None if form is None else form.codec,
    }


def _drift(said: str | dict[str, Any]) -> Drift:
    if isinstance(said, str):
        return Drift(OnDrift(said))
    usual = Drift()
    return Drift(OnDrift(said.get("then", usual.then.value)), Fraction(str(said.get("share", float(usual.share)))))


def _asked(document: Document, import_when: Pattern, tombstone: Tombstone | None) -> tuple[Path, ...]:
    """Return what is asked of the documents in which records lie; refuse what is asked of one value and below it."""
    gone = () if tombstone is None else (*(field for field, _ in tombstone.asked), *tombstone.keys)
    asked = [field for field in (*(field for field, _ in import_when), *gone) if field.is_around]
    paths = tuple(dict.fromkeys(field.path for field in asked))
    for field in asked:
        other = next((path for path in paths if path != field.path and overlap(path, field.path)), None)
        if other is not None:
            message = f"$.{format_path(field.path)} and $.{format_path(other)} are one in the other"
            document.find_at(field.where, "E149", message, "ask of the inner one alone")
    return paths


def _rule_parser(
    document: Document,
    systems: Sequence[System],
    nulls: tuple[Scalar, ...],
    codecs: CodecParser,
    written: tuple[Written, ...],
) -> RuleParser:
    """Return what parses rules between two systems. nulls: what means absent outside whatever a mapping says."""
    value = document.value
    form = parse_text_form(document, codecs)
    said = value["outside"].get("when_absent")
    if isinstance(said, str) and any(braced(said)):
        fix = "say it in the rule whose value it stands for"
        document.find(("outside", "when_absent"), "E126", f"{shown(said)} would stand for every value", fix)
    outside, inside = _defaults(value, Side.OUTSIDE, nulls, form), _defaults(value, Side.INSIDE)
    schemas = {system.side: Schema(system.schema, has_dates=system.side is Side.INSIDE) for system in systems}
    return RuleParser(document, outside, inside, schemas, uses_of(systems[0].schema, written), codecs)


def _defaults(
    document: dict[str, Any], side: Side, always: tuple[Scalar, ...] = (), form: SystemForm | None = None
) -> Defaults:
    value = document[side.value]
    when_absent = when_absent_value(value.get("when_absent", "omit"))
    return Defaults(side, value["name"], tuple(value.get("nulls", ())), when_absent, always, form)


def _check_names(document: Document) -> None:
    outside, inside = (document.value[side.value]["name"] for side in Side)
    for side, name in ((Side.OUTSIDE, outside), (Side.INSIDE, inside)):
        if name in RESERVED:
            document.find((side.value, "name"), "E013", f"{name} is a word of the language", "choose another name")
    if outside == inside:
        document.find(("inside", "name"), "E013", f"both systems are called {inside}", "give each its own name")
    document.raise_findings()


def _check_written_once(document: Document, mapping: Mapping) -> None:
    """Refuse two rules, or a rule and a stamp, that write the same path."""
    for side in Side:
        _check_rules_once(document, mapping.rules, side, mapping.system(side).name)
    mongodb = mapping.mongodb
    stamped = {*mongodb.provided, *mongodb.on_export}
    for name in sorted(mongodb.scope.keys() & {*mongodb.on_import, *mongodb.on_export}):
        message = f"{name} of {mapping.inside.name} is written by scope and by on_import or on_export"
        document.find(("inside", "mongodb", "scope", name), "E120", message, "let one of them write it", key=True)
    for path in mapping.owned_paths(Side.INSIDE):
        if path[0] in stamped:
            other = "scope" if path[0] in mapping.mongodb.scope else "on_import or on_export"
            message = f"{format_path(path)} of {mapping.inside.name} is written by a rule and by {other}"
            document.find(("inside", "mongodb"), "E120", message, "let one of them write it")


def _check_rules_once(document: Document, rules: tuple[Rule, ...], side: Side, name: str) -> None:
    written: dict[Path, Position] = {}
    joint = {path for rule in rules if isinstance(rule, Table) for one, path in rule.joint if one is side}
    for rule, path in [(r, path) for r in rules for path in r.paths(side)]:
        others = (known for known in written if overlap(known, path) and not (known == path and path in joint))
        first = next((written[known] for known in others), None)
        if first is not None:
            there = first.beside(rule.where, document.file)
            message = f"{format_path(path)} of {name} is written twice, first on {there}"
            document.find_at(rule.where, "E120", message, _one_element(rule) or "let one rule write it")
        written.setdefault(path, rule.where)
    for rule in rules:
        _check_rules_once(document, rule.inner, side, name)


def _one_element(rule: Rule) -> str:
    """Return what to write for a `from` that makes a list of one element; "" for any other rule."""
    form = form_of(rule.source.text) if isinstance(rule, Computed) else None
    if not isinstance(form, Element) or not isinstance(rule, Computed):
        return ""
    return f"name the element that it writes, {format_path(form.under(rule.target.path))}, in a rule of two paths"


def _check_key(document: Document, mapping: Mapping) -> None:
    if not mapping.keys:
        document.find(("rules",), "E140", "no rule has key: true", "say which rule identifies a record")
    for rule in mapping.keys:
        if not all(isinstance(step, str) for step in rule.inside.path):
            document.find_at(rule.where, "E140", "a key is not inside a list", "choose a field of the record itself")
    said, parts = len(mapping.tombstone.keys) if mapping.tombstone else 0, len(mapping.keys)
    if said not in (0, parts):
        message = f"deleted_when says {KEY} of {said} fields, and the key has {parts}"
        fix = f"say {KEY} once for each part, in the order of the rules, or not at all"
        document.find(("outside", "deleted_when"), "E013", message, fix, key=True)
    _check_complete(document, mapping)
    check_entries(document, mapping)


def _check_complete(document: Document, mapping: Mapping) -> None:
    """Refuse extracts that could not be complete, and those of which nothing could be marked as deleted."""
    files, place = mapping.files, ("outside", "files", "inbound", "complete")
    if not files.pickup.complete:
        return
    if not files.inbound_format.many and not files.records:
        message = "a file of one record is no complete extract"
        document.find(place, "E013", message, "write a format of many records, or remove complete", key=True)
    if not mapping.deleted_when:
        message = f"complete is said, and nothing says which records of {mapping.inside.name} count as deleted"
        document.find(place, "E013", message, "add deleted_when to the inside system", key=True)
