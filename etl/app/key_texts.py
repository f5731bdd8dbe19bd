"""Keys as people write them."""

from __future__ import annotations

import json
from typing import Any

from etl.errors import KeyTextError
from etl.mapping.model import Mapping
from etl.record import Key, printable


def parse_keys(mapping: Mapping, text: str) -> list[Key]:
    """Return the keys that a text may mean: `7`, or a JSON list such as `["A", "0010"]` for a composite key.

    Raises:
        KeyTextError: when it has another number of parts than the mapping's key, or no record could have such a key.

    """
    count = len(mapping.keys)
    try:
        if count == 1 and not text.startswith("["):
            number = [(int(text),)] if text.removeprefix("-").isdecimal() and text.isascii() else []
            found: list[Any] = [*number, (text,)]
        else:
            parts = json.loads(text)
            found = [tuple(parts)] if isinstance(parts, list) else []
    except (ValueError, RecursionError):
        found = []
    keys = [key for key in found if len(key) == count and all(map(_is_part, key))]
    if not keys:
        wanted = (
            "a text or a whole number" if count == 1 else f"a JSON list of {count} texts or whole numbers, none empty"
        )
        raise KeyTextError(f"{printable(text) or 'an empty text'} is no key of {mapping.name}: write {wanted}")
    return keys


def _is_part(part: Any) -> bool:
    """Return whether a record may have this in its key: a whole number of 64 bits, or text that UTF-8 can hold."""
    if type(part) is int:
        return -(1 << 63) <= part < 1 << 63
    return type(part) is str and part != "" and not any("\ud800" <= character <= "\udfff" for character in part)
