"""Rules whose paths select an element of a list, outside or inside or on both sides; mostly several over one list."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from tests.generated.builder import Builder, related, scalar
from tests.generated.case import SIDES
from tests.generated.schemas import Schema
from tests.generated.selectors import select
from tests.generated.values import Path
from tests.generated.words import copied, matched
from tests.generated.words.draft import Draft
from tests.generated.words.scene import OTHER

_NAMES: Final = ((("kind",), ("a", "b", "c")), (("nr",), (1, 2, 3)), (("type", "code"), ("x", "y", "z")))
_BESIDE: Final = ("live",)


@dataclass
class _List:
    """A list of which elements are selected: by what, and the schema of its elements."""

    path: Path
    names: tuple[str, ...]
    values: tuple[Any, ...]
    elements: Builder
    twofold: bool
    taken: set[tuple[Any, str]] = field(default_factory=set)


@dataclass
class _Draft(Draft):
    """Lays fields of some sides into elements of a list."""

    lists: dict[str, _List] = field(default_factory=dict)

    def put(self, side: str, schema: Schema, *, required: bool, path: Path | None = None) -> Path:
        found = self.lists.get(side)
        if found is None or path is not None:
            return super().put(side, schema, required=required, path=path)
        names = ["value", *(f"value{number}" for number in range(1, 9))]
        value, name = next(
            (value, name)
            for name in names
            for value in found.values
            if (value, name) not in found.taken
            and found.elements.schema["properties"].get(name, schema) == schema
            and (name == "value" or self.chance(0.5) or value == found.values[-1])
        )
        found.taken.add((value, name))
        found.elements.put((name,), schema, required=self.chance(0.1))
        beside = ((_BESIDE, True),) if found.twofold else ()
        return (*found.path, select((found.names, value), *beside), name)

    def presence(self) -> tuple[dict[str, bool], dict[str, bool]]:
        """Return where a value is required: hardly ever, since there may be no such element."""
        return {side: self.chance(0.04) for side in SIDES}, {side: self.chance(0.3) for side in SIDES}


def make(draft: Draft) -> None:
    """One to three rules over elements of one list; of two lists, where both sides have one."""
    rng = draft.rng
    side = rng.choice(["outside", "outside", "inside"])
    sides = [side, OTHER[side]] if draft.chance(0.25) else [side]
    lists = {one: _list(draft, one) for one in sides}
    made = _Draft(
        *(rng, draft.names, draft.specs, draft.builders, draft.rules),
        element=draft.element,
        group=draft.group,
        counter=draft.counter,
        lists=lists,
    )
    for _ in range(rng.choice([1, 2, 2, 3])):
        rng.choice([copied.make_copy, copied.make_converted, matched.make, _same])(made)
    for one, found in lists.items():
        bounds = rng.choice([{}, {}, {"minItems": 1}, {"maxItems": 1}, {"maxItems": 2}])
        schema = {"type": "array", "items": found.elements.schema, **bounds}
        draft.put(one, schema, required=draft.chance(0.1), path=found.path)


def _same(draft: Draft) -> None:
    """A value as it is, of the type that every element has."""
    schema: Schema = {"type": "string"}
    raw: dict[str, Any] = draft.pair(related(draft.rng, schema), schema)
    draft.rule(raw)


def _list(draft: Draft, side: str) -> _List:
    rng = draft.rng
    names, values = rng.choice(_NAMES)
    draft.counter[0] += 1
    name = f"{side[0]}{draft.counter[0]}"
    path: Path = ("asset", name) if draft.chance(0.2) else (name,)
    elements = Builder(rng)
    kind: Schema = {"type": "string" if isinstance(values[0], str) else "integer"}
    listed = {"enum": [*values[:2], *([] if draft.chance(0.1) else values[2:]), "other"]}
    said = listed if draft.chance(0.4) and isinstance(values[0], str) else kind
    elements.put(names, said, required=draft.chance(0.5))
    twofold = draft.chance(0.15)
    if twofold:
        elements.put(_BESIDE, {"type": "boolean"}, required=False)
    if draft.chance(0.2):
        elements.put(("note",), scalar(rng), required=False)
    return _List(path, names, values, elements, twofold)
