"""What stands around an element that a path selects: other elements, none, or two that fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tests.generated.selectors import Selector
from tests.generated.values import Path, Record, Step, any_element, copy, get

if TYPE_CHECKING:
    from tests.generated.words.base import Word


def fits_several(step: Step, value: Any) -> bool:
    """Return whether a step selects more than one element of a list."""
    return isinstance(step, Selector) and isinstance(value, list) and len(step.found(value)) > 1


def with_one_each(record: Record, path: Path) -> Record:
    """Return a record in which no step of a path selects more than one element: the first one stays."""
    made: Record = copy(record)
    for length, step in enumerate(path):
        items = get(made, path[:length])
        if isinstance(step, Selector) and isinstance(items, list):
            for index in step.found(items)[:0:-1]:
                del items[index]
    return made


def above(base: Record, path: Path, step: Step) -> list[Any]:
    """Return what else may lie where a step leads on: what is empty, and lists that are not as they are mostly."""
    if not isinstance(step, Selector):
        return [{}, {"more": "more"}] if isinstance(step, str) else [[]]
    there = get(base, path)
    items: list[Any] = there if isinstance(there, list) else []
    others = [item for item in items if not step.holds(item)]
    found = [item for item in items if step.holds(item)][:1] or [step.element()]
    bare = step.element()
    return [[], others, [*others, *found], [*found, *others], [*others, bare], [*found, *found], [*items, None]]


def selecting(word: Word, side: str) -> Iterator[tuple[Path, Sequence[Any]]]:
    """Yield the values by which a rule selects elements, and one that is none of them, by full path."""
    for path in word.paths(side):
        for length, step in enumerate(path):
            for names, value in step.wanted if isinstance(step, Selector) else ():
                asked = any_element(word.scene.full(side, (*path[: length + 1], *names)))
                yield asked, (value, "other" if isinstance(value, str) else value)
