"""Opening a session: what a command works with, and how it means to use it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from etl.mapping.model import Mapping
from etl.settings import Settings
from etl.transfer.conflicts import NOTHING_TAKEN, Taken
from etl.transfer.model import Notify, Pause, unheard

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.endpoints.mongodb.gateway import Gateway
    from etl.logs import Log


def _untold(gateway: Gateway, error: Exception) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Access:
    """How the endpoints are used.

    recreate: import again what was removed inside. confirm_restored: documents may be of another age than what is
    remembered of them. fsync: wait for the disk. wait: seconds to wait for another run.
    reading: nothing will be written, so another run may be at work. create: make an embedded MongoDB if there is
    none. breaking: take the lease from a run that is not heard of, whenever that lease ends. notify: told of what
    the source leaves unread, or doubts. taken: who wins a conflict, as a person decides it. pause: how every wait is
    made, so that what ends one ends each. refused: told why a session that would write does not open, once it has the
    lease.
    """

    recreate: bool = False
    fsync: bool = False
    wait: float = 0.0
    reading: bool = False
    create: bool = False
    breaking: bool = False
    taken: Taken = NOTHING_TAKEN
    notify: Notify = unheard
    pause: Pause = time.sleep
    confirm_restored: bool = False
    refused: Callable[[Gateway, Exception], None] = _untold


def quiet_log() -> Log:
    """Return a log of errors only."""
    from etl.logs import make_log  # noqa: PLC0415 - structlog is slow to import

    return make_log("error", "text", lambda text: text)


def milliseconds_now() -> datetime:
    """Return the time in UTC as BSON keeps it: whole milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@contextmanager
def open_session(mapping: Mapping, settings: Settings, log: Log, access: Access = Access()) -> Iterator[Session]:
    """Open the database, check that it answers, take the lease, and make sure of the unique index.

    Raises:
        SettingsError: when a setting cannot work; nothing was read.
        LockedError: when another run of this mapping is at work.
        EndpointError: when MongoDB failed.

    """
    # pymongo is slow to import, and `etl --help` and `etl check` do without it
    from etl.app.session import opened  # noqa: PLC0415

    with opened(mapping, settings, log, access) as session:
        yield session
