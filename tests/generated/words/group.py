"""`each` where both sides have one object: a group of fields, with rules of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import combinations, islice
from typing import Any, Final

from tests.generated.builder import Builder
from tests.generated.case import SIDES, Place
from tests.generated.records import edges
from tests.generated.schemas import Schema, whole
from tests.generated.values import MISSING, Path, Record, get, same
from tests.generated.words.above import fill_above
from tests.generated.words.around import above
from tests.generated.words.base import translated
from tests.generated.words.copied import make_key
from tests.generated.words.draft import Draft
from tests.generated.words.laid import changed, takes
from tests.generated.words.mended import mended
from tests.generated.words.nested import Nested, has_any, writes_any
from tests.generated.words.scene import CHANGED, OTHER, Reason, Scene

_MANY: Final = 40
_FEW: Final = 6
"""How many groups are tried of each rule in one, and how many of each with how many of another one."""


class Group(Nested):
    """Rules for one object, which is absent where all its values are, or its key is."""

    kind = "group"
    around = "group"
    holds = dict, "element"

    def __init__(self, raw: dict[str, Any], place: Place, scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.looks_back = any(word.looks_back for word in self.words)

    def below(self, scene: Scene) -> Scene:
        return scene.below(self.path, element=False)

    def meant(self, rule: dict[str, Any]) -> dict[str, Any]:
        """Return what a rule in it says of its values: the key is a value as any other, and tells nothing apart."""
        return {word: said for word, said in rule.items() if word != "key"}

    def parts(self, side: str, record: Record) -> Iterator[Record]:
        found = get(record, self.path[side])
        if isinstance(found, dict):
            yield found

    def within(self, side: str, paths: list[Path]) -> list[Path]:
        """Return paths of the group as they are from the top."""
        return [(*self.path[side], *path) for path in paths]

    def reads(self, side: str) -> list[Path]:
        return [*self.paths(side), *self.within(side, [path for word in self.words for path in word.reads(side)])]

    def keeps(self, side: str) -> list[Path]:
        return self.within(side, [path for word in self.words for path in word.keeps(side)])

    def writes(self, side: str) -> list[Path]:
        """Return the fields in it that its rules write: all else in it stays."""
        if side == "outside" and self.is_only_read:
            return []
        return self.within(side, [path for word in self.words for path in word.writes(side)])

    def whole(self, side: str) -> list[Path]:
        return self.paths(side) if self.writes(side) else []

    def into(self, side: str, path: Path) -> Path:
        return path[len(self.path[side]) :]

    def last_in(self, side: str) -> Record:
        """Return what was there last of the group."""
        found = get(self.last, self.path[side])
        return found if isinstance(found, dict) else {}

    def converted(self, source: str, found: Record, target: Record) -> Iterator[Reason]:
        other = OTHER[source]
        made: Record = {}
        reasons = translated([word.over(self.last_in(other)) for word in self.words], source, found, made)
        yield from reasons
        if source == "inside":
            fill_above(self.words, made)
        if reasons or self.is_said(other, made):
            self.specs[other].lay(target, self.path[other], made)
        else:
            self.specs[other].write(target, self.path[other], MISSING)

    def is_said(self, side: str, part: Any) -> bool:
        """Return whether what lies there is a group: it has its key, or where there is none some value."""
        if self.keys:
            return isinstance(part, dict) and all(
                word.specs[side].read(part, path) is not MISSING for word in self.keys for path in word.paths(side)
            )
        return has_any(self.words, side, part)

    def is_there(self, side: str, record: Record) -> bool:
        return self.is_said(side, self.specs[side].there(record, self.path[side]))

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        parts = [self.specs[side].there(record, self.path[side]) for record in (one, other)]
        owning = self.words if exact else [word for word in self.words if word.two_way and not word.may(CHANGED)]
        if self.keys:
            parts = [part if not isinstance(part, dict) or self.is_said(side, part) else MISSING for part in parts]
        first, second = parts
        if isinstance(first, dict) and isinstance(second, dict):
            return all(word.equal(side, first, second, exact=exact) for word in owning if word.two_way)
        first, second = (MISSING if isinstance(p, dict) and not has_any(owning, side, p) else p for p in parts)
        return same(first, second)

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        path = self.path[side]
        for length in range(len(path), 0, -1):
            extra = self.standing_there(side, self.extra(side, path))
            others = above(base, path[:length], path[length]) if length < len(path) else []
            yield from (changed(base, {path[:length]: one}) for one in (MISSING, None, *extra, *others))
        yield from (changed(base, {path: item}) for item in ({}, {"more": "more"}, *self.to_try))
        part = self._part(side, get(base, path))
        for word in self.words:
            yield from (changed(base, {path: one}) for one in islice(word.trials(side, part), _MANY))
        for one, other in combinations(self.words, 2):
            for first in islice(one.trials(side, part), _FEW):
                yield from (changed(base, {path: last}) for last in islice(other.trials(side, first), _FEW))
        for node in self.scene.nodes(side, path):
            yield from (changed(base, {path: item}) for item in edges(self.scene.schemas[side], node, side)[:_FEW])
        yield from (changed(base, {path: one}) for one in self._beside_each(side, part))

    def _beside_each(self, side: str, part: Record) -> Iterator[Record]:
        """Yield groups that differ in what one rule reads from such of which another one writes something."""
        for one in self.words:
            tried = (found for found in islice(one.trials(side, part), _MANY) if self._takes(side, found))
            for found in islice((found for found in tried if writes_any(one, side, found)), 1):
                for other in (word for word in self.words if word is not one):
                    yield from islice(other.trials(side, found), 2 * _FEW)

    def _takes(self, side: str, part: Record) -> bool:
        return takes(self.scene, side, self.path[side], part)

    def _part(self, side: str, found: Any) -> Record:
        """Return a group of which no rule rejects anything, as far as one can be found: like one that is there."""
        schema = self.scene.schemas[side]
        nodes = whole(schema, self.scene.full(side, self.path[side]))
        made = [item for node in nodes for item in edges(schema, node, side) if isinstance(item, dict)]
        part = next((item for item in (found, *made[1:2], *made) if isinstance(item, dict)), {})
        return mended(self.words, side, part, partial(self._takes, side))


def make(draft: Draft) -> None:
    """An object on either side, with one to three rules for it."""
    from tests.generated.words.every import ELEMENT, GROUP, draw  # noqa: PLC0415 - it has rules of every kind

    rng = draft.rng
    builders = {side: Builder(rng) for side in SIDES}
    below = draft.below(builders, group=True, looks_back=draft.looks_back)
    if draft.chance(0.3):
        make_key(below)
    for _ in range(rng.choice([1, 1, 2, 2, 3])):
        draw(rng, GROUP if draft.looks_back else ELEMENT)(below)
    schemas: dict[str, Schema] = {side: builders[side].schema for side in SIDES}
    for side in SIDES:
        if draft.chance(0.08):
            schemas[side]["additionalProperties"] = False
    raw = _around(draft, schemas)
    draft.rule({**raw, "each": below.rules})


def _around(draft: Draft, schemas: dict[str, Schema]) -> dict[str, Any]:
    """Return the beginning of the rule: the two objects, required or not, nullable or not, or one plain value."""
    required, nulls = draft.presence()
    if not all(schemas[side]["required"] for side in SIDES) and draft.chance(0.8):
        required = dict.fromkeys(SIDES, False)  # all in it may be absent, and so may the whole
    item = draft.rng.choice(["", False, 0])
    lifted = [side for side in SIDES if draft.chance(0.2 if side == "outside" else 0.08)]
    for side in SIDES:
        if side in lifted:
            schemas[side] = {draft.rng.choice(["anyOf", "oneOf"]): [{"const": item}, schemas[side]]}
        elif nulls[side]:
            schemas[side] = {**schemas[side], "type": ["object", "null"]}
    options = draft.options(schemas, dict.fromkeys(SIDES, False))  # it is absent where all in it is
    for side in lifted if draft.chance(0.9) else []:
        for word, said in (("nulls", [item]), ("when_absent", item)):
            if word == "when_absent" or draft.chance(0.5):
                options[word] = {**options.get(word, {}), draft.names[side]: said}
    return {**draft.lay(schemas, required), **options}
