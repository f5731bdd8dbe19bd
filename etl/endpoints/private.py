"""What only its owner may read: files that hold records, and the folder of the embedded MongoDB."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Final

FOLDER: Final = 0o700
FILE: Final = 0o600
OTHERS: Final = 0o077
"""The rights of everybody else, as a process's umask takes them away."""


def write_private(path: Path, content: bytes) -> None:
    """Write a file that is whole or absent, for its owner only, whoever could read the one before.

    Raises:
        OSError: when it cannot be written; nothing is left behind.

    """
    descriptor, temporary = tempfile.mkstemp(prefix=".etl-", dir=path.parent)  # which nobody else may read
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(temporary, path)  # noqa: PTH105 - what mkstemp returns is text
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)  # noqa: PTH108 - as above
        raise


def owned(path: str, flags: int) -> int:
    """Open a file as `open` does, for its owner only where it is made."""
    return os.open(path, flags, FILE)


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter, and take away what others may do with one that is there.

    Raises:
        OSError: when it cannot be made.

    """
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER)
    _take_from_others(folder)
    for entry in folder.iterdir():
        _take_from_others(entry)


def _take_from_others(path: Path) -> None:
    with contextlib.suppress(OSError):  # somebody else's, or gone
        mode = stat.S_IMODE(path.lstat().st_mode)
        if mode & OTHERS and not path.is_symlink():
            path.chmod(mode & ~OTHERS)
