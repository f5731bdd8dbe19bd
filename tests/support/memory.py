"""Where the servers of the tests keep their data: the disk is not what is tested."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
_ENOUGH = 1 << 30  # a mongod keeps 300 MB for its journal


def memory() -> Path | None:
    """Return the folder of a file system in memory that has room for a server, None where there is none."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free > _ENOUGH else None
