"""The composition root: the only place that builds clients, clocks and endpoints, and connects them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from etl.errors import EndpointError, RecordError
from etl.mapping.fields import owned_paths
from etl.mapping.interpret import compile_mapping
from etl.mapping.model import Direction, Mapping, Side
from etl.mapping.schema import RecordSchema
from etl.record import Record
from etl.settings import Settings
from etl.transfer.loop import Pipeline, transfer
from etl.transfer.merge import Merger
from etl.transfer.model import Note, Outcome, Report, Result, Sink, Source

if TYPE_CHECKING:
    from etl.endpoints.mongodb.store import Store
    from etl.logs import Log

BATCH_SIZE: Final = 500
BOTH: Final = (Direction.INBOUND, Direction.OUTBOUND)


def milliseconds_now() -> datetime:
    """Return the time in UTC as BSON keeps it: whole milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def compile_pipeline(mapping: Mapping, direction: Direction) -> Pipeline:
    """Compile one direction of a mapping: source schema, rules, target schema."""
    provided = mapping.mongodb.on_import if direction is Direction.INBOUND else ()
    source, target = mapping.system(direction.source), mapping.system(direction.target)
    return Pipeline(
        RecordSchema(source.schema, plain=source.side is Side.OUTSIDE),
        compile_mapping(mapping, direction),
        RecordSchema(target.schema, provided, plain=target.side is Side.OUTSIDE),
    )


def translator(mapping: Mapping, direction: Direction) -> Callable[[Record], Record]:
    """Return a function that checks and translates one record.

    It takes and returns plain objects; inside records hold aware `datetime` values. It raises RecordError, with every
    violation, for a record that a run would reject.
    """
    pipeline = compile_pipeline(mapping, direction)

    def translate(record: Record) -> Record:
        translated, _, violations = pipeline(record)
        if violations:
            raise RecordError(violations)
        return translated

    return translate


def run(
    mapping: Mapping,
    settings: Settings,
    log: Log | None = None,
    *,
    directions: Sequence[Direction] = BOTH,
    batch_size: int = BATCH_SIZE,
    recreate: bool = False,
    on_report: Callable[[Report], None] = lambda _: None,
    proceed: Callable[[], None] = lambda: None,
) -> list[Report]:
    """Synchronise: transfer in every direction asked for, in order. Running it again is always safe.

    recreate: import again what was removed inside. on_report: called when a direction ends, also if it failed
    half-way. proceed: called after every record; what it raises ends the run.

    Raises:
        SettingsError: when a setting cannot work; nothing was read.
        LockedError: when another run uses the embedded MongoDB.
        EndpointError: when MongoDB or the file system failed; what was done is done, and a rerun goes on from there.

    """
    reports, log = [], log or _quiet()
    with open_store(mapping, settings, log, recreate=recreate) as store:
        for direction in directions:
            report = Report(direction)
            source, sink = _ends(store, settings, direction)
            try:
                for result in transfer(source, compile_pipeline(mapping, direction), sink, batch_size=batch_size):
                    report.add(result)
                    _tell(log, direction, result)
                    proceed()
            except BaseException:
                if report.read:
                    on_report(report)
                raise
            on_report(report)
            _tell_totals(log, report)
            reports.append(report)
    return reports


def _quiet() -> Log:
    from etl.logs import make_log  # noqa: PLC0415 - see open_store

    return make_log("error", "text", lambda text: text)


@contextmanager
def open_store(mapping: Mapping, settings: Settings, log: Log, *, recreate: bool = False) -> Iterator[Store]:
    """Open the database, check that it answers, and make sure of the unique index; close it on every path.

    Raises: as `run`.
    """
    # pymongo is slow to import, and `etl --help` and `etl check` do without it
    from etl.endpoints.mongodb.connection import connect, reason  # noqa: PLC0415
    from etl.endpoints.mongodb.retry import Retry  # noqa: PLC0415
    from etl.endpoints.mongodb.state import State  # noqa: PLC0415
    from etl.endpoints.mongodb.store import Store, ensure_key_index, get_collection  # noqa: PLC0415

    def announce(error: BaseException, attempt: int) -> None:
        log.info("MongoDB did not answer; trying again", attempt=attempt, reason=reason(error))

    retry = Retry(time.sleep, announce)
    with _server(settings, log) as uri, connect(uri, settings.database, retry) as database:
        documents = get_collection(database, settings.collection or mapping.mongodb.collection)
        state = State(database, mapping.name, documents.name, retry)
        index = ensure_key_index(documents, mapping, retry)
        merger = _merger(mapping, recreate=recreate)
        inward = compile_mapping(mapping, Direction.INBOUND)
        yield Store(documents, index, mapping, inward, state, merger, retry, milliseconds_now)


