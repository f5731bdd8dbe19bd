"""Kinds of disagreement that are known and not mended yet, each with its reason. To be emptied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

KNOWN: Final[dict[str, str]] = {
    r"alarm W148 -": "the oracle does not know that spreadsheets run text",
    r"alarm E146 -": "the oracle does not know that a file is named by what a rule writes",
    r"alarm (W155|W167|W171|E150) .*": "the witnesses do not try all that an expression may do",
    r"alarm E122 .*": "check reckons with absent values that a field cannot have",
    r"clean, rejected .*from schema required": "check does not follow the nulls of an expression to what it makes",
    r"rejects (in|out)bound .*(format|zone).* form": "the oracle reads dates and local times less strictly",
    r"(rejects|differs|accepts) (in|out)bound (each )?from.*": "the oracle does not convert what an expression makes",
    r"test fails - .*": "check says nothing of expressions that fail on records that a schema accepts",
    r"test fails (each )?flags .*": "etl test takes an absent flag and a false one for different values",
}
"""By a pattern of whole kinds: why the engine and the documentation disagree there."""


def unseen(kinds: Iterable[str]) -> list[str]:
    """Return the patterns that none of these kinds fits: after a campaign, what may be taken out."""
    return [pattern for pattern in KNOWN if not any(re.fullmatch(pattern, kind) for kind in kinds)]


def reason_of(kind: str) -> str | None:
    """Return why a kind is known, None if it is not."""
    return next((reason for pattern, reason in KNOWN.items() if re.fullmatch(pattern, kind)), None)
