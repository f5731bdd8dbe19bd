"""`each`: a list, with rules of its own for every element."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, combinations, islice
from typing import Any

from tests.generated.builder import Builder
from tests.generated.case import SIDES
from tests.generated.records import edges
from tests.generated.schemas import whole
from tests.generated.validator import Validator
from tests.generated.values import ITSELF, MISSING, Path, Record, among, get, same
from tests.generated.words.above import fill_above
from tests.generated.words.around import above
from tests.generated.words.base import Word, translated
from tests.generated.words.copied import make_key
from tests.generated.words.draft import Draft
from tests.generated.words.laid import changed, fits
from tests.generated.words.mended import mended
from tests.generated.words.nested import Nested, has_any, writes_any
from tests.generated.words.scene import CHANGED, FEW, MANY, OTHER, Reason, Scene


class Each(Nested):
    """Rules for the elements of a list."""

    around = "each"
    holds = list, "list"

    def __init__(self, raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> None:
        super().__init__(raw, place, scene)
        self.plain = {side: any((ITSELF,) in word.paths(side) for word in self.words) for side in SIDES}
        """Whether the elements of a side are plain values."""

    def below(self, scene: Scene) -> Scene:
        return scene.below(self.path)

    def into(self, side: str, path: Path) -> Path:
        if self.plain[side] and len(path) > len(self.path[side]):
            return (ITSELF,)
        return path[len(self.path[side]) + 1 :]

    def parts(self, side: str, record: Record) -> Iterator[Record]:
        items = get(record, self.path[side])
        elements = (self.as_object(side, item) for item in items) if isinstance(items, list) else ()
        yield from (element for element in elements if isinstance(element, dict))

    def converted(self, source: str, found: list[Any], target: Record) -> Iterator[Reason]:
        other = OTHER[source]
        made: list[Any] = []
        keys: list[list[Any]] = []
        for index, item in enumerate(found):
            below: Record = {}
            if item is None or among(item, self._filler(source)):
                made += self._filler(other)
                continue
            element = self.as_object(source, item)
            if not isinstance(element, dict):
                yield Reason(self.place, "element", (*self.path[source], index))
                continue
            if self.keys and not self._has_key(source, element):
                continue  # it stays on its side
            reasons = translated(self.words, source, element, below)
            yield from reasons
            key = [get(below, path) for word in self.keys for path in word.paths(other)]
            if key and among(key, keys):
                yield Reason(self.place, "twins", (*self.path[source], index), excused=True)
            keys.append(key)
            if source == "inside":
                fill_above(self.words, below)
            if reasons or self._is_there(other, below):
                made.append(self._as_element(other, below))
            else:
                made += self._filler(other)
        self.specs[other].lay(target, self.path[other], made)

    def _filler(self, side: str) -> list[Any]:
        """Return what is written for an absent element: what `when_absent` says, where its schema has that."""
        absent, is_said = self.specs[side].when_absent, any(self.scene.nodes(side, (*self.path[side], "*")))
        known = is_said and absent is not MISSING and fits(self.scene, side, (*self.path[side], "*"), absent)
        return [self.specs[side].none] if known and not self.keys else []

    def as_object(self, side: str, element: Any) -> Any:
        """Return an element as rules have it: a plain value is one of an object."""
        return {ITSELF: element} if self.plain[side] else element

    def _as_element(self, side: str, made: Record) -> Any:
        return made.get(ITSELF) if self.plain[side] else made

    def _is_there(self, side: str, element: Any) -> bool:
        """Return whether an element has a value that a rule writes: else it is absent itself."""
        return has_any(self.words, side, element)

    def equal(self, side: str, one: Record, other: Record, *, exact: bool = False) -> bool:
        first, second = (self.specs[side].there(record, self.path[side]) for record in (one, other))
        if not isinstance(first, list) or not isinstance(second, list):
            return same(first, second)
        first, second = ([self.as_object(side, item) for item in items] for items in (first, second))
        owning = self.words if exact else [word for word in self.words if word.two_way and not word.may(CHANGED)]
        first, second = ([item for item in items if self._is_owned(owning, side, item)] for items in (first, second))
        if self.keys:  # the order says nothing
            first, second = (sorted(items, key=partial(self._key, side)) for items in (first, second))
        return len(first) == len(second) and all(
            word.equal(side, *elements, exact=exact)
            for elements in zip(first, second, strict=True)
            for word in self.words
            if word.two_way and not word.may(CHANGED)
        )

    def tells(self, side: str, element: Any) -> bool:
        """Return whether an element of a side is told apart from others: it has all of a key."""
        read = ((word.specs[side], path) for word in self.keys for path in word.paths(side))
        return bool(self.keys) and isinstance(element, dict) and all(s.read(element, p) is not MISSING for s, p in read)

    def _has_key(self, source: str, element: Record) -> bool:
        """Return whether an element has a key, and one that is no absent value on the other side."""
        made: Record = {}
        if any(word.specs[source].read(element, path) is MISSING for word in self.keys for path in word.paths(source)):
            return False
        wrong = [reason for word in self.keys for reason in word.translate(source, element, made)]
        there = (word.specs[OTHER[source]].read(made, path) for word in self.keys for path in word.paths(OTHER[source]))
        return any(reason.what == "codec" for reason in wrong) or all(value is not MISSING for value in there)

    def _key(self, side: str, element: Any) -> str:
        return repr([get(element, path) for word in self.keys for path in word.paths(side)])

    def _is_owned(self, owning: Sequence[Word], side: str, element: Any) -> bool:
        """Return whether an element has a value of some rules, as any has of flags, but what stands for none."""
        if among(element.get(ITSELF) if self.plain[side] else element, self._filler(side)):
            return False
        if self.keys:
            if any(word.may(CHANGED) for word in self.keys):
                return isinstance(element, dict) and self._has_key(side, element)
            return has_any(self.keys, side, element)
        if has_any(owning, side, element):
            return True
        return isinstance(element, dict) and any(word.has_flags(side) for word in owning)

    def trials(self, side: str, base: Record) -> Iterator[Record]:
        path = self.path[side]
        for length in range(len(path), 0, -1):
            is_above = length < len(path)
            extra = self.standing_there(side, self.extra(side, path))
            others = [*extra, *above(base, path[:length], path[length])] if is_above else ()
            yield from (changed(base, {path[:length]: one}) for one in (MISSING, None, *others))
        yield from (changed(base, {path: item}) for item in ([], *self.to_try))
        item = self._element(side, get(base, path))
        for word in self.words:
            for element in islice(word.trials(side, item), MANY):
                yield changed(base, {path: [self._as_element(side, element)]})
        lengths = self._lengths()
        there = self._one_that_is_there(side, item) if lengths else item
        for length in lengths:
            yield changed(base, {path: [self._as_element(side, there)] * length})
        for one, other in combinations(self.words, 2):  # whatever they share, an element is there by any of them
            for first in islice(one.trials(side, item), FEW):
                for last in islice(other.trials(side, first), FEW):
                    yield changed(base, {path: [self._as_element(side, last)]})
        for node in self.scene.nodes(side, (*path, "*")):
            for element in edges(self.scene.schemas[side], node, side)[:12]:
                yield changed(base, {path: [element]})
        yield from (changed(base, {path: [self._as_element(side, one)]}) for one in self._beside_each(side, item))

    def _beside_each(self, side: str, item: Record) -> Iterator[Record]:
        """Yield elements that differ in what one rule reads from such of which another one writes something."""
        for one in self.words:
            tried = islice(one.trials(side, item), MANY)
            there = (element for element in tried if self._fits(side, element) and writes_any(one, side, element))
            for element in islice(there, 1):
                for other in (word for word in self.words if word is not one):
                    yield from islice(other.trials(side, element), MANY)

    def _fits(self, side: str, element: Record) -> bool:
        """Return whether the schema of a list takes an element."""
        nodes, item = self.scene.nodes(side, (*self.path[side], "*")), self._as_element(side, element)
        defined = self.scene.schemas[side].get("$defs", {})
        return any(Validator({**node, "$defs": defined}, side).accepts(item) for node in nodes)

    def _element(self, side: str, found: Any) -> Record:
        """Return an element of which no rule rejects anything, as far as one can be found; one of a list first."""
        nodes = whole(self.scene.schemas[side], self.scene.full(side, (*self.path[side], "*")))
        judges = [Validator({**node, "$defs": self.scene.schemas[side].get("$defs", {})}, side) for node in nodes]
        made = [edges(self.scene.schemas[side], node, side)[1:2] for node in nodes]
        there = found if isinstance(found, list) else []
        tried = (self.as_object(side, item) for items in (there, *made) for item in items)
        item = next((item for item in tried if isinstance(item, dict)), {})

        def accepts(record: Record) -> bool:
            return any(judge.accepts(self._as_element(side, record)) for judge in judges)

        return mended(self.words, side, item, accepts)

    def _one_that_is_there(self, side: str, item: Record) -> Record:
        """Return an element of which something is made, as far as one can be found."""
        tried = (element for word in self.words for element in islice(word.trials(side, item), MANY))
        return next((one for one in chain((item,), tried) if self._makes(side, one)), item)

    def _makes(self, side: str, element: Record) -> bool:
        made: Record = {}
        return not translated(self.words, side, element, made) and self._is_there(OTHER[side], made)

    def _lengths(self) -> list[int]:
        """Return how many elements are just enough, or just too many, for one of the two sides."""
        nodes = [node for side in SIDES for node in self.scene.nodes(side, self.path[side])]
        bounds = [node[word] for node in nodes for word in ("minItems", "maxItems") if word in node]
        return sorted({max(bound + step, 1) for bound in bounds for step in (-1, 0, 1)})


def make(draft: Draft) -> None:
    """A list whose elements have one to three rules."""
    from tests.generated.words.every import ELEMENT, draw  # noqa: PLC0415 - as above

    builders = {side: Builder(draft.rng) for side in SIDES}
    below = draft.below(builders)
    if draft.chance(0.25):
        make_key(below)
    for _ in range(draft.rng.randint(1, 3)):
        draw(draft.rng, ELEMENT)(below)
    schemas = {
        side: {
            "type": "array",
            "items": builders[side].schema,
            **draft.rng.choice([{}, {}, {"maxItems": 2}, {"minItems": 1}]),
        }
        for side in SIDES
    }
    if draft.chance(0.8):
        bounds = {key: item for key, item in schemas["outside"].items() if key in {"minItems", "maxItems"}}
        schemas["inside"] = {"type": "array", "items": builders["inside"].schema, **bounds}
    draft.rule({**draft.pair(schemas["outside"], schemas["inside"]), "each": below.rules})
