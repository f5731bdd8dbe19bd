"""The newest file that has been delivered, of a folder of this machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Final

from etl.endpoints.files.listing import match_names
from etl.endpoints.files.picking import delivered_among
from etl.mapping.files import FilesEndpoint
from etl.transfer.status import Delivery

_ASKED: Final = 20_000
"""So many files are asked for their time."""


def newest_delivery(folder: FilePath, endpoint: FilesEndpoint) -> Delivery:
    """Return the newest file that a pattern matches, by the time at which it was last written to."""
    try:
        found = match_names(delivered_among(endpoint)(os.listdir(folder)), endpoint.inbound, sorted)
    except OSError as error:
        return Delivery(str(folder), doubt=f"the inbound folder {folder} cannot be read: {error.strerror}")
    at, name = max(_times(folder, found.matching[-_ASKED:]), default=(None, None))
    is_cut = len(found.matching) > _ASKED
    return Delivery(str(folder), len(found.matching), name, at, is_cut, found.doubt)


def _times(folder: FilePath, names: Sequence[str]) -> list[tuple[datetime, str]]:
    times = []
    for name in names:
        try:
            times.append((datetime.fromtimestamp(os.stat(os.path.join(folder, name)).st_mtime, UTC), name))
        except OSError:  # it is gone meanwhile
            continue
    return times
