"""What a check looks at: a mapping's rules between two schemas, and where its findings go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from etl.errors import Finding
from etl.mapping.model import Cases, Copy, Derive, Each, Flags, Mapping, Rule, Values
from etl.mapping.paths import format_path
from etl.mapping.rules.tables import pattern_fields
from etl.mapping.schemas.shapes import TYPES, Schema, Shape, UnknownFieldError
from etl.mapping.terms import Direction, Field, Position, Side

Named: TypeAlias = tuple[Side, Field]


@dataclass(frozen=True, slots=True)
class Scope:
    """Rules and the schemas that their paths start from; inside an `each`, those of the elements."""

    mapping: Mapping
    rules: tuple[Rule, ...]
    schemas: dict[Side, Schema]
    findings: list[Finding] = field(default_factory=list)

    def find(self, where: Position, code: str, message: str, fix: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(str(self.mapping.file), where.line, where.column, code, message, fix))

    def shape(self, side: Side, field: Field) -> Shape:
        """Return the shape of a field; one that is not known where its path is not in the schema."""
        try:
            return self.schemas[side].shape(field.path)
        except UnknownFieldError:
            return Shape(TYPES, known=False)

    def name(self, side: Side, field: Field) -> str:
        """Return what a finding calls a field: `tracos.title`."""
        return f"{self.mapping.system(side).name}.{format_path(field.path)}"

    def elements(self) -> Iterator[Scope]:
        """Yield a scope for the elements of every list that an `each` maps, where both schemas describe them."""
        for rule in self.rules:
            if not isinstance(rule, Each):
                continue
            inner = {side: _element(self.schemas[side], field) for side, field in rule_fields(rule)}
            schemas = {side: schema for side, schema in inner.items() if schema is not None}
            if len(schemas) == len(inner):
                yield replace(self, rules=rule.rules, schemas=schemas)


def _element(schema: Schema, field: Field) -> Schema | None:
    try:
        return schema.element(field.path)
    except UnknownFieldError:
        return None


def rule_fields(rule: Rule) -> list[Named]:
    """Return every field that a rule names, with its side."""
    match rule:
        case Copy():
            return [*((Side.OUTSIDE, field) for field in rule.outside), (Side.INSIDE, rule.inside)]
        case Derive():
            return [(rule.side, rule.target)]
        case Flags():
            return [(rule.side, rule.value), *((rule.side.other, flag) for flag, _ in rule.flags)]
        case Values() | Each():
            return [(Side.OUTSIDE, rule.outside), (Side.INSIDE, rule.inside)]
        case Cases():
            patterns = [(side, case.of(side)) for side in Side for case in rule.cases] + list(rule.otherwise.items())
            return [(side, field) for side, pattern in patterns for field in pattern_fields([pattern])]


def pair_in(rule: Copy | Values, direction: Direction) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """Return the source fields and the target fields of a two-way rule in one direction."""
    outside = rule.outside if isinstance(rule, Copy) else (rule.outside,)
    inside = (rule.inside,)
    return (outside, inside) if direction is Direction.INBOUND else (inside, outside)
