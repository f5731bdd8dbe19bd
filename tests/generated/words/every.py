"""Every kind of rule: how it is recognised, what it means, and how often it is made. A new one is a line here."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from tests.generated.words import (
    cases,
    computed,
    copied,
    drawn_cases,
    each,
    first,
    flags,
    group,
    marks,
    matched,
    nested,
    plain_lists,
    selected,
    shared,
)
from tests.generated.words.base import Word
from tests.generated.words.draft import Draft
from tests.generated.words.scene import Scene

_KINDS: Final[dict[str, type[Word]]] = {
    "from": computed.Computed,
    "flags": flags.Flags,
    "values": matched.Matched,
    "cases": cases.Cases,
    "each": each.Each,
}
"""By the word that only this kind has; a rule without any is one of two paths."""

Weights = dict[Callable[[Draft], None], int]
ELEMENT: Final[Weights] = {
    copied.make_copy: 5,
    copied.make_converted: 5,
    copied.make_several: 1,
    computed.make: 3,
    flags.make: 2,
    matched.make: 4,
    drawn_cases.make: 2,
    each.make: 1,
    group.make: 1,
}
GROUP: Final[Weights] = {
    **ELEMENT,
    copied.make_copy: 10,
    copied.make_converted: 10,
    marks.make: 1,
    shared.make: 1,
    selected.make: 1,
    first.make: 1,
}
TOP: Final[Weights] = {
    **ELEMENT,
    marks.make: 1,
    marks.make_several: 1,
    shared.make: 1,
    selected.make: 2,
    first.make: 1,
    each.make: 2,
    plain_lists.make: 1,
    computed.make_both_ways: 1,
}


def draw(rng: Random, weights: Weights) -> Callable[[Draft], None]:
    """Return one of the makers of rules."""
    return rng.choices([*weights], [*weights.values()])[0]


def word_of(raw: dict[str, Any], place: tuple[int, ...], scene: Scene) -> Word:
    """Return what a rule means."""
    plain = first.First if isinstance(raw.get(scene.names["outside"]), dict) else copied.Copied
    kind = next((kind for word, kind in _KINDS.items() if word in raw), plain)
    if kind is each.Each and nested.is_group(raw, scene):
        kind = group.Group
    made = kind(raw, place, scene)
    if made.is_only_read:
        made.looks_back = True
        for one in nested.all_in([made]):
            one.two_way = False
    return made
