"""Units: what changes, loses or wins together, which is what one rule writes inside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, get, obstacle
from etl.mapping.rules.kept import held_of
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.parents import misplaced
from etl.mapping.terms import Position, Side, When, Winner
from etl.record import ABSENT, Record, Violation
from etl.transfer.elements import Keyed, keyed_of


@dataclass(frozen=True, slots=True)
class Unit:
    """The inside values of one rule.

    where: the rule stands. place: the rule's among those of the mapping. is_two_way: exports tell the outside of it.
    is_once: only those of records that the outside does not have do. is_joint: a table decides by several of them
    together. texts: of its paths. mark: of the rule, where its outside values are remembered as they lie, else b"".
    keyed: of a list whose elements are told apart. within: the list of which it is an element, or a rule of one.
    is_element: it is an element as a whole.
    """

    paths: tuple[Path, ...]
    winner: Winner
    where: Position = Position(1, 1)
    place: int = -1
    is_two_way: bool = True
    is_joint: bool = False
    texts: tuple[str, ...] = ()
    mark: bytes = b""
    keyed: Keyed | None = None
    within: Unit | None = None
    is_element: bool = False
    is_once: bool = False

    @property
    def is_updated(self) -> bool:
        """Whether an outside that has the record is told what becomes of it."""
        return self.is_two_way and not self.is_once

    @property
    def name(self) -> str:
        """What a person calls it: its first path."""
        return self.texts[0]

    @property
    def field(self) -> str:
        """What a person calls its rule, or the list that it lies in, whichever element it is."""
        return self.name if self.within is None else self.within.field

    def root(self, desired: Record) -> int:
        """Return how many steps of its paths stay, whatever is written: to an element that has its key, to its list.

        desired: what the outside says; a list that is absent there goes with its last element.
        """
        if self.within is None:
            return 0
        if self.is_element and get(desired, self.within.paths[0]) is ABSENT:
            return self.within.root(desired)
        return len(self.within.paths[0]) + (not self.is_element)

    def view(self, value: Any) -> Any:
        """Return what of a value says something to the rule."""
        if self.keyed is None:
            return value
        return self.keyed.part(value) if self.is_element else self.keyed.meaning(value)

    def elements(self, desired: Any, current: Any, agreed: Sequence[Any]) -> Iterator[Unit]:
        """Yield what of two lists is compared by itself. agreed: the lists that were agreed on."""
        if self.keyed is None:
            yield self
            return
        (path,) = self.paths
        for selector, there in self.keyed.selectors(desired, current, *agreed):
            at = (*path, selector)
            if not (there[0] and there[1]):
                yield replace(self, paths=(at,), texts=(format_path(at),), within=self, is_element=True)
                continue
            for rule in self.keyed.rule.rules:
                if paths := tuple((*at, *below) for below in rule.paths(Side.INSIDE) if not rule.key):
                    one = replace(self, paths=paths, texts=tuple(map(format_path, paths)), within=self)
                    one = replace(one, is_two_way=rule.only is None, is_joint=bool(rule.lines) and len(paths) > 1)
                    yield replace(one, keyed=keyed_of(rule), where=rule.where, winner=self.winner)


def units(mapping: Mapping) -> tuple[Unit, ...]:
    """Return what every import writes, rule by rule, without the key."""
    marks = {id(one.rule): one.mark for one in held_of(mapping.rules, mapping.keep)}
    return tuple(
        Unit(
            paths,
            rule.wins or mapping.conflicts.wins,
            rule.where,
            place,
            rule.only is None,
            bool(rule.lines) and len(paths) > 1,
            tuple(map(format_path, paths)),
            marks.get(id(rule), b""),
            keyed_of(rule),
            is_once=rule.sent is When.CREATION,
        )
        for place, rule in enumerate(mapping.rules)
        if is_unit(rule)
        for paths in (rule.paths(Side.INSIDE),)
    )


def is_unit(rule: Rule) -> bool:
    """Return whether a rule is compared and merged: every import writes it."""
    return bool(rule.paths(Side.INSIDE)) and not rule.once and not rule.key


def fields_of(units: Iterable[Unit]) -> tuple[str, ...]:
    """Return what a person calls the rules of these, each once."""
    return tuple(dict.fromkeys(unit.field for unit in units))


def tops(units: Iterable[Unit]) -> tuple[str, ...]:
    """Return the top-level fields of all values of rules: these change as one, also where only some of them differ."""
    return tuple(str(path[0]) for unit in units for path in unit.paths)


def obstacles_of(current: Record, units: Iterable[Unit]) -> tuple[Violation, ...]:
    """Return why values cannot be written where they belong: something else stands on their way."""
    found = ((path, obstacle(current, path)) for unit in units for path in unit.paths if len(path) > 1)
    return tuple(misplaced(path, *there) for path, there in found if there is not None)
