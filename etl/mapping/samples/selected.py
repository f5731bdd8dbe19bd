"""Selected: the elements of lists that rules look for by what stands in them; a schema alone would not make them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from etl.mapping.paths import Path, get
from etl.mapping.rules.kinds import Rule
from etl.mapping.selectors import Selector
from etl.mapping.terms import Direction, Side
from etl.record import Record


@dataclass(frozen=True, slots=True)
class Selected:
    """One element. items: its list. number: where it stands there. is_key: there is no record without it."""

    items: Path
    selector: Selector
    number: int
    is_key: bool


def selected_of(rules: Iterable[Rule], side: Side) -> tuple[Selected, ...]:
    """Return what rules select on one side, lists before those in their elements; each list has them in order."""
    found: dict[Path, dict[Selector, bool]] = {}
    for rule in rules:
        for path in (*rule.paths(side), *rule.looks_at(Direction.towards(side.other))):
            for length, step in enumerate(path):
                if isinstance(step, Selector):
                    selectors = found.setdefault(path[:length], {})
                    selectors[step] = selectors.get(step, False) or rule.key
    return tuple(
        Selected(items, selector, number, is_key)
        for items in sorted(found, key=len)
        for number, (selector, is_key) in enumerate(found[items].items())
    )


def put_selected(record: Record, elements: Iterable[Selected], make: Callable[[Selected], Record | None]) -> None:
    """Put selected elements into the lists that a record has, each once.

    make: of an element for which there is no place yet, None where it is missing.
    """
    for one in elements:
        items = get(record, one.items)
        if not isinstance(items, list):
            continue
        if one.number < len(items) and isinstance(items[one.number], dict):
            one.selector.stamp(items[one.number])
        elif one.number >= len(items) and (made := make(one)) is not None:
            one.selector.stamp(made)
            items.append(made)
        for place in one.selector.places(items)[1:][::-1]:
            del items[place]
