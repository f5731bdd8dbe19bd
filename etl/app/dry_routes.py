"""Dry routes: those of a session, on which what would be written is only told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from etl.app.telling import telling
from etl.endpoints.mongodb.letters import KnownLetters
from etl.mapping.rules.sent import sent_form
from etl.mapping.terms import Direction, Side, Use
from etl.transfer.answers import TAKEN, tell_given, tell_waiting
from etl.transfer.births import keyed
from etl.transfer.decision import Detail
from etl.transfer.echo import lasting_paths
from etl.transfer.endpoint import Reader
from etl.transfer.known import Known
from etl.transfer.letters import DeadLetters
from etl.transfer.loop import NoLetters, Noting, Route
from etl.transfer.lying import Files
from etl.transfer.model import Notify, unwritten
from etl.transfer.plan import Describe, Planner
from etl.transfer.planned import (
    PlannedImport,
    plan_keys,
    planned_batches,
    planned_changes,
    planned_waiting,
)
from etl.transfer.planned_so_far import Planned, PlannedLedger

if TYPE_CHECKING:
    from etl.app.session import OutsideDetail, Session
    from etl.endpoints.mongodb.reader import MongoReader


def describe_inbound(session: Session) -> Describe[Detail]:
    """Return what says what a plan has of an inbound change."""
    return _planner(session).inbound


def describe_outbound(session: Session) -> Describe[OutsideDetail]:
    """Return what says what a plan has of an outbound change."""
    planner, writer = _planner(session), session.outside_writer
    return lambda change: planner.outbound(change, writer.present(change))


def plan_settling(session: Session, planned: Planned) -> None:
    """Note in a plan what a run does before it transfers: it gives documents the keys that they were answered."""
    mapping, records, ledger = session.mapping, session.inside_writer, session.ledger
    if mapping.assigned:
        given = keyed(ledger, records, mapping.key_paths)
        refused, taking = plan_keys(planned, records, ledger, given, session.answered())
        for one in refused:
            tell_waiting(session.access.notify, one, TAKEN.message)
        for answered in taking:
            tell_given(session.access.notify, answered)


def dry_inbound(session: Session, planned: Planned, describe: Describe[Detail] | None = None) -> Route[Detail]:
    """Return the inbound route without its writes. describe: None where nothing is to be told of changes."""
    log = session.conflict_log()
    births = session.births(PlannedLedger(session.ledger, planned), planned.keyed)
    letters = NoLetters() if describe is None else _letters(session, Direction.INBOUND, session.outside_reader)
    into = PlannedImport(
        session.inside_writer,
        session.ledger,
        log,
        session.merger,
        planned,
        marks=session.marks,
        births=births,
    )
    apply, discretion = partial(into.apply, describe=describe), session.discretion(Direction.INBOUND)
    steps = into.compare, apply, Noting(letters, session.unread.note)
    return Route(session.outside_reader.batches, *steps, knowing=log.knowing, discretion=discretion)


def dry_outbound(
    session: Session, planned: Planned, describe: Describe[OutsideDetail], notify: Notify
) -> Route[OutsideDetail]:
    """Return the outbound route without its writes, as if the inbound plan had been carried out. notify: of doubts."""
    reader, ledger = session.inside_reader(), PlannedLedger(session.ledger, planned)
    log = session.conflict_log()
    waiting = planned_waiting(log.open_among, planned)
    screen, compare = telling(session, Known(reader, session.merger, ledger), waiting, reader)
    apply = partial(planned_changes, describe=describe)
    read = planned_batches(reader, planned, session.inside_writer.planned_names, notify)
    steps = compare, apply, _letters(session, Direction.OUTBOUND, reader), screen
    recall, discretion = session.recall(reader, ledger), session.discretion(Direction.OUTBOUND)
    return Route(read, *steps, recall=recall, knowing=log.knowing, discretion=discretion)


def _letters(session: Session, direction: Direction, reader: Reader) -> DeadLetters:
    """Return what knows which rejections are known, and keeps none."""
    return DeadLetters(
        KnownLetters(session.gateway, direction), reader.contents, len(session.documents.key_paths), Files()
    )


def dry_export(session: Session, reader: MongoReader) -> Route[OutsideDetail]:
    """Return the outbound route of what a reader reads, as it is now, without its writes."""
    known = Known(reader, session.merger, session.ledger)
    screen, compare = telling(session, known, session.conflict_log().open_among, reader)
    recall, discretion = session.recall(reader, session.ledger), session.discretion(Direction.OUTBOUND)
    return Route(reader.batches, compare, unwritten, screen=screen, recall=recall, discretion=discretion)


def _planner(session: Session) -> Planner:
    mapping = session.mapping
    form = sent_form(mapping)
    own = {id(rule): 0 if rule.where.file else rule.where.line for rule in mapping.rules}  # lines of this file alone
    lines = {
        (side, form.place_of(path) if form and side is Side.OUTSIDE else path): own[id(rule)]
        for side in Side
        for rule in mapping.rules
        for path in rule.paths(side)
    }
    names = {side: mapping.system(side).name for side in Side}
    sent = [
        (place, field)
        for place, rule in enumerate(mapping.rules)
        for field in rule.written(Side.OUTSIDE)
        if field.use is not Use.READ
    ]
    places = {field.path: place for place, field in sent}
    sent_at = {field.path: form.place_of(field.path) if form else field.path for _, field in sent}
    written = {field.path: sent_at[field.path] for _, field in sent if field.use is Use.WRITE}
    return Planner(session.merger, names, lines, lasting_paths(mapping), places, sent_at, written)
