"""The rules of a mapping in words: fields, conversions, and what becomes of a value that is absent."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, assert_never

from etl.mapping.codecs import Codec
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.lines import Line, Role, Spelling
from etl.mapping.rules.table import Table
from etl.mapping.terms import Direction, Field, Side
from etl.page.model import Arrow, Code, Inline, Reference
from etl.page.values import listed, literal, written


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule with where it stands.

    depth: how many lists it stands in. prefixes: those lists as the start of a path. table: the number of its decision
    table, 0 where it has none.
    """

    mapping: Mapping
    rule: Rule
    depth: int
    prefixes: tuple[str, str]
    table: int

    def path(self, side: Side, path: Path) -> str:
        """Return the text of a path, from the record on: `lines[].qty`."""
        outside, inside = self.prefixes
        prefix = outside if side is Side.OUTSIDE else inside
        return prefix + format_path(path) if path else prefix.removesuffix(".")

    def name(self, side: Side, field: Field) -> str:
        """Return what a sentence calls a field: `client.lines[].qty`."""
        return f"{self.mapping.system(side).name}.{self.path(side, field.path)}"

    def paths(self, side: Side) -> tuple[str, ...]:
        """Return the paths of one side that the rule has to do with, in order."""
        if isinstance(self.rule, Computed) and self.rule.side is not side:
            return tuple(self.path(side, path).replace("[0]", "[]") for path in _evidence(self.rule))
        return tuple(dict.fromkeys(self.path(side, field.path) for field in self.rule.fields(side)))

    @property
    def arrow(self) -> Arrow:
        """Which way the rule goes."""
        match self.rule.only:
            case None:
                return Arrow.BOTH
            case Direction.INBOUND:
                return Arrow.INBOUND
            case Direction.OUTBOUND:
                return Arrow.OUTBOUND


def place_rules(mapping: Mapping) -> tuple[Placed, ...]:
    """Return every rule of a mapping in the order of the file, those of a list after it."""
    return tuple(_place(mapping, mapping.rules, 0, ("", ""), itertools.count(1)))


def _place(
    mapping: Mapping, rules: Iterable[Rule], depth: int, prefixes: tuple[str, str], numbers: Iterator[int]
) -> Iterator[Placed]:
    for rule in rules:
        placed = Placed(mapping, rule, depth, prefixes, next(numbers) if rule.lines else 0)
        yield placed
        if isinstance(rule, Each):
            outside, inside = (placed.path(side, rule.element(side)).removesuffix("[0]") for side in Side)
            step = "." if rule.is_group else "[]."
            yield from _place(mapping, rule.inner, depth + 1, (outside + step, inside + step), numbers)


def _evidence(rule: Computed) -> tuple[Path, ...]:
    """Return the paths that an expression reads, without those that only lead to another one."""
    if rule.source.path is not None:
        return (rule.source.path,)
    found = rule.source.looks_at
    return tuple(path for path in found if not any(other != path and other[: len(path)] == path for other in found))


def fields(placed: Placed, side: Side) -> Inline:
    """Return the fields of one side that a rule has to do with."""
    return listed(map(Code, placed.paths(side))) or ("—",)


def label(placed: Placed) -> Inline:
    """Return a short name of a rule: its fields at both sides, or the one value that a table decides."""
    if isinstance(placed.rule, Table) and placed.rule.spelling is not Spelling.CASES:
        sides = [side for side in Side if len(placed.paths(side)) == 1]
        return listed(Code(placed.paths(side)[0]) for side in sides)
    return (*fields(placed, Side.OUTSIDE), f" {placed.arrow.value} ", *fields(placed, Side.INSIDE))


def conversion(placed: Placed) -> Inline:
    """Return what a rule does with a value."""
    rule, mapping = placed.rule, placed.mapping
    match rule:
        case Copy():
            said = ("copied",) if rule.codec is None else converted(rule.codec, mapping)
            if len(rule.outside) > 1:
                said = (*said, f"; {rule.together}")
            return (*((f"{rule.identifies}; ",) if rule.identifies else ()), *said, *_once(once=rule.once))
        case Computed():
            said = ("computed as ", Code(rule.source.text.replace("\n", " ").strip()))
            if rule.codec is not None:
                said = (*said, "; ", *converted(rule.codec, mapping))
            return (*said, *_once(once=rule.once))
        case Table():
            said = () if rule.codec is None else (*converted(rule.codec, mapping), "; then ")
            if said and (kept := rule.kept(Side.OUTSIDE)):
                names = listed(Code(format_path(field.path)) for field in kept)
                said = ("what lines name in ", *names, ": ", *said)
            return (*said, *_table(rule), Reference(placed.table), *_once(once=rule.once))
        case Each():
            if rule.is_group:
                return ("a group of fields:",)
            keys = "; its elements are told apart by their keys" if rule.keys(Side.OUTSIDE) else ""
            return (f"a list{keys}; for every element, in order:",)
        case _:
            assert_never(rule)


