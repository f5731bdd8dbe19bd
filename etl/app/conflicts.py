"""Conflicts from the outside: looking at them, resolving them, dropping them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from etl.app.key_texts import parse_keys, parse_take
from etl.app.opening import Access, open_session
from etl.app.pipelines import preparer
from etl.app.recording import Recorder
from etl.app.runs import Move, Watch
from etl.mapping.model import Mapping
from etl.mapping.terms import Direction
from etl.settings import Settings
from etl.transfer.batches import in_parts
from etl.transfer.conflicts import Conflict
from etl.transfer.loop import NoLetters, mark_nothing
from etl.transfer.model import Item
from etl.transfer.replayed import replayed
from etl.transfer.report import Report

if TYPE_CHECKING:
    from etl.app.session import Session
    from etl.logs import Log


@contextmanager
def conflicts(
    mapping: Mapping, settings: Settings, log: Log, key: str | None = None, *, decided: bool = True
) -> Iterator[Iterator[Conflict]]:
    """Yield the conflicts of a mapping, or of one key, oldest first. decided: also those that wait for nobody.

    Raises: as `run`; KeyTextError when the text is no key.
    """
    keys = None if key is None else parse_keys(mapping, key)
    with open_session(mapping, settings, log, Access(reading=True)) as session:
        yield session.conflicts(keys, only_open=not decided)


def drop_conflicts(mapping: Mapping, settings: Settings, log: Log, key: str | None = None) -> int:
    """Remove what the log has of a key, or all; return how many there were.

    An open conflict comes back on the next run if both sides still disagree.

    Raises: as `conflicts`.
    """
    keys = None if key is None else parse_keys(mapping, key)
    with open_session(mapping, settings, log) as session:
        return session.drop_conflicts(list(session.conflicts(keys)))


def resolve(
    mapping: Mapping, settings: Settings, log: Log, key: str, take: Sequence[str], watch: Watch = Watch()
) -> list[Report]:
    """Decide the open conflict of one key, and transfer that record both ways. [] if there is none.

    take: `client`, `tracos`, or `title=client` for one rule; what it does not name is decided by the mapping's policy.

    Raises: as `run`; KeyTextError when a text names no key, rule or system.
    """
    keys, taken = parse_keys(mapping, key), parse_take(mapping, take)
    recorder = Recorder("resolve", mapping, settings)
    access = Access(taken=taken, pause=watch.pause)
    with open_session(mapping, settings, log, access) as session:
        waiting = list(session.conflicts(keys, only_open=True))
        if not waiting:
            return []
        with recorder.kept(session, watch):
            return _transfer_both_ways(session, waiting, (log, recorder.following(watch)))


def _transfer_both_ways(session: Session, waiting: Sequence[Conflict], said: tuple[Log, Watch]) -> list[Report]:
    read = replayed(Item(conflict.origin, conflict.record, file=conflict.file) for conflict in waiting)
    # no dead letters: a record that is refused stays in conflict, and its file may have a letter of its own
    inward = replace(session.inbound(), read=read, letters=NoLetters(), acknowledge=mark_nothing)
    reports = [Move(Direction.INBOUND, *said)(inward, preparer(session.mapping, Direction.INBOUND))]
    find = session.inside_writer.find
    ids = in_parts(lambda keys: [each["_id"] for each in find(keys).records.values()], [each.key for each in waiting])
    outward = session.outbound(session.inside_reader(ids))
    prepare = preparer(session.mapping, Direction.OUTBOUND)
    return [*reports, Move(Direction.OUTBOUND, *said)(outward, prepare)]
