"""Dead letters from the outside: looking at them, replaying them, dropping them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from etl.app.drift import stopping
from etl.app.opening import Access, open_session
from etl.app.pipelines import preparer
from etl.app.recording import Recorder
from etl.app.runs import BOTH, Move, Watch, hearing
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.dead_letter import DeadLetter
from etl.transfer.loop import Transfer
from etl.transfer.replayed import replayed
from etl.transfer.report import Report

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log


@contextmanager
def letters(
    mapping: Mapping, settings: Settings, log: Log, ids: Sequence[str] = (), direction: Direction | None = None
) -> Iterator[Iterator[DeadLetter]]:
    """Yield the dead letters of a mapping, oldest first. ids: only those whose id begins with one of these.

    Raises: as `run`.
    """
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        yield session.dead_letters(direction, ids)


def drop(mapping: Mapping, settings: Settings, log: Log, ids: Sequence[str] = ()) -> int:
    """Remove dead letters, all if no ids are given; return how many there were.

    Raises: as `run`.
    """
    with open_session(mapping, settings, log) as session:
        return session.drop_letters(list(session.dead_letters(ids=ids, whole=False)))


def replay(
    mapping: Mapping,
    settings: Settings,
    log: Log,
    ids: Sequence[str] = (),
    watch: Watch = Watch(),
    *,
    confirm_missing: bool = False,
) -> list[Report]:
    """Transfer dead letters again, all if no ids are given. What goes well is cleared; what fails again stays.

    An inbound letter is transferred as it was kept, an outbound one as its document is now.
    confirm_missing: see `Options`.

    Raises: as `run`.
    """
    reports = []
    recorder = Recorder("replay", mapping, settings)
    followed = recorder.following(watch)
    moves = {way: Move(way, log, followed) for way in BOTH}
    access = hearing(Access(), watch, moves)
    with open_session(mapping, settings, log, access) as session, recorder.kept(session, watch):
        for direction, move in moves.items():
            if chosen := list(session.dead_letters(direction, ids, whole=False)):
                route, prepare = (
                    _replaying(session, direction, chosen),
                    preparer(mapping, direction),
                )
                if direction is Direction.INBOUND:
                    prepare = stopping(session, prepare, move, confirmed=confirm_missing, is_whole=False)
                reports.append(move(route, prepare))
    return reports


def _replaying(session: Session, direction: Direction, chosen: Sequence[DeadLetter]) -> Transfer:
    if direction is Direction.INBOUND:
        whole = session.whole_letters(chosen)  # one after the other: all together may be anything
        return replace(session.inbound(), read=replayed(session.outside_reader.again(whole)))
    return replace(session.outbound(), read=replayed(session.inside_reader().again(chosen)))
