"""Lists whose elements are told apart by a key: what a side has changed of one is said element by element.

An element that both sides have is compared rule by rule; one that a side has made, or taken away, as a whole. So edits
of two elements, or of two values of one element, do not meet. What no rule writes in an element, and elements without a
key, are nobody's change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from etl.mapping.paths import assign, get
from etl.mapping.rules.each import Each
from etl.mapping.rules.elements import key_of, selecting
from etl.mapping.selectors import Selector
from etl.mapping.terms import Side
from etl.record import ABSENT, Record


@dataclass(frozen=True, slots=True)
class Keyed:
    """The inside elements of a list rule."""

    rule: Each

    def meaning(self, items: Any) -> Any:
        """Return what a list says to the rules, in one order; ABSENT where it has no element with a key."""
        if not isinstance(items, list):
            return items
        keys = self.rule.keys(Side.INSIDE)
        told = {repr(key): self.part(one) for one in items if (key := key_of(one, keys)) is not None}
        return [told[key] for key in sorted(told)] or ABSENT

    def part(self, element: Any) -> Any:
        """Return of an element what the rules write; ABSENT for what is no element."""
        if not isinstance(element, dict):
            return ABSENT
        made: Record = {}
        for rule in self.rule.rules:
            keyed = keyed_of(rule)
            for path in rule.paths(Side.INSIDE):
                value = get(element, path)
                value = value if keyed is None else keyed.meaning(value)
                if value not in (None, ABSENT):
                    assign(made, path, value)
        return made

    def selectors(self, *lists: Any) -> Iterator[tuple[Selector, Sequence[bool]]]:
        """Yield what selects each element of some lists, with the lists in which it is."""
        keys = self.rule.keys(Side.INSIDE)
        found: dict[Selector, list[bool]] = {}
        for number, items in enumerate(lists):
            for one in items if isinstance(items, list) else ():
                if (selector := selecting(one, keys)) is not None:
                    found.setdefault(selector, [False] * len(lists))[number] = True
        yield from found.items()


def keyed_of(rule: object) -> Keyed | None:
    """Return how the elements of a rule's inside list are told apart; None where nothing tells them."""
    if not isinstance(rule, Each) or rule.is_group or not rule.keys(Side.INSIDE):
        return None
    return Keyed(rule)
