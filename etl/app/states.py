"""What both sides last agreed on: looking at it, and making it anew of today's agreement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from etl.app.key_texts import parse_keys
from etl.app.opening import Access, open_session
from etl.app.pipelines import preparer
from etl.app.runs import BATCH_SIZE, Move
from etl.app.sent import sent_of
from etl.app.unread import look
from etl.app.vanishing import leaving_gone
from etl.mapping.model import Mapping
from etl.mapping.privacy.marked import Privacy
from etl.mapping.terms import Direction, Side
from etl.record import Key
from etl.settings import Settings
from etl.transfer.agreement import Agreement, Noted
from etl.transfer.batches import gathered
from etl.transfer.loop import Route
from etl.transfer.rebuild import Rebuild

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log


def state(mapping: Mapping, settings: Settings, log: Log, key: str) -> dict[Key, Agreement]:
    """Return what is remembered of a key, without what is private; {} if nothing is.

    Raises: as `run`, but for LockedError; KeyTextError when the text is no key.
    """
    keys = parse_keys(mapping, key)
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        return {key: _shown(session.privacy, agreed) for key, agreed in gathered(session.ledger.load, keys).items()}


def _shown(privacy: Privacy, agreed: Agreement) -> Agreement:
    """Return an agreement without what is private in it; what is kept of forms is left out then."""
    if not privacy:
        return agreed

    def masked(noted: Noted) -> Noted:
        return {path: privacy.named(path, value, Side.INSIDE) for path, value in noted.items()}

    intent = agreed.intent and replace(agreed.intent, values=masked(agreed.intent.values))
    seen = None if agreed.seen is None else privacy.record(agreed.seen, Side.INSIDE)
    whole = None if agreed.told_whole is None else privacy.record(agreed.told_whole, Side.INSIDE)
    made = replace(agreed, seen=seen, told=masked(agreed.told), inside=masked(agreed.inside), told_whole=whole)
    return replace(made, had=masked(agreed.had), telling=masked(agreed.telling), intent=intent, kept={}, rest=b"")


@dataclass(frozen=True, slots=True)
class Unkeyed:
    """A document that was sent without a key, and waits for one. id: its `_id`, as text. match: what it was sent with.

    is_sent: whether that is known; False where a run has died over it.
    """

    id: str
    match: Key
    is_sent: bool


def unkeyed(mapping: Mapping, settings: Settings, log: Log) -> list[Unkeyed]:
    """Return what waits for a key.

    Raises: as `run`, but for LockedError.
    """
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        return [_hidden(session.privacy, mapping, one) for one in _unkeyed(session).values()]


def _hidden(privacy: Privacy, mapping: Mapping, one: Unkeyed) -> Unkeyed:
    """Return what waits for a key without what is private of that with which it was sent."""
    paths = [rule.inside.path for rule in mapping.matches]
    match = tuple(privacy.value(path, part, Side.INSIDE) for path, part in zip(paths, one.match, strict=False))
    return replace(one, match=match)


def forget_unkeyed(
    mapping: Mapping, settings: Settings, log: Log, ids: Collection[str], *, resend: bool = False
) -> int:
    """Remember no more that these documents were sent; return how many there were.

    ids: as `unkeyed` returns them. resend: send them again at once; else each goes out when it is due again. One of
    which the outside says something that no run has read is not sent, nor forgotten: it may be just that.

    Raises: as `run`.
    """
    with open_session(mapping, settings, log) as session:
        keys = [key for key, one in _unkeyed(session).items() if one.id in ids]
        move = Move(Direction.OUTBOUND, log)
        if resend and keys:
            look(session, BATCH_SIZE, move.watch.stop)
            left = [key for key in keys if session.unread.is_left(key)]
            keys = [key for key in keys if key not in left]
            if left:
                log.warning("wait for an import: the outside may have made them; run, then look again", count=len(left))
        session.ledger.forget(keys)
        if resend and keys:
            reader = session.inside_reader([session.documents.id_of(key) for key in keys], every=True)
            move(session.outbound(reader), preparer(mapping, Direction.OUTBOUND))
    return len(keys)


def _unkeyed(session: Session) -> dict[Key, Unkeyed]:
    births, ledger = session.births(session.ledger), session.ledger.waiting()
    if births is None:
        return {}
    return {
        key: Unkeyed(str(session.documents.id_of(key)), match, ledger[key].is_had and not ledger[key].is_unsure)
        for key, match in births.waiting().items()
    }


def rebuild_state(mapping: Mapping, settings: Settings, log: Log) -> int:
    """Take what both sides say today for what they have agreed on; return of how many records.

    No record is written: what differs now differs from then on by agreement, until one side changes it. What the
    outside has deleted, and no run has marked, is left to the next run.

    Raises: as `run`.
    """
    with open_session(mapping, settings, log, Access(confirm_restored=True)) as session:
        waiting = session.conflict_log()
        rebuild = Rebuild(session.inside_writer, session.ledger, waiting, session.merger, sent_of(session).lying)
        route = Route(session.outside_reader.batches, rebuild.compare, rebuild.apply)
        prepare = leaving_gone(session, preparer(mapping, Direction.INBOUND), BATCH_SIZE)
        for _ in route.transfer(prepare, batch_size=BATCH_SIZE):
            pass
        return rebuild.count
