"""Kinds of disagreement that are known and not mended yet, each with its reason. To be emptied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

KNOWN: Final[dict[str, str]] = {
    r"clean, rejected copy schema exclusive.*": "check compares no bounds of a field that only one side lists",
    r"alarm W172 each": "check counts for a list what a rule for its elements has given a reason for",
    r"alarm W167 from": "check takes a pair for lossy of which one value goes as none and comes back",
}
"""By a pattern of whole kinds: why the engine and the documentation disagree there."""


def unseen(kinds: Iterable[str]) -> list[str]:
    """Return the patterns that none of these kinds fits: after a campaign, what may be taken out."""
    return [pattern for pattern in KNOWN if not any(re.fullmatch(pattern, kind) for kind in kinds)]


def reason_of(kind: str) -> str | None:
    """Return why a kind is known, None if it is not."""
    return next((reason for pattern, reason in KNOWN.items() if re.fullmatch(pattern, kind)), None)
