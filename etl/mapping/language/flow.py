"""A value in one line of YAML, as the formatter leaves it."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from etl.mapping.language.document import AMBIGUOUS
from etl.record import ABSENT

_WORD: Final = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_.]*\Z")


def flow(value: Any) -> str:
    """Return a value in one line, in quotes what is no single word; null for an absent one."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(name)}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, str) and _WORD.match(value) and not AMBIGUOUS.match(value):
        return value
    return "null" if value is ABSENT else json.dumps(value, ensure_ascii=False)
