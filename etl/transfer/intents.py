"""Write intents: what a run was about to write inside when it died.

A run says what it begins to write, writes the documents, and then remembers what was agreed. Where it dies before the
end, the next look at a document shows what of it was written: that the outside has said since the agreement, and it is
no edit of the inside.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from etl.mapping.paths import assign
from etl.record import ABSENT, Absent, Record
from etl.transfer.agreement import Agreement, Noted, alike, in_this_form, note, noted, values_of
from etl.transfer.unit import Unit


def intend(
    agreed: Agreement, units: Iterable[Unit], current: Record | None, patch: dict[str, Any | Absent]
) -> Agreement:
    """Return what to remember before a patch is written to a document, or a document is made of it."""
    after = {**(current or {}), **patch}
    intent: Noted = {}
    for unit in units:
        values = values_of(after, unit)
        if current is None or not alike(values, values_of(current, unit)):
            note(intent, unit, values)
    return replace(agreed, intent=intent)


def settle_intent(agreed: Agreement, units: Sequence[Unit], current: Record | None) -> Agreement:
    """Return what is agreed, once a document has shown what of these units was begun and has been written."""
    agreed = in_this_form(agreed, units)
    intent = agreed.intent
    if intent is None:
        return agreed
    known = {text for unit in units for text in unit.texts}
    rest = {text: value for text, value in intent.items() if text not in known} or None
    written = [unit for unit in units if _is_written(unit, intent, current)]
    if not written:
        return replace(agreed, intent=rest)
    seen, told, inside = copy.deepcopy(agreed.seen), dict(agreed.told), dict(agreed.inside)
    for unit in written:
        note(told, unit, None)
        note(inside, unit, None)
        if seen is not None:
            for path, text in zip(unit.paths, unit.texts, strict=True):
                assign(seen, path, ABSENT if intent[text] is None else intent[text])
    return replace(agreed, fingerprint=b"", file="", deliveries={}, seen=seen, told=told, inside=inside, intent=rest)


def _is_written(unit: Unit, intent: Noted, current: Record | None) -> bool:
    intended = noted(intent, unit)
    return current is not None and intended is not None and alike(values_of(current, unit), intended)
