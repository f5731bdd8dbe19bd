"""Whether the embedded MongoDB may stand in where MONGO_URI is not set: a lost MONGO_URI is no wish for a private one.

It may where it is in use already: `etl sample` or `MONGO_URI=embedded` has made it, and no run from there has written
to a server since.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from etl.endpoints.private import write_private
from etl.errors import SettingsError

_MARK: Final = "etl.server"
"""The file beside the embedded data that names the server which took its place."""

_NO_DATA: Final = frozenset({_MARK, "etl.lock", "server.log"})
"""What a start that failed leaves there as well."""


def check_fallback(folder: Path, *, create: bool = False) -> None:
    """Make sure that the embedded MongoDB in `folder` is what somebody wants without saying so. create: make it now.

    Raises:
        SettingsError: when it is not.

    """
    if (server := _server(folder)) is not None:
        raise SettingsError(
            f"MONGO_URI is not set, and runs from here have written to {server or 'a server'}: set it again, or write "
            f"MONGO_URI=embedded to use the private data in {folder}"
        )
    if not create and not _has_data(folder):
        raise SettingsError(
            f"MONGO_URI is not set, and there is no embedded MongoDB in {folder} yet: write "
            "MONGO_URI=mongodb://HOST:27017, or MONGO_URI=embedded to make a private one, as `etl sample` does"
        )


def remember_server(folder: Path, server: str) -> None:
    """Remember, where there is embedded data, that a server is written to instead. server: its URI without secrets."""
    if _has_data(folder) and _server(folder) != server:
        with contextlib.suppress(OSError):  # where this cannot be written, no embedded MongoDB can run either
            write_private(folder / _MARK, server.encode())


def _server(folder: Path) -> str | None:
    try:
        return (folder / _MARK).read_text("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError:
        return None if not folder.is_dir() else ""


def _has_data(folder: Path) -> bool:
    try:
        return any(entry.name not in _NO_DATA for entry in folder.iterdir())
    except OSError:
        return False
