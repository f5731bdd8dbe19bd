"""What a run had begun to write inside when it died.

A run says what it begins, writes the documents, and then remembers what was agreed. Where it dies before the end, the
next run finds in each document whether it was written: then the outside has said those values since the agreement, and
the inside has not edited them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from etl.mapping.paths import Path, get, put
from etl.record import ABSENT, Absent, Record
from etl.transfer.agreement import Agreement, same_at
from etl.transfer.conflicts import Unit


def begin(agreed: Agreement, units: Sequence[Unit], current: Record, patch: dict[str, Any | Absent]) -> Agreement:
    """Return what to remember before a patch is written: what was agreed, and the values that are to become others."""
    after: Record = {**current, **patch}
    changed = [unit for unit in units if not same_at(after, current, unit.paths)]
    left = as_left(agreed, units, current)
    return replace(left, begun=_with({}, after, [path for unit in changed for path in unit.paths]))


def as_left(agreed: Agreement, units: Sequence[Unit], current: Record) -> Agreement:
    """Return what was agreed, once what was begun and has been written counts as said by the outside."""
    begun = agreed.begun
    if begun is None:
        return agreed
    written = [
        path
        for unit in units
        if get(begun, unit.paths[0]) is not ABSENT and same_at(begun, current, unit.paths)
        for path in unit.paths
    ]
    if not written:
        return replace(agreed, begun=None)
    seen, sent = (known and _with(known, begun, written) for known in (agreed.seen, agreed.sent))
    return replace(agreed, fingerprint=b"", seen=seen, sent=sent, begun=None)


def _with(record: Record, other: Record, paths: Iterable[Path]) -> Record:
    """Return a record with another one's values at these paths; null where the other has none."""
    made = copy.deepcopy(record)
    for path in paths:
        value = get(other, path)
        put(made, path, None if value is ABSENT else value)
    return made