@contextmanager
def _server(settings: Settings, log: Log) -> Iterator[str]:
    if settings.uri is not None:
        yield settings.uri
        return
    from etl.endpoints.embedded import embedded_server  # noqa: PLC0415 - not where MONGO_URI is set

    with embedded_server(settings.embedded) as (uri, name):
        log.info(f"MONGO_URI is not set: using an embedded MongoDB ({name}) with its data in {settings.embedded}")
        yield uri


def _merger(mapping: Mapping, *, recreate: bool = False) -> Merger:
    owned = owned_paths(mapping, Side.INSIDE)
    always = tuple(path for path, once in owned.items() if not once)
    return Merger(always, tuple(path for path, once in owned.items() if once), recreate)


def _ends(store: Store, settings: Settings, direction: Direction) -> tuple[Source, Sink]:
    from etl.endpoints.files.sink import FilesSink  # noqa: PLC0415 - see open_store
    from etl.endpoints.files.source import FilesSource  # noqa: PLC0415
    from etl.endpoints.mongodb.sink import MongoSink  # noqa: PLC0415
    from etl.endpoints.mongodb.source import MongoSource  # noqa: PLC0415

    files = store.mapping.files
    if direction is Direction.INBOUND:
        return FilesSource(settings.inbound, files), MongoSink(store)
    return MongoSource(store), FilesSink(settings.outbound, files)


def _tell(log: Log, direction: Direction, result: Result) -> None:
    where = {"direction": direction.value, "record": result.item.origin}
    if result.outcome is Outcome.REJECTED:
        log.warning("rejected", **where, reasons=[str(violation) for violation in result.violations])
    if log.is_enabled_for(logging.DEBUG):
        candidate = result.candidate
        target = candidate.target if candidate else None
        note = result.note.value if result.note else None
        log.debug(result.outcome.value, **where, source=result.item.record, target=target, note=note)


def _tell_totals(log: Log, report: Report) -> None:
    for note, count in report.notes.items():
        more = ["…"] if count > len(report.named[note]) else []
        tell = log.warning if note is Note.REMOVED else log.info
        tell(note.value, direction=report.direction.value, count=count, records=report.named[note] + more)
    log.info(f"{report.direction.value} done", **report.as_dict())


def write_sample(mapping: Mapping, settings: Settings, log: Log, count: int) -> tuple[int, int]:
    """Write `count` sample files and as many documents, leaving alone what is there already.

    Returns the numbers of files and of documents written.

    Raises: as `run`; RecordError when the mapping cannot translate what its own schema describes.
    """
    from etl.endpoints.files.sink import write_json  # noqa: PLC0415 - see open_store
    from etl.endpoints.mongodb.store import add_missing  # noqa: PLC0415
    from etl.sample import Sampler  # noqa: PLC0415

    sampler = Sampler(mapping)
    numbers = range(1, count + 1)
    with open_store(mapping, settings, log) as store:
        try:
            settings.inbound.mkdir(parents=True, exist_ok=True)
            new = [number for number in numbers if not (settings.inbound / sampler.file_name(number)).exists()]
            for number in new:
                write_json(settings.inbound / sampler.file_name(number), sampler.outside(number))
        except OSError as error:
            raise EndpointError(f"{settings.inbound} cannot be written: {error.strerror or error}") from None
        added = add_missing(store.documents, mapping, [sampler.inside(number) for number in numbers], store.retry)
    return len(new), added
