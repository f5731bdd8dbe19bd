"""Verifying: whether both sides agree under the mapping, record by record, in bounded memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from etl.app.dry_routes import dry_export
from etl.app.opening import Access, open_session
from etl.app.pipelines import preparer
from etl.app.runs import BATCH_SIZE, Move
from etl.app.sent import sent_of
from etl.app.vanishing import finding_gone
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction, Side
from etl.record import Key, Violation, is_unkeyed
from etl.settings import Settings
from etl.transfer.births import keyed, under_keys
from etl.transfer.intents import Recovered
from etl.transfer.loop import Route
from etl.transfer.model import Outcome, Result, unwritten
from etl.transfer.prepare import Preparer
from etl.transfer.verify import Verification

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log


def verify(mapping: Mapping, settings: Settings, log: Log, batch_size: int = BATCH_SIZE) -> Iterator[Result]:
    """Yield a result for every record of either side: unchanged where both agree, else in conflict or rejected.

    Raises: as `run`, but for LockedError.
    """
    names = {side: mapping.system(side).name for side in Side}
    notify = Move(Direction.INBOUND, log).notify
    access = Access(reading=True, notify=notify)
    with open_session(mapping, settings, log, access) as opened:
        session = _as_settled(opened)
        _tell_without_scope(session, log)
        open_among, waiting = session.conflict_log().open_among, session.inside_reader()
        check = Verification(
            session.inside_writer,
            session.ledger,
            session.merger,
            names,
            lambda keys: open_among(keys) | waiting.waiting_among(keys),
            mapping.is_farewell,
            sent_of(session),
            partial(_refused, session, preparer(mapping, Direction.OUTBOUND)),
            session.births(session.ledger),
        )
        inside = session.inside_reader(every=True)
        inward = Route(session.outside_reader.batches, check.compare_outside, check.apply_outside)
        inward = replace(inward, discretion=session.discretion(Direction.INBOUND))
        recall = session.recall(inside, session.ledger)
        outward = Route(check.remaining(inside), check.compare_inside, unwritten, recall=recall)
        outward = replace(outward, discretion=session.discretion(Direction.OUTBOUND))
        coming = finding_gone(session, preparer(mapping, Direction.INBOUND), notify, batch_size)
        for results in inward.transfer(coming, batch_size=batch_size):
            yield from check.heard(results)
        for results in outward.transfer(preparer(mapping, Direction.OUTBOUND), batch_size=batch_size):
            yield from check.untold(results)


def _as_settled(session: Session) -> Session:
    """Return a session that remembers what it has of documents that have got their keys since under these."""
    mapping, ledger = session.mapping, session.ledger
    given = keyed(ledger, session.inside_writer, mapping.key_paths) if mapping.assigned else {}
    return replace(session, ledger=Recovered(ledger, under_keys(ledger, given))) if given else session


def _refused(session: Session, prepare: Preparer, keys: Collection[Key]) -> dict[Key, tuple[Violation, ...]]:
    """Return why a run rejects documents that wait to be exported: by the way out itself."""
    documents = session.documents
    there = session.inside_writer.find([key for key in keys if not is_unkeyed(key)]).records.values()
    ids = [*(document["_id"] for document in there), *(documents.id_of(key) for key in keys if is_unkeyed(key))]
    reader = session.inside_reader(ids)
    results = dry_export(session, reader).transfer(prepare, batch_size=BATCH_SIZE)
    rejected = (one for batch in results for one in batch if one.outcome is Outcome.REJECTED)
    return {reader.key_of(one.item) or one.item.unkeyed: one.violations for one in rejected}


def _tell_without_scope(session: Session, log: Log) -> None:
    if lost := session.documents.without_scope():
        where = {"collection": session.documents.collection.name, "scope": list(session.mapping.mongodb.scope)}
        log.warning("documents do not say whose they are, and are not found", count=lost, **where)