def _table(rule: Table) -> Inline:
    match rule.spelling:
        case Spelling.FLAGS:
            return (f"the first of {len(rule.fields(rule.flags))} flags that is true, see " if rule.flags else "",)
        case Spelling.VALUES:
            return ("values that correspond, see ",)
        case Spelling.CASES:
            return ("groups of values that correspond, see ",)


def converted(codec: Codec, mapping: Mapping) -> Inline:
    """Return what a codec does, step by step from the outside inwards; at the end what the mapping calls it."""
    said: Inline = ()
    for step in codec.steps or (codec,):
        words = step.words.format(outside=mapping.outside.name, inside=mapping.inside.name)
        said = (*said, "; then ", words, ", by ", Code(step.name))
        for option, value in step.options.items():
            said = (*said, f", {option} ", *_option(value))
    return (*said[1:], *(("; all of which is called ", Code(codec.title)) if codec.title else ()))


def _option(value: Any) -> Inline:
    if isinstance(value, dict):
        return listed(Code(f"{name}: {one}") for name, one in value.items())
    return listed((Code(_option_text(one)) for one in (value if isinstance(value, list) else [value])), " and ")


def _option_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_option_text, value))
    return value if isinstance(value, str) and value.strip() else json.dumps(value, ensure_ascii=False)


def _once(*, once: bool) -> Inline:
    return ("; written once, when the record is created",) if once else ()


def absence(placed: Placed) -> Inline:
    """Return what becomes of a value that is absent."""
    rule, mapping = placed.rule, placed.mapping
    match rule:
        case Copy() if rule.assigned:
            return ("a record that is born inside is sent without it, and waits for it; one that comes is rejected",)
        case Copy() if rule.key:
            return ("the record is rejected",) if placed.depth == 0 else ("the element is left out",)
        case Copy() | Each():
            return _absent_fields(mapping, {side: rule.fields(side)[0] for side in Side})
        case Computed():
            return _absent_fields(mapping, {rule.side: rule.target})
        case Table():
            return _absent_in_table(placed, rule)
        case _:
            assert_never(rule)


def _absent_in_table(placed: Placed, rule: Table) -> Inline:
    if rule.flags is not None:
        value = Code(placed.path(rule.flags.other, rule.paths(rule.flags.other)[0]))
        becomes = " has all false" if clears_flags(rule) else " is rejected"
        return ("an absent flag is false; a record without ", value, becomes)
    sides = {side: rule.value(side) for side in Side}
    fields = {side: field for side, field in sides.items() if field is not None}
    if rule.spelling is Spelling.CASES or len(fields) < len(sides):
        return ("an absent field counts as ", literal(None))
    if any(None in values for line in written_lines(rule) for side in Side for _, values in line.of(side)):
        return ("see ", Reference(placed.table))
    return _absent_fields(placed.mapping, fields)


def clears_flags(rule: Table) -> bool:
    """Return whether any value without a line, and none, makes all flags false."""
    ways = {line.only for line in rule.lines if line.role is Role.OTHERWISE}
    return rule.flags is not None and Direction.towards(rule.flags) in ways


def written_lines(rule: Table) -> list[Line]:
    """Return the lines of a table that somebody wrote, without its otherwise."""
    return [line for line in rule.lines if line.role is Role.WRITTEN]


def _absent_fields(mapping: Mapping, fields: dict[Side, Field]) -> Inline:
    parts: list[Inline] = []
    for side, field in fields.items():
        said = (f"{mapping.system(side).name}: ", *written(field))
        if len(fields) > 1 and field.nulls:
            verb = " counts as absent" if len(set(map(repr, field.nulls))) == 1 else " count as absent"
            said = (*said, ", ", *listed(dict.fromkeys(map(literal, field.nulls)), " and "), verb)
        parts.append(said)
    if len(parts) > 1 and all(part[1:] == ("left out",) for part in parts):
        return ("left out",)
    return tuple(itertools.chain.from_iterable((*part, "; ") for part in parts))[:-1]
