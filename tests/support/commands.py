"""Listening to the commands that clients send to a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pymongo import monitoring


class _Listener(monitoring.CommandListener):
    def __init__(self, database: str, hear: Callable[[monitoring.CommandStartedEvent], None]) -> None:
        self._database = database
        self._hear = hear

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.database_name == self._database:
            self._hear(event)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        pass

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        pass


@contextmanager
def commands_heard(database: str, hear: Callable[[monitoring.CommandStartedEvent], None]) -> Iterator[None]:
    """Let `hear` be called with every command to a database, of all clients that are made from now on."""
    before = list(monitoring._LISTENERS.command_listeners)  # there is no other way to take one away
    monitoring.register(_Listener(database, hear))
    try:
        yield
    finally:
        monitoring._LISTENERS.command_listeners[:] = before
