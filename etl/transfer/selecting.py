"""Before batches are prepared: what is not imported is told apart, and passes by all that is asked of records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from etl.mapping.rules.selection import Selection
from etl.mapping.terms import Sort
from etl.transfer.model import Candidate, Item, Outcome, Result, Stage
from etl.transfer.prepare import Prepared, Preparer

_Others: TypeAlias = list[Candidate | Result]


def selecting(selection: Selection | None, prepare: Preparer) -> Preparer:
    """Return a preparer that checks and translates only the records that are imported.

    Any other one is a candidate by its key alone, or skipped where it has none.
    """
    if selection is None:
        return prepare
    return lambda batches: _selected(selection, prepare, batches)


def _selected(selection: Selection, prepare: Preparer, batches: Iterable[list[Item]]) -> Iterator[Prepared]:
    coming: deque[tuple[list[Item], _Others]] = deque()

    def records() -> Iterator[list[Item]]:
        for batch in batches:
            others = [other for item in batch if (other := _other(selection, item)) is not None]
            apart = {id(other.item) for other in others}
            coming.append((batch, others))
            yield [item for item in batch if id(item) not in apart]

    for candidates, results in prepare(records()):
        batch, others = coming.popleft()
        yield _joined(batch, candidates, results, others) if others else (candidates, results)


def _other(selection: Selection, item: Item) -> Candidate | Result | None:
    """Return what an item is that is not imported; None for one that is."""
    if item.record is None or (sort := selection.sort_of(item.record, item.around)) is Sort.RECORD:
        return None
    key, violations = selection.key_of(item.record, sort, item.around)
    if not violations:
        return Candidate(item, key, item.record, {}, sort=sort)
    if sort is Sort.GONE:
        return Result(item, Outcome.REJECTED, tuple(violations), stage=Stage.TRANSLATE, key=key)
    return Result(item, Outcome.SKIPPED)


def _joined(batch: list[Item], candidates: list[Candidate], results: list[Result], others: _Others) -> Prepared:
    places = {id(item): place for place, item in enumerate(batch)}
    every = [*candidates, *(other for other in others if isinstance(other, Candidate))]
    skipped = [other for other in others if isinstance(other, Result)]
    return sorted(every, key=lambda candidate: places[id(candidate.item)]), [*results, *skipped]
