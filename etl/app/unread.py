"""Sending: what the outside says, and is not taken over, is left; where nobody has read it, it is looked at first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from etl.app.pipelines import preparer
from etl.app.vanishing import finding_gone
from etl.errors import NothingThereError
from etl.mapping.terms import Direction
from etl.record import Key
from etl.transfer.loop import NoLetters, Noting, Route
from etl.transfer.model import D, Item, Notify
from etl.transfer.prepare import Preparer
from etl.transfer.unread import Waiting

if TYPE_CHECKING:
    from etl.app.session import Session


def leaving_unread(
    session: Session, route: Route[D], batch_size: int, notify: Notify, stop: Callable[[], bool], *, is_read: bool
) -> Route[D]:
    """Return an outbound route that leaves what the outside has said that is not taken over: unread, or rejected.

    notify: told how many those are. is_read: this command has read the outside.
    """
    if not _says_otherwise(session):
        return route

    reader, unkeyed = session.inside_reader(), session.documents.unkeyed

    def key_of(item: Item) -> Key | None:
        return reader.key_of(item) or unkeyed(item.receipt) or None

    def reading(size: int) -> Iterator[list[Item]]:
        yield from session.unread.left(route.read, key_of, notify)(size)

    left = replace(route, read=reading)
    return looking(session, left, batch_size, stop, is_read=is_read)


def looking(
    session: Session, route: Route[D], batch_size: int, stop: Callable[[], bool], *, is_read: bool = False
) -> Route[D]:
    """Return an outbound route that looks at all that the outside says before it reads; `session.unread` knows then.

    is_read: but for what waits, this command has read it.
    """
    if not _says_otherwise(session):
        return route

    def reading(size: int) -> Iterator[list[Item]]:
        if look(session, batch_size, stop, is_read=is_read):
            yield from route.read(size)

    return replace(route, read=reading)


def look(session: Session, batch_size: int, stop: Callable[[], bool], *, is_read: bool = False) -> bool:
    """Look at all that the outside says, also in what waits; return whether that came to its end."""
    return (is_read or _look(session, batch_size, stop)) and _look_ahead(session, batch_size, stop)


def _says_otherwise(session: Session) -> bool:
    """Return whether the outside may say something otherwise than the inside: where a rule goes both ways."""
    return any(unit.is_two_way for unit in session.merger.units)


def _look(session: Session, batch_size: int, stop: Callable[[], bool]) -> bool:
    """Look at all that the outside says, and does not say any more; return whether that came to its end.

    Where there is no inbound folder and never was, nothing was said.
    """
    unread = session.unread
    noting = Noting(NoLetters(), unread.note_looked_at)
    every = Route(session.outside_reader.batches, unread.compare, unread.apply, noting)
    try:
        return not any(stop() for _ in every.transfer(_preparing(session, batch_size), batch_size=batch_size))
    except NothingThereError:
        if session.ledger.has_heard():
            raise
        return True


def _look_ahead(session: Session, batch_size: int, stop: Callable[[], bool]) -> bool:
    """Look at deliveries that wait, as far as they can be read; return whether that came to its end."""
    reader = session.outside_reader
    if not isinstance(reader, Waiting):
        return True
    left, torn = partial(_preparing, session, batch_size), partial(preparer, session.mapping, Direction.INBOUND)
    # what is lacking beside what is torn was asked when the rest was read
    return all(
        _glance(session, items, preparing, batch_size, stop)
        for items, preparing in ((reader.waiting(batch_size), left), (reader.torn(batch_size), torn))
    )


def _glance(
    session: Session,
    items: Iterator[list[Item]],
    preparing: Callable[[], Preparer],
    batch_size: int,
    stop: Callable[[], bool],
) -> bool:
    """Look at what may come again and again; return whether that came to its end."""
    if (first := next(items, None)) is None:
        return True
    unread = session.unread
    noting = Noting(NoLetters(), unread.note_waiting)
    every = Route(lambda _: chain([first], items), unread.compare_waiting, unread.apply, noting)
    return not any(stop() for _ in every.transfer(preparing(), batch_size=batch_size))


def _preparing(session: Session, batch_size: int) -> Preparer:
    """Return what prepares all that the outside says, and does not say any more where its last extract has all."""
    return finding_gone(session, preparer(session.mapping, Direction.INBOUND), lambda _: None, batch_size)
