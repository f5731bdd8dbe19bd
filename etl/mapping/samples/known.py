"""Known: what the rules of a mapping know of the values of one side, looked for once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from etl.mapping.paths import Path
from etl.mapping.places import in_schema
from etl.mapping.rules.computed import Computed
from etl.mapping.rules.copy import Copy
from etl.mapping.rules.kinds import Rule
from etl.mapping.samples.fitting import Shapes, fitting, paths_that_decide
from etl.mapping.samples.formed import lying
from etl.mapping.samples.meanings import fields_read, meaning_absent, samples_that_fit
from etl.mapping.samples.selected import Selected, selected_of
from etl.mapping.schemas.shapes import Shape
from etl.mapping.terms import Direction, Field, Side

_Samples: TypeAlias = tuple[dict[Path, Shape], list[dict[Path, list[Any]]]]


class Known:
    """What rules know of the values of one side. Each rule stands between the same schemas whenever it is asked for."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._meanings: dict[tuple[int, Path], tuple[list[Any], list[Any]]] = {}
        self._special: dict[int, tuple[tuple[Path, ...], bool]] = {}
        self._samples: dict[int, _Samples] = {}
        self._selected: dict[int, tuple[Selected, ...]] = {}

    def special(self, rule: Copy | Computed) -> tuple[tuple[Path, ...], bool]:
        """Return the paths of which a rule knows values, and whether one of them decides."""
        if id(rule) not in self._special:
            read, deciding = fields_read(rule, self._side), paths_that_decide(rule, self._side)
            paths = dict.fromkeys((*(field.path for field in read), *deciding))
            self._special[id(rule)] = (tuple(paths), bool(deciding))
        return self._special[id(rule)]

    def meanings(self, rule: Copy | Computed, path: Path, shape: Shapes) -> tuple[list[Any], list[Any]]:
        """Return the values of a path that mean absent, and those that the other side takes."""
        key = (id(rule), path)
        if key not in self._meanings:
            read = [field for field in fields_read(rule, self._side) if field.path == path]
            absent = [
                value for field in read for value in meaning_absent(rule, self._side, field, shape(self._side, field))
            ]
            takes = fitting(rule, self._side, path, shape) if path in paths_that_decide(rule, self._side) else []
            self._meanings[key] = (absent, takes)
        return self._meanings[key]

    def selected(self, rules: tuple[Rule, ...]) -> tuple[Selected, ...]:
        """Return the elements of lists that rules select."""
        if id(rules) not in self._selected:
            self._selected[id(rules)] = selected_of(rules, self._side)
        return self._selected[id(rules)]

    def samples(self, rule: Rule, shape: Shapes) -> _Samples:
        """Return the shapes of a rule's fields, and the values that it understands, those that fit or mean absent."""
        if id(rule) not in self._samples:
            fields = rule.fields(self._side)
            shapes = {field.path: shape(self._side, field) for field in fields}
            absent = {
                field.path: [null for null in _nulls(field) if null is not None and shapes[field.path].accepts(null)]
                for field in fields
            }
            groups = [
                *samples_that_fit(rule, self._side, shapes),
                *({path: nulls} for path, nulls in absent.items() if nulls),
            ]
            self._samples[id(rule)] = (shapes, groups)
        return self._samples[id(rule)]


def _nulls(field: Field) -> Iterable[Any]:
    """Return what means absent in a field, as it lies there."""
    return (lying(field, one) for one in field.nulls) if field.converted is None else field.converted.nulls


def read_below(rules: Iterable[Rule], side: Side, above: Path = ()) -> dict[Path, dict[str, None]]:
    """Return the names that rules read of a side, by the place of the object in which they stand."""
    found: dict[Path, dict[str, None]] = {}
    for rule in rules:
        for path in ((*above, *path) for path in rule.looks_at(Direction.towards(side.other))):
            for length, name in enumerate(path):
                if isinstance(name, str):
                    found.setdefault(in_schema(path[:length]), {})[name] = None
        for field in rule.fields(side) if rule.inner else ():
            for at, names in read_below(rule.inner, side, (*above, *field.path, 0)).items():
                found.setdefault(at, {}).update(names)
    return found
