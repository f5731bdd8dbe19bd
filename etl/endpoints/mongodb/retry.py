"""Retries: a call is tried again only where trying again can help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import tenacity
from pymongo.errors import AutoReconnect, BulkWriteError, ConnectionFailure, PyMongoError

T = TypeVar("T")

ATTEMPTS: Final = 3

_LEAVING: Final = {6, 7, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436}
"""MongoDB's codes for: host unreachable, timeouts, shutting down, stepped down, interrupted, not primary."""


def is_transient(error: BaseException) -> bool:
    """Return whether an error passes by itself: network, not primary, server selection, or labelled so by the server.

    So does a write that was done but not confirmed because a server is leaving. Authentication, validation and
    everything else that would fail again is not transient.
    """
    if isinstance(error, AutoReconnect | ConnectionFailure):
        return True
    if isinstance(error, BulkWriteError):
        unconfirmed = error.details.get("writeConcernErrors", [])
        return any(wrong.get("code") in _LEAVING for wrong in unconfirmed)
    return isinstance(error, PyMongoError) and error.has_error_label("RetryableWriteError")


class Retry:
    """Calls MongoDB: up to 3 attempts with exponential back-off and jitter, for transient errors only.

    sleep: waits that many seconds between attempts. announce: told of each failed attempt that is tried again.
    """

    def __init__(self, sleep: Callable[[float], None], announce: Callable[[BaseException, int], None]) -> None:
        self._sleep = sleep
        self._announce = announce

    def __call__(self, call: Callable[[], T]) -> T:
        """Return what `call` returns; raise its last error."""
        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=2.0),
            retry=tenacity.retry_if_exception(is_transient),
            before_sleep=self._tell,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(call)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error is not None:
            self._announce(error, state.attempt_number)
