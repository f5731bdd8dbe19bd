"""Each: a list on both sides, whose rules apply to every element, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.access import Step, reader, writer
from etl.mapping.rules.moves import fuse
from etl.mapping.rules.parents import parent_guard, stay
from etl.mapping.rules.rule import BaseRule, Expected, Loss, Naming, Types
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, NOTHING_KNOWN, Record, Violation, shown

if TYPE_CHECKING:
    from etl.mapping.rules.kinds import Rule


@dataclass(frozen=True, slots=True)
class Each(BaseRule):
    """A list on both sides. rules: for every element, whose paths start there."""

    outside: Field
    inside: Field
    rules: tuple[Rule, ...]

    @property
    def word(self) -> str:
        """The language's word for this kind."""
        return "each"

    @property
    def only(self) -> Direction | None:
        """It goes both ways, unless its list outside, or all that is mapped of it, is only read, or only written."""
        return self.way

    @property
    def inner(self) -> tuple[Rule, ...]:
        """The rules for every element."""
        return self.rules

    def field(self, side: Side) -> Field:
        """Return the list of one side."""
        return self.outside if side is Side.OUTSIDE else self.inside

    def fields(self, side: Side) -> tuple[Field, ...]:
        """Return the list of one side; the fields of its elements are its rules' own."""
        return (self.field(side),)

    def written(self, side: Side) -> tuple[Field, ...]:
        """Return the list of one side, which is written whole."""
        return self.fields(side) if self.goes(Direction.towards(side)) else ()

    def reads(self, side: Side) -> tuple[Path, ...]:
        """Return the path of the list."""
        return (self.field(side).path,) if self.goes(Direction.towards(side.other)) else ()

    def follows(self, direction: Direction) -> Iterator[tuple[Field, tuple[Field, ...]]]:
        """Yield the list with the other side's."""
        if self.goes(direction):
            yield self.field(direction.target), (self.field(direction.source),)

    def expects(self) -> Iterator[Expected]:
        """Yield that both are lists."""
        yield from (Expected(side, self.field(side), "array", "each maps a list") for side in Side)

    def losses(self, name: Naming, types: Types) -> list[Loss]:
        """Return nothing: the rules of its elements say what they lose."""
        del types
        del name
        return []

    def samples(self, side: Side) -> list[dict[Path, tuple[Any, ...]]]:
        """Return nothing: the rules of its elements say what they understand."""
        del side
        return []

    def is_absent(self, direction: Direction, record: Record) -> bool:
        """Return whether there is no list."""
        return reader(self.field(direction.source))(record) is ABSENT

    def did(self, direction: Direction, record: Record) -> str:
        """Return of how many elements it made as many."""
        count = len(get(record, self.field(direction.source).path))
        return f"each of {count} element{'' if count == 1 else 's'}"

    def compiled(self, direction: Direction) -> Step | None:
        """Return what translates the elements one by one."""
        if not self.goes(direction):
            return None
        source, target = self.field(direction.source), self.field(direction.target)
        read, write, path = reader(source), writer(target), format_path(source.path)
        translate = _element(path, compiled_rules(self.rules, direction))

        def step(record: Record, _last: Record, into: Record, violations: list[Violation]) -> None:
            items = read(record)
            if items is ABSENT:
                write(into, ABSENT)
            elif isinstance(items, list):
                write(into, [translate(index, item, violations) for index, item in enumerate(items)])
            else:
                violations.append(Violation(path, "type", f"expected a list, found {shown(items)}"))

        return step


def compiled_rules(rules: tuple[Rule, ...], direction: Direction) -> tuple[Step, ...]:
    """Return what rules do in one direction, in their order, once nothing stands in the way of what they read.

    A run of plain copies is one step.
    """
    guard = parent_guard(field for rule in rules for field in rule.passes(direction))
    parts = (rule.compiled(direction) for rule in in_order(rules))
    steps = fuse(part for part in parts if part is not None)
    first = (guard, stay(path for rule in rules for path in rule.looks_back(direction)))
    return (*(step for step in first if step is not None), *steps)


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Return rules as they are done: those that look at what others have written come last."""
    return sorted(rules, key=lambda rule: rule.runs_after)


def _element(path: str, steps: tuple[Step, ...]) -> Any:
    def element(index: int, item: Any, violations: list[Violation]) -> Record:
        made: Record = {}
        if not isinstance(item, dict):
            violations.append(Violation(f"{path}[{index}]", "type", f"expected an object, found {shown(item)}"))
            return made
        wrong: list[Violation] = []
        for step in steps:
            step(item, NOTHING_KNOWN, made, wrong)
        violations.extend(Violation(f"{path}[{index}].{v.path}", v.code, v.message) for v in wrong)
        return made

    return element
