"""MongoDB: which one would be used, and what can be said of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from etl.app.examining.folders import room
from etl.app.opening import Access, quiet_log
from etl.app.server import server
from etl.diagnosis import Check, ok, told, warn
from etl.endpoints.mongodb.connection import connect
from etl.endpoints.mongodb.documents import get_collection
from etl.endpoints.mongodb.examined import examine_collection, examine_others, examine_rights, examine_server
from etl.endpoints.mongodb.retry import Retry
from etl.endpoints.mongodb.uri import DECLINED, shown_uri
from etl.errors import EndpointError, SettingsError
from etl.mapping.model import Mapping
from etl.settings import Settings

_LONGEST: Final = 1.5
"""So many seconds a MongoDB is looked for that may not be there."""


def examine_database(mapping: Mapping, settings: Settings) -> Iterator[Check]:
    """Yield what is to be said of the MongoDB that a run would use; nothing is made."""
    if not settings.is_embedded:
        yield ok("MongoDB", f"a run uses {shown_uri(settings.uri or '')}, database {settings.database}")
    else:
        folder = settings.embedded.absolute()
        why = "MONGO_URI is not set" if settings.uri is None else "MONGO_URI says so"
        text = f"a run uses an EMBEDDED, PRIVATE MongoDB with its data in {folder}: {why}"
        yield warn("MongoDB", text, "in production, set MONGO_URI=mongodb://HOST:27017")
        if settings.uri is not None and not folder.is_dir():
            yield ok("server", f"there is no {folder} yet: the first run makes it")
            return
    try:
        yield from _inside(mapping, settings)
    except (SettingsError, EndpointError) as error:
        yield from told("MongoDB", error, error.exit_code)
    if settings.is_embedded and settings.embedded.is_dir():
        yield room("MongoDB", settings.embedded)


def _untold(_: BaseException, __: int) -> None:
    """Say nothing of a failure that may pass."""


def _inside(mapping: Mapping, settings: Settings) -> Iterator[Check]:
    access = Access(reading=True)
    retry = Retry(access.pause, _untold, min(_LONGEST, settings.retry_seconds))
    hurried = replace(settings, retry_seconds=retry.seconds)
    with ExitStack() as stack:
        uri = stack.enter_context(server(hurried, quiet_log(), access))
        database = stack.enter_context(connect(uri, settings.database, retry))
        documents = get_collection(database, settings.collection or mapping.mongodb.collection)
        yield from examine_server(database)
        yield from examine_rights(database, documents.name, index=settings.index != DECLINED)
        yield from examine_collection(documents, mapping, retry, settings.index)
        yield from examine_others(database, documents.name, mapping.name)
