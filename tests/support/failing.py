"""A server that fails as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.site import Site


@contextmanager
def failing(site: Site, command: str, times: int, **how: Any) -> Iterator[None]:
    """Let the server fail a command of ours: `times` times, with an error code or by closing the connection."""
    data = {"failCommands": [command], "appName": site.database.name, **how}
    admin = site.database.client.admin
    before = admin.command({"configureFailPoint": "failCommand", "mode": {"times": times}, "data": data})
    try:
        yield
    finally:
        after = admin.command({"configureFailPoint": "failCommand", "mode": "off"})
    assert after["count"] > before["count"], f"no {command} has failed"
