"""Retries: a call is tried again only where trying again can help, for as long as the budget lasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import tenacity
from pymongo.errors import AutoReconnect, BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError

T = TypeVar("T")

SECONDS: Final = 30.0
_LONGEST_PAUSE: Final = 5.0

TRANSIENT_CODES: Final = frozenset({6, 7, 50, 64, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436})
"""MongoDB's codes for: host unreachable, time limits, shutting down, stepped down, write conflict, interrupted, not
primary."""


def is_transient(error: BaseException) -> bool:
    """Return whether an error passes by itself: network, not primary, server selection, time limit, or labelled so.

    So does a write that was done but not confirmed because a server is leaving. Authentication, validation and
    everything else that would fail again is not transient.
    """
    if isinstance(error, AutoReconnect | ConnectionFailure):
        return True
    if isinstance(error, BulkWriteError):
        unconfirmed = error.details.get("writeConcernErrors", [])
        return any(wrong.get("code") in TRANSIENT_CODES for wrong in unconfirmed)
    if isinstance(error, OperationFailure) and error.code in TRANSIENT_CODES:
        return True
    return isinstance(error, PyMongoError) and error.has_error_label("RetryableWriteError")


def is_transient_bulk(error: BaseException) -> bool:
    """Return whether a bulk of writes, any of which may be repeated, failed in passing."""
    if not isinstance(error, BulkWriteError):
        return is_transient(error)
    wrong = [*error.details.get("writeErrors", []), *error.details.get("writeConcernErrors", [])]
    return all(each.get("code") in TRANSIENT_CODES for each in wrong)


@dataclass(frozen=True, slots=True)
class Retry:
    """Calls MongoDB again after transient errors, with exponential back-off and full jitter.

    sleep: waits that many seconds between attempts, or raises what ends the waiting. announce: told of each failed
    attempt that is tried again. seconds: how long to go on in all, from the first attempt. given_up: for which call it
    was in vain, so that whoever tidies up does not wait as long once more.
    """

    sleep: Callable[[float], None]
    announce: Callable[[BaseException, int], None]
    seconds: float = SECONDS
    given_up: list[BaseException] = field(default_factory=list, compare=False)

    @property
    def is_lost(self) -> bool:
        """Whether MongoDB was waited for in vain."""
        return bool(self.given_up)

    def __call__(self, call: Callable[[], T], *, on: Callable[[BaseException], bool] = is_transient) -> T:
        """Return what `call` returns; raise its last error. on: which errors are tried again."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_before_delay(self.seconds),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=_LONGEST_PAUSE),
            retry=tenacity.retry_if_exception(on),
            before_sleep=self._tell,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(call)
        except PyMongoError as error:
            if on(error):
                self.given_up.append(error)
            raise

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None:
            self.announce(error, state.attempt_number)
