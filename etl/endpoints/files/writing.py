"""What all that writes files shares: what a change comes to, and how failures are told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from etl.endpoints.files.atomic import unfenced
from etl.endpoints.files.folder import Folder
from etl.endpoints.files.rejects import reason
from etl.errors import EndpointError
from etl.record import Violation
from etl.transfer.model import Candidate, Change, Outcome

Encoded: TypeAlias = tuple[str, bytes]
"""The name of the file that a record gets, "" where it gets none of its own; and what stands there of it."""


def prepare(folder: Folder, fence: Callable[[], None] = unfenced) -> None:
    """Make a folder ready to be written to. fence: called before.

    Raises:
        EndpointError: when it cannot be.

    """
    fence()
    try:
        folder.prepare()
    except OSError as error:
        raise EndpointError(
            f"the outbound folder {folder} cannot be used: {reason(error)}; make it writable, or set DATA_OUTBOUND_DIR"
        ) from None


@contextmanager
def written(folder: Folder, fence: Callable[[], None] = unfenced, name: str = "") -> Iterator[None]:
    """Raise EndpointError for what goes wrong with a folder, or with one file in it.

    fence: has the first word, since a later run removes what an earlier one was about to rename.
    """
    try:
        yield
    except OSError as error:
        fence()
        place = os.path.join(str(folder), name) if name else str(folder)
        raise EndpointError(
            f"{place} cannot be written: {reason(error)}; "
            "what was not written stays unsynced and goes out on the next run"
        ) from None


def refused(candidate: Candidate, why: str) -> Change[Encoded]:
    """Return what comes of a record that cannot be written."""
    return Change(candidate, Outcome.REJECTED, reasons=(Violation("", "file", why),))
