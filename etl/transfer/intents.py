"""Write intents: what a run was about to write inside when it died.

A run says what it begins to write, writes the documents, and then remembers what was agreed. Where it dies before the
end, the next look at a document shows what of it was written: that the outside has said since the agreement, and it is
no edit of the inside.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from etl.mapping.paths import assign, format_path, get
from etl.record import ABSENT, Absent, Record
from etl.transfer.agreement import Agreement, same, same_at
from etl.transfer.conflicts import Unit


def intend(
    agreed: Agreement, units: Iterable[Unit], current: Record | None, patch: dict[str, Any | Absent]
) -> Agreement:
    """Return what to remember before a patch is written to a document, or a document is made of it."""
    after = {**(current or {}), **patch}
    changed = [unit for unit in units if current is None or not same_at(after, current, unit.paths)]
    values = {format_path(path): get(after, path) for unit in changed for path in unit.paths}
    return replace(agreed, intent={path: None if value is ABSENT else value for path, value in values.items()})


def settle_intent(agreed: Agreement, units: Iterable[Unit], current: Record | None) -> Agreement:
    """Return what is agreed, once a document has shown what of these units was begun and has been written."""
    intent = agreed.intent
    if intent is None:
        return agreed
    looked_at = [(unit, [format_path(path) for path in unit.paths]) for unit in units]
    whole = [unit for unit, texts in looked_at if intent.keys() >= set(texts)]  # an edited mapping may have others
    written = [unit for unit in whole if current is not None and _is_written(unit, intent, current)]
    known = {text for _, texts in looked_at for text in texts}
    rest = {path: value for path, value in intent.items() if path not in known} or None
    if not written:
        return replace(agreed, intent=rest)
    seen, sent = (known and _with(known, written, intent) for known in (agreed.seen, agreed.sent))
    return replace(agreed, fingerprint=b"", seen=seen, sent=sent, intent=rest)


def _is_written(unit: Unit, intent: dict[str, Any], current: Record) -> bool:
    return all(same(get(current, path), intent[format_path(path)]) for path in unit.paths)


def _with(record: Record, units: Iterable[Unit], intent: dict[str, Any]) -> Record:
    """Return a record with the values of these units that were about to be written."""
    made = copy.deepcopy(record)
    for path in (path for unit in units for path in unit.paths):
        value = intent[format_path(path)]
        assign(made, path, ABSENT if value is None else value)
    return made
