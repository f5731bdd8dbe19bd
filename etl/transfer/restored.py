"""Signs that documents and what is remembered of them are of different ages: one of them came out of a backup.

What the last run has written is known, as it was before and after. Where what is remembered says that it was written,
and most of the documents are as they were before, or are not there, they are older; where most are as they were
written, and what is remembered of them is from before that run, that is older.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass
from enum import Enum
from typing import Final

from etl.record import Key, Record
from etl.transfer.agreement import Agreement
from etl.transfer.replaced import Replaced

FEWEST: Final = 3
"""So few documents that are as before are no sign: somebody may have taken back what a run wrote."""


class Older(Enum):
    """What came out of a backup."""

    DOCUMENTS = "documents"
    MEMORY = "what is remembered"


@dataclass(frozen=True, slots=True)
class Remembering:
    """What is remembered of a key: since the run with this token."""

    agreement: Agreement
    token: int


def older(image: Replaced, token: int, current: Record | None, known: Remembering | None) -> Older | None:
    """Return what a document of a run shows to be older, as it is, with what is remembered of it; None for nothing.

    token: of that run.
    """
    if _is_written(image, known, token) and _is_back(image, current):
        return Older.DOCUMENTS
    if current is not None and not image.differing(current) and _is_before(known, token):
        return Older.MEMORY
    return None


def most(shown: Table[Key, Older | None]) -> tuple[Older, list[Key]] | None:
    """Return what most documents of a run show to be older, and the keys that show it; None where most show nothing."""
    for which in Older:
        keys = [key for key, found in shown.items() if found is which]
        if len(keys) >= FEWEST and len(keys) * 2 > len(shown):
            return which, keys
    return None


def _is_written(image: Replaced, known: Remembering | None, token: int) -> bool:
    """Return whether it is remembered that the run has written a document, and nothing else since."""
    return known is not None and known.token >= token and known.agreement.fingerprint == image.fingerprint


def _is_back(image: Replaced, current: Record | None) -> bool:
    return current is None or image.is_as_before(current)


def _is_before(known: Remembering | None, token: int) -> bool:
    return known is None or known.token < token
