"""What a run had begun to write inside when it died.

A run says what it begins to write, writes the documents, and then remembers what was agreed. Where it dies before the
end, the next look at a document shows what of it was written: that the outside has said since the agreement, and it is
no edit of the inside.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from etl.mapping.paths import assign, get
from etl.record import ABSENT, Absent, Record
from etl.transfer.agreement import Agreement, same, same_at
from etl.transfer.conflicts import Unit


def begin(
    agreed: Agreement, units: Iterable[Unit], current: Record | None, patch: dict[str, Any | Absent]
) -> Agreement:
    """Return what to remember before a patch is written to a document, or a document is made of it."""
    after = {**(current or {}), **patch}
    changed = [unit for unit in units if current is None or not same_at(after, current, unit.paths)]
    return replace(agreed, begun={unit.name: _values(after, unit) for unit in changed})


def settle(agreed: Agreement, units: Iterable[Unit], current: Record | None) -> Agreement:
    """Return what is agreed, once a document has shown what of these units was begun and has been written."""
    if agreed.begun is None:
        return agreed
    begun = [unit for unit in units if unit.name in agreed.begun]
    written = [unit for unit in begun if current is not None and _is_written(unit, agreed.begun[unit.name], current)]
    names = {unit.name for unit in begun}
    rest = {name: values for name, values in agreed.begun.items() if name not in names} or None
    if not written:
        return replace(agreed, begun=rest)
    seen, sent = (known and _with(known, written, agreed.begun) for known in (agreed.seen, agreed.sent))
    return replace(agreed, fingerprint=b"", seen=seen, sent=sent, begun=rest)


def _values(record: Record, unit: Unit) -> list[Any]:
    found = [get(record, path) for path in unit.paths]
    return [None if value is ABSENT else value for value in found]


def _is_written(unit: Unit, values: Sequence[Any], current: Record) -> bool:
    return all(same(get(current, path), value) for path, value in zip(unit.paths, values, strict=True))


def _with(record: Record, units: Iterable[Unit], begun: dict[str, list[Any]]) -> Record:
    """Return a record with other values for these units."""
    made = copy.deepcopy(record)
    for unit in units:
        for path, value in zip(unit.paths, begun[unit.name], strict=True):
            assign(made, path, ABSENT if value is None else value)
    return made
