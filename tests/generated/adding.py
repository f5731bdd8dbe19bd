"""What rules add to a list: the schema of that side may have no room for it.

The list was as long as it may be, of elements that no rule selects, or that have no key, where the list has one and
they stay; what is written makes one more in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from tests.generated.case import SIDES
from tests.generated.oracle import Verdict
from tests.generated.records import edges
from tests.generated.schemas import at, whole
from tests.generated.selectors import Selector
from tests.generated.staying import over
from tests.generated.values import MISSING, Path, Record, get, selected_list
from tests.generated.words.base import Word
from tests.generated.words.each import Each
from tests.generated.words.laid import changed
from tests.generated.words.scene import OTHER, Reason

if TYPE_CHECKING:
    from tests.generated.court import Court

_FEW: Final = 4
"""How many records are tried of each rule, and how many lists."""


def adding(court: Court) -> Iterator[tuple[Record, Reason]]:
    """Yield records of either side that write into a full list of the other, with why that refuses what becomes."""
    for source in SIDES:
        for word in court.oracle.words:
            for path in word.writes(OTHER[source]):
                items = path if has_key(word) else selected_list(path)
                if items is not None:
                    yield from _over_full(court, source, word, path, items)


def has_key(word: Word) -> TypeGuard[Each]:
    """Return whether a rule is about a list whose elements are told apart."""
    return isinstance(word, Each) and bool(word.keys)


def _over_full(court: Court, source: str, word: Word, path: Path, items: Path) -> Iterator[tuple[Record, Reason]]:
    """Yield the records of a source that write a path, each over full lists. items: where these lie.

    Where several rules write into the list, the first of them adds to it.
    """
    target = OTHER[source]
    if target == "inside" and "write" in word.raw:
        return  # nothing is written where a document is
    first = _before(court, target, word, items)
    said = [
        one
        for one, verdict in _lacking(court, source, first)
        if verdict.accepted
        and get(verdict.record, path) not in (MISSING, [])
        and all(get(verdict.record, other) is MISSING for before in first for other in before.writes(target))
    ]
    says = word.specs[target]
    said.sort(key=lambda one: says.read(court.verdict(source, one).record, path) is MISSING)  # first what says a value
    for last in islice(_full(court, target, word, items), _FEW):
        for record in said[:_FEW]:
            if source == "inside":
                made = over(court, record, last)
            else:
                made = court.oracle.imported(last, court.verdict(source, record).record)
            if made is not None and has_key(word) and isinstance(told := get(made, items), list):
                made = changed(made, {items: [*get(last, items), *told]})
            if made is None or get(made, path) is MISSING:
                continue  # what came is kept, and that is nothing
            for refused, keyword in court.oracle.targets[target].faults(made):
                if len(refused) <= len(items):
                    yield record, Reason(word.place, "schema", refused, keyword)


def _before(court: Court, side: str, word: Word, items: Path) -> list[Word]:
    """Return the rules before one that select elements of the same list."""
    words = court.oracle.words
    before = words[: next(index for index, one in enumerate(words) if one is word)]
    return [one for one in before if any(selected_list(path) == items for path in one.writes(side))]


def _lacking(court: Court, side: str, words: Sequence[Word]) -> Iterator[tuple[Record, Verdict]]:
    """Yield the records of a side, then what is left of them without what rules read."""
    yield from court.pool[side]
    gone = {path: MISSING for word in words for path in word.reads(side)}
    for record in (changed(one, gone) for one, _ in court.pool[side] if gone):
        if court.legal(side, record):
            yield record, court.verdict(side, record)


def _full(court: Court, side: str, word: Word, items: Path) -> Iterator[Record]:
    """Yield records of a side with as many elements in a list as it may have, none of which is any rule's."""
    base = court.bases[side]
    paths = [path for word in court.oracle.words for path in word.writes(side) if selected_list(path) == items]
    selectors = [step for path in paths if isinstance(step := path[len(items)], Selector)]
    free = (one for one in _elements(court, side, items) if not any(step.holds(one) for step in selectors))
    free = (one for one in free if not (has_key(word) and word.tells(side, one)))
    most = [node["maxItems"] for node in at(court.case.schema(side), items) if "maxItems" in node]
    for one, length in product(free, most):
        record = None if base is None else changed(base, {items: [one] * length})
        if record is not None and court.legal(side, record):
            yield record


def with_selected(court: Court, side: str, word: Word) -> Iterator[Record]:
    """Yield records with nothing in a list but an element that a rule selects: a fuller one may have no room for it."""
    base = court.bases[side]
    for path in word.paths(side):
        items = selected_list(path)
        step = None if items is None else path[len(items)]
        if items is not None and isinstance(step, Selector) and base is not None:
            elements = (one for one in _elements(court, side, items) if isinstance(one, dict))
            records = (changed(base, {items: [step.element(one)]}) for one in elements)
            yield from islice((one for one in records if court.legal(side, one)), 1)


def _elements(court: Court, side: str, items: Path) -> list[Any]:
    """Return what may stand in a list."""
    schema = court.case.schema(side)
    lists = (found for node in whole(schema, items) for found in edges(schema, node, side))
    return [one for found in lists if isinstance(found, list) for one in found]
