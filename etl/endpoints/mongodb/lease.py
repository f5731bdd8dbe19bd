"""One run at a time: a lease in MongoDB, renewed by a heartbeat, with a fencing token.

The lease is one document of `etl_leases`. Its times are the server's, so the clocks of several machines need not agree.
A run that could not renew its lease in time writes nothing before it has asked for it again: it goes on where nobody
else has taken it over, and where MongoDB does not answer, that is what it ends with. The token grows with every new
holder: what a run of an older token still tries to remember is refused.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo import WriteConcern
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from etl.endpoints.mongodb.retry import Retry
from etl.endpoints.process import Process, current
from etl.errors import LeaseLostError, LockedError

COLLECTION: Final = "etl_leases"
SECONDS: Final = 30.0
_RENEWALS: Final = 4
"""How often a lease is renewed in the time that it lasts."""

_TRUSTED: Final = 0.75
"""The part of its time for which a holder relies on a lease: the rest is for what is under way when that is over."""

_TRIES: Final = 3
_POLL_SECONDS: Final = 0.2

_held: Final[set[str]] = set()
"""The runs of this process that hold a lease; one that could not let go of its lease is not among them any more."""


@dataclass(frozen=True, slots=True)
class Terms:
    """seconds: how long a lease lasts without being renewed. wait: how long to wait for another holder."""

    seconds: float = SECONDS
    wait: float = 0.0


class Lease:
    """The lease of one mapping on one collection, held or not.

    run: tells this holder from every other. token: grows with every holder.
    """

    def __init__(self, database: Database[dict[str, Any]], scope: dict[str, str], retry: Retry, terms: Terms) -> None:
        self.run = secrets.token_hex(8)
        self.token = 0
        self._leases = database[COLLECTION]
        self._admin = database.client.admin
        self._scope = scope
        self._retry = retry
        self._terms = terms
        self._deadline = 0.0

    def check(self) -> None:
        """Make sure that the lease is still ours; one that has run out is renewed, if nobody else has taken it over.

        Raises:
            LeaseLostError: when it is not ours any more.
            PyMongoError: when MongoDB does not say whose it is.

        """
        for _ in range(_TRIES):  # a renewal that MongoDB came back for is an old one when it is done
            if _elapsed() > self._deadline:
                self.renew()
        if _elapsed() > self._deadline:
            raise LeaseLostError(
                f"this run could not renew its lease on mapping {self._scope['mapping']} in time, so another run may "
                "have begun; it writes nothing more: run again"
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lease, and keep it; let go of it on every path.

        Raises:
            LockedError: when another run holds it.

        """
        _held.add(self.run)
        try:
            self.take()
            with self._beating():
                yield
        finally:
            _held.discard(self.run)

    @contextmanager
    def _beating(self) -> Iterator[None]:
        ended = threading.Event()
        heart = threading.Thread(target=_beat, args=(self.renew, ended, self._terms.seconds / _RENEWALS), daemon=True)
        heart.start()
        try:
            yield
        finally:
            ended.set()
            heart.join(_POLL_SECONDS)
            with suppress(PyMongoError):  # it runs out by itself
                self.release()

    def take(self) -> None:
        """Take the lease, waiting for its holder as long as the terms say.

        Raises:
            LockedError: when somebody else holds it, saying who and since when.

        """
        give_up = _elapsed() + self._terms.wait
        while (holder := self._retry(self._try)) is not None:
            if _elapsed() >= give_up:
                raise LockedError(_told(self._scope, holder))
            time.sleep(_POLL_SECONDS)

    def _try(self) -> dict[str, Any] | None:
        """Take the lease if it is free; return its document if it is not."""
        begun = _elapsed()
        now = self._server_time()
        expires = now + timedelta(seconds=self._terms.seconds)
        found = self._leases.find_one({"_id": self._scope})
        # one of our own is there if its write was done and not confirmed
        if found is None or _is_free(found, now) or found["holder"]["run"] == self.run:
            self._replace(found, {**asdict(current()), "run": self.run, "since": now, "expires": expires})
            found = self._leases.find_one({"_id": self._scope}) or {}
        if found.get("holder", {}).get("run") != self.run:
            return found
        self.token = found["token"]
        self._deadline = begun + self._terms.seconds * _TRUSTED
        return None

    def _server_time(self) -> datetime:
        now: datetime = self._admin.command("hello", codec_options=self._leases.codec_options)["localTime"]
        return now

    def _replace(self, found: dict[str, Any] | None, holder: dict[str, Any]) -> None:
        """Write our name, if nobody has been faster."""
        if found is None:
            with suppress(DuplicateKeyError):
                self._leases.insert_one({"_id": self._scope, "token": 1, "holder": holder})
        else:
            version, token = {"_id": self._scope, "token": found["token"]}, found["token"] + 1
            self._leases.update_one(version, {"$set": {"token": token, "holder": holder}})

    def renew(self) -> None:
        """Put off the end of the lease, if it is still ours."""
        begun = _elapsed()
        expires = self._server_time() + timedelta(seconds=self._terms.seconds)
        mine = {"_id": self._scope, "token": self.token, "holder.run": self.run}
        if self._leases.update_one(mine, {"$set": {"holder.expires": expires}}).matched_count:
            self._deadline = begun + self._terms.seconds * _TRUSTED
        else:
            self._deadline = 0.0

    def release(self) -> None:
        """Let go, if it is still ours; the token stays."""
        self._deadline = 0.0
        soon = self._leases.with_options(write_concern=WriteConcern(w=1))  # lost, it would only run out later
        soon.update_one({"_id": self._scope, "token": self.token}, {"$unset": {"holder": ""}})


def _beat(renew: Callable[[], None], ended: threading.Event, seconds: float) -> None:
    while not ended.wait(seconds):
        with suppress(PyMongoError):  # the next beat tries again; in the end the lease counts as lost
            renew()


def _is_free(found: dict[str, Any], now: datetime) -> bool:
    holder = found.get("holder")
    if holder is None or holder["expires"] <= now:
        return True
    process = _process(holder)
    return process.has_ended() or (process == current() and bool(process.machine) and holder["run"] not in _held)


def _process(holder: dict[str, Any]) -> Process:
    return Process(**{name: holder[name] for name in Process.__slots__})


def _told(scope: dict[str, str], found: dict[str, Any]) -> str:
    what = f"mapping {scope['mapping']} is at work on the collection {scope['collection']} already"
    if (holder := found.get("holder")) is None:
        return f"{what}; run again"
    since = f"{holder['since']:%Y-%m-%d %H:%M:%S} UTC"
    return f"{what}: {_process(holder)}, since {since}; wait until it ends, or wait for it with --wait SECONDS"


def _elapsed() -> float:
    """Return seconds that also pass while the machine sleeps, where the system counts them."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
