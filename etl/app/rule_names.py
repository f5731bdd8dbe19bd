"""Rules as people name them: by a path on either side, also in one element of a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etl.errors import KeyTextError
from etl.mapping.language.parse_fields import did_you_mean
from etl.mapping.model import Mapping
from etl.mapping.paths import Path, PathError, format_path, parse_path
from etl.mapping.rules.each import Each
from etl.mapping.rules.elements import selecting
from etl.mapping.rules.kinds import Rule
from etl.mapping.selectors import Selector
from etl.mapping.terms import Direction, Side
from etl.transfer.elements import keyed_of
from etl.transfer.unit import is_unit, units


def parse_rule(mapping: Mapping, name: str) -> Path:
    """Return what is meant: the first path inside of a rule, from any of its paths, on either side.

    An element of a list whose elements are told apart is named as well, as in `tasks[pos=1]`, and a rule in it, as in
    `tasks[pos=1].title`.

    Raises:
        KeyTextError: when no rule has such a path.

    """
    rules = _rule_names(mapping)
    try:
        path = parse_path(name)
    except PathError:
        path = ()
    if path and (known := rules.get(format_path(path))) is not None:
        return known
    listed = [rule for rule in mapping.rules if is_unit(rule)]
    found = next((one for side in Side if (one := _in_element(listed, side, path)) is not None), None)
    if found is None:
        raise KeyTextError(f"{name} is no rule of {mapping.name}; {did_you_mean(name, rules)}")
    return found


def parse_take(mapping: Mapping, texts: Iterable[str]) -> dict[Path, Side]:
    """Return who wins, by what `parse_rule` returns, () for all: from `client`, or from `title=client`.

    Raises:
        KeyTextError: when a text names no system or no rule.

    """
    sides = {mapping.system(side).name: side for side in Side}
    taken: dict[Path, Side] = {}
    for text in texts:
        name, _, system = text.rpartition("=")
        if system not in sides:
            raise KeyTextError(f"{system} is no system; {did_you_mean(system, sides)}")
        taken[parse_rule(mapping, name) if name else ()] = sides[system]
    return taken


def _rule_names(mapping: Mapping) -> dict[str, Path]:
    """Return the first path inside of each rule, by the text of each of its paths."""
    rules: dict[str, Path] = {}
    for unit in units(mapping):
        rules |= {format_path(path): unit.paths[0] for path in unit.paths}
    for rule in mapping.rules:
        inside = [format_path(path) for path in rule.paths(Side.INSIDE)]
        for path in rule.paths(Side.OUTSIDE) if inside and inside[0] in rules else ():
            rules.setdefault(format_path(path), rules[inside[0]])
    return rules


def _in_element(rules: Sequence[Rule], side: Side, path: Path) -> Path | None:
    """Return what a path leads to that goes through a list of some rules; None for nothing."""
    for rule in rules:
        if not isinstance(rule, Each) or keyed_of(rule) is None:
            continue
        above = rule.field(side).path
        (selector, *below) = path[len(above) :] or ("",)
        if path[: len(above)] != above or not isinstance(selector, Selector):
            continue
        inside = _as_inside(rule, side, selector)
        rest = _below(rule.rules, side, tuple(below))
        if inside is not None and rest is not None:
            return (*rule.inside.path, inside, *rest)
    return None


def _below(rules: Sequence[Rule], side: Side, path: Path) -> Path | None:
    """Return what a path leads to in an element, () for all of it; None for nothing."""
    if not path:
        return ()
    named = (rule.paths(Side.INSIDE) for rule in rules if not rule.key and path in rule.paths(side))
    return next((paths[0] for paths in named if paths), None) or _in_element(rules, side, path)


def _as_inside(rule: Each, side: Side, selector: Selector) -> Selector | None:
    """Return what selects an element inside; None where that does not tell elements apart."""
    element = selector.element()
    if side is Side.OUTSIDE:
        element = rule.elements(Direction.INBOUND).one(element, None, "", [])
    return selecting(element, rule.keys(Side.INSIDE))
