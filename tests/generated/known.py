"""Kinds of disagreement that are known and not mended yet, each with its reason. To be emptied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_BOUNDS = "minLength|maxLength|pattern|minimum|maximum|exclusiveMinimum|exclusiveMaximum|multipleOf|minItems|maxItems"

KNOWN: Final[dict[str, str]] = {
    r"alarm (E122|E123|W180) .*": "check reckons with absent values that a field cannot have",
    r"alarm (E150|E160) .*": "check reckons with values that bounds and nulls rule out",
    r"alarm (E143|E151) .*": "check does not look into a choice of schemas",
    r"alarm W163 .*": "check reckons with null where a field cannot be null",
    r"alarm W165 .*": "check speaks of a codec's losses where the schema leaves no text that it reads",
    r"alarm W167 from.*": "check does not see that two expressions are each other's inverse",
    rf"clean, rejected .* schema ({_BOUNDS})": "check does not compare bounds, lengths, patterns and counts",
    r"clean, rejected .* schema anyOf": "check takes a choice of schemas for anything",
    r"clean, rejected .* schema (required|type|enum|const|additionalProperties)": (
        "check does not follow absent values and types through tables, expressions, parents, lists and copied objects"
    ),
    r"clean, rejected .* (table (absent|no line)|codec )": "check does not try every value that a table or codec meets",
    r"clean, rejected key .* key (absent|absent there)": "check forgets that nulls and when_absent make keys absent",
    r"clean, lost .* (cases|values|flags).*": "check does not see every loss of a table",
    r"clean, lost .*": "check does not see what the other side's nulls and when_absent take away",
    r"clean, removed .*": "check does not see that a value is written as one that means absent",
    r"clean, never settles": "check tries too few round trips",
    r"clean, never reached .*": "check does not see that no value that the schemas allow reaches a line",
    r"clean, unmapped field below another": "check looks at the fields at the top only",
    r"test tries nothing": "etl test draws no value within exclusive bounds, and holds on no record at all",
    r"test fails - .*": "check says nothing of expressions that fail on records that a schema accepts",
    r"test fails (each )?flags .*": "etl test takes an absent flag and a false one for different values",
    r"accepts inbound .* schema (type|anyOf)": "inside, the engine writes text for an absent date, or a date for text",
    r"(accepts|rejects|differs) (in|out)bound (each )?from.*": "nulls have no effect on computed values",
    r"differs (in|out)bound each": "nulls have no effect on computed values, in lists either",
}
"""By a pattern of whole kinds: why the engine and the documentation disagree there."""


def unseen(kinds: Iterable[str]) -> list[str]:
    """Return the patterns that none of these kinds fits: after a campaign, what may be taken out."""
    return [pattern for pattern in KNOWN if not any(re.fullmatch(pattern, kind) for kind in kinds)]


def reason_of(kind: str) -> str | None:
    """Return why a kind is known, None if it is not."""
    return next((reason for pattern, reason in KNOWN.items() if re.fullmatch(pattern, kind)), None)
