"""Each: a list on both sides, whose rules apply to every element; or one object that is a group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from etl.mapping.equality import distinct
from etl.mapping.paths import Path, format_path, get
from etl.mapping.rules.above import filling_above
from etl.mapping.rules.access import Step, reader, writer
from etl.mapping.rules.elements import Elements, key_of, selecting
from etl.mapping.rules.forms import in_its_form, unread
from etl.mapping.rules.moves import fuse
from etl.mapping.rules.parents import parent_guard, stay
from etl.mapping.rules.rule import BaseRule, Expected, Loss, Naming, Types
from etl.mapping.terms import Direction, Field, Side
from etl.record import ABSENT, NOTHING_KNOWN, Absent, Record, Scalar, Violation, shown

if TYPE_CHECKING:
    from etl.mapping.rules.kinds import Rule


@dataclass(frozen=True, slots=True)
class Each(BaseRule):
    """A list on both sides, or one object that is a group.

    rules: for every element, whose paths start there. is_group: both schemas have an object there, and no list. fills:
    the sides on which an element that is absent is written as the list's `when_absent`; else it is left out. keeping:
    what its rules do outbound to an element that the outside had, where what came goes back; () where nothing does.
    """

    outside: Field
    inside: Field
    rules: tuple[Rule, ...]
    is_group: bool = False
    fills: tuple[Side, ...] = ()
    keeping: tuple[Step, ...] = field(default=(), compare=False, repr=False)

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

    def element(self, side: Side, index: int = 0) -> Path:
        """Return where an element stands: a group is its own."""
        path = self.field(side).path
        return path if self.is_group else (*path, index)

    def keys(self, side: Side) -> tuple[Field, ...]:
        """Return the fields of an element that tell it from the others, () where nothing does."""
        return tuple(field for rule in self.rules if rule.key for field in rule.fields(side))

    def fields(self, side: Side) -> tuple[Field, ...]:
        """Return the list of one side; the fields of its elements are its rules' own."""
        return (self.field(side),)

    def written(self, side: Side) -> tuple[Field, ...]:
        """Return the list of one side, which is written whole; of a group no more than its rules write."""
        if not self.goes(Direction.towards(side)):
            return ()
        if not self.is_group:
            return self.fields(side)
        above = self.field(side).path
        inner = [field for rule in self.rules for field in rule.written(side)]
        return tuple(field.below(above) for field in inner)

    def reads(self, side: Side) -> tuple[Path, ...]:
        """Return the path of the list."""
        return (self.field(side).path,) if self.goes(Direction.towards(side.other)) else ()

    def looks_back(self, direction: Direction) -> tuple[Path, ...]:
        """Return what rules in a group look back at; the list, where its elements are told apart.

        Outside, elements that no rule knows stay; inside, an import leaves them alone by itself.
        """
        found, path = BaseRule.looks_back(self, direction), self.field(direction.target).path
        inner = [(*path, *one) for rule in self.rules if rule.goes(direction) for one in rule.looks_back(direction)]
        if self.is_group:
            return tuple(dict.fromkeys((*found, *inner)))
        is_asked = direction is Direction.OUTBOUND or bool(inner)
        is_told = is_asked and self.goes(direction) and bool(self.keys(direction.target))
        return (*found, path) if is_told and not found else found

    def follows(self, direction: Direction) -> Iterator[tuple[Field, tuple[Field, ...]]]:
        """Yield the list with the other side's."""
        if self.goes(direction):
            yield self.field(direction.target), (self.field(direction.source),)

    def expects(self) -> Iterator[Expected]:
        """Yield that both are lists, or both objects."""
        kind, why = ("object", "each maps an object") if self.is_group else ("array", "each maps a list")
        yield from (Expected(side, self.field(side), kind, why) for side in Side)

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
        """Return whether there is no list, or nothing in the group."""
        items = reader(self.field(direction.source))(record)
        return items is ABSENT or (
            isinstance(items, dict) and self.elements(direction).one(items, None, "", []) is ABSENT
        )

    def did(self, direction: Direction, record: Record) -> str:
        """Return of how many elements it made as many."""
        items = get(record, self.field(direction.source).path)
        if isinstance(items, dict):
            return "the group"
        return f"each of {len(items)} element{'' if len(items) == 1 else 's'}"

    def elements(self, direction: Direction) -> Elements:
        """Return what is done with its elements."""
        side = direction.target
        acting = [rule for rule in self.rules if rule.goes(direction)]
        written = tuple(field for rule in acting for field in rule.written(side))
        return Elements(
            (*compiled_rules(self.rules, direction), *filling_above(self.rules, direction)),
            compiled_rules(tuple(rule for rule in self.rules if rule.key), direction),
            written,
            self.keys(side),
            is_whole=any(not field.path for field in written),
            needs_object=any(field.path for rule in acting for field in rule.passes(direction)),
            filler=self.filler(side),
            nothing=self.filler(direction.source),
            keeping=self.keeping if direction is Direction.OUTBOUND else (),
        )

    def filler(self, side: Side) -> Scalar | Absent:
        """Return what stands for an absent element on one side, ABSENT for nothing."""
        return self.field(side).for_none if side in self.fills and not self.keys(side) else ABSENT

    def placed(self, direction: Direction, items: Any, last: Any) -> Iterator[tuple[Path, Any, Path, Record]]:
        """Yield the elements that are translated, with where they stand, where what is made of them does, and was."""
        source, target, elements = (
            self.element(direction.source)[:-1],
            self.element(direction.target)[:-1],
            self.elements(direction),
        )
        if isinstance(items, dict):
            was = last if isinstance(last, dict) else NOTHING_KNOWN
            yield self.field(direction.source).path, items, self.field(direction.target).path, was
            return
        place = 0
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if elements.needs_object and not isinstance(item, dict):
                continue
            made = elements.one(item, None, "", [])
            was = elements.before(made, last)
            selector = selecting(made, self.keys(direction.target)) if isinstance(made, dict) else None
            yield (*source, index), item, (*target, selector or place), was
            place += made is not ABSENT or elements.filler is not ABSENT

    def present(self, side: Side, items: Any) -> list[tuple[int, Any]]:
        """Return the elements of a list in which a two-way rule has a value, with their places; a group as well.

        A rule of flags has one in any element.
        """
        acting = [rule for rule in self.rules if rule.only is None]
        fields = [field for rule in acting for field in rule.written(side)]
        says_always = any(rule.has_flags(side) for rule in acting)
        every = enumerate(items) if isinstance(items, list) else [(0, items)] if isinstance(items, dict) else []
        keys, nothing = self.keys(side), self.filler(side)

        def is_present(item: Any) -> bool:
            if keys:
                return key_of(item, keys) is not None
            if nothing is not ABSENT and distinct(item) == distinct(nothing):
                return False
            is_object = isinstance(item, dict)
            values = (reader(one)(item) for one in fields if is_object or not one.path)
            return (says_always and is_object) or any(value is not ABSENT for value in values)

        return [(index, item) for index, item in every if is_present(item)]

    def compiled(self, direction: Direction) -> Step | None:
        """Return what translates the elements one by one."""
        if not self.goes(direction):
            return None
        source, target = self.field(direction.source), self.field(direction.target)
        read, write, path = reader(source), writer(target), format_path(source.path)
        elements = self.elements(direction)

        def step(record: Record, last: Record, into: Record, violations: list[Violation]) -> None:
            items = read(record)
            if items is ABSENT:
                write(into, elements.without(get(last, target.path)))
            elif isinstance(items, list):
                write(into, elements.every(items, get(last, target.path), path, violations))
            elif isinstance(items, dict):
                write(into, elements.one(items, get(last, target.path), path, violations))
            else:
                violations.append(Violation(path, "type", f"expected a list or an object, found {shown(items)}"))

        return step


