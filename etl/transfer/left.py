"""What a table has left inside of an earlier state: a code that it noted beside a status, and that is none of the next.

It is taken away with the mark, or it would decide again, stale, when the status returns. Only what both sides have
agreed on before is such a code: what somebody has entered since is an edit, and stays.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from etl.mapping.equality import same
from etl.mapping.paths import Path, assign, get
from etl.record import ABSENT, NOTHING_KNOWN
from etl.transfer.agreement import Agreement, alike, as_record, note
from etl.transfer.merge import Merger
from etl.transfer.model import Candidate
from etl.transfer.unit import Unit

_NOTHING: Final = (None, ABSENT)


def left_behind(
    merger: Merger, unit: Unit, over: Sequence[Any], candidate: Candidate, agreed: Agreement
) -> tuple[Path, ...]:
    """Return the paths of a rule at which a record has what an earlier state has left. over: its values as they return.

    agreed: before the record goes out.
    """
    if not unit.is_joint:
        return ()
    source = candidate.source
    unnamed = [path for path, value in zip(unit.paths, over, strict=True) if value in _NOTHING]
    there = [path for path in unnamed if get(source, path) not in _NOTHING]
    ours = as_record(unit, agreed.ours(unit))
    return tuple(
        path
        for path in there
        if same(get(ours, path), get(source, path)) and _was_named(merger, unit, path, candidate, agreed)
    )


def _was_named(merger: Merger, unit: Unit, path: Path, candidate: Candidate, agreed: Agreement) -> bool:
    """Return whether what was agreed has a value there by its own line: the outside had it, or that line names it."""
    if get(as_record(unit, agreed.known(unit)), path) not in _NOTHING:
        return True
    before = copy.deepcopy(candidate.source)
    for one, value in zip(unit.paths, agreed.ours(unit), strict=True):
        assign(before, one, ABSENT if value is None else value)
    last = NOTHING_KNOWN if candidate.item.last is None else candidate.item.last
    return get(merger.returned(before, last), path) not in _NOTHING


def still_there(candidate: Candidate, before: Agreement, after: Agreement, units: Iterable[Unit]) -> Agreement:
    """Return what is agreed where the mark of a record has failed, so that nothing was taken away with it.

    Of what has something left, the inside values are those of the agreement before, until a mark takes it away.
    """
    inside = dict(after.inside)
    for unit in units:
        if unit.is_two_way and not set(unit.paths).isdisjoint(candidate.stale):
            ours = before.ours(unit)
            note(inside, unit, None if alike(ours, after.known(unit)) else ours)
    return replace(after, inside=inside)
