"""Quotes: private values in a message, in whatever form it has them, are found and masked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import takewhile
from typing import Any, Final

from etl.record import json_form, printable

MASK: Final = "[private]"
_SHORTEST: Final = 3
"""A shorter text is in many a message by chance: it counts where it is quoted."""

_BEGINNING: Final = 16
"""So much of a longer text is enough to know it by, where a message has cut it."""


class Quotes:
    """What a message may quote. values: texts, numbers and dates."""

    def __init__(self, values: Iterable[Any]) -> None:
        forms = {form for value in values for form in _forms(value)}
        self._forms = sorted(forms, key=len, reverse=True)

    def masked(self, message: str) -> str:
        """Return a message in which no value can be read."""
        for form in self._forms:
            message = message.replace(form, MASK)
            if len(form) > _BEGINNING:
                message = _uncut(message, form)
        return message


def _forms(value: Any) -> Iterator[str]:
    """Yield a value as messages write it: as it is, as JSON, as Python does, or with what nobody sees escaped."""
    texts = {str(value)}
    if isinstance(value, datetime):
        texts |= {str(json_form(value)), value.isoformat(), f"{value.timestamp() * 1000:.0f}"}
    for text in texts:
        forms = {text, printable(text), json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}
        forms |= {printable(text.replace("\\", "\\\\").replace('"', '\\"'))}
        if len(text) >= _SHORTEST:
            yield from forms
        elif isinstance(value, str):
            yield from (quote + form + quote for form in forms if form for quote in "\"'")
        else:
            yield from (f'": {text}{end}' for end in " ,}")


def _uncut(message: str, form: str) -> str:
    """Return a message without what it has of a text whose end it has cut off."""
    at = message.find(form[:_BEGINNING])
    while at >= 0:
        length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(message[at:], form, strict=False)))
        message = message[:at] + MASK + message[at + length :]
        at = message.find(form[:_BEGINNING], at + len(MASK))
    return message
