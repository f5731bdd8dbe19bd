"""Reaching a mapping's MongoDB: its collection, its lease, and how calls to it are repeated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from etl.app.opening import Access, milliseconds_now
from etl.app.server import server
from etl.endpoints.mongodb.connection import connect, reason
from etl.endpoints.mongodb.documents import get_collection, state_name
from etl.endpoints.mongodb.exact import Exact
from etl.endpoints.mongodb.gateway import Gateway
from etl.endpoints.mongodb.holder import Terms
from etl.endpoints.mongodb.lease import Lease
from etl.endpoints.mongodb.retry import Retry
from etl.logs import Log
from etl.mapping.model import Mapping
from etl.settings import Settings


@dataclass(frozen=True, slots=True)
class Reached:
    """A collection that answers, and the lease of a mapping on it, which is not taken yet."""

    collection: Exact
    lease: Lease
    retry: Retry

    def gateway(self, mapping: Mapping) -> Gateway:
        """Return what asks the database for that mapping, and writes there under its lease."""
        database, name = self.collection.database, state_name(self.collection, mapping)
        return Gateway(database, mapping.name, name, self.retry, self.lease, milliseconds_now)


@contextmanager
def reached(mapping: Mapping, settings: Settings, log: Log, access: Access) -> Iterator[Reached]:
    """Connect to the database, and check that it answers.

    Raises:
        SettingsError: when a setting cannot work.
        EndpointError: when MongoDB failed.

    """

    def announce(error: BaseException, attempt: int) -> None:
        log.warning("MongoDB did not answer; trying again", attempt=attempt, reason=reason(error))

    retry = Retry(access.pause, announce, settings.retry_seconds)
    with server(settings, log, access) as uri, connect(uri, settings.database, retry) as database:
        collection = get_collection(database, settings.collection or mapping.mongodb.collection)
        terms = Terms(settings.lease_seconds, access.wait, breaking=access.breaking)
        name = state_name(collection, mapping)
        scope = {"mapping": mapping.name, "collection": name}

        def highest() -> int:
            """Return the highest token in what is remembered and in notes: a lease's is above them all."""
            from etl.endpoints.mongodb.intents import highest_noted  # noqa: PLC0415 - only what takes the lease needs it
            from etl.endpoints.mongodb.ledger import highest_token  # noqa: PLC0415

            return max(highest_token(database, mapping.name, name), highest_noted(database, scope))

        yield Reached(collection, Lease(database, scope, retry, terms, highest), retry)
