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


def older(
    images: Table[Key, Replaced], token: int, found: Table[Key, Record], remembered: Table[Key, Remembering]
) -> tuple[Older, list[Key]] | None:
    """Return what is older, and the keys that show it; None where most show nothing.

    images: of one run. token: of that run.
    """
    documents = [
        key
        for key, image in images.items()
        if _is_written(image, remembered.get(key), token) and _is_back(image, found.get(key))
    ]
    memory = [
        key
        for key, image in images.items()
        if key in found and not image.differing(found[key]) and _is_before(remembered.get(key), token)
    ]
    for which, keys in ((Older.DOCUMENTS, documents), (Older.MEMORY, memory)):
        if len(keys) >= FEWEST and len(keys) * 2 > len(images):
            return which, keys
    return None


def _is_written(image: Replaced, known: Remembering | None, token: int) -> bool:
    """Return whether it is remembered that the run has written a document, and nothing else since."""
    return known is not None and known.token >= token and known.agreement.fingerprint == image.fingerprint


def _is_back(image: Replaced, current: Record | None) -> bool:
    return current is None or image.is_as_before(current)


def _is_before(known: Remembering | None, token: int) -> bool:
    return known is None or known.token < token
