"""How large a record may be, of how many values, and how deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 100
"""As deep as BSON documents may nest."""


MAX_VALUES: Final = 100_000
"""They take about a hundred bytes each, several times over while a record moves."""


@dataclass(frozen=True, slots=True)
class FileLimits:
    """max_bytes: a larger record is rejected unread. max_depth: how deep its objects and lists may nest.

    max_values: one of more values is rejected before it is parsed.
    """

    max_bytes: int = MAX_BYTES
    max_depth: int = MAX_DEPTH
    max_values: int = MAX_VALUES


def too_large(most: int, size: int | None = None) -> str:
    """Say that something has more bytes than a record may have. size: how many, if that is known."""
    if size is None:
        return f"it has more than {most} bytes; MAX_RECORD_BYTES says how many it may have"
    return f"it has {size} bytes, more than {most}; MAX_RECORD_BYTES says how many it may"


def too_many_values(most: int) -> str:
    """Say that something has more values than a record may have."""
    return f"it has more than {most} values; MAX_RECORD_VALUES says how many it may have"
