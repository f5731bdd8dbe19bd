"""Kinds of disagreement that are known and not mended yet, each with its reason. To be emptied."""

from __future__ import annotations

import re
from typing import Final

KNOWN: Final[dict[str, str]] = {}
"""By a pattern of whole kinds: why the engine and the documentation disagree there."""


def reason_of(kind: str) -> str | None:
    """Return why a kind is known, None if it is not."""
    return next((reason for pattern, reason in KNOWN.items() if re.fullmatch(pattern, kind)), None)
