"""Plans: the real transfer, stopped before it writes; and runs that do just what a plan said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from etl.app.drift import applying, telling
from etl.app.dry_routes import describe_inbound, describe_outbound, dry_inbound, dry_outbound, plan_settling
from etl.app.mapping_hash import mapping_hash
from etl.app.opening import open_session
from etl.app.pipelines import preparer
from etl.app.recording import Recorder
from etl.app.restored import why_restored
from etl.app.runs import BOTH, Move, Options, Watch, hearing
from etl.app.unread import leaving_unread, looking
from etl.app.vanishing import finding_gone
from etl.errors import PlanError
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.apply_plan import Expectation, apply_unmoved
from etl.transfer.letters import FewOfAFile
from etl.transfer.loop import Transfer
from etl.transfer.model import Note, Outcome, PlannedRecord
from etl.transfer.plan import Plan, planned_records
from etl.transfer.planned import planned_heard
from etl.transfer.planned_so_far import Planned
from etl.transfer.report import Report
from etl.transfer.run_history import Command

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log

_DONE: Final = (Outcome.CREATED, Outcome.UPDATED)
_READ: Final = (Note.SETTLED.value, Note.ASKED.value)
"""What is said of records that change nothing, and are read all the same."""


def plan(mapping: Mapping, settings: Settings, log: Log, options: Options = Options(), watch: Watch = Watch()) -> Plan:
    """Say what `run` would do with these options, and change nothing. Takes memory for every record that would change.

    watch: is told how far it is.

    Raises: as `run`, but for LockedError.
    """
    reports, records, planned = [], [], Planned()
    restored, vanished = "", list[str]()
    moves = {way: Move(way, log) for way in options.directions}
    access = hearing(replace(options.access, reading=True), Watch(), moves)
    with open_session(mapping, settings, log, access) as session:
        if not access.confirm_restored:
            restored = why_restored(session)
        plan_settling(session, planned)
        for direction, move in moves.items():
            report = Report(direction, notices=move.notices)
            prepare, named = preparer(mapping, direction), FewOfAFile()
            watch.on_progress(report)
            if direction is Direction.INBOUND:
                prepare = telling(session, prepare, move, vanished.append, confirmed=options.confirm_missing)
                heard = partial(planned_heard, session.ledger, planned)
                prepare = finding_gone(session, prepare, move.notify, options.batch_size, heard)
            for results in _dry(session, move, planned, options).transfer(prepare, batch_size=options.batch_size):
                report.add(results)
                watch.on_progress(report)
                records += planned_records(direction, named(results))
            reports.append(report)
    going = [one for one in records if one.direction is Direction.OUTBOUND and one.outcome in _DONE]
    records += planned.asked_of(going)
    hash_, recreate = mapping_hash(mapping), options.access.recreate
    gone = "".join(vanished)
    return Plan(hash_, recreate, tuple(reports), tuple(records), restored or gone, gone)


def _dry(session: Session, move: Move, planned: Planned, options: Options) -> Transfer:
    if move.direction is Direction.INBOUND:
        return dry_inbound(session, planned, describe_inbound(session))
    route = dry_outbound(session, planned, describe_outbound(session), move.notify)
    is_read = Direction.INBOUND in options.directions
    return leaving_unread(session, route, options.batch_size, move.notify, move.watch.stop, is_read=is_read)


def apply_plan(
    mapping: Mapping, settings: Settings, log: Log, made: Plan, options: Options = Options(), watch: Watch = Watch()
) -> tuple[list[Report], list[str]]:
    """Do what a plan says, and nothing else; every record that has moved on since is a conflict, and left alone.

    What a complete extract lacks is left to the next run: only that reads all the outside has.

    Returns the reports, and the origins of what was planned and is gone.

    Raises: as `run`; PlanError when the mapping is another one by now.
    """
    if made.mapping != mapping_hash(mapping):
        raise PlanError(f"the plan was made with another version of {mapping.file} or its schemas; plan again")
    reports: list[Report] = []
    missing: list[str] = []
    recorder = Recorder(Command.APPLY, mapping, settings)
    followed = recorder.following(watch)
    moves = {way: Move(way, log, followed, options.batch_size) for way in BOTH}
    access = recorder.refusing(hearing(replace(options.access, recreate=made.recreate), watch, moves), watch)
    wanted = _wanted(made.records, log)
    with open_session(mapping, settings, log, access) as session, recorder.kept(session, watch):
        for direction, move in moves.items():
            records = [record for record in wanted if record.direction is direction]
            if records and not watch.stop():
                route, gone = _applying(session, move, records)
                prepare = preparer(mapping, direction)
                if direction is Direction.INBOUND:
                    vanished = "" if options.confirm_missing else made.vanished
                    prepare = applying(session, prepare, move, vanished)
                reports.append(move(route, prepare))
                missing += gone()
        recorder.is_partial = bool(missing)
    return reports, missing


def _wanted(planned: Sequence[PlannedRecord], log: Log) -> list[PlannedRecord]:
    """Return what is to be done of what was planned; what is sent after what is left to a run is left to it too."""
    wanted = [record for record in planned if record.outcome in _DONE or record.note in _READ]
    left = {record.key for record in wanted if record.missing}
    if left:
        log.warning("missing in a complete extract: left to the next run", count=len(left))
    return [r for r in wanted if not r.missing and (r.direction is Direction.INBOUND or r.key not in left)]


def _applying(
    session: Session, move: Move, records: Sequence[PlannedRecord]
) -> tuple[Transfer, Callable[[], list[str]]]:
    """Return a route on which nothing happens but what was planned, and what says what of it has not come.

    What was planned of the outside alone has been read by then; what it says beside that has come since.
    """
    if move.direction is Direction.INBOUND:
        expected = Expectation(records, describe_inbound(session))
        inward = session.inbound(expected.review)
        return replace(inward, read=expected.only_planned(inward.read)), lambda: expected.missing
    awaited = Expectation(records, describe_outbound(session), session.unread.is_left)
    outward = looking(session, session.outbound(), move.batch_size, move.watch.stop)
    compare, apply = awaited.review(outward.compare), apply_unmoved(outward.apply)
    return replace(
        outward, read=awaited.only_planned(outward.read), compare=compare, apply=apply
    ), lambda: awaited.missing
