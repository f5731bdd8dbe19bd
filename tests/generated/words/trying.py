"""What is tried of a rule: records that differ in what it reads."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Any

from tests.generated.records import edges
from tests.generated.values import MISSING, Path, Record, among
from tests.generated.words.around import above
from tests.generated.words.column import variants
from tests.generated.words.laid import changed
from tests.generated.words.scene import MANY, Scene, Spec


class Trying(ABC):
    """A rule, as far as values are tried in its fields."""

    scene: Scene
    specs: dict[str, Spec]
    to_try: tuple[Any, ...]

    @abstractmethod
    def paths(self, side: str) -> list[Path]:
        """Return the fields of a side that the rule is about."""

    def extra(self, side: str, path: Path) -> Sequence[Any]:
        """Return values worth trying at a path, beside those at the edges of its schema."""
        del path
        spec = self.specs[side]
        return [*spec.nulls, *([] if spec.when_absent is MISSING else [spec.when_absent])]

    def gone(self, side: str, path: Path) -> Any:
        """Return what an absent value is that the schema takes: none at all, or null where it requires the field."""
        above = self.scene.nodes(side, path[:-1])
        return None if any(path[-1] in node.get("required", ()) for node in above) else MISSING

    def choices(self, side: str, path: Path) -> list[Any]:
        """Return the values to try at a path; MISSING and None first."""
        schema = self.scene.schemas[side]
        found: list[Any] = [MISSING, None]
        nodes = self.scene.nodes(side, path)
        for item in [
            *self.to_try,
            *self.standing_there(side, [*self.to_try, *self.extra(side, path)]),
            *(value for node in nodes for value in edges(schema, node, side)),
            *self.in_other_forms([value for node in nodes for value in edges(schema, node, side)]),
        ]:
            if not among(item, found):
                found.append(item)
        return found

    def standing_there(self, side: str, values: Iterable[Any]) -> list[Any]:
        """Return values as they stand in records of a side: where texts have a form, in it, and in others."""
        spec = self.specs[side]
        if spec.column is None:
            return list(values)
        found: list[Any] = [*((), ("", "  "))[spec.column.codec.blank]]
        for value in values:
            found += [spec.sent(value), *variants(spec.sent(value)), *([value] if isinstance(value, str) else [])]
        return found

    def in_other_forms(self, values: Iterable[Any]) -> list[Any]:
        """Return objects and lists with their texts in other forms, where texts have one."""
        whole = (value for value in values if isinstance(value, dict | list))
        return [] if self.scene.specs["outside"].column is None else [one for value in whole for one in variants(value)]

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        """Yield records that differ from `base` in what the rule reads."""
        paths = self.paths(side)
        for path in paths:
            for length in range(1, len(path)):
                extra = self.standing_there(side, Trying.extra(self, side, path))
                others = [*extra, *above(base, path[:length], path[length])]
                yield from (changed(base, {path[:length]: item}) for item in (MISSING, None, *others))
        for item in self.short(side, paths[0]) if len(paths) > 1 else ():
            yield changed(base, dict.fromkeys(paths, item))
        choices = [self.choices(side, path) for path in paths]
        if len(paths) == 1:
            for item in choices[0]:
                yield changed(base, {paths[0]: item})
            return
        for path, items in zip(paths, choices, strict=True):
            for item in items:
                yield changed(base, {path: item})
        if 1 < len(paths) < 5:  # no value in any of them, by whatever is not there
            nothing = (MISSING, None, *self.standing_there(side, Trying.extra(self, side, paths[0])))
            gone = ([(path, None), *((path[:1], item) for item in nothing)] for path in paths)
            yield from (changed(base, dict(one)) for one in islice(product(*gone), MANY))
        for together in islice(product(*(self.short(side, path) for path in paths)), MANY):
            yield changed(base, dict(zip(paths, together, strict=True)))

    def short(self, side: str, path: Path) -> list[Any]:
        """Return the few values to combine with those of other fields."""
        return self.choices(side, path)[:6]
