"""Opening what a run works with: the database, the lease, the endpoints; closed again on every path."""

from __future__ import annotations

import time
from collections.abc import Iterator
from collections.abc import Mapping as Table
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from etl.app.collector import collecting_less
from etl.endpoints.files.location import Url
from etl.mapping.fields import owned_paths
from etl.mapping.model import Copy, Mapping
from etl.mapping.rules.translate import Translator, compile_mapping
from etl.mapping.schemas.shapes import Schema
from etl.mapping.terms import Direction, Side
from etl.settings import Settings
from etl.transfer.conflicts import Judge, units
from etl.transfer.loop import Ends
from etl.transfer.merge import Merger

if TYPE_CHECKING:
    from etl.endpoints.files.parts import PartsSink
    from etl.endpoints.files.sink import FilesSink
    from etl.endpoints.files.source import FilesSource
    from etl.endpoints.mongodb.retry import Retry
    from etl.endpoints.mongodb.store import Store
    from etl.logs import Log


@dataclass(frozen=True, slots=True)
class Access:
    """How the endpoints are used.

    recreate: import again what was removed inside. fsync: wait for the disk. wait: seconds to wait for another run.
    reading: nothing will be written, so another run may be at work. create: make an embedded MongoDB if there is none.
    taken: who wins a conflict, as a person decided it; by the name of a rule's first path inside, "" for all.
    """

    recreate: bool = False
    fsync: bool = False
    wait: float = 0.0
    reading: bool = False
    create: bool = False
    taken: Table[str, Side] = field(default_factory=dict)


def quiet_log() -> Log:
    """Return a log of errors only."""
    from etl.logs import make_log  # noqa: PLC0415 - see open_store

    return make_log("error", "text", lambda text: text)


