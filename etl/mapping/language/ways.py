"""In which direction a rule goes, by what may be done with its outside fields; what contradicts that is a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from etl.mapping.language.document import Document
from etl.mapping.paths import Path, format_path
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.each import Each
from etl.mapping.rules.kinds import Rule
from etl.mapping.terms import Direction, Position, Side, Use


@dataclass(frozen=True, slots=True)
class Ways:
    """Knows it, by the outside schema. outside: the system's name. use: what may be done with an outside path."""

    document: Document
    outside: str
    use: Callable[[Path], Use]

    def way(self, rule: Rule) -> Direction | None:
        """Return the one direction in which fields that are only read, or only written, let a rule go."""
        if isinstance(rule, Computed):
            self._check_computed(rule)
            return None
        fields = rule.fields(Side.OUTSIDE)
        found = {field.use for field in fields}
        if rule.key:
            if Use.WRITE in found:
                self._find(rule.where, fields[0].path, Use.WRITE, "and a key is read", "choose a field that is read")
            return None
        if len(found) == 1 and (way := found.pop().way) is not None:
            return way
        return _of_elements(rule.inner) if isinstance(rule, Each) else None

    def of_elements(self, rule: Rule) -> tuple[Rule, ...]:
        """Return the rules of a list that goes one way: so do its keys, whose fields alone do not say that."""
        return tuple(replace(one, way=rule.way) if one.key and one.way is None else one for one in rule.inner)

    def _check_computed(self, rule: Computed) -> None:
        if rule.side is Side.OUTSIDE:
            if rule.target.use is Use.READ:
                why = "so what this rule writes is never sent"
                self._find(rule.target.where, rule.target.path, Use.READ, why, "remove the rule, or correct the schema")
            return
        for path in rule.source.looks_at:
            if self.use(path) is Use.WRITE:
                self._find(rule.source.where, path, Use.WRITE, "so nothing is ever read there", "name another field")

    def _find(self, where: Position, path: Path, use: Use, why: str, fix: str) -> None:
        word = "read-only" if use is Use.READ else "write-only"
        self.document.find_at(where, "E124", f"{self.outside}.{format_path(path)} is {word}, {why}", fix)


def _of_elements(rules: Iterable[Rule]) -> Direction | None:
    """Return the one direction in which all rules of an element go, where fields outside let none of them go both."""
    ways = {rule.only for rule in rules}
    is_said = any(rule.way is not None for rule in rules)
    return ways.pop() if is_said and len(ways) == 1 else None
