"""Plans: the real transfer, stopped before it writes; and runs that do just what a plan said."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from etl.app.dry import describer, dry_ends
from etl.app.opening import Access, connect_ends, open_store
from etl.app.pipelines import compile_pipeline
from etl.app.runs import BOTH, Move, Options, Watch
from etl.errors import PlanError
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.expect import Expectation, ExpectedSink, ExpectedSource
from etl.transfer.loop import Ends, transfer
from etl.transfer.model import Note, Outcome, Report
from etl.transfer.plan import Plan, PlannedRecord
from etl.transfer.prepare import here

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
            notify = Move(direction, log, notices=report.notices).notify
            ends, describe = dry_ends(store, settings, direction, planned, replace(options.access, notify=notify))
            for results in transfer(ends, here(compile_pipeline(mapping, direction)), batch_size=options.batch_size):
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
                move = Move(direction, log, watch, options.batch_size)
                access = replace(options.access, notify=move.notify)
                ends, expected = _expected_ends(store, settings, direction, records, access)
                reports.append(move(ends, here(compile_pipeline(mapping, direction))))
                missing += expected.missing
    return reports, missing


def _is_to_do(record: PlannedRecord) -> bool:
    return record.outcome in _DONE or record.note == Note.SETTLED.value


def mapping_hash(mapping: Mapping) -> str:
    """Return a hash of a mapping's file and of its schemas."""
    files = (mapping.file, mapping.outside.schema_file, mapping.inside.schema_file)
    return hashlib.blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=12).hexdigest()


def _expected_ends(
    store: Store, settings: Settings, direction: Direction, records: Sequence[PlannedRecord], access: Access
) -> tuple[Ends, Expectation]:
    from etl.endpoints.mongodb.sink import MongoSink  # noqa: PLC0415 - see open_store

    ends = connect_ends(store, settings, direction, access)
    expected = Expectation(records, describer(store, ends.sink, direction))
    inbound = direction is Direction.INBOUND
    sink = MongoSink(store, expected.around) if inbound else ExpectedSink(ends.sink, expected)
    return replace(ends, source=ExpectedSource(ends.source, expected), sink=sink), expected