def milliseconds_now() -> datetime:
    """Return the time in UTC as BSON keeps it: whole milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


@contextmanager
def open_store(mapping: Mapping, settings: Settings, log: Log, access: Access = Access()) -> Iterator[Store]:
    """Open the database, check that it answers, take the lease, and make sure of the unique index.

    Raises:
        SettingsError: when a setting cannot work; nothing was read.
        LockedError: when another run of this mapping is at work.
        EndpointError: when MongoDB failed.

    """
    # pymongo is slow to import, and `etl --help` and `etl check` do without it
    from etl.endpoints.mongodb.connection import connect  # noqa: PLC0415
    from etl.endpoints.mongodb.lease import Lease, Terms  # noqa: PLC0415
    from etl.endpoints.mongodb.state import State  # noqa: PLC0415
    from etl.endpoints.mongodb.store import Store, ensure_key_index, find_key_index, get_collection  # noqa: PLC0415

    _check_folders(settings)
    retry, terms = _retry(settings, log), Terms(settings.lease_seconds, access.wait)
    with collecting_less(), _server(settings, log, access) as uri, connect(uri, settings.database, retry) as database:
        documents = get_collection(database, settings.collection or mapping.mongodb.collection)
        lease = Lease(database, {"mapping": mapping.name, "collection": documents.name}, retry, terms)
        with nullcontext() if access.reading else lease.held():
            if not access.reading:
                _remember_server(settings)
            state = State(database, mapping.name, documents.name, retry, lease)
            index = (find_key_index if access.reading else ensure_key_index)(documents, mapping, retry)
            inward = compile_mapping(mapping, Direction.INBOUND)
            merger = make_merger(mapping, inward, recreate=access.recreate, taken=access.taken)
            yield Store(documents, index, mapping, inward, state, merger, retry, lease, milliseconds_now)


def _retry(settings: Settings, log: Log) -> Retry:
    from etl.endpoints.mongodb.connection import reason  # noqa: PLC0415 - see open_store
    from etl.endpoints.mongodb.retry import Retry  # noqa: PLC0415

    def announce(error: BaseException, attempt: int) -> None:
        log.info("MongoDB did not answer; trying again", attempt=attempt, reason=reason(error))

    return Retry(time.sleep, announce, settings.retry_seconds)


@contextmanager
def _server(settings: Settings, log: Log, access: Access) -> Iterator[str]:
    if settings.uri is not None and not settings.is_embedded:
        _tell_database(settings.uri, settings.database, log)
        yield settings.uri
        return
    from etl.endpoints.embedded import embedded_server  # noqa: PLC0415 - not where MONGO_URI names a server
    from etl.endpoints.fallback import check_fallback  # noqa: PLC0415

    if settings.uri is None:
        check_fallback(settings.embedded, create=access.create)
    with embedded_server(settings.embedded) as (uri, name):
        unset = "MONGO_URI is not set: " if settings.uri is None else ""
        log.info(f"{unset}using an embedded MongoDB ({name}) with its data in {settings.embedded}")
        yield uri


def _tell_database(uri: str, database: str, log: Log) -> None:
    from etl.endpoints.mongodb.uri import OF_MONGODB, database_of  # noqa: PLC0415 - see open_store

    if (named := database_of(uri)) not in {"", database, *OF_MONGODB}:
        log.info(f"using the database {database} of MONGO_DATABASE, not {named} of MONGO_URI")


def _remember_server(settings: Settings) -> None:
    from etl.endpoints.fallback import remember_server  # noqa: PLC0415 - see open_store
    from etl.endpoints.mongodb.uri import shown_uri  # noqa: PLC0415

    if settings.uri is not None and not settings.is_embedded:
        remember_server(settings.embedded, shown_uri(settings.uri))


def make_merger(mapping: Mapping, inward: Translator, *, recreate: bool, taken: Table[str, Side]) -> Merger:
    """Return what decides between both sides. taken: what a person decided for one record."""
    outward = compile_mapping(mapping, Direction.OUTBOUND)
    owned = owned_paths(mapping, Side.INSIDE)
    return Merger(
        units=units(mapping),
        once=tuple(path for path, once in owned.items() if once),
        key=tuple(rule.inside.path for rule in mapping.rules if isinstance(rule, Copy) and rule.key),
        judge=Judge({side: mapping.system(side).name for side in Side}, mapping.conflicts.newest, taken),
        normalise=lambda record: inward(outward(record)[0])[0],
        deleted=mapping.deleted_when,
        recreate=recreate,
    )


def connect_ends(store: Store, settings: Settings, direction: Direction, access: Access = Access()) -> Ends:
    """Return the source, the sink and the dead letters of one direction."""
    from etl.endpoints.mongodb.letters import MongoDeadLetters  # noqa: PLC0415 - see open_store
    from etl.endpoints.mongodb.sink import MongoSink  # noqa: PLC0415
    from etl.endpoints.mongodb.source import MongoSource  # noqa: PLC0415

    letters = MongoDeadLetters(store, direction)
    if direction is Direction.INBOUND:
        return Ends(files_source(store.mapping, settings), MongoSink(store), letters)
    return Ends(MongoSource(store), _files_sink(store, settings, access), letters)


def files_source(mapping: Mapping, settings: Settings) -> FilesSource:
    """Return the inbound files as a source."""
    from etl.endpoints.files.limits import FileLimits  # noqa: PLC0415 - see open_store
    from etl.endpoints.files.source import FilesSource  # noqa: PLC0415

    limits = FileLimits(settings.max_record_bytes, settings.max_depth)
    return FilesSource(settings.inbound, mapping.files, limits)


def _files_sink(store: Store, settings: Settings, access: Access) -> FilesSink | PartsSink:
    """Return the outbound files as a sink: of one record each, or of many."""
    from etl.endpoints.files.folder import open_folder  # noqa: PLC0415 - see open_store
    from etl.endpoints.files.formats import make_format  # noqa: PLC0415
    from etl.endpoints.files.parts import PartsSink  # noqa: PLC0415
    from etl.endpoints.files.sink import FilesSink  # noqa: PLC0415

    files, fence, owner = store.mapping.files, store.lease.check, "/".join((store.database.name, *store.scope.values()))
    records = make_format(files.outbound_format, files.csv, Schema(store.mapping.outside.schema).leaves())
    if records is None:
        return FilesSink(settings.outbound, files, fsync=access.fsync, fence=fence, owner=owner)
    folder = open_folder(settings.outbound, fsync=access.fsync, owner=owner)
    return PartsSink(folder, files.outbound, records, store.now(), fence)


def _check_folders(settings: Settings) -> None:
    """Make sure of what the URLs of folders need, before anything is read."""
    urls = [location for location in (settings.inbound, settings.outbound) if isinstance(location, Url)]
    if urls:
        from etl.endpoints.files.remote import check_url  # noqa: PLC0415 - fsspec takes its time to import

        for url in urls:
            check_url(url)
