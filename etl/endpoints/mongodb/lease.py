"""One run at a time: what a lease is, how it is confirmed, and what counts as a dead holder. Known here alone.

The lease is one document of `etl_leases`. The server itself sets its times, so the clocks of several machines need not
agree. A holder asks the server before each group of writes: the answer, and no belief of its own, is what it goes by.
The token grows with every holder, above all that were ever used: what a run of an older token still tries to remember
is refused.

A holder is dead where that is certain: its process is gone from this very machine, or its lease has run out by the
server's clock, and it has not been heard of for a margin beyond that, by the clock of whoever waits. What is not known
is alive.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Final

from pymongo import WriteConcern
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError, PyMongoError

from etl.endpoints.mongodb.exact import Document, Exact
from etl.endpoints.mongodb.holder import Found, Silence, Terms, told
from etl.endpoints.mongodb.names import LEASES
from etl.endpoints.mongodb.retry import Retry
from etl.endpoints.process import current
from etl.errors import LeaseLostError, LockedError

COLLECTION: Final = LEASES
_RENEWALS: Final = 4
"""How often a lease is renewed in the time that it lasts."""

_TRUSTED: Final = 0.75
"""An answer that took a longer part of the lease's time is too old to go by."""

_TRIES: Final = 3
_POLL_SECONDS: Final = 0.2
_NOW: Final = "$$NOW"

_held: Final[set[str]] = set()
"""The runs of this process that hold a lease; one that could not let go of its lease is not among them any more."""


class Lease:
    """The lease of one mapping on one collection, held or not.

    run: tells this holder from every other. token: grows with every holder. highest: returns the highest token that is
    remembered anywhere else.
    """

    def __init__(
        self,
        database: Database[Document],
        scope: dict[str, str],
        retry: Retry,
        terms: Terms,
        highest: Callable[[], int] = lambda: 0,
    ) -> None:
        self.run = secrets.token_hex(8)
        self.token = 0
        self._leases = Exact(database[COLLECTION])
        self._renewing = self._leases.with_write_concern(_of_one_server(database.write_concern))
        self._scope = scope
        self._retry = retry
        self._terms = terms
        self._highest = highest

    def confirm(self) -> None:
        """Have the server confirm that the lease is ours, and put off its end: called before each group of writes.

        Where a run was held up, that is also where it goes on, if nobody else has taken its lease meanwhile.

        Raises:
            LeaseLostError: when it is not ours any more.
            PyMongoError: when MongoDB does not say whose it is.

        """
        for _ in range(_TRIES):  # an answer that this process slept through is an old one when it is read
            asked = _elapsed()
            if not self._renew():
                raise LeaseLostError(self._lost())
            if _elapsed() - asked <= self._terms.seconds * _TRUSTED:
                return
        raise LeaseLostError(
            f"MongoDB takes longer to confirm the lease of mapping {self._scope['mapping']} than it lasts, which is "
            f"{self._terms.seconds:g} s; nothing more is written: raise LEASE_SECONDS, and run again"
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
        heart = threading.Thread(target=_beat, args=(self._renew, ended, self._terms.seconds / _RENEWALS), daemon=True)
        heart.start()
        try:
            yield
        finally:
            ended.set()
            heart.join(_POLL_SECONDS)
            if not self._retry.is_lost:  # else it runs out by itself
                with suppress(PyMongoError):
                    self.release()

    def take(self) -> None:
        """Take the lease, waiting for its holder as long as the terms say.

        Raises:
            LockedError: when somebody else holds it, saying who, since when and until when.

        """
        begun, silence = time.monotonic(), Silence()  # what sleeps with this machine gives no sign of life meanwhile
        while (found := self._retry(self.look)) is None or found.run != self.run:
            silent = 0.0 if found is None else silence.of(found, time.monotonic())
            if found is None or found.is_free(silent, _held, breaking=self._terms.breaking):
                self._retry(lambda found=found: self._claim(found))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                continue
            margin = found.margin(breaking=self._terms.breaking)
            if time.monotonic() - begun >= max(self._terms.wait, margin and margin + 2 * _POLL_SECONDS):
                raise LockedError(told(self._scope, found))
            self._retry.sleep(_POLL_SECONDS)
        self.token = found.token

    def look(self) -> Found | None:
        """Return the lease as the server has it, None where nobody ever had it."""
        pipeline: list[Document] = [{"$match": {"_id": self._scope}}, {"$set": {"now": _NOW}}]
        return next((Found(document) for document in self._leases.aggregate(pipeline)), None)

    def at_work(self) -> str | None:
        """Return the run that is at work, None where there is none: one that is known to be dead, or silent, is not."""
        found = self._retry(self.look)
        if found is None or not found.holder or found.is_over or found.is_free(0.0, _held):
            return None
        return found.run

    def _claim(self, found: Found | None) -> None:
        """Write our name, if nothing has changed since: nobody was faster, and the last holder did not renew it."""
        token = max(0 if found is None else found.token, self._highest()) + 1
        holder = {**asdict(current()), "run": self.run, "seconds": self._terms.seconds, "renewals": 0}
        change: list[Document] = [
            {"$set": {"token": token, "holder": {"$literal": holder}}},
            {"$set": {"holder.since": _NOW, "holder.expires": self._end}},
        ]
        if found is not None:
            self._leases.update_one({"_id": self._scope, **found.version}, change)
            return
        with suppress(DuplicateKeyError):
            self._leases.update_one({"_id": self._scope, "token": {"$exists": False}}, change, upsert=True)

    @property
    def _end(self) -> Document:
        return {"$add": [_NOW, round(self._terms.seconds * 1000)]}

    def _renew(self) -> bool:
        """Put off the end of the lease; return whether it is still ours."""
        mine = {"_id": self._scope, "token": self.token, "holder.run": self.run}
        again: Document = {"holder.expires": self._end, "holder.renewals": {"$add": ["$holder.renewals", 1]}}
        return self._renewing.update_one(mine, [{"$set": again}]).matched_count == 1

    def _lost(self) -> str:
        found = self.look()
        whose = "is gone" if found is None or found.process is None else f"has been taken by {found.process}"
        return f"the lease of mapping {self._scope['mapping']} {whose}; this run writes nothing more: run again"

    def release(self) -> None:
        """Let go, if it is still ours; the token stays."""
        soon = self._leases.with_write_concern(WriteConcern(w=1))  # lost, it would only run out later
        soon.update_one({"_id": self._scope, "token": self.token, "holder.run": self.run}, {"$unset": {"holder": ""}})


def _beat(renew: Callable[[], bool], ended: threading.Event, seconds: float) -> None:
    while not ended.wait(seconds):
        with suppress(PyMongoError):  # the next beat tries again; in the end the lease runs out
            renew()


def _of_one_server(concern: WriteConcern) -> WriteConcern:
    """Return what a renewal asks for: not the journal, since a server that has lost one only ends the lease sooner."""
    return WriteConcern(**{name: value for name, value in concern.document.items() if name not in {"j", "fsync"}})


def _elapsed() -> float:
    """Return seconds that also pass while the machine sleeps, where the system counts them."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)
