"""Which MongoDB a session uses: the one of `MONGO_URI`, or an embedded one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from etl.app.opening import Access
from etl.endpoints.mongodb.uri import OF_MONGODB, database_of, shown_uri
from etl.logs import Log
from etl.settings import Settings


@contextmanager
def server(settings: Settings, log: Log, access: Access) -> Iterator[str]:
    """Yield the URI of a server that runs.

    Raises:
        SettingsError: when `MONGO_URI` is not set, and may have been lost.

    """
    if settings.uri is not None and not settings.is_embedded:
        _tell_database(settings.uri, settings.database, log)
        yield settings.uri
        return
    from etl.endpoints.embedded import embedded_server  # noqa: PLC0415 - not where MONGO_URI names a server
    from etl.endpoints.fallback import check_fallback  # noqa: PLC0415

    if settings.uri is None:
        check_fallback(settings.embedded, create=access.create)
    with embedded_server(settings.embedded, pause=access.pause) as (uri, name):
        unset = "MONGO_URI is not set: " if settings.uri is None else ""
        log.info(f"{unset}using an embedded MongoDB ({name}) with its data in {settings.embedded}")
        yield uri


def remember_server(settings: Settings) -> None:
    """Leave a mark that a run from here has written to a server, so that none goes on with an embedded one unasked."""
    from etl.endpoints import fallback  # noqa: PLC0415 - only what writes needs it

    if settings.uri is not None and not settings.is_embedded:
        fallback.remember_server(settings.embedded, shown_uri(settings.uri))


def _tell_database(uri: str, database: str, log: Log) -> None:
    if (named := database_of(uri)) not in {"", database, *OF_MONGODB}:
        log.info(f"using the database {database} of MONGO_DATABASE, not {named} of MONGO_URI")
