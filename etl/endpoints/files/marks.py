"""Marks of files: by which it is known that a file is still the one that was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ARCHIVE: Final = "archive"
"""The folder in the inbound folder that files are moved to."""

OWN: Final = ".etl-"
"""What the names of the engine's own files begin with."""

TAKEN: Final = f"{OWN}taken-"
"""What stands before the name of a file that is being cleared away."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells one state of a file from any other. written: when it was last written to, in seconds since 1970."""

    identity: tuple[object, ...]
    written: float | None = None
