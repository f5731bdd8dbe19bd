"""The files that records go out in: every one has a name of its own, and what rules write goes out in one of them."""

from __future__ import annotations

from itertools import combinations
from typing import Final

from etl.mapping.carrying import carried, goes_always
from etl.mapping.checks.context import Context
from etl.mapping.entries import RECORD, RECORDS, Entry, Envelope
from etl.mapping.paths import format_path, parse_path
from etl.mapping.places import overlap
from etl.mapping.rules.kinds import Rule
from etl.mapping.schemas.shapes import TYPES
from etl.mapping.templates import can_be_one
from etl.mapping.terms import Direction, Field, Occasion, Side

_NAMING: Final = frozenset({"string", "integer", "number"})
_WHOLE: Final = frozenset({"integer"})


def check_file_names(context: Context) -> None:
    """E137, E146: every value in the name of a file can stand there, and tells its record from all others."""
    entries = context.mapping.files.entries
    for entry in entries:
        _check_values(context, entry)
    whole = {
        text
        for entry in entries
        for text, path in entry.named
        if context.shape(Side.OUTSIDE, Field(path)).types <= _WHOLE
    }
    for one, other in combinations(entries, 2):
        if can_be_one(one.file, other.file, whole):
            message = f"{other.file} may be the name of a file that is called {one.file} as well"
            fix = "start the two with different words, as in new_{id}.json and changed_{id}.json"
            context.find(other.where, "E137", message, fix)
    marker = context.mapping.files.marker
    for one in entries if marker else ():
        if can_be_one(one.file, marker, whole):
            message = f"{marker} may be the name of a file that is called {one.file} as well"
            context.find(context.mapping.files.marker_where, "E137", message, "give the marker an ending of its own")


def _check_values(context: Context, entry: Entry) -> None:
    written = [path for rule in context.rules for path in rule.paths(Side.OUTSIDE)]
    for text, path in entry.named:
        shape = context.shape(Side.OUTSIDE, Field(path))
        if shape.known and not shape.types & _NAMING:
            message = f"{{{text}}} is neither text nor a whole number, and nothing else stands in a file name"
            context.find(entry.where, "E146", message, "name a field that is")
        elif shape.known and {"string"} < shape.types & _NAMING and shape.types != TYPES:
            message = f'{{{text}}} is text or a number, so 7 and "7" would share a file'
            context.find(entry.where, "E146", message, "say in the schema which of the two it is")
        elif shape.known and not any(overlap(path, other) for other in written):
            message = f"no rule writes {{{text}}}, so no record has a file name"
            context.find(entry.where, "E146", message, "name a field that a rule writes")


def check_carried(context: Context) -> None:
    """E138: what a rule writes outside goes out in some file, and stands in all that carry it."""
    entries = context.mapping.files.entries
    taken: list[Rule] = []
    for occasion in (Occasion.CREATE, Occasion.UPDATE):
        for one in carried(context.mapping, occasion):
            taken += one.rules
            for rule in one.rules:
                if not goes_always(rule, occasion) and not _stands(one.entry.around, rule):
                    _find_left_out(context, one.entry, rule)
    for rule in context.rules:
        if rule.only is not Direction.INBOUND and not any(rule is other for other in taken):
            message = f"no file carries {_name(context, rule)}, so it never goes out"
            fix = "name it in only: of an entry, or write one without only:, which carries all that no other one has"
            context.find(entries[0].where, "E138", message, fix)


def _find_left_out(context: Context, entry: Entry, rule: Rule) -> None:
    name = _name(context, rule)
    message = f"{entry.file} carries {name}, and what stands around the record has no place for it"
    fix = f"write {RECORD} where the record is to lie, or leave it out with only:"
    context.find(entry.where, "E138", message, fix)


def _name(context: Context, rule: Rule) -> str:
    return f"{context.mapping.outside.name}.{format_path(rule.paths(Side.OUTSIDE)[0])}"


def _stands(around: Envelope | None, rule: Rule) -> bool:
    """Return whether what a rule writes has a place in an envelope."""
    if around is None or around.words & {RECORD, RECORDS}:
        return True
    paths = [parse_path(text) for text in around.named]
    return any(overlap(path, other) for path in rule.paths(Side.OUTSIDE) for other in paths)
