"""A server that fails as it is told."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from filelock import FileLock

from tests.support.site import FRAGILE, Site


@cache
def fail_point() -> FileLock:
    """Return the lock of the one fail point that the suite's server has: tests in other processes want it as well."""
    server = blake2b(os.environ[FRAGILE].encode(), digest_size=8).hexdigest()
    return FileLock(Path(tempfile.gettempdir()) / f"etl-fail-point-{server}.lock")


@contextmanager
def failing(site: Site, command: str, times: int, **how: Any) -> Iterator[None]:
    """Let the server fail a command of ours: `times` times, with an error code or by closing the connection."""
    with fail_point():
        yield from _failing(site, command, times, how)


def _failing(site: Site, command: str, times: int, how: dict[str, Any]) -> Iterator[None]:
    data = {"failCommands": [command], "appName": site.database.name, **how}
    admin = site.database.client.admin
    before = admin.command({"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data})
    try:
        yield
    finally:
        after = admin.command({"configureFailPoint": "failCommand", "mode": "off"})
    assert after["count"] > before["count"], f"no {command} has failed"
