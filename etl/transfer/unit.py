"""Units: what changes, loses or wins together, which is what one rule writes inside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from etl.mapping.model import Mapping
from etl.mapping.paths import Path, format_path, obstacle
from etl.mapping.rules.kept import held_of
from etl.mapping.rules.kinds import Rule
from etl.mapping.rules.parents import misplaced
from etl.mapping.terms import Side, Winner
from etl.record import Record, Violation


@dataclass(frozen=True, slots=True)
class Unit:
    """The inside values of one rule.

    rule: its line. place: the rule's among those of the mapping. is_two_way: exports tell the outside of it. is_joint:
    a table decides by several of them together. texts: of its paths. mark: of the rule, where its outside values are
    remembered as they lie, else b"".
    """

    paths: tuple[Path, ...]
    winner: Winner
    rule: int = 0
    place: int = -1
    is_two_way: bool = True
    is_joint: bool = False
    texts: tuple[str, ...] = ()
    mark: bytes = b""

    @property
    def name(self) -> str:
        """What a person calls it: its first path."""
        return self.texts[0]


def units(mapping: Mapping) -> tuple[Unit, ...]:
    """Return what every import writes, rule by rule, without the key."""
    marks = {id(one.rule): one.mark for one in held_of(mapping.rules, mapping.keep)}
    return tuple(
        Unit(
            paths,
            rule.wins or mapping.conflicts.wins,
            rule.where.line,
            place,
            rule.only is None,
            bool(rule.lines) and len(paths) > 1,
            tuple(map(format_path, paths)),
            marks.get(id(rule), b""),
        )
        for place, rule in enumerate(mapping.rules)
        if is_unit(rule)
        for paths in (rule.paths(Side.INSIDE),)
    )


def is_unit(rule: Rule) -> bool:
    """Return whether a rule is compared and merged: every import writes it."""
    return bool(rule.paths(Side.INSIDE)) and not rule.once and not rule.key


def tops(units: Iterable[Unit]) -> tuple[str, ...]:
    """Return the top-level fields of all values of rules: these change as one, also where only some of them differ."""
    return tuple(str(path[0]) for unit in units for path in unit.paths)


def obstacles_of(current: Record, units: Iterable[Unit]) -> tuple[Violation, ...]:
    """Return why values cannot be written where they belong: something else stands on their way."""
    found = ((path, obstacle(current, path)) for unit in units for path in unit.paths if len(path) > 1)
    return tuple(misplaced(path, *there) for path, there in found if there is not None)