def groups_in(rules: Iterable[Rule], above: Path = ()) -> Iterator[tuple[Path, Each]]:
    """Yield the groups among rules, and those in them, each with its outside path."""
    for rule in rules:
        if isinstance(rule, Each) and rule.is_group:
            path = (*above, *rule.outside.path)
            yield path, rule
            yield from groups_in(rule.rules, path)


def in_key_order(rule: Each, side: Side, items: Iterable[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """Return elements in an order of their keys, where they have some: their own order means nothing then."""
    keys = rule.keys(side)
    return sorted(items, key=lambda one: repr(key_of(one[1], keys))) if keys else list(items)


def compiled_rules(rules: tuple[Rule, ...], direction: Direction, *, stays: bool = True) -> tuple[Step, ...]:
    """Return what rules do in one direction, in their order, once nothing stands in the way of what they read.

    A run of plain copies is one step. stays: where they write one element of a list, the others are put there first.
    """
    guard = parent_guard(field for rule in rules for field in rule.passes(direction))
    parts = (in_its_form(rule, direction) for rule in in_order(rules))
    steps = fuse(part for part in parts if part is not None)
    others = stay(path for rule in rules for path in rule.writes_into(direction)) if stays else None
    first = (guard, unread(rules, direction), others)
    return (*(step for step in first if step is not None), *steps)


def in_order(rules: Sequence[Rule]) -> list[Rule]:
    """Return rules as they are done: those that look at what others have written come last."""
    return sorted(rules, key=lambda rule: rule.runs_after)
