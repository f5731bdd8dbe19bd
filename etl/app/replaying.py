"""Dead letters from the outside: looking at them, replaying them, dropping them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Table
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from etl.app.drift import stopping
from etl.app.opening import Access, open_session
from etl.app.pipelines import preparer
from etl.app.recording import Recorder
from etl.app.runs import BOTH, Move, Watch, hearing
from etl.app.showing import shown_letters
from etl.app.unread import leaving_unread
from etl.errors import NoLetterError
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.dead_letter import Acknowledgement, DeadLetter
from etl.transfer.loop import Transfer
from etl.transfer.replayed import in_order, replayed
from etl.transfer.report import Report
from etl.transfer.run_history import Command

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log


@dataclass(frozen=True, slots=True)
class Selection:
    """Some of the dead letters of a mapping, all if nothing is said.

    ids: whose id begins with one of these. reason: that were rejected for it; see `DeadLetter.has`. named: a
    person typed the ids, so each has to name one.
    """

    ids: Sequence[str] = ()
    direction: Direction | None = None
    reason: str = ""
    named: bool = False

    def of(self, session: Session, direction: Direction | None = None, *, whole: bool = False) -> Iterator[DeadLetter]:
        """Yield these letters, the oldest first."""
        found = session.dead_letters(direction or self.direction, self.ids, whole=whole)
        return (letter for letter in found if not self.reason or letter.has(self.reason))

    def require(self, session: Session) -> None:
        """Make sure that there is a letter of every id that was typed.

        Raises:
            NoLetterError: when there is none.

        """
        if not self.named or not self.ids:
            return
        there = [one.id for one in session.dead_letters(None, self.ids, whole=False)]
        if unknown := [id_ for id_ in self.ids if not id_ or not any(one.startswith(id_) for one in there)]:
            named = ", ".join(id_ or "of an empty id" for id_ in unknown)
            raise NoLetterError(f"there is no dead letter {named}: see `etl dead-letters list`")


@contextmanager
def letters(
    mapping: Mapping, settings: Settings, log: Log, which: Selection = Selection(), *, whole: bool = True
) -> Iterator[Iterator[DeadLetter]]:
    """Yield dead letters of a mapping, oldest first; what is private in them is masked. whole: with what they keep.

    Raises: as `run`.
    """
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        which.require(session)
        yield shown_letters(session, which.of(session, whole=whole))


def drop(mapping: Mapping, settings: Settings, log: Log, which: Selection = Selection()) -> int:
    """Remove dead letters; return how many there were.

    Raises: as `run`.
    """
    with open_session(mapping, settings, log) as session:
        which.require(session)
        return session.drop_letters(list(which.of(session)))


def acknowledge(
    mapping: Mapping, settings: Settings, log: Log, which: Selection = Selection(), *, by: str = "", note: str = ""
) -> int:
    """Note that a person has taken note of dead letters, so that they raise no alarm; return how many there were.

    Raises: as `run`.
    """
    with open_session(mapping, settings, log) as session:
        which.require(session)
        what = Acknowledgement(session.gateway.now(), by, note)
        return session.acknowledge_letters(list(which.of(session)), what)


def replay(
    mapping: Mapping,
    settings: Settings,
    log: Log,
    which: Selection = Selection(),
    watch: Watch = Watch(),
    *,
    confirm_missing: bool = False,
    decided: Table[str, str] = MappingProxyType({}),
) -> list[Report]:
    """Transfer dead letters again. What goes well is cleared; what fails again stays.

    An inbound letter is transferred as it was kept, an outbound one as its document is now, once nothing is unread that
    the outside has said of it since.
    confirm_missing: see `Options`. decided: what the run history keeps of who replays them, `by` and `note`.

    Raises: as `run`.
    """
    reports = []
    recorder = Recorder(Command.REPLAY, mapping, settings, decided)
    followed = recorder.following(watch)
    moves = {way: Move(way, log, followed) for way in BOTH}
    access = recorder.refusing(hearing(Access(), watch, moves), watch)
    with open_session(mapping, settings, log, access) as session:
        which.require(session)
        with recorder.kept(session, watch):
            for direction, move in moves.items():
                if chosen := list(which.of(session, direction)):
                    route, prepare = _replaying(session, move, chosen), preparer(mapping, direction)
                    if direction is Direction.INBOUND:
                        command = "etl dead-letters replay"
                        prepare = stopping(
                            session, prepare, move, confirmed=confirm_missing, is_whole=False, command=command
                        )
                    reports.append(move(route, prepare))
    return reports


def _replaying(session: Session, move: Move, chosen: Sequence[DeadLetter]) -> Transfer:
    """Return what transfers letters; what the outside has said of a record and nobody has read keeps it from going."""
    if move.direction is Direction.INBOUND:
        ordered = in_order(chosen, session.merger.rank)
        whole = session.whole_letters(ordered)  # one after the other: all together may be anything
        return replace(session.inbound(), read=replayed(session.outside_reader.again(whole)))
    route = replace(session.outbound(), read=replayed(session.inside_reader().again(chosen)))
    return leaving_unread(session, route, move.batch_size, move.notify, move.watch.stop, is_read=False)
