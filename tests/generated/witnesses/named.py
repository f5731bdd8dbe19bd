"""What a finding names: the values in its message, and the places at which they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from tests.generated.values import Path, among, parse_path

_BEGINS: Final = re.compile(r'(?<![^\s(])(?=["\[{0-9tfn-])')
"""Where a value may begin: at the start of a word."""

_READ: Final = json.JSONDecoder().raw_decode


def values(message: str) -> tuple[Any, ...]:
    """Return the values that a message shows; of a text that says a date or a whole number, that as well."""
    found: list[Any] = []
    for _, _, value in _shown(message):
        said = (value, _date(value), _number(value))
        found += [item for item in said if item is not None and not among(item, found)]
    return tuple(found)


def places(message: str, system: str, *, dates: bool, gone: Any) -> dict[Path, Any]:
    """Return the values that a message shows at paths of a system: `a.b 1`, `1 of a.b`, `no a.b` or `a.b no value`.

    dates: whether texts that say dates are dates. gone: what is laid where there is no value.
    """
    shown = list(_shown(message))
    found: dict[Path, Any] = {}
    for named in re.finditer(rf'(no )?\b{system}\.((?:[\w.]|\[(?:\d+|[\w.]+=[^\]]+)\]|"[^"]*")+)', message):
        path = parse_path(named[2].rstrip("."))
        before = [value for _, end, value in shown if message[end : named.start()] == " of "]
        behind = [value for start, _, value in shown if start == named.end() + 1]
        for value in (*before, *behind):
            found.setdefault(path, (_date(value) if dates else None) or value)
        if (named[1] or message.startswith(" no value", named.end())) and path not in found:
            found[path] = gone
    return found


def _shown(message: str) -> Iterator[tuple[int, int, Any]]:
    """Yield the values that a message shows, each with where it begins and ends."""
    until = 0
    for begins in _BEGINS.finditer(message):
        if begins.start() < until:
            continue
        try:
            value, until = _READ(message, begins.start())
        except ValueError:
            continue
        yield begins.start(), until, value


def _date(value: Any) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T", value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value, re.ASCII) else None
