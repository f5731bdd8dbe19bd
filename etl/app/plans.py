"""Plans: the real transfer, stopped before it writes; and runs that do just what a plan said."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from etl.app.dry_routes import describer, dry_route
from etl.app.opening import Access, connect_route, open_store
from etl.app.pipelines import compile_pipeline
from etl.app.runs import BOTH, Move, Options, Watch
from etl.errors import PlanError
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.apply_plan import Expectation, ExpectedSink, ExpectedSource
from etl.transfer.loop import Route, transfer
from etl.transfer.model import Note, Outcome, Report
from etl.transfer.plan import Plan, PlannedRecord
from etl.transfer.prepare import in_process

if TYPE_CHECKING:
    from etl.endpoints.mongodb.store import Store
    from etl.logs import Log

_DONE: Final = (Outcome.CREATED, Outcome.UPDATED)
_TOLD: Final = (*_DONE, Outcome.REJECTED, Outcome.CONFLICT)


def plan(mapping: Mapping, settings: Settings, log: Log, options: Options = Options()) -> Plan:
    """Say what `run` would do with these options, and change nothing. Takes memory for every record that would change.

    Raises: as `run`, but for LockedError.
    """
    from etl.endpoints.mongodb.planned import Planned  # noqa: PLC0415 - see open_store

    reports, records, planned = [], [], Planned()
    with open_store(mapping, settings, log, replace(options.access, reading=True)) as store:
        for direction in options.directions:
            report = Report(direction)
            route, describe = dry_route(store, settings, direction, planned)
            for results in transfer(
                route, in_process(compile_pipeline(mapping, direction)), batch_size=options.batch_size
            ):
                report.add(results)
                records += [describe(result) for result in results if result.outcome in _TOLD or result.note]
            reports.append(report)
    return Plan(mapping_hash(mapping), options.access.recreate, tuple(reports), tuple(records))


def apply_plan(
    mapping: Mapping, settings: Settings, log: Log, made: Plan, options: Options = Options(), watch: Watch = Watch()
) -> tuple[list[Report], list[str]]:
    """Do what a plan says, and nothing else; every record that has moved on since is a conflict, and left alone.

    Returns the reports, and the origins of what was planned and is gone.

    Raises: as `run`; PlanError when the mapping is another one by now.
    """
    if made.mapping != mapping_hash(mapping):
        raise PlanError(f"the plan was made with another version of {mapping.file} or its schemas; plan again")
    reports: list[Report] = []
    missing: list[str] = []
    with open_store(mapping, settings, log, replace(options.access, recreate=made.recreate)) as store:
        for direction in BOTH:
            records = [r for r in made.records if r.direction is direction and _is_to_do(r)]
            if records and not watch.stop():
                route, expected = _planned_route(store, settings, direction, records, options.access)
                move = Move(direction, log, watch, options.batch_size)
                reports.append(move(route, in_process(compile_pipeline(mapping, direction))))
                missing += expected.missing
    return reports, missing


def _is_to_do(record: PlannedRecord) -> bool:
    return record.outcome in _DONE or record.note == Note.SETTLED.value


def mapping_hash(mapping: Mapping) -> str:
    """Return a hash of a mapping's file and of its schemas."""
    files = (mapping.file, mapping.outside.schema_file, mapping.inside.schema_file)
    return hashlib.blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=12).hexdigest()


def _planned_route(
    store: Store, settings: Settings, direction: Direction, records: Sequence[PlannedRecord], access: Access
) -> tuple[Route, Expectation]:
    from etl.endpoints.mongodb.sink import MongoSink  # noqa: PLC0415 - see open_store

    route = connect_route(store, settings, direction, access)
    expected = Expectation(records, describer(store, route.sink, direction))
    inbound = direction is Direction.INBOUND
    sink = MongoSink(store, expected.around) if inbound else ExpectedSink(route.sink, expected)
    return replace(route, source=ExpectedSource(route.source, expected), sink=sink), expected
